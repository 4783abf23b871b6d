"""Every join of the registry is known wherever a join must be: to all who read or write one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import dsl
from compiler.cost import cost
from compiler.diff import compare
from compiler.importing import import_module
from compiler.ir.ending import endings
from compiler.ir.features import described
from compiler.ir.op import Shape
from compiler.lowering.lower import lower
from compiler.nn import runtime
from compiler.nn.module import compile_spec
from compiler.ops.join import JOINS
from compiler.oracle import arithmetic
from compiler.oracle.arithmetic import Functions
from compiler.oracle.check import cross_check
from compiler.oracle.reading import read
from compiler.source import emit
from dsl.models.fields import ACTIVATION_WORDS, JOIN_WORDS
from tests.numpy_network import Numpy
from tests.parity import randomise
from tests.test_source import imported

BRANCHES = 3
DOCS = Path(__file__).parents[1] / "docs" / "language.md"


def network(word: str) -> dsl.Spec:
    """Three branches of one shape, which any join takes."""
    layers = ", ".join(f"1x1 4 act={act}" for act in ("relu", "tanh", "sigmoid"))
    return dsl.loads(
        f"{{name: joined, input: [3, 6, 5], classes: 2, defaults: {{norm: none}}, "
        f"body: [{{{word}: [{layers}]}}], head: [flatten, fc classes]}}"
    )


def test_the_language_and_the_registry_have_the_same() -> None:
    assert tuple(JOINS) == JOIN_WORDS
    assert all(join.word == word for word, join in JOINS.items())


@pytest.mark.parametrize("word", JOINS)
def test_it_has_a_helper_that_emitted_source_may_copy(word: str) -> None:
    helper = getattr(runtime, JOINS[word].helper)
    branches = {f"branch{n}": nn.Conv2d(3, 4, 1) for n in range(BRANCHES)}
    x = torch.randn(2, 3, 6, 5)
    given = [branch(x) for branch in branches.values()]
    assert tuple(helper(**branches)(x).shape[1:]) == JOINS[word].out(
        tuple(shape_of(each) for each in given)
    )


def shape_of(tensor: Tensor) -> Shape:
    return Shape(*tensor.shape[1:])


@pytest.mark.parametrize("word", JOINS)
def test_module_source_and_both_readings_agree(word: str) -> None:
    spec = network(word)
    net = lower(spec)
    model = compile_spec(spec).double().eval()
    randomise(model)
    source = imported(net, emit(net)).Joined().double().eval()
    source.load_state_dict(model.state_dict())
    x = torch.randn(2, 3, 6, 5, dtype=torch.float64)
    ours = model(x)
    assert torch.equal(ours, source(x))
    state = dict(model.state_dict())
    torch.testing.assert_close(read(spec, state, x, Functions()).logits, ours, rtol=1e-9, atol=1e-9)
    arrays = {key: value.numpy() for key, value in state.items()}
    found = read(spec, arrays, x.numpy(), Numpy()).logits
    np.testing.assert_allclose(found, ours.detach().numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("word", JOINS)
def test_it_comes_back_from_its_module(word: str) -> None:
    spec = network(word)
    back = import_module(compile_spec(spec), (3, 6, 5))
    assert not list(compare(lower(spec), lower(back)))


@pytest.mark.parametrize("word", JOINS)
def test_it_is_told_in_rows_and_in_the_docs(word: str) -> None:
    assert word in {row["kind"] for row in cost(lower(network(word))).records()}
    assert f"`{word}`" in DOCS.read_text(encoding="utf-8")


@pytest.mark.parametrize("word", JOINS)
def test_what_it_says_of_nesting_and_of_order_is_so(word: str) -> None:
    join = JOINS[word]
    a, b, c = (nn.Conv2d(3, 4, 1, bias=False) for _ in range(3))
    helper = getattr(runtime, join.helper)
    x = torch.randn(64, 3, 6, 5)

    def made(*branches: nn.Module) -> Tensor:
        given: Tensor = helper(**{f"b{n}": branch for n, branch in enumerate(branches)})(x)
        return given

    assert torch.equal(made(a, helper(b=b, c=c)), made(a, b, c)) == join.nests
    assert torch.equal(made(a, b), made(b, a)) == join.commutes


@pytest.mark.parametrize("word", JOINS)
@pytest.mark.parametrize("act", ACTIVATION_WORDS)
def test_work_in_place_spoils_no_gradient(
    word: str, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A product keeps both sides for the backward pass: nothing behind may write over them."""
    # torch rounds the 1/6 of this one's gradient to 32 bits, in whatever type it computes.
    monkeypatch.setitem(arithmetic.ACTIVATIONS, "hardsigmoid", F.hardsigmoid)
    spec = dsl.loads(
        f"{{name: joined, input: [3, 6, 5], classes: 2, defaults: {{norm: none, act: {act}}}, "
        f"body: [1x1 4, {{{word}: [identity, 1x1 4, [1x1 4, act {act}]], then: [1x1 4], "
        f"residual: {{scale: 0.5}}}}], head: [{act}, flatten, fc classes]}}"
    )
    if word == "concat":
        spec = dsl.change(spec, {"body.split.then": "1x1 4 act=" + act})
    model = compile_spec(spec).double().train()
    randomise(model)
    x, again = (torch.randn(2, 3, 6, 5, dtype=torch.float64).requires_grad_() for _ in range(2))
    again.data.copy_(x.data)
    model(x).square().sum().backward()
    read(
        spec, dict(model.state_dict()), again, Functions(), training=True
    ).logits.square().sum().backward()
    assert x.grad is not None
    assert again.grad is not None
    torch.testing.assert_close(x.grad, again.grad, rtol=1e-9, atol=1e-9)


