"""Whatever the language can say comes back: compiled or emitted, then imported.

What there is to say comes from the language's own tables, so that a layer, an option or an
activation that the import can't read is noticed here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import torch
from torch import nn

import dsl
from compiler.diff import compare
from compiler.importing import import_module
from compiler.lower import lower
from compiler.module import compile_spec
from compiler.ops.act import ACTIVATIONS
from compiler.weights import load_weights
from dsl.fields import NORMS
from dsl.layers import LAYERS, MODES, Activation, Conv, Layer
from dsl.model import Spelled, spellings
from tests.parity import agree, randomise, still

VALUES: dict[str, tuple[str, ...]] = {
    "stride": ("2", "3", "2x1"),
    "padding": ("0", "1", "1x0"),
    "dilation": ("2", "1x2"),
    "act": (*ACTIVATIONS, "none"),
    "norm": NORMS,
    "eps": ("0.01",),
    "momentum": ("0.3",),
    "groups": ("2",),
    "alpha": ("0.01",),
    "beta": ("0.5",),
    "k": ("2",),
}
"""Values for each field that is spelled with a number or a name."""
NEVER = ("init", "repeat")
"""What no module shows: how weights were drawn, and that equal layers were written once."""
BARE: dict[type[Layer], tuple[str, ...]] = {
    Conv: ("3x3 6", "1x1 6", "1x3 6", "5x5 6"),
    LAYERS["sepconv"]: ("sepconv 3x3 6", "sepconv 1x5 6"),
    LAYERS["maxpool"]: ("maxpool 3x3", "maxpool 3x3 /2", "maxpool 2x3 /2"),
    LAYERS["avgpool"]: ("avgpool 3x3", "avgpool 2x2 /2", "avgpool 3x5 /3x2"),
    LAYERS["globalpool"]: tuple(f"globalpool {mode}" for mode in MODES),
    LAYERS["adaptivepool"]: tuple(f"adaptivepool {mode} 4x3" for mode in MODES),
    LAYERS["fc"]: ("fc 7",),
    Activation: tuple(f"act {kind}" for kind in (*ACTIVATIONS, "none")),
}
"""More than the example of a kind, where what can be said depends on a number in place."""


WINDOW = ("stride", "padding", "dilation", "ceil", "count_padding")
"""What may decide together with another option what a layer does."""


def words(kind: type[Layer], only: tuple[str, ...] = ()) -> Iterator[str]:
    """Everything that may stand behind a layer of a kind."""
    for name, mark in spellings(kind):
        if mark.place or name in NEVER or (only and name not in only):
            continue
        yield from mark.words
        yield from (_valued(mark, value) for value in VALUES.get(name, ()))


def _valued(mark: Spelled, value: str) -> str:
    return f"{mark.prefix}{value}" if mark.prefix else f"{mark.key}={value}"


def written() -> Iterator[str]:
    """Each layer of the language, plain, with each option, and each two of a window's."""
    for kind in (Conv, *LAYERS.values()):
        for bare in BARE.get(kind, (kind.example,)):
            said = list(words(kind))
            yield from (bare, *(f"{bare} {word}" for word in said))
            if kind in BARE:
                windows = list(words(kind, WINDOW))
                yield from (f"{bare} {a} {b}" for a, b in product(windows, windows) if a < b)


def test_every_option_has_a_value_to_try() -> None:
    for kind in (Conv, *LAYERS.values()):
        for name, mark in spellings(kind):
            assert mark.place or mark.words or name in VALUES or name in NEVER, (kind, name)


def network(layer: str, defaults: str = "") -> dsl.Spec | None:
    """A network with a layer in its midst; None where the language refuses it there."""
    head = "" if layer.startswith(("flatten", "fc")) else "globalpool avg, "
    text = (
        f"name: net\ninput: [3, 19, 22]\nclasses: 5\ndefaults: {{{defaults}}}\n"
        f"stem: [3x3 6, {layer}]\nhead: [{head}fc classes]\n"
    )
    try:
        spec = dsl.loads(text)
        lower(spec)
    except dsl.SpecError:
        return None
    return spec


AS_WELL = {"rounds", "count_padding", "padding"}
"""What may be said in several ways that come to the same; the outputs show that it does."""
SIZES = ((3, 19, 22), (3, 24, 17), (3, 37, 30))


def returned(spec: dsl.Spec, model: nn.Module) -> dsl.Spec:
    """The spec of a model that was made from one, after a look at whether both are the same."""
    back = import_module(model, spec.input, name=spec.name, weights="original")
    assert dsl.loads(dsl.dump(back)) == back
    changed = compare(lower(spec), lower(back))
    assert {change.what for change in changed} <= AS_WELL, changed
    ours = compile_spec(back).double()
    torch.manual_seed(0)
    randomise(model.double())
    load_weights(ours, model.state_dict(), "original")
    generator = torch.Generator().manual_seed(1)
    for size in SIZES:
        x = torch.randn(2, *size, generator=generator, dtype=torch.float64)
        with torch.no_grad():
            agree(ours.eval()(x.clone()), model.eval()(x.clone()))
    still(ours, model)
    with torch.no_grad():
        for one, other in zip(tensors(ours.train()(x)), tensors(model.train()(x)), strict=True):
            agree(one, other)
    return back
