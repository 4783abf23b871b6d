"""Passes for inference: the same outputs, a tree that holds together, and hands off elsewhere."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from torch import Tensor

import dsl
from compiler.cost import cost
from compiler.ir.fit import misfit
from compiler.ir.network import Network
from compiler.ir.nodes import BlockUse, leaves, nodes
from compiler.ir.verifying import verify
from compiler.lowering.lower import lower
from compiler.nn.module import CompiledNetwork, build
from compiler.ops.norm import BatchNorm
from compiler.oracle.emitted import load, randomise
from compiler.passes.passing import Pass, Weights
from compiler.passes.pipeline import EXACT, optimized
from compiler.passes.run import run
from compiler.source import emit
from dsl.models.spec import Spec
from tests.networks import dots
from tests.shelf import IDS, NETWORKS
from tests.strategies import specs

careful = settings(max_examples=10)


def with_weights(network: Network) -> CompiledNetwork:
    """A module in float64 with weights and statistics that let every part show."""
    with torch.device("meta"):
        model = build(network)
    randomise(model)
    return model.double().eval()


def given_weights(network: Network, weights: Weights) -> CompiledNetwork:
    with torch.device("meta"):
        model = build(network)
    model.load_state_dict(dict(weights), strict=True, assign=True)
    return model.eval()


def hold_equal(one: Tensor, other: Tensor, bound: float = 1e-12) -> None:
    assert one.shape == other.shape
    assert float((one - other).abs().max()) <= bound * float(one.abs().max().clamp(min=1e-300))


def hold_same(passes: tuple[Pass, ...], network: Network) -> Network:
    """What passes make of a network gives the same; the new network."""
    model = with_weights(network)
    state = model.state_dict()
    kept = {key: tensor.clone() for key, tensor in state.items()}
    made, weights = run(passes, network, state)
    assert weights is not None
    assert all(torch.equal(state[key], kept[key]) for key in kept), "what was given has changed"
    verify(made)
    alone, nothing = run(passes, network)
    assert (alone, nothing) == (made, None)
    assert alone.origins == made.origins
    again, _ = run(passes, made, weights)
    assert again is made
    x = torch.randn(2, *map(int, network.input), dtype=torch.float64)
    ours = given_weights(made, weights)
    with torch.no_grad():
        wanted = model(x)
        hold_equal(wanted, ours(x))
    old = {path for path, _ in nodes(network.nodes)}
    assert {made.origins.get(path, path) for path, _ in leaves(made.nodes)} <= old
    hold_emitted(made, weights, x, ours)
    return made


def hold_emitted(network: Network, weights: Weights, x: Tensor, ours: CompiledNetwork) -> None:
    cost(network)
    dots(network)
    with torch.device("meta"):
        theirs = load(emit(network, ""))()
    theirs.load_state_dict(dict(weights), strict=True, assign=True)
    with torch.no_grad():
        assert torch.equal(theirs.eval()(x), ours(x))


@pytest.mark.parametrize("each", EXACT, ids=lambda each: each.run.__name__)
@careful
@given(spec=specs())
def test_each_pass_alone_keeps_what_random_networks_give(each: Pass, spec: Spec) -> None:
    hold_same((each,), lower(spec))


@careful
@given(spec=specs())
def test_all_passes_keep_what_random_networks_give(spec: Spec) -> None:
    hold_same(EXACT, lower(spec))


def small(spec: Spec) -> Network:
    """The network for the least square that it takes, from 33 on; its own input where none does."""
    network = lower(spec)
    for side in (33, 75, 107):
        grid = tuple(min(int(n), side) for n in network.input[1:])
        if not misfit(network, (2, int(network.input[0]), *grid), training=False):
            return lower(spec.model_copy(update={"input": (spec.input[0], *grid), "aux": ()}))
    return network


@pytest.mark.parametrize(("name", "variant"), NETWORKS, ids=IDS)
def test_every_tree_on_the_shelf(name: str, variant: str | None) -> None:
    made, _ = optimized(lower(dsl.load(name, variant)))
    ops = [leaf.op for _, leaf in leaves(made.nodes)]
    assert optimized(made)[0] is made
    if "inception_time" not in name:  # Behind a concat there is nothing that takes it in.
        assert not any(isinstance(op, BatchNorm) for op in ops)
    assert not made.taps


SHELF = ["bn_inception", "inception_next", "inception_resnet_v1", "inception_time", "xception"]


@pytest.mark.parametrize("name", SHELF)
def test_networks_of_the_shelf_give_the_same(name: str) -> None:
    hold_same(EXACT, small(dsl.load(name)))


START = "name: net\ninput: [4, 12, 12]\nclasses: 5\n"
HEAD = "\nhead: [globalpool avg, fc classes]"


def network(body: str, more: str = "", head: str = HEAD) -> Network:
    return lower(dsl.loads(f"{START}{more}body: [{body}]{head}"))


def kinds(made: Network) -> str:
    return " ".join(type(leaf.op).__name__ for _, leaf in leaves(made.nodes[:-3]))


FOLDED = {
    "deconv 3x3 6 /2 groups=2": "Deconv Activation",
    "deconv 3x3 6 /2 groups=2 linear, batchnorm": "Deconv",
    "3x3 8 groups=4 linear, batchnorm": "Conv",
    "3x3 8 groups=2 linear bias, batchnorm nogamma, relu": "Conv Activation",
    "batchnorm, 3x3 8 groups=2 valid norm=none": "Conv Activation",
    "batchnorm, 1x1 8 tf_same norm=none linear": "Conv",
    "batchnorm, 3x3 8 valid": "Conv Activation",
    "[3x3 8 linear], [batchnorm, batchnorm, relu]": "Conv BatchNorm BatchNorm Activation",
    "[[3x3 8 linear], [batchnorm, batchnorm, relu]]": "Conv Activation",
    "3x3 8 linear norm=none, scale 0.3, dropout 0.2, batchnorm": "Conv",
    "scale 0.3, 3x3 8 groups=2 same norm=none linear": "Conv",
    "scale 0.3, deconv 3x3 6 groups=2 /2 linear": "Deconv",
    "[droppath 0.2, identity]": "",
    "{concat: [1x1 3, [dropout 0.1, identity], {concat: [1x1 2, 3x3 2]}]}": (
        "Conv Activation Identity Conv Activation Conv Activation"
    ),
    "{do: [1x1 4 act=none, droppath 0.3], residual: {scale: 0.3, shortcut: identity}}": (
        "Conv Activation"
    ),
}
"""Steps, and the layers that are left."""
LEFT_ALONE = {
    "a norm behind an activation": "3x3 8 norm=none, batchnorm",
    "a norm before padding": "batchnorm, 3x3 8 same norm=none",
    "a norm before padding that only other sizes get": "batchnorm, 2x2 8 /2 tf_same norm=none",
    "a norm before a transposed convolution": "batchnorm, deconv 2x2 8 /2 norm=none",
    "a norm before a separable convolution": "batchnorm, sepconv 1x1 8 norm=none",
    "a norm that several branches read": "batchnorm, {concat: [1x1 3 norm=none, 1x1 3 norm=none]}",
    "a convolution that a split reads": "1x1 4 norm=none linear, {add: [batchnorm, identity]}",
    "a norm around which a sum goes": (
        "[1x1 4 norm=none linear, {do: [batchnorm, relu], residual: {act: relu}}]"
    ),
    "a convolution that a sum follows": "[{do: [1x1 4 norm=none linear], residual: {}}, batchnorm]",
    "a scale behind an activation": "1x1 4 norm=none, scale 0.5",
    "a sum of what an activation gives": "{do: [1x1 4 norm=none], residual: {scale: 0.5}}",
}


@pytest.mark.parametrize("body", FOLDED)
def test_what_can_be_folded_is(body: str) -> None:
    made = hold_same(EXACT, network(body))
    assert kinds(made) == FOLDED[body]


@pytest.mark.parametrize("what", LEFT_ALONE)
def test_where_it_does_not_hold_nothing_changes(what: str) -> None:
    plain = network(LEFT_ALONE[what])
    made, _ = optimized(plain)
    assert made is plain
    hold_same(EXACT, plain)


def test_a_head_that_reads_a_convolution_keeps_it_apart_until_it_goes() -> None:
    body = "\nbody: [c: 3x3 8 linear norm=none, n: batchnorm]"
    aux = "aux:\n  - extra: {from: c, weight: 0.3, do: [globalpool avg, fc classes]}"
    plain = lower(dsl.loads(f"{START}{aux}{body}{HEAD}"))
    _, _, norms, *_ = EXACT
    assert hold_same((norms,), plain) is plain
    made = hold_same(EXACT, plain)
    assert made.heads_left_out == ("extra",)
    assert [node.name for node in made.nodes[:1]] == ["n"], "what c gave is nowhere any more"
    assert made.origins == {"n": "c"}


@pytest.mark.parametrize("passes", [EXACT, *((each,) for each in EXACT)], ids=lambda p: p[-1].name)
def test_weights_without_those_of_heads(passes: tuple[Pass, ...]) -> None:
    plain = lower(dsl.load("inception_v3"))
    with torch.device("meta"):
        state = build(plain, aux=False).state_dict()
    made, weights = run(passes, plain, state)
    with torch.device("meta"):
        fresh = build(made, aux=False)
    fresh.load_state_dict(dict(weights or {}), strict=True, assign=True)


def test_arguments_that_nothing_reads_any_more_go() -> None:
    plain = lower(dsl.load("inception_resnet_v2"))
    made, _ = optimized(plain)
    before, after = (
        [use for _, node in nodes(each.nodes) if (use := _use(node))] for each in (plain, made)
    )
    assert any("scale" in use.args for use in before)
    assert not any({"scale"} & {*use.args, *use.params} for use in after)
    assert any("act" in use.args for use in after)
    assert not re.search(r"\bscale\b", emit(made, ""))  # The header says that scales were folded.
    assert ">× scale<" not in "".join(dots(made).values())


def _use(node: Any) -> BlockUse | None:
    found: BlockUse | None = getattr(node, "use", None)
    return found


def test_units_of_one_layer_read_as_written_by_hand() -> None:
    made = hold_same(EXACT, network("a: 3x3 8, b: 1x1 4 act=none"))
    assert made.origins == {"b": "b.conv"}
    text = emit(made, "")
    assert "ConvReLU(" in text
    assert "self.b = nn.Conv2d(8, 4, 1)" in text
    assert "BN" not in text


def test_lists_are_counted_anew() -> None:
    made = hold_same(EXACT, network("list: [dropout 0.5, 3x3 8, dropout 0.1, 1x1 3]"))
    assert made.origins == {
        "list.0.conv": "list.1.conv",
        "list.0.act": "list.1.act",
        "list.1.conv": "list.3.conv",
        "list.1.act": "list.3.act",
    }


def test_nested_joins_get_names_of_their_own() -> None:
    body = "j: {concat: [a: 1x1 2, b: {concat: [a: 1x1 3, b: 3x3 2, c: maxpool 3x3 /1 same]}]}"
    made = hold_same(EXACT, network(body))
    (join,) = made.nodes[:1]
    assert [branch.name for branch in join.branches] == ["a", "b_a", "b_b", "c"]  # type: ignore[union-attr]  # a split


def test_types_stay() -> None:
    plain = network("3x3 8, 1x1 4 linear")
    for dtype in (torch.float16, torch.bfloat16, torch.float32):
        state = with_weights(plain).to(dtype).state_dict()
        _, weights = optimized(plain, state)
        assert weights is not None
        assert {tensor.dtype for tensor in weights.values()} == {dtype}


def test_weights_that_do_not_fit_are_refused() -> None:
    plain = network("a: 3x3 8")
    state = with_weights(plain).state_dict()
    short = {key: value for key, value in state.items() if key != "a.bn.running_var"}
    wrong: list[tuple[dict[str, Tensor], str]] = [
        (short, "a.bn.running_var is missing"),
        ({**state, "a.conv.weight": torch.zeros(8, 3, 3, 3)}, r"must be \(8, 4, 3, 3\)"),
        ({**state, "a.conv.weight": state["a.conv.weight"].int()}, "of a floating type"),
        ({**state, "b.weight": torch.zeros(3)}, "no layer has b.weight"),
        ({}, "and 6 more"),
    ]
    for given_state, said in wrong:
        with pytest.raises(ValueError, match=said):
            optimized(plain, given_state)
    state.pop("a.bn.num_batches_tracked")
    optimized(plain, state)


def test_a_network_of_which_nothing_is_left_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing of net is left"):
        optimized(network("dropout 0.5", head=""))