GATES = {
    "behind": "{mul: [identity, [globalpool avg, 1x1 2, 1x1 4 linear sigmoid]]}",
    "before": "{mul: [[globalpool max, 1x1 4 linear], identity]}",
    "between": "{mul: [1x1 4, [globalpool avg, tanh], 3x3 4, identity]}",
    "among gates": "{mul: [[globalpool avg], [globalpool max], 3x3 4, identity]}",
    "learnt of all places": "{mul: [identity, 6x5 4 valid]}",
    "a window of all places": "{mul: [[maxpool 6x5 /3x5 valid], identity]}",
    "alone": "[globalpool avg, {mul: [identity, 1x1 4, tanh]}]",
    "of vectors": "[globalpool avg, flatten, {mul: [identity, tanh, softmax]}]",
    "of itself": "{mul: [identity, identity]}",
    "in a sum": "{add: [identity, {mul: [identity, [globalpool avg, dropout 0.5, sigmoid]]}]}",
    "under a residual sum": "{mul: [3x3 4, [globalpool avg, 1x1 4]], residual: {scale: 0.2}}",
    "behind a join": "{concat: [1x1 2, 3x3 2], then: {mul: [identity, [globalpool avg, 1x1 4]]}}",
    "of nothing learnt": "{mul: [identity, [globalpool avg, sigmoid]]}",
}


@pytest.mark.parametrize("step", GATES.values(), ids=GATES)
@pytest.mark.parametrize("stem", ["3x3 4", "1x1 4 act=none", "batchnorm"])
@pytest.mark.parametrize("norm", ["batch", "none"])
def test_gates_cost_what_torch_does(step: str, stem: str, norm: str) -> None:
    channels = 4 if stem == "batchnorm" else 3
    spec = dsl.loads(
        f"{{name: gated, input: [{channels}, 6, 5], classes: 2, defaults: {{norm: {norm}}}, "
        f"stem: [{stem}], body: [gate: {step}], head: [flatten, fc classes]}}"
    )
    report = cross_check(lower(spec))
    assert report.ok, "\n".join(report.lines())


@pytest.mark.parametrize(("grid", "window"), [("20", "3"), ("4, 9, 8", "3x1x3")])
def test_gates_of_series_and_of_clips(grid: str, window: str) -> None:
    point = "x".join("1" for _ in window.split("x"))
    gate = f"[globalpool avg, {point} in/2 norm=none, {point} in linear sigmoid]"
    spec = dsl.loads(
        f"{{name: gated, input: [3, {grid}], classes: 2, stem: [{window} 4], "
        f"inception: {{SE: {{mul: [identity, {gate}]}}, "
        f"A: {{concat: [{window} in], then: SE, residual: {{scale: 0.5}}}}}}, "
        f"body: [A, {{mul: [{window} in, [globalpool max], identity]}}], "
        f"head: [globalpool avg, fc classes]}}"
    )
    report = cross_check(lower(spec))
    assert report.ok, "\n".join(report.lines())
    model = compile_spec(spec).double().eval()
    randomise(model)
    x = torch.randn(2, *spec.input, dtype=torch.float64)
    arrays = {key: value.numpy() for key, value in model.state_dict().items()}
    found = read(spec, arrays, x.numpy(), Numpy()).logits
    np.testing.assert_allclose(found, model(x).detach().numpy(), rtol=1e-9, atol=1e-9)


def test_a_gate_of_the_image_itself_costs_what_torch_does() -> None:
    """No gradient flows to the image, so that the product keeps it and not the gate."""
    spec = dsl.loads(
        "{name: gated, input: [3, 6, 5], classes: 2, defaults: {norm: none}, "
        "body: [{mul: [identity, [globalpool avg, 1x1 3 sigmoid]]}], head: [flatten, fc classes]}"
    )
    report = cross_check(lower(spec))
    assert report.ok, "\n".join(report.lines())


def test_a_gate_moves_no_window_over_the_map() -> None:
    spec = dsl.loads(
        "{name: gated, input: [3, 24, 24], classes: 2, stem: [3x3 4 /2], body: [strided: "
        "{mul: [[maxpool 12x12 /12 valid], 3x3 4]}], head: [globalpool avg, fc classes]}"
    )
    report = cost(lower(spec)).total
    assert (report.receptive_field, report.stride) == ((7, 7), (2, 2))
    assert described(lower(spec), ["strided"])[0].reduction == 2


@pytest.mark.parametrize(
    ("ends", "ending"),
    [
        (("identity", "identity"), "logits"),
        (("identity", "sigmoid"), "logits"),
        (("sigmoid", "sigmoid"), "altered"),
        (("softmax", "sigmoid"), "altered"),
    ],
)
def test_what_a_product_is_to_a_loss(ends: tuple[str, str], ending: str) -> None:
    spec = dsl.loads(
        "{name: ended, input: [3, 6, 5], classes: 2, "
        f"head: [flatten, fc classes, {{mul: [{', '.join(ends)}]}}]}}"
    )
    assert endings(lower(spec)) == {"logits": ending}
