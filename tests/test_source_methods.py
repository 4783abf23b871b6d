"""The emitted network's own methods: the halves of `forward`, other classes, switches."""

from __future__ import annotations

import ast
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor

import dsl
from compiler.ir.network import Network
from compiler.ir.nodes import Tap
from compiler.lowering.classifier import classified
from compiler.lowering.lower import lower
from compiler.lowering.prepare import prepare
from compiler.nn.module import CompiledNetwork, build
from compiler.source import emit, resets
from compiler.source.classnames import class_name
from tests import odd_specs
from tests.networks import HEAD, TEXTS
from tests.test_module import TF_SAME, equal
from tests.test_source import imported, randomise, tensors

SHELF = ["googlenet", "inception_v3", "inception_resnet_v2"]
SMALL = ["squeezed", "residual", *odd_specs.TEXTS]
ALONE = {"tiny", "tinier", "only_a_pool", "only_an_activation", "nothing_at_all"}
ALONE |= {"only_functions", "classes_as_an_argument"}
"""Networks that are all head, or have none: `forward` has no halves."""


@cache
def network(name: str) -> Network:
    if name in odd_specs.TEXTS:
        return lower(odd_specs.spec(name))
    if name in TEXTS:
        return lower(dsl.loads(HEAD + TEXTS[name]))
    return lower(dsl.loads(TF_SAME)) if name == "squeezed" else prepare(name).network


def both(name: str) -> tuple[CompiledNetwork, Any]:
    """The compiled network and the emitted one, with the same state."""
    net = network(name)
    torch.manual_seed(0)
    ours = build(net)
    randomise(ours)
    theirs = getattr(imported(net, emit(net)), class_name(net))()
    theirs.load_state_dict(ours.state_dict(), strict=True)
    return ours, theirs


def image(name: str) -> Tensor:
    channels, height, width = (int(n) for n in network(name).input)
    size = (
        (channels, min(height, 96), min(width, 96)) if name in SHELF else (channels, height, width)
    )
    return torch.randn(2, *size, generator=torch.Generator().manual_seed(1))


def seeded(function: Any, *args: Any, **kwargs: Any) -> Any:
    torch.manual_seed(2)
    return function(*args, **kwargs)


@pytest.mark.parametrize("name", [name for name in SMALL if name not in ALONE] + SHELF[:1])
def test_halves_equal_the_modules(name: str) -> None:
    ours, theirs = both(name)
    x = image(name)
    for training in (False, True):
        for model in (ours, theirs):
            model.train(training)
        features = seeded(ours.forward_features, x)
        assert torch.equal(features, seeded(theirs.forward_features, x))
        equal(seeded(ours.forward_head, features), seeded(theirs.forward_head, features))
        if ours.num_classes and hasattr(theirs, "reset_classifier"):
            pooled = seeded(theirs.forward_head, features, pre_logits=True)
            assert torch.equal(seeded(ours.forward_head, features, pre_logits=True), pooled)
        # Heads were left alone: their statistics still agree with what they were.
        for (key, mine), other in zip(
            ours.state_dict().items(), theirs.state_dict().values(), strict=True
        ):
            assert torch.equal(mine, other), key
        equal(tensors(seeded(ours, x)), tensors(seeded(theirs, x)))
    head = theirs.eval().forward_head(theirs.forward_features(x))
    assert torch.equal(head, theirs(x))


@pytest.mark.parametrize("name", sorted(ALONE))
def test_a_network_without_halves_is_just_forward(name: str) -> None:
    _, theirs = both(name)
    assert not hasattr(theirs, "forward_features")
    assert not hasattr(theirs, "forward_head")


@pytest.mark.parametrize("name", ["squeezed", "heads", "inits", "tinier", *SHELF])
def test_other_classes_draw_the_same_weights(name: str) -> None:
    ours, theirs = both(name)
    x = image(name)
    for classes in (3, ours.num_classes):
        seeded(ours.reset_classifier, classes)
        seeded(theirs.reset_classifier, classes)
        assert theirs.num_classes == classes
        for (key, mine), other in zip(
            ours.state_dict().items(), theirs.state_dict().values(), strict=True
        ):
            assert torch.equal(mine, other), key
    assert len(theirs.eval()(x)[0]) == ours.num_classes


@pytest.mark.parametrize("name", ["repeats", "inline_splits", "long_names", "only_a_pool"])
def test_where_classes_size_more_there_is_no_reset(name: str) -> None:
    _, theirs = both(name)
    assert not hasattr(theirs, "reset_classifier")


def test_heads_without_aux_logits_reset_too() -> None:
    net = network("squeezed")
    model = getattr(imported(net, emit(net)), class_name(net))(aux_logits=False)
    model.reset_classifier(2)
    assert model.train()(image("squeezed")).shape == (2, 2)


def test_trunks_are_spelt_out_once() -> None:
    """Each step is applied in one method only, so that an edit is made in one place."""
    for name in (*SHELF, "squeezed", "residual"):
        tree = ast.parse(emit(network(name)))
        made = next(
            node
            for node in tree.body
            if isinstance(node, ast.ClassDef) and node.name == class_name(network(name))
        )
        applied = [
            node.func.attr
            for node in ast.walk(made)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if node.func.attr in {node.name for node in network(name).nodes}
        ]
        assert len(applied) == len(set(applied)), name
        steps = {node.name for node in network(name).nodes if isinstance(node, Tap)}
        assert steps <= set(applied)


# --- Switches ------------------------------------------------------------------------------


def test_an_activation_that_some_uses_lack_is_an_argument() -> None:
    net = network("switches")
    text = emit(net)
    classes = [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    assert [name for name in classes if name.startswith("Inception")] == [
        "InceptionBoth",
        "InceptionBare",
        "InceptionFixed",
        "InceptionThree",
        "InceptionThreeActNone",
        "InceptionThreeActGelu",
        "InceptionUnits",
        "InceptionUnitsActNone",
    ]
    assert "def __init__(self, in_channels: int, s: float = 0.2, a: bool = True)" in text
    assert "def __init__(self, in_channels: int, act: bool) -> None:" in text
    assert "self.b2 = nn.Sequential(*(InceptionBoth(8, a=False) for _ in range(2)))" in text
    assert "self.c1 = InceptionBare(8, act=True)" in text
    assert "self.d = nn.Sequential(*(InceptionFixed(8) for _ in range(2)))" in text
    torch.manual_seed(0)
    ours = build(net)
    randomise(ours)
    theirs = getattr(imported(net, text), class_name(net))()
    theirs.load_state_dict(ours.state_dict(), strict=True)
    x = image("switches")
    for training in (False, True):
        equal(ours.train(training)(x), theirs.train(training)(x))


def test_inception_resnets_last_block_is_no_class_of_its_own() -> None:
    text = emit(network("inception_resnet_v2"))
    assert "ActNone" not in text
    assert text.count("act=False") == 1


def test_the_tree_is_not_searched_again_for_each_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Network] = []

    def counted(network: Network) -> tuple[str, ...]:
        asked.append(network)
        return classified(network)

    monkeypatch.setattr(resets, "classified", counted)
    text = (
        "name: deep\ninput: [3, 8, 8]\nclasses: 5\ninception: {A: {concat: [1x1 4, 3x3 4]}}\n"
        f"body: [{', '.join(['A'] * 40)}]\nhead: [globalpool avg, fc classes]\n"
    )
    emit(lower(dsl.loads(text)))
    assert 1 <= len(asked) <= 3
