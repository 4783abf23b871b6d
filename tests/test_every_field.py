"""Every field of every layer, said on a step, does what it says: one by one and two at a time.

No draw decides what is tried. A field that were overlooked changes no source; one that were
read wrong, alone or beside another, parts module and reading.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from compiler.lowering.lower import lower
from compiler.oracle.proof import prove
from compiler.source import emit
from dsl.models import layers
from dsl.models.layers import Conv, Layer
from dsl.models.spec import Defaults, Spec
from dsl.text.problems import SpecError

PLAIN: dict[type[Layer], dict[str, Any]] = {
    Conv: {"kernel": (3, 3), "width": 6, "stride": (2, 1)},
    layers.SepConv: {"kernel": (3, 3), "width": 6, "stride": (2, 1)},
    layers.Deconv: {"kernel": (4, 3), "width": 6, "stride": (2, 1)},
    layers.MaxPool: {"kernel": (3, 3), "stride": (2, 1)},
    layers.AvgPool: {"kernel": (3, 3), "stride": (2, 1)},
    layers.Pool: {"kernel": (3, 3), "stride": (2, 1), "mode": "avg"},
    layers.GlobalPool: {},
    layers.AdaptivePool: {"size": (2, 3)},
    layers.Upsample: {"factor": (2, 3)},
    layers.Linear: {"width": 5},
    layers.Flatten: {},
    layers.Dropout: {"p": 0.5},
    layers.Activation: {"kind": "leakyrelu"},
    layers.Softmax: {},
    layers.BatchNorm: {},
    layers.LayerScale: {"value": 0.5},
    layers.LayerNorm: {},
    layers.GroupNorm: {"groups": 3},
    layers.InstanceNorm: {},
    layers.LRN: {"size": 3},
    layers.Shuffle: {"groups": 3},
    layers.L2Norm: {},
    layers.DropPath: {"p": 0.5},
    layers.Identity: {},
}
"""Each kind of layer as plain as can be; an even side shrinks, where paddings differ."""

OTHER: dict[str, tuple[Any, ...]] = {
    "act": ("tanh", "none", "leakyrelu:0.3"),
    "alpha": (0.5,),
    "beta": (0.3,),
    "bias": (True, False),
    "ceil": (True,),
    "count_padding": (True, False),
    "depthwise": (True,),
    "dilation": ((2, 2), (1, 2)),
    "eps": (0.2,),
    "factor": ((3, 1), (2,)),
    "gamma": (True, False),
    "groups": (2,),
    "init": ("normal:0.5",),
    "k": (2.0,),
    "kernel": ((1, 5), (3, 1)),
    "kind": ("silu", "prelu"),
    "linear": (True,),
    "mode": ("max",),
    "momentum": (0.6,),
    "norm": ("batch", "layer", "group:2", "instance", "none"),
    "p": (0.25,),
    "padding": ("valid", "tf_same", (0, 1)),
    "repeat": (2,),
    "size": (5,),
    "slope": (0.3,),
    "stride": ((2, 2), (1, 2)),
    "value": (0.2,),
    "width": (4, 12),
}
"""Each field otherwise than the plain layers have it."""

DEFAULTS = {
    "torch's": Defaults(),
    "others": Defaults(
        norm="batch", act="gelu", bias=True, eps=0.05, momentum=0.3, gamma=False,
        padding="tf_same", avgpool="nopad", init="normal:0.1",
    ),
    "bare": Defaults(norm="none", act="none", bias=False, padding="valid"),
}  # fmt: skip  # a list of what is other than torch's


def others(kind: type[Layer], field: str) -> tuple[Any, ...]:
    own: dict[Any, tuple[Any, ...]] = {
        (layers.AdaptivePool, "size"): ((3, 2),),
        (layers.Linear, "bias"): (False,),
        (layers.Upsample, "mode"): ("bilinear",),
        # What tf_same cuts off is even.
        (layers.Deconv, "kernel"): ((1, 5), (2, 1)),
        (layers.Deconv, "stride"): ((4, 1), (2, 3)),
        (layers.Deconv, "dilation"): ((3, 1), (1, 2)),
    }
    return own.get((kind, field), OTHER[field])


def fields(kind: type[Layer]) -> list[str]:
    return [name for name in kind.model_fields if name != "name"]


def spec(kind: type[Layer], defaults: Defaults, values: dict[str, Any]) -> Spec:
    """The layer behind a convolution."""
    flat = (layers.Flatten(),) if kind is layers.Linear else ()
    first = Conv(name="first", kernel=(3, 3), width=6, norm="batch")
    steps = (first, *flat, kind(**PLAIN[kind] | values))
    return Spec(name="probe", input=(3, 10, 12), classes=4, defaults=defaults, stem=steps)


def wrong(made: Spec) -> list[str]:
    network = lower(made)
    report = prove(network, emit(network))
    assert len(report.checks) == 10 or not report.ok
    return [f"{check.name} at {check.difference}" for check in report.failures]


def test_no_field_is_left_out() -> None:
    assert set(PLAIN) == {Conv, *layers.LAYERS.values()}
    assert {name for kind in PLAIN for name in fields(kind)} == set(OTHER)


ONE = [
    pytest.param(kind, field, value, id=f"{kind.__name__}-{field}-{value}")
    for kind in PLAIN
    for field in fields(kind)
    for value in others(kind, field)
]


@pytest.mark.parametrize(("kind", "field", "value"), ONE)
def test_a_field_says_something_and_does_what_it_says(
    kind: type[Layer], field: str, value: Any
) -> None:
    changed = False
    for defaults in DEFAULTS.values():
        made, plain = spec(kind, defaults, {field: value}), spec(kind, defaults, {})
        assert not wrong(made)
        changed |= emit(lower(made)) != emit(lower(plain))
    assert changed


TOGETHER = {
    kind: [
        {one: a, other: b}
        for one, other in combinations(fields(kind), 2)
        for a in others(kind, one)[:1]
        for b in others(kind, other)[-1:]
    ]
    for kind in PLAIN
}
REFUSED = [
    {"depthwise", "groups"},
    {"depthwise", "width"},
    {"kind", "slope"},
    {"count_padding", "mode"},
]
"""What can't be said together, or not with these values."""


@pytest.mark.parametrize("kind", PLAIN, ids=lambda kind: kind.__name__)
def test_two_fields_do_not_disturb_each_other(kind: type[Layer]) -> None:
    found = {}
    for values in TOGETHER[kind]:
        try:
            bad = wrong(spec(kind, DEFAULTS["torch's"], values))
        except (SpecError, ValueError) as refused:
            bad = [str(refused)] if set(values) not in REFUSED else []
        if bad:
            found[str(values)] = bad
    assert not found
