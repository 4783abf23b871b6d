"""The cross-check: everything agrees, and a mistake in any fact is found where it was made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

import dsl
from compiler.cost import timeline
from compiler.ir.facts import Extra, Saved, Window, Work
from compiler.ir.join import Join
from compiler.ir.op import Call, Op, Shape
from compiler.lowering.lower import lower
from compiler.ops.act import ACTIVATIONS, Activation, Softmax
from compiler.ops.conv import Conv
from compiler.ops.deconv import Deconv
from compiler.ops.join import Add, Concat
from compiler.ops.linear import Dropout, DropPath, Flatten, Identity, Linear
from compiler.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm
from compiler.ops.pool import AdaptivePool, AvgPool, MaxPool
from compiler.ops.scale import LayerScale
from compiler.ops.shuffle import ChannelShuffle
from compiler.ops.unlearned import L2Norm, LocalResponseNorm
from compiler.ops.upsample import Upsample
from compiler.oracle.check import cross_check
from compiler.oracle.comparisons import Check
from dsl.models.spec import Spec
from dsl.text.memory import forget
from tests.strategies import specs


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Mistakes are planted in facts that would be remembered."""
    forget()
    yield
    forget()


SUBJECTS = [
    ("googlenet", "torchvision"),
    ("inception_v3", None),
    ("inception_v3_cifar10", "slim"),
    ("inception_resnet_v2", "keras"),
    ("googlenet_2014", None),
    ("bn_inception", None),
    ("xception", None),
    ("se_inception_resnet_v2", None),
]


@pytest.mark.parametrize(("name", "variant"), SUBJECTS)
def test_cost_and_module_agree(name: str, variant: str | None) -> None:
    report = cross_check(lower(dsl.load(name, variant)))
    assert report.ok, "\n".join(report.lines())
    assert len(report.checks) == 30
    assert list(report.lines())[-1] == f"{report.network}: all 30 equal"


@settings(max_examples=12)
@given(spec=specs())
def test_cost_and_module_agree_on_any_network(spec: Spec) -> None:
    report = cross_check(lower(spec))
    assert report.ok, "\n".join(report.lines())


EDGES = [
    "dropout 0",
    "dropout 1",
    "droppath 0",
    "droppath 1",
    "{concat: [[1x1 6, scale 0.1, droppath 0.3]], residual: {}}, droppath 0.2",
    "l2norm, globalpool avg, l2norm",
    "layernorm nogamma, 1x1 4 norm=layer, layernorm, relu",
    "groupnorm 3, 3x3 6 norm=group:6 nogamma, sepconv 3x3 4 tf_same norm=group:2 /2, groupnorm 1",
    "instancenorm nogamma, 3x3 6 norm=instance, 3x3 6 norm=instance act=silu /2, instancenorm",
    "1x1 1 linear, layernorm, 3x3 4 norm=layer /2, groupnorm 2, layernorm, instancenorm",
    "{mul: [layernorm, [globalpool avg, layernorm, groupnorm 2]]}",
    "lrn 4",
    "lrn 1",
    "5x5 8 dil=2 tf_same /3",
    "2x2 8 /2 tf_same",
    "1x1 6 groups=2 /2 tf_same",
    "avgpool 3x3 /2 tf_same",
    "avgpool 3x3 /2 pad=1 ceil",
    "avgpool 11x10 valid",
    "maxpool 3x3 /2 ceil",
    "maxpool 4x4 /3 tf_same",
    "adaptivepool avg 4x5",
    "adaptivepool max 11x2",
    "{add: [identity]}",
    "{add: [identity, identity]}",
    "{concat: [globalpool avg, globalpool max]}",
    "{concat: [3x3 4 /2 valid, 7x7 4 valid]}, 2x2 4 valid",
    "{concat: [7x7 4 valid, 3x3 4 /2 valid]}, 2x2 4 valid",
    "{concat: [1x1 6 linear], residual: {act: none}}, {concat: [1x1 6], residual: {}}",
    "{concat: [1x1 6], then: dropout 0.5, residual: {scale: 0.5, act: gelu}}",
    "{mul: [1x1 6, [1x1 6, 3x3 6 sigmoid], [droppath 0.5, 1x1 6 linear]]}",
    "{mul: [identity, [globalpool avg, 1x1 6 sigmoid], 3x3 6]}",
]


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("average", ["countpad", "nopad"])
def test_cost_and_module_agree_at_the_edges(edge: str, average: str) -> None:
    assert differences(f"[3x3 6, {edge}, globalpool avg, fc classes]", average) == {}


def test_cost_and_module_agree_on_norms_of_vectors() -> None:
    norms = "layernorm, fc 8, batchnorm, relu, groupnorm 2, layernorm nogamma, batchnorm nogamma"
    assert differences(f"[layernorm, maxpool 3x3 /2, flatten, {norms}, fc classes]") == {}


