"""How each layer of the language becomes ops: one rule a layer kind.

A rule takes the layer, the shape that comes in and the scope, and gives the ops that the
layer consists of, named as their modules will be. Several ops make a unit: the
convolution, norm and activation that hand-written code keeps in one class.

Ops that few networks have are imported by their rule, since a command should answer at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, TypeVar

from compiler.ir.op import Init, Op, Shape
from compiler.lowering.norms import NORMS, norm_behind
from compiler.lowering.scope import Scope
from compiler.lowering.windows import pool_window, ranked, sliding
from compiler.ops.act import ACTIVATIONS, Activation, Softmax
from compiler.ops.conv import CONV, DEPTHWISE, POINTWISE, Conv
from compiler.ops.linear import Dropout, DropPath, Flatten, Identity, Linear
from compiler.ops.pool import AdaptivePool, AvgPool, MaxPool
from compiler.ops.window import Sliding, every
from dsl.models import layers
from dsl.models.activations import CHANNELWISE, SLOPED
from dsl.models.fields import MODES, RESAMPLING
from dsl.models.model import Model
from dsl.reading.references import names_read
from dsl.text.memory import Memory
from dsl.text.numbers import LEAST

Part = tuple[str, Op]


@dataclass(frozen=True)
class Lowered:
    """The ops of one layer; `before` is one that goes in front as a step of its own."""

    parts: tuple[Part, ...]
    before: Part | None = None


PLACED = ("name", "repeat", "width")
"""Fields of a convolution that say nothing of its style."""
Rule = Callable[[Any, Shape, Scope], Lowered]
RULES: dict[type[layers.Layer], Rule] = {}
R = TypeVar("R", bound=Rule)


def lowers(*kinds: type[layers.Layer]) -> Callable[[R], R]:
    """Register the lowering rule of some layer kinds."""

    def register(rule: R) -> R:
        RULES.update(dict.fromkeys(kinds, rule))
        return rule

    return register


def rule_of(step: layers.Layer) -> Rule:
    """The rule of a step's kind; of a plugin's layer, the one that all of them have."""
    return RULES.get(type(step), _foreign)


def _foreign(step: layers.Layer, x: Shape, scope: Scope) -> Lowered:
    from compiler.lowering.foreign import lowered  # Most specs need no plugin.

    return one(lowered(step, x, scope))


def one(op: Op) -> Lowered:
    """A layer that is a single op."""
    return Lowered((("", op),))


@lowers(layers.Conv)
def _conv(step: layers.Conv, x: Shape, scope: Scope) -> Lowered:
    width = scope.positive(step, "width") if step.width is not None else x.channels
    groups = x.channels if step.depthwise else scope.positive(step, "groups")
    if step.depthwise and width % x.channels:
        message = f"a depthwise width is a multiple of what comes in ({int(x.channels)})"
        scope.fail("E107", step.at.of("width"), f"{message}, not {int(width)}")
    style = _style(step, x, scope)
    conv = Conv(width, style.slide, groups, style.bias, style.init)
    return Lowered(((CONV, conv), *style.behind))


@dataclass(frozen=True, slots=True)
class _Style:
    """What a convolution is beside its channels, and what stands behind it."""

    slide: Sliding
    bias: bool
    init: Init | None
    behind: tuple[Part, ...]


STYLES: Memory[_Style] = Memory(1024)
"""Styles by what layers say of them; few say anything new."""
_said = attrgetter(*(name for name in layers.Filter.model_fields if name not in PLACED))


def _style(step: layers.Filter, x: Shape, scope: Scope) -> _Style:
    things, asked = (scope.spec.defaults,), (_said(step), len(x))
    known = STYLES.get(things, asked)
    if known is None:
        normed = norm_behind(step, scope)
        bias = _bias(step, scope, bool(normed))
        slide, init = sliding(step, x, scope), scope.init(step)
        known = _Style(slide, bias, init, (*normed, *_act(step, scope)))
        if not names_read(step, (*PLACED, "init")):  # An init is a word, and none of these.
            STYLES.put(known, things, asked)
    return known


@lowers(layers.SepConv)
def _sepconv(step: layers.SepConv, x: Shape, scope: Scope) -> Lowered:
    width = scope.positive(step, "width") if step.width is not None else x.channels
    style = _style(step, x, scope)
    deep = Conv(x.channels, style.slide, x.channels, bias=False, init=style.init)
    point = Conv(width, Sliding(every(1, style.slide.kernel)), 1, style.bias, style.init)
    return Lowered(((DEPTHWISE, deep), (POINTWISE, point), *style.behind))


@lowers(layers.Deconv)
def _deconv(step: layers.Deconv, x: Shape, scope: Scope) -> Lowered:
    from compiler.lowering.enlarging import deconv_window
    from compiler.ops.deconv import Deconv

    normed = norm_behind(step, scope)
    groups, width = scope.positive(step, "groups"), scope.positive(step, "width")
    rank = ranked(step, "kernel", step.kernel, x, scope)
    slide, extra = deconv_window(step, rank, scope)
    bias = _bias(step, scope, bool(normed))
    deconv = Deconv(width, slide, extra, groups, bias, scope.init(step))
    return Lowered(((CONV, deconv), *normed, *_act(step, scope)))


def _bias(step: layers.Filter, scope: Scope, normed: bool) -> bool:
    if step.bias is not None:
        return step.bias
    return (
        not normed
        if scope.spec.defaults.bias is None or step.linear
        else (scope.spec.defaults.bias)
    )


def _act(step: layers.Filter, scope: Scope) -> tuple[Part, ...]:
    """The unit's activation; it overwrites the fresh output that it follows where torch can."""
    if step.linear and step.act is None:
        return ()
    act = activation(step, "act", scope)
    return (("act", act),) if act else ()


