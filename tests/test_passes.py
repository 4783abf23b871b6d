"""A network that a pass rewrote is one tree with one truth: everything shows the new one."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from torch import nn

import dsl
from compiler import export_weights, load_weights
from compiler.cost import cost
from compiler.cost.render import as_text
from compiler.diff import diff
from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, leaves, nodes
from compiler.ir.rewriting import rewrite, with_inside
from compiler.ir.verifying import verify
from compiler.lowering.lower import lower
from compiler.nn.module import build
from compiler.ops.act import ACTIVATIONS, Activation
from compiler.ops.conv import Conv
from compiler.ops.linear import Dropout
from compiler.ops.norm import BatchNorm
from compiler.oracle.check import cross_check
from compiler.source import emit
from dsl.models.spec import Spec
from tests.networks import dots
from tests.strategies import specs

NETWORKS = ["googlenet", "inception_v3", "inception_resnet_v2", "bn_inception"]


def silu(node: Node) -> Node:
    """ReLU becomes SiLU."""
    if isinstance(node, Leaf) and isinstance(node.op, Activation) and node.op.kind == "relu":
        return replace(node, op=Activation("silu", inplace=ACTIVATIONS["silu"].inplace))
    return node


def without_dropout(node: Node) -> Node | None:
    """Dropout goes."""
    return None if isinstance(node, Leaf) and isinstance(node.op, Dropout) else node


def count(network: Network, kind: type[Any], word: str = "") -> int:
    ops = [leaf.op for _, leaf in leaves(network.nodes) if isinstance(leaf.op, kind)]
    return sum(not word or op.kind == word for op in ops)


def emitted(network: Network) -> nn.Module:
    text = emit(network, "")
    found: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(text, "emitted", "exec"), found)
    classes = [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    made: nn.Module = found[classes[-1]]()
    return made


@pytest.mark.parametrize("name", NETWORKS)
def test_relu_becomes_silu_everywhere(name: str) -> None:
    old = lower(dsl.load(name))
    new = rewrite(old, silu)
    wanted = count(old, Activation, "relu")
    assert wanted > 10
    assert (count(new, Activation, "relu"), count(new, Activation, "silu")) == (0, wanted)
    assert [path for path, _ in nodes(new.nodes)] == [path for path, _ in nodes(old.nodes)]
    assert "ReLU" not in emit(new, "").replace("SiLU", "")
    pictures = dots(new)
    assert all("ReLU" not in dot for dot in pictures.values())
    assert any("SiLU" in dot for dot in pictures.values())
    assert "ReLU" not in as_text(cost(new), layers=True)
    with torch.device("meta"):
        kinds = [type(module).__name__ for module in build(new).modules()]
    assert (kinds.count("ReLU"), kinds.count("SiLU")) == (0, wanted)
    changed = {(c.what, c.old, c.new) for c in diff(old, new).changes}
    assert {(old, new) for _, old, new in changed} == {("ReLU", "SiLU")}


@pytest.mark.parametrize("name", NETWORKS)
def test_another_number_of_classes_keeps_what_was_rewritten(name: str) -> None:
    network = rewrite(lower(dsl.load(name)), silu)
    with torch.device("meta"):
        model = build(network)
        for classes in (5, 0, 7):
            model.reset_classifier(classes)
            kinds = {type(module).__name__ for module in model.modules()}
            assert "SiLU" in kinds
            assert "ReLU" not in kinds
            assert count(model.network, Activation, "relu") == 0
            assert model.network.classes == classes


def test_module_and_source_of_a_rewritten_network_agree() -> None:
    spec = dsl.change(dsl.load("googlenet_96"), {"classes": 5})
    network = rewrite(lower(spec), silu)
    assert cross_check(network).ok
    ours, theirs = build(network), emitted(network)
    theirs.load_state_dict(ours.state_dict(), strict=True)
    x = torch.randn(2, 1, 96, 96)
    for training in (False, True):
        outputs = []
        for model in (ours, theirs):
            torch.manual_seed(0)
            output = model.train(training)(x)
            outputs.append(output if training else (output,))
        assert all(torch.equal(*pair) for pair in zip(*outputs, strict=True))


def test_dropout_goes_from_everything() -> None:
    old = lower(dsl.load("googlenet"))
    new = rewrite(old, without_dropout)
    assert count(old, Dropout) > 0
    assert count(new, Dropout) == 0
    assert "Dropout" not in emit(new, "")
    assert all("dropout" not in dot for dot in dots(new).values())
    assert "dropout" not in as_text(cost(new), layers=True)
    assert {(c.kind, c.old) for c in diff(old, new).changes} == {
        ("removed", "dropout 0.4"),
        ("removed", "dropout 0.7"),
    }
    ours, theirs = build(old).eval(), build(new).eval()
    theirs.load_state_dict(ours.state_dict(), strict=True)
    x = torch.randn(1, 3, 64, 64)
    assert torch.equal(ours(x), theirs(x))


def test_weights_go_by_the_same_names() -> None:
    spec = dsl.load("inception_v3")
    network = rewrite(rewrite(lower(spec), silu), without_dropout)
    ours, plain = build(network), build(lower(spec))
    state = export_weights(plain, "torchvision")
    load_weights(ours, state, source="torchvision")
    assert list(export_weights(ours, "torchvision")) == list(state)
    for mine, other in zip(ours.parameters(), plain.parameters(), strict=True):
        assert torch.equal(mine, other)


careful = settings(max_examples=40)


@careful
@given(spec=specs())
def test_passes_hold_together_on_any_network(spec: Spec) -> None:
    network = lower(spec)
    for change in (silu, without_dropout):
        made = rewrite(network, change)
        verify(made)
        assert made.out == network.out
        assert rewrite(made, change) is made, "nothing is left to change"
        with torch.device("meta"):
            output = build(made).eval()(torch.empty(2, *map(int, made.input)))
        assert output.shape[1:] == made.out
        emit(made, "")
        cost(made, training=True)


@careful
@given(spec=specs())
def test_changing_nothing_gives_the_same_object(spec: Spec) -> None:
    network = lower(spec)
    assert rewrite(network, lambda node: node) is network
    for _, node in nodes(network.nodes):
        assert with_inside(node, lambda child: child) is node


def test_shapes_follow_a_width_that_changes() -> None:
    network = lower(dsl.load("googlenet"))

    def wider(node: Node) -> Node:
        match node:
            case Leaf(op=Conv(width=64) as conv):
                return replace(node, op=replace(conv, width=96))
        return node

    made = rewrite(network, wider)
    verify(made)
    assert made.nodes[0].out[0] == 96
    assert cross_check(made).ok
    norms = [leaf for _, leaf in leaves(made.nodes) if isinstance(leaf.op, BatchNorm)]
    assert norms[0].inp[0] == 96


def narrow(node: Node) -> Node:
    match node:
        case Leaf(op=Conv() as conv):
            return replace(node, op=replace(conv, width=7))
    return node


REFUSED: dict[str, tuple[Callable[[Node], Node | None], type[Exception], str]] = {
    "nothing left": (lambda node: None, ValueError, "nothing of"),
    "a sum of two shapes": (narrow, AssertionError, "a sum of"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_does_not_hold_together_is_refused(what: str) -> None:
    change, kind, said = REFUSED[what]
    with pytest.raises(kind, match=said):
        rewrite(lower(dsl.load("inception_resnet_v2")), change)


def test_nodes_are_values() -> None:
    one, other = (lower(dsl.loads(dsl.dump(dsl.load("inception_v3")))) for _ in range(2))
    assert one.nodes == other.nodes
    assert hash(one.nodes) == hash(other.nodes)
    assert len({*one.nodes, *other.nodes}) == len(set(one.nodes))
    changed = rewrite(one, silu)
    assert changed.nodes != one.nodes
    assert one == other