def differences(stem: str, average: str = "nopad") -> dict[str, Check]:
    """The comparisons that fail for a small network, by name."""
    network = lower(
        dsl.loads(
            f"name: small\ninput: [3, 11, 10]\nclasses: 3\n"
            f"defaults: {{norm: none, avgpool: {average}}}\nstem: {stem}\n"
        )
    )
    return {check.name: check for check in cross_check(network).failures}


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_what_an_activation_keeps_is_what_torch_keeps(kind: str) -> None:
    """Behind a convolution, behind a norm, as a step of its own and behind itself."""
    steps = f"3x3 4 act={kind}, 1x1 4 norm=batch act={kind}, act {kind}, act {kind}, 1x1 2 linear"
    assert differences(f"[{steps}]") == {}


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_an_activation_that_keeps_something_else_is_found(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = ACTIVATIONS[kind]
    other = "input" if facts.keeps == "output" else "output"
    monkeypatch.setitem(ACTIVATIONS, kind, replace(facts, keeps=other))
    monkeypatch.setattr(Activation, "inplace", False, raising=False)
    assert differences(f"[3x3 4 linear, act {kind}, maxpool 3x3]")


PROBES: dict[type[Op], str] = {
    Conv: "3x3 4 linear",
    Linear: "fc 5",
    Flatten: "flatten",
    Dropout: "dropout 0.5",
    Identity: "identity",
    BatchNorm: "batchnorm",
    LayerScale: "scale 0.5",
    DropPath: "droppath 0.5",
    L2Norm: "l2norm",
    LayerNorm: "layernorm",
    GroupNorm: "groupnorm 2",
    InstanceNorm: "instancenorm",
    LocalResponseNorm: "lrn 5",
    MaxPool: "maxpool 3x3 /2",
    AvgPool: "avgpool 3x3 /2 tf_same",
    AdaptivePool: "adaptivepool avg 11x5",
    Activation: "gelu",
    Softmax: "softmax",
    ChannelShuffle: "shuffle 2",
    Deconv: "deconv 3x3 4 /2 linear",
    Upsample: "upsample 2 bilinear",
}
Fact = Callable[..., Any]


def work(**more: int) -> tuple[str, Callable[[Fact], Fact]]:
    """More of one kind of work than there is."""

    def plant(fact: Fact) -> Fact:
        def lie(op: Op, x: Shape) -> Work:
            found: Work = fact(op, x)
            return found._replace(**{key: getattr(found, key) + n for key, n in more.items()})

        return lie

    return "work", plant


def returns(name: str, change: Callable[[Any], Any]) -> tuple[str, Callable[[Fact], Fact]]:
    """A fact that is changed before it is told."""

    def plant(fact: Fact) -> Fact:
        return lambda *args, **kwargs: change(fact(*args, **kwargs))

    return name, plant


def taller(window: Window | None) -> Window | None:
    return window and replace(window, kernel=(window.kernel[0] + 2, window.kernel[1]))


def more_saved(saved: Saved) -> Saved:
    return replace(saved, extra=replace(saved.extra, fixed=saved.extra.fixed + 1))


GHOST = {"ghost": (1,)}
WINDOWED = (Conv, MaxPool, AvgPool, AdaptivePool)
NORMS = (BatchNorm, LayerNorm, GroupNorm, InstanceNorm)
MAPS = tuple(kind for kind in PROBES if kind not in (Linear, Flatten))
EVERY = tuple(PROBES)
MISTAKES: dict[str, tuple[tuple[str, Callable[[Fact], Fact]], str, tuple[type[Op], ...]]] = {
    "a parameter": (returns("params", lambda found: found | GHOST), "params", EVERY),
    "a buffer": (returns("buffers", lambda found: found | GHOST), "buffers", EVERY),
    "macs": (work(macs=9 * 11 * 10 * 5), "MACs", EVERY),
    "activations": (work(activations=1), "activations", EVERY),
    "bias additions": (work(bias_adds=1), "bias additions", EVERY),
    "norm elements": (work(bn_elems=1), "elements written", NORMS),
    "nonlinear elements": (work(act_elems=1), "elements written", (Activation, Softmax)),
    "pooled elements": (work(pool_elems=1), "elements written", WINDOWED[1:]),
    "elementwise": (work(eltwise_elems=1), "elements written", EVERY),
    "constants": (work(constants=1), "elements written", (AvgPool,)),
    "a field": (returns("window", taller), "receptive fields", WINDOWED),
    "padding": (returns("window", taller), "MACs on pixels", (Conv,)),
    "flattening": (returns("flattens", lambda found: not found), "receptive fields", MAPS),
    "peaks": (returns("peaks", lambda found: (*found, Extra(9**6))), "peak bytes", EVERY),
    "kept": (returns("saved", more_saved), "bytes saved for backward", EVERY),
    "the batch": (
        returns("least_batch", lambda found: found + 4),
        "bytes saved for backward",
        EVERY,
    ),
    "a channel": (
        returns("out", lambda found: Shape(found[0] + 1, *found[1:])),
        "output shapes",
        (Linear, Softmax, MaxPool),
    ),
}
CASES = [
    pytest.param(kind, *mistake[:2], id=f"{kind.__name__}-{name}")
    for name, mistake in MISTAKES.items()
    for kind in mistake[2]
]


@pytest.mark.parametrize(("kind", "mistake", "found_by"), CASES)
def test_a_wrong_fact_is_found_at_its_layer(
    monkeypatch: pytest.MonkeyPatch,
    kind: type[Op],
    mistake: tuple[str, Callable[[Fact], Fact]],
    found_by: str,
) -> None:
    name, plant = mistake
    monkeypatch.setattr(kind, name, plant(getattr(kind, name)))
    flat = "flatten, " if kind is Linear else ""
    failures = differences(f"[first: 3x3 4 linear, {flat}probe: {PROBES[kind]}]")
    difference = failures[found_by].difference
    assert difference is not None
    where = "first" if kind is Conv else "probe"
    assert difference.where.split(".", 1)[0] == where, difference
    assert difference.counted != difference.measured


def test_memory_that_moves_is_found_where_totals_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Totals can't tell which layer keeps something, nor what is alive where it isn't the most."""
    kept = timeline.kept

    def swapped(*args: Any) -> dict[str, int] | None:
        found = kept(*args)
        assert found is not None
        paths = list(found)
        return dict(zip(reversed(paths), found.values(), strict=True))

    monkeypatch.setattr(timeline, "kept", swapped)
    monkeypatch.setattr(timeline, "alive", lambda *args: {"first": 1})
    failures = differences("[first: 3x3 4 linear, second: 3x3 8 linear]")
    assert set(failures) == {"bytes alive by layer", "bytes kept by layer"}


SHARING = [Activation, Softmax, Dropout, DropPath, Flatten, Identity, BatchNorm, ChannelShuffle]


@pytest.mark.parametrize("kind", SHARING)
def test_wrong_sharing_is_found(monkeypatch: pytest.MonkeyPatch, kind: type[Op]) -> None:
    shares = kind.shares
    monkeypatch.setattr(kind, "shares", lambda op, training: not shares(op, training))
    failures = differences(f"[first: 3x3 4 linear, probe: {PROBES[kind]}]")
    difference = failures["peak bytes"].difference
    assert difference is not None and difference.where.startswith("probe")


def test_a_wrong_layer_shape_is_found_in_a_module_that_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = Conv.out
    monkeypatch.setattr(Conv, "out", lambda op, x: Shape(op.width + 1, *out(op, x)[1:]))
    failures = differences("[first: 3x3 4 linear, 3x3 5 linear]")
    assert str(failures["a run"].difference) == "first: counted (5, 11, 10), measured (4, 11, 10)"


def test_a_module_that_fails_for_another_reason_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MaxPool, "call", lambda op, x: Call("nn.MaxPool2d", (99,)))
    difference = differences("[first: 3x3 4, probe: maxpool 2x2 /2]")["a run"].difference
    assert difference is not None and difference.where == "the module"
    assert "Output size is too small" in str(difference.measured)


JOINS: list[tuple[type[Join], str, Any, str]] = [
    (Concat, "elements_written", lambda join, shapes: 7, "elements written"),
    (Add, "elements_written", lambda join, shapes: 7, "elements written"),
    (Concat, "folds", True, "peak bytes"),
    (Add, "folds", False, "peak bytes"),
]


@pytest.mark.parametrize(("kind", "fact", "wrong", "found_by"), JOINS)
def test_a_wrong_join_is_found(
    monkeypatch: pytest.MonkeyPatch, kind: type[Join], fact: str, wrong: object, found_by: str
) -> None:
    monkeypatch.setattr(kind, fact, wrong)
    stem = f"[first: 3x3 4, probe: {{{kind.word}: [1x1 4, 1x1 4, 1x1 4]}}]"
    difference = differences(stem)[found_by].difference
    assert difference is not None and difference.where == "probe"


def test_wrong_training_work_is_found_in_training_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dropout, "training_work", lambda op, x: Work())
    network = lower(dsl.load("googlenet"))
    (first, *_) = cross_check(network).failures
    assert (first.mode, first.name) == ("training at batch 1", "elements written")
    assert first.difference is not None and first.difference.where == "aux1.dropout"


def test_a_difference_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Linear, "work", lambda op, x: Work(macs=5000, activations=3))
    network = lower(dsl.loads("name: a\ninput: [3, 8, 8]\nclasses: 3\nstem: [fc 3]\n"))
    lines = list(cross_check(network).lines())
    assert lines[0] == "evaluation at batch 1:"
    assert "  differ: MACs at fc: counted 5,000, measured 576" in lines
    assert lines[-1] == "a: 8 of 30 differ"