ACTS = (*ACTIVATIONS, "none")
"""What an option of an activation may say."""


def activation(step: Model, name: str, scope: Scope, *, fresh: bool = True) -> Activation | None:
    """What a field that holds an activation says, with its slope; None for none.

    Behind a `fresh` output, which nothing else needs, it overwrites that where torch can.
    """
    kind, _, slope = scope.word(step, name, ACTS, settable=True).partition(":")
    if kind == "none":
        return None
    facts = ACTIVATIONS[kind]
    steep = float(slope) if slope and facts.slope is not None else facts.slope
    return Activation(kind, fresh and facts.inplace, steep, channelwise=slope == CHANNELWISE)


@lowers(layers.MaxPool)
def _maxpool(step: layers.MaxPool, x: Shape, scope: Scope) -> Lowered:
    return one(MaxPool(pool_window(step, x, scope)))


@lowers(layers.AvgPool)
def _avgpool(step: layers.AvgPool, x: Shape, scope: Scope) -> Lowered:
    count = step.count_padding
    if count is None:
        count = scope.spec.defaults.avgpool == "countpad"
    return one(AvgPool(pool_window(step, x, scope), count))


@lowers(layers.Pool)
def _pool(step: layers.Pool, x: Shape, scope: Scope) -> Lowered:
    return (_avgpool if scope.word(step, "mode", MODES) == "avg" else _maxpool)(step, x, scope)


@lowers(layers.GlobalPool)
def _globalpool(step: layers.GlobalPool, x: Shape, scope: Scope) -> Lowered:
    ones = every(1, x.grid or (1, 1))  # A vector is refused by the op.
    return one(AdaptivePool(ones, scope.word(step, "mode", MODES)))


@lowers(layers.AdaptivePool)
def _adaptivepool(step: layers.AdaptivePool, x: Shape, scope: Scope) -> Lowered:
    size = scope.axes(step, "size", ranked(step, "size", step.size, x, scope))
    return one(AdaptivePool(size, scope.word(step, "mode", MODES)))


@lowers(layers.Upsample)
def _upsample(step: layers.Upsample, x: Shape, scope: Scope) -> Lowered:
    from compiler.ops.upsample import Upsample

    rank = len(step.factor)
    if rank == 1:  # for all axes; a vector is refused by the op
        factor = scope.axes(step, "factor", 1) * len(x.grid or (1, 1))
    else:
        factor = scope.axes(step, "factor", ranked(step, "factor", step.factor, x, scope))
    return one(Upsample(factor, scope.word(step, "mode", RESAMPLING)))


@lowers(layers.Linear)
def _linear(step: layers.Linear, x: Shape, scope: Scope) -> Lowered:
    linear = Linear(scope.positive(step, "width"), step.bias, scope.init(step))
    return Lowered((("", linear),), before=("flatten", Flatten()) if x.is_map else None)


@lowers(layers.Flatten)
def _flatten(step: layers.Flatten, x: Shape, scope: Scope) -> Lowered:
    return one(Flatten())


@lowers(layers.Dropout)
def _dropout(step: layers.Dropout, x: Shape, scope: Scope) -> Lowered:
    return one(Dropout(scope.number(step, "p", 0, 1)))


@lowers(layers.DropPath)
def _drop_path(step: layers.DropPath, x: Shape, scope: Scope) -> Lowered:
    return one(DropPath(scope.number(step, "p", 0, 1)))


@lowers(layers.Activation)
def _activation(step: layers.Activation, x: Shape, scope: Scope) -> Lowered:
    act = activation(step, "kind", scope, fresh=False)
    if act is None or step.slope is None:
        return one(act or Identity())
    if act.kind not in SLOPED:
        scope.wrong(step, "slope", step.slope, f"left out: {act.kind} has none")
    if act.facts.slope is not None:
        return one(replace(act, slope=scope.number(step, "slope", 0)))
    return one(replace(act, channelwise=bool(scope.word(step, "slope", (CHANNELWISE,)))))


@lowers(layers.Softmax)
def _softmax(step: layers.Softmax, x: Shape, scope: Scope) -> Lowered:
    return one(Softmax())


@lowers(*NORMS)
def _norm(step: layers.Norm, x: Shape, scope: Scope) -> Lowered:
    return one(NORMS[type(step)](step, scope))


@lowers(layers.LayerScale)
def _scale(step: layers.LayerScale, x: Shape, scope: Scope) -> Lowered:
    from compiler.ops.scale import LayerScale

    return one(LayerScale(scope.number(step, "value")))


@lowers(layers.L2Norm)
def _l2norm(step: layers.L2Norm, x: Shape, scope: Scope) -> Lowered:
    from compiler.ops.unlearned import L2Norm

    return one(L2Norm(scope.number(step, "eps", LEAST)))


@lowers(layers.LRN)
def _lrn(step: layers.LRN, x: Shape, scope: Scope) -> Lowered:
    from compiler.ops.unlearned import LocalResponseNorm

    alpha, beta = (scope.number(step, name, 0) for name in ("alpha", "beta"))
    k = scope.number(step, "k", LEAST)
    return one(LocalResponseNorm(step.size, alpha, beta, k))


@lowers(layers.Shuffle)
def _shuffle(step: layers.Shuffle, x: Shape, scope: Scope) -> Lowered:
    from compiler.ops.shuffle import ChannelShuffle

    return one(ChannelShuffle(scope.positive(step, "groups")))


@lowers(layers.Identity)
def _identity(step: layers.Identity, x: Shape, scope: Scope) -> Lowered:
    return one(Identity())
