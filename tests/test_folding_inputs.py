"""What is done to the input, as a part of the first layer: the same outputs, or a reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given

import dsl
from compiler import export
from compiler.exporting.forms import FORMS
from compiler.exporting.giving import taken
from compiler.exporting.optimising import optimized
from compiler.exporting.wishes import Calibrate, Preprocessing, Wishes
from compiler.ir.network import Network
from compiler.lowering.lower import lower
from compiler.passes.folding_inputs import fold_input, refusal
from compiler.passes.pipeline import EXACT
from compiler.passes.run import run
from dsl.models.spec import Spec
from tests.strategies import specs
from tests.test_optimizing import careful, given_weights, hold_equal, network, with_weights

FACTORS, SHIFTS = [0.3, 1.7, 0.8, 1.2], [-0.4, 0.9, 0.2, -1.1]


def hold_folded(plain: Network, shifts: list[float]) -> str:
    """The pass gives the same or leaves the network alone; why it did."""
    channels = int(plain.input.channels)
    factors, shifts = FACTORS[:channels], shifts[:channels]
    model = with_weights(plain)
    made, weights = run((fold_input(factors, shifts),), plain, model.state_dict())
    why = refusal(plain, shifts)
    assert (made is plain) == bool(why)
    if why:
        return why
    assert weights is not None
    assert made.rewritten == ("input normalisation folded into the first layer",)
    alone, _ = run((fold_input(factors, shifts),), plain)
    assert alone == made
    x = torch.randn(2, *map(int, plain.input), dtype=torch.float64)
    sides = (1, -1, *(1 for _ in plain.input.grid))
    scaled = x * x.new_tensor(factors).reshape(sides) + x.new_tensor(shifts).reshape(sides)
    with torch.no_grad():
        hold_equal(model(scaled), given_weights(made, weights)(x))
    assert list(weights) == list(given_weights(made, weights).state_dict())
    return ""


@careful
@given(spec=specs())
def test_random_networks_take_a_factor(spec: Spec) -> None:
    hold_folded(lower(spec), [0.0] * 4)


@careful
@given(spec=specs())
def test_random_networks_take_a_constant_or_say_why_not(spec: Spec) -> None:
    hold_folded(lower(spec), SHIFTS)


UNPADDED = (
    "name: net\ninput: [3, 13, 12]\nclasses: 5\nstem: [{}]\nhead: [globalpool avg, fc classes]"
)


@careful
@given(spec=specs())
def test_random_networks_behind_a_layer_that_pads_nothing(spec: Spec) -> None:
    (conv,) = dsl.loads(UNPADDED.format("first: 1x1 4 valid norm=none")).stem
    rank = len(spec.input) - 1
    ones = (1,) * rank
    sizes = {"kernel": (2, 1, 1)[:rank], "stride": ones, "dilation": ones}
    stem = (conv.model_copy(update=sizes), *spec.stem)
    changed = spec.model_copy(update={"stem": stem, "aux": ()})
    try:
        plain = lower(changed)
    except dsl.SpecError:
        return  # A later step doesn't take what is one row less.
    assert not hold_folded(plain, SHIFTS)


TAKEN = [
    "3x3 8 valid",
    "3x3 8 valid norm=none",
    "3x3 8 valid norm=none linear bias",
    "1x1 8 groups=2 linear, relu",
    "1x1 8 tf_same norm=none",
    "[[3x3 8 valid /2], relu]",
]
LEFT_ALONE = {
    "3x3 8": "b0.conv is padded, and its padding would no longer be 0",
    "2x2 8 /2 tf_same": "b0.conv is padded, and its padding would no longer be 0",
    "maxpool 3x3": "the first layer, b0, is neither a convolution nor fully connected",
    "relu, 3x3 8 valid": "the first layer, b0, is neither a convolution nor fully connected",
    "f: {concat: [1x1 8, 1x1 8]}": "the input goes to several branches, those of f",
    "f: {do: [1x1 4], residual: {}}": "the input goes around f as well, to its residual sum",
    "deconv 2x2 4 /2 valid": "b0.conv, a transposed convolution, reads less at its border",
    "sepconv 1x1 8": "b0.depthwise, the first half of a separable convolution, has no bias",
}


def named(body: str) -> Network:
    return network(body if ":" in body.split("{", maxsplit=1)[0] else f"b0: {body}")


@pytest.mark.parametrize("body", TAKEN)
def test_what_can_be_folded_is(body: str) -> None:
    assert not hold_folded(network(body), SHIFTS)


@pytest.mark.parametrize("body", LEFT_ALONE)
def test_where_it_does_not_hold_it_says_why(body: str) -> None:
    assert hold_folded(named(body), SHIFTS) == LEFT_ALONE[body]


def test_a_block_stays_as_it_is_where_that_would_give_it_a_bias() -> None:
    block = "inception: {{A: {{do: [first: 1x1 4{}, relu]}}}}\n"
    why = "x.first.conv is in a block and has no bias"
    assert hold_folded(network("x: A, y: A", block.format("")), SHIFTS) == why
    assert not hold_folded(network("x: A, y: A", block.format(" norm=none")), SHIFTS)


PLAIN = "c: 3x3 4 valid, 3x3 4 valid"
PADDED = "c: 3x3 4, 3x3 4 valid"
BYTES = Preprocessing((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


@pytest.mark.parametrize("to", FORMS)
@pytest.mark.parametrize("stem", [PLAIN, PADDED])
def test_every_format_takes_bytes(tmp_path: Path, to: Any, stem: str) -> None:
    file = tmp_path / f"net{FORMS[to].suffixes[0]}"
    done = export(dsl.loads(UNPADDED.format(stem)), file, preprocess=BYTES, taps=["c"])
    assert done.compared is not None
    assert done.compared.largest < 1e-5
    folded = "input normalisation folded into the first layer" in done.network.rewritten
    assert folded == (stem == PLAIN)
    said = "note: images are normalised by steps of their own: c.conv is padded"
    assert (said in str(done)) != folded


@pytest.mark.parametrize(
    ("wishes", "first"),
    [
        ({}, ["Transpose", "Cast", "Conv"]),
        ({"optimize": False}, ["Transpose", "Cast", "Mul", "Add", "Conv"]),
        ({"dtype": "float16"}, ["Transpose", "Cast", "Mul", "Add", "Cast", "Conv"]),
    ],
)
def test_bytes_go_straight_into_a_layer_that_pads_nothing(
    tmp_path: Path, wishes: dict[str, Any], first: list[str]
) -> None:
    onnx = pytest.importorskip("onnx")
    file = tmp_path / "net.onnx"
    export(dsl.loads(UNPADDED.format(PLAIN)), file, preprocess=BYTES, **wishes)
    graph = onnx.load(file)
    assert [node.op_type for node in graph.graph.node][: len(first)] == first
    said = {prop.key: prop.value for prop in graph.metadata_props}
    assert said["mean"] == "[0.485, 0.456, 0.406]"


def test_the_order_is_that_of_a_state_dict() -> None:
    plain = network("1x1 4 norm=none linear, relu, 1x1 8")
    made, weights = run(
        (*EXACT, fold_input(FACTORS, SHIFTS)), plain, with_weights(plain).state_dict()
    )
    assert weights is not None
    assert list(weights) == list(given_weights(made, weights).state_dict())


def test_int8_keeps_its_steps() -> None:
    given = taken(dsl.loads(UNPADDED.format(PLAIN)), None, "own", aux=False)
    plain = Wishes(preprocess=BYTES)
    assert not optimized(given, plain).notes
    (note,) = optimized(given, replace(plain, calibrate=Calibrate(Path("photos")))).notes
    assert note.endswith("int8 would lose digits of low contrasts")
