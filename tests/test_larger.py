"""Maps that become larger: what other tools, other libraries and imported models make of them."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import dsl
from compiler.cost import cost
from compiler.cost.peers import views
from compiler.importing import import_module
from compiler.ir.features import default_taps, reductions
from compiler.ir.nodes import leaves
from compiler.lowering.lower import lower
from compiler.nn.module import build
from compiler.oracle.check import cross_check
from compiler.oracle.proof import prove
from compiler.source import emit
from compiler.weights.keras import KINDS
from dsl.text.problems import SpecError
from tests.peers import keras


def network(steps: str, size: str = "4, 8, 8") -> Any:
    text = f"name: t\ninput: [{size}]\nclasses: 3\nbody: [{steps}]\nhead: [globalpool, fc classes]"
    return lower(dsl.loads(text))


EVERY_RANK = {
    "series": ("4, 9", "deconv 5 6 /2 dil=2, upsample 3 linear, 3 5, upsample 2"),
    "images": ("4, 7, 10", "3x3 4, deconv 3x3 6 /2 groups=2, upsample 2 bilinear, 3x3 2 /2"),
    "clips": ("2, 3, 6, 7", "deconv 1x2x2 6 /1x2x2, upsample 1x2x3, upsample 2 trilinear"),
}


@pytest.mark.parametrize("rank", EVERY_RANK)
def test_every_rank(rank: str) -> None:
    size, steps = EVERY_RANK[rank]
    made = network(steps, size)
    for report in (cross_check(made), prove(made, emit(made))):
        assert [check for check in report.checks if check.difference] == []


STEPS = ["deconv 3x3 6 /2 groups=2 linear", "deconv 3x3 6 /2", "upsample 2", "upsample 2 bilinear"]


@pytest.mark.parametrize("steps", STEPS)
def test_what_other_tools_count(steps: str, monkeypatch: pytest.MonkeyPatch) -> None:
    torchinfo, fvcore = pytest.importorskip("torchinfo"), pytest.importorskip("fvcore.nn")
    monkeypatch.setattr(logging.root.manager, "disable", logging.CRITICAL)
    made = network(f"{steps}, 3x3 4")
    model, x, told = build(made).eval(), torch.zeros(1, 4, 8, 8), views(made, batch=1)
    assert told["fvcore"] == fvcore.FlopCountAnalysis(model, x).total()
    seen = torchinfo.summary(model, input_data=x, verbose=0)
    assert told["torchinfo mult-adds"] == seen.total_mult_adds


@pytest.mark.parametrize("text", ["3x3 5 /2 valid", "4x4 5 /2 tf_same", "2x2 5 /2", "3x1 5 /3x1"])
def test_keras_has_the_same_transposed_convolution(text: str) -> None:
    """With its weights, turned as they are for a file."""
    made = network(f"one: deconv {text} linear", "4, 6, 7")
    (path, leaf), *_ = leaves(made.nodes)
    kind, variables = KINDS[type(leaf.op)](leaf, False)
    state = {name: torch.randn(shape).double() for name, shape in leaf.op.params(leaf.inp).items()}
    settings: Any = leaf.op
    theirs = keras().layers.Conv2DTranspose(
        5,
        settings.slide.kernel,
        settings.slide.stride,
        padding="valid" if "valid" in text else "same",
        dtype="float64",
    )
    theirs.build((None, 6, 7, 4))
    arrays = [variables[name][1].theirs(state[name]).numpy() for name in ("weight", "bias")]
    theirs.set_weights(arrays)
    x = torch.randn(2, 4, 6, 7).double()
    expected = np.moveaxis(theirs(x.movedim(1, -1)).detach().numpy(), -1, 1)
    model = build(made).double()
    ours = model.get_submodule(path)
    ours.load_state_dict(state)
    assert (kind, theirs.name.partition("_")[0]) == ("conv2d_transpose", "conv2d")
    np.testing.assert_allclose(ours(x).detach().numpy(), expected, rtol=1e-9, atol=1e-9)


def test_fields_have_half_pixels_where_positions_take_turns() -> None:
    report = cost(network("upsample 2, a: 3x3 4, b: 2x2 4 /2"))
    fields: dict[str, Any] = {row.path: row.field for row in report.layers}
    assert fields["upsample"] == ((1.5, 1.5), (0.5, 0.5), (0.5, 0.5))
    assert fields["a.conv"] == ((2.5, 2.5), (0.5, 0.5), (1, 1))
    assert fields["b.conv"] == ((3, 3), (1, 1), (1, 1))


def test_strides_of_feature_maps_go_down_and_up() -> None:
    made = network("a: 3x3 4 /2, b: 3x3 8 /2, c: deconv 2x2 4 /2, d: upsample 4, e: 3x3 4")
    strides: dict[str, Any] = {"a": 2, "b": 4, "c": 2, "d": 0.5, "e": 0.5}
    assert reductions(made) == {name: (stride, stride) for name, stride in strides.items()}
    assert default_taps(made) == ("a", "b", "c", "e")


class Resizes(nn.Module):
    """A convolution, and something that makes its map larger."""

    def __init__(self, larger: Any) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.larger = larger

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.larger(self.conv(x))
        return y.mean((2, 3))


REFUSED = {
    "align_corners=True": nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True),
    "by bicubic": nn.Upsample(scale_factor=2, mode="bicubic"),
    "to a size": nn.Upsample(size=(33, 35)),
    "factors are whole numbers": nn.Upsample(scale_factor=1.5),
    "output_padding": nn.ConvTranspose2d(4, 4, 4, 2, 1, output_padding=1),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_import_refuses(reason: str) -> None:
    with pytest.raises(SpecError, match=reason):
        import_module(Resizes(REFUSED[reason]), (3, 16, 16))


def test_import_of_a_function() -> None:
    def larger(x: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)

    model = Resizes(larger)
    assert "upsample 2 bilinear" in dsl.dump(import_module(model, (3, 16, 16)))


@pytest.mark.parametrize(
    ("steps", "size", "thop", "calflops"),
    [
        ("deconv 3x3 6 /2 groups=2 linear", "4, 8, 8", 88080, 119368),
        ("deconv 3x3 6 /2", "4, 8, 8", 121872, 146968),
        ("deconv 2x2 5 /2 linear", "4, 8, 8", 71696, 106600),
        ("upsample 2", "4, 8, 8", 43024, 78104),
        ("upsample 2 bilinear", "4, 8, 8", 53264, 78104),
        ("deconv 3 6 /2 linear", "4, 9", 2968, 4230),
        ("upsample 2 linear", "4, 9", 1600, 2076),
        ("deconv 1x2x2 6 /1x2x2 linear", "4, 4, 6, 6", 440080, 783600),
        ("upsample 2", "4, 4, 6, 6", 525328, 1014360),
        ("upsample 2 trilinear", "4, 4, 6, 6", 520720, 1014360),
    ],
)
def test_what_thop_and_calflops_print(steps: str, size: str, thop: int, calflops: int) -> None:
    """thop 0.1.1 and calflops 0.3.2 on the compiled modules, each in a process of its own."""
    last = "x".join("3" * size.count(","))
    told = views(network(f"{steps}, {last} 4", size), batch=1)
    assert (told["thop"], told["calflops"]) == (thop, calflops)
