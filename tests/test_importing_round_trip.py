"""Whatever the language can say comes back: compiled or emitted, then imported.

What there is to say comes from the language's own tables, so that a layer, an option or an
activation that the import can't read is noticed here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from torch import Tensor, nn

import dsl
from compiler.diff import Change, compare
from compiler.importing import import_module
from compiler.ir.nodes import leaves
from compiler.ir.op import Shape
from compiler.lowering.lower import lower
from compiler.nn.built import construct
from compiler.nn.module import compile_spec
from compiler.ops.act import ACTIVATIONS
from compiler.ops.act import Activation as Act
from compiler.ops.linear import Flatten
from compiler.source import emit
from compiler.source.classnames import class_name
from compiler.weights import load_weights
from dsl.models.fields import MODES
from dsl.models.layers import LAYERS, Activation, Conv, Layer
from dsl.models.model import Spelled, spellings
from dsl.models.norms import NORM_FORMS
from tests.parity import agree, randomise, still
from tests.strategies import images
from tests.test_source import imported, tensors

VALUES: dict[str, tuple[str, ...]] = {
    "stride": ("2", "3", "2x1"),
    "padding": ("0", "1", "1x0"),
    "dilation": ("2", "1x2"),
    "act": (*ACTIVATIONS, "none", "leakyrelu:0.2", "prelu:channelwise"),
    "norm": (*NORM_FORMS, "group:2"),
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
    LAYERS["groupnorm"]: ("groupnorm 2", "groupnorm 6"),
    Activation: (*(f"act {kind}" for kind in ACTIVATIONS), "leakyrelu 0.2", "prelu channelwise"),
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


def written(kind: type[Layer]) -> Iterator[str]:
    """A layer of the language, plain, with each option, and each two of a window's."""
    first, *others = BARE.get(kind, (kind.example,))
    yield from (first, *(f"{first} {word}" for word in words(kind)))
    windows = list(words(kind, WINDOW))
    yield from (f"{first} {a} {b}" for a, b in product(windows, windows) if a < b)
    for bare in others:
        yield from (bare, *(f"{bare} {word}" for word in windows))


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
"""What may be said in several ways that come to the same; the outputs show whether it does."""
SIZES: dict[int, tuple[tuple[int, ...], ...]] = {
    1: ((38,), (57,), (91,)),
    2: ((19, 22), (24, 17), (37, 30)),
    3: ((7, 19, 22), (9, 24, 17), (12, 21, 30)),
}
"""By the axes of the network's input."""


def returned(spec: dsl.Spec, model: nn.Module) -> list[Change]:
    """What the spec of a model differs in from the one that the model was made of."""
    back = import_module(model, spec.input, name=spec.name)
    assert dsl.loads(dsl.dump(back)) == back
    return compare(lower(spec), lower(back))


def same(spec: dsl.Spec, model: nn.Module) -> None:
    """The model's spec computes what the model does, at several sizes and in training."""
    ours = compile_spec(import_module(model, spec.input, name=spec.name, weights="original"))
    torch.manual_seed(0)
    randomise(model.double())
    load_weights(ours.double(), model.state_dict(), "original")
    flat = any(isinstance(leaf.op, Flatten) and prod(leaf.inp.grid) > 1 for _, leaf in _all(spec))
    channels, *grid = spec.input
    still(ours, model)
    with torch.no_grad():
        for batch, size in enumerate([grid] if flat else SIZES[len(grid)], 2):
            x = torch.randn(batch, channels, *size, dtype=torch.float64)
            agree(ours.eval()(x.clone()), model.eval()(x.clone()))
            trained = tensors(ours.train()(x.clone())), tensors(model.train()(x.clone()))
            for one, other in zip(*trained, strict=True):
                agree(one, other)


def _all(spec: dsl.Spec) -> Iterator[tuple[str, Any]]:
    return leaves(lower(spec).trunk)


def emitted(spec: dsl.Spec) -> nn.Module:
    """The network out of its emitted source."""
    net = lower(spec)
    model: nn.Module = getattr(imported(net, emit(net)), class_name(net))()
    return model


KINDS: tuple[type[Layer], ...] = (Conv, *LAYERS.values())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.keyword or "conv")
def test_every_layer_comes_back(kind: type[Layer]) -> None:
    tried = 0
    for text in written(kind):
        if not (spec := network(text)):
            continue
        tried += 1
        model = compile_spec(spec)
        changes = {change.what for change in returned(spec, model)}
        assert changes <= AS_WELL or text in VANISHING, text
        if changes:
            same(spec, model)
    assert tried >= len(BARE.get(kind, "1"))


VANISHING = ("identity",)
"""A layer that does nothing, of which a module shows nothing."""
PLAIN = [text for kind in KINDS for text in BARE.get(kind, (kind.example,))]


@pytest.mark.parametrize(
    "text",
    [*PLAIN, "avgpool 2x2 /2 tf_same nopad", "avgpool 3x3 /2 tf_same countpad", "3x3 1 /3 tf_same",
     "3x3 6 nogamma", "maxpool 3x3 /2 tf_same", "3x3 6 /2 dil=2 tf_same"],
)  # fmt: skip
def test_layers_come_back_from_emitted_source_and_compute_the_same(text: str) -> None:
    spec = network(text)
    assert spec is not None
    changes = {change.what for change in returned(spec, emitted(spec))}
    assert changes <= AS_WELL or text in VANISHING
    same(spec, emitted(spec))
    same(spec, compile_spec(spec))


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_every_activation_has_a_reader(kind: str) -> None:
    """As a module, as the function that emitted source calls, behind layers and behind sums."""
    holder, _, name = ACTIVATIONS[kind].function.rpartition(".")
    function = getattr({"F": F, "torch": torch}.get(holder), name, None)

    class Called(nn.Module):
        def forward(self, x: Tensor) -> Any:
            return function(x) if function else x

    conv = nn.Conv2d(3, 4, 1)
    module = construct(Act(kind).call(Shape(4, 8, 8)))
    for act in (module, Called()) if function else (module,):
        spec = import_module(nn.Sequential(conv, act, nn.BatchNorm2d(4)), (3, 8, 8))
        assert spec.stem or spec.body
        ops = [leaf.op for _, leaf in _all(spec) if isinstance(leaf.op, Act)]
        assert [op.kind for op in ops] == [kind]


BODIES = {
    "concat": "{concat: [1x1 4, [1x1 2, 3x3 5], maxpool 3x3]}",
    "concat in concat": "{concat: [1x1 4, [1x1 2, {concat: [1x3 3, 3x1 3]}]]}",
    "then": "{concat: [1x1 4, 3x3 5], then: 1x1 6 linear}",
    "add": "{add: [1x1 6, 3x3 6, 5x5 6]}",
    "a shortcut": "{add: [[1x1 2, 3x3 6 act=none], identity], then: relu}",
    "residual": "{concat: [1x1 4, 3x3 5], then: 1x1 in linear, residual: {scale: 0.2}}",
    "scaled beside a layer": (
        "{concat: [[1x1 4, 3x3 5 linear]], residual: {shortcut: 1x1 5 linear, scale: 0.3}}"
    ),
    "scaled beside steps": (
        "{concat: [3x3 5 /2], residual: {shortcut: [1x1 4, maxpool 3x3 /2, 1x1 5], scale: 2}}"
    ),
    "residual of a sum": "{add: [1x1 6, 3x3 6], residual: {act: none}}",
    **{
        f"residual and {act}": f"{{concat: [1x1 2, 3x3 4], residual: {{act: {act}}}}}"
        for act in (*ACTIVATIONS, "none")
    },
}


@pytest.mark.parametrize("how", BODIES)
def test_joins_and_residual_sums_come_back(how: str) -> None:
    spec = network(BODIES[how])
    assert spec is not None
    changes = returned(spec, compile_spec(spec))
    assert not changes or how == "then", changes  # Which has a class there, and is a block here.
    for model in (compile_spec(spec), emitted(spec)):
        same(spec, model)


@settings(max_examples=12)
@given(images())
def test_any_network_comes_back(spec: dsl.Spec) -> None:
    """Heads, blocks with parameters, repeats and all that the strategies draw."""
    model = compile_spec(spec)
    back = import_module(model, spec.input, name="net", weights="original")
    assert dsl.loads(dsl.dump(back)) == back
    ours = compile_spec(back)
    torch.manual_seed(0)
    randomise(model.double())
    load_weights(ours.double(), model.state_dict(), "original")
    x = torch.randn(2, *spec.input, dtype=torch.float64)
    with torch.no_grad():
        agree(ours.eval()(x.clone()), model.eval()(x.clone()))
