"""How each layer of the language becomes ops: one rule a layer kind.

A rule takes the layer, the shape that comes in and the scope, and gives the ops that the
layer consists of, named as their modules will be. Several ops make a unit: the
convolution, norm and activation that hand-written code keeps in one class.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from compiler.ir.op import Axes, Op, Shape
from compiler.ir.symbols import half, names_in
from compiler.lowering.norms import NORMS, norm_behind
from compiler.lowering.scope import Scope
from compiler.ops.act import ACTIVATIONS, Activation, Softmax
from compiler.ops.conv import CONV, DEPTHWISE, POINTWISE, Conv
from compiler.ops.linear import Dropout, DropPath, Flatten, Identity, Linear
from compiler.ops.pool import AdaptivePool, AvgPool, MaxPool
from compiler.ops.scale import LayerScale
from compiler.ops.shuffle import ChannelShuffle
from compiler.ops.unlearned import L2Norm, LocalResponseNorm
from compiler.ops.window import Sliding, every, pad_text
from dsl.models import layers
from dsl.models.activations import CHANNELWISE, SLOPED
from dsl.models.extent import kernel_text, misranked
from dsl.models.fields import PADDINGS
from dsl.models.model import Model
from dsl.text.numbers import LEAST

Part = tuple[str, Op]


@dataclass(frozen=True)
class Lowered:
    """The ops of one layer; `before` is one that goes in front as a step of its own."""

    parts: tuple[Part, ...]
    before: Part | None = None


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
    normed = norm_behind(step, scope)
    bias = _bias(step, scope, bool(normed))
    conv = Conv(width, _sliding(step, x, scope), groups, bias, scope.init(step))
    return Lowered(((CONV, conv), *normed, *_act(step, scope)))


@lowers(layers.SepConv)
def _sepconv(step: layers.SepConv, x: Shape, scope: Scope) -> Lowered:
    width = scope.positive(step, "width") if step.width is not None else x.channels
    normed = norm_behind(step, scope)
    bias, init = _bias(step, scope, bool(normed)), scope.init(step)
    slide = _sliding(step, x, scope)
    deep = Conv(x.channels, slide, x.channels, bias=False, init=init)
    point = Conv(width, Sliding(every(1, slide.kernel)), 1, bias, init)
    parts = ((DEPTHWISE, deep), (POINTWISE, point), *normed, *_act(step, scope))
    return Lowered(parts)


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


def _sliding(step: layers.Filter | layers.MaxPool, x: Shape, scope: Scope) -> Sliding:
    rank = _ranked(step, "kernel", step.kernel, x, scope)
    kernel, stride = scope.axes(step, "kernel", rank), scope.axes(step, "stride", rank)
    ones, none = every(1, kernel), every(0, kernel)
    dilation = scope.axes(step, "dilation", rank) if isinstance(step, layers.Filter) else ones
    ceil = isinstance(step, layers.MaxPool) and step.ceil
    given = scope.value(step, "padding")
    if isinstance(given, (tuple, int, float)):
        pads = scope.axes(step, "padding", rank, least=0)
        return Sliding(kernel, stride, pads, dilation, ceil, mode=pad_text(pads))
    if given is None and ceil:
        return Sliding(kernel, stride, none, dilation, ceil, mode="ceil")
    mode = scope.word(step, "padding", PADDINGS)
    shown = mode if given is not None else ""
    if mode == "valid":
        return Sliding(kernel, stride, none, dilation, ceil, mode="valid")
    if mode == "tf_same":
        return _tf_same(step, kernel, stride, dilation, shown, scope)
    return _same(step, Sliding(kernel, stride, none, dilation, ceil), scope)


def _ranked(
    step: layers.Layer, name: str, sizes: tuple[int | str, ...], x: Shape, scope: Scope
) -> int:
    """How many axes a window has: as many as the map that comes in."""
    rank = len(sizes)
    if rank != len(x) - 1 and x.is_map:
        message, help = misranked(name, sizes, tuple(map(int, x)))
        scope.fail("E114", step.at.of(name), message, help=help)
    return rank


def _same(step: layers.Layer, slide: Sliding, scope: Scope) -> Sliding:
    """Symmetric padding that keeps the grid at stride 1, as torch code writes it."""
    for span, stride in zip(slide.spans, slide.stride, strict=True):
        if span % 2 == 0 and stride == 1:
            message = f"{kernel_text(slide.kernel)} can't keep the grid with equal padding"
            help = "an even kernel needs tf_same, valid or pad="
            scope.fail("E110", step.at.of("kernel"), message, help=help)
    return replace(slide, padding=_symmetric(slide))


def _symmetric(slide: Sliding) -> Axes:
    """Padding that keeps the grid at stride 1, as an expression where a parameter decides."""
    return tuple(_keeping(slide, axis) for axis in slide.axes)


def _keeping(slide: Sliding, axis: int) -> int:
    if slide.kernel[axis] % 2 == 0:
        return (slide.span(axis) - 1) // 2
    reach = half(slide.kernel[axis])
    return reach if slide.dilation[axis] == 1 and names_in(reach) else reach * slide.dilation[axis]


def _tf_same(
    step: layers.Layer, kernel: Axes, stride: Axes, dilation: Axes, shown: str, scope: Scope
) -> Sliding:
    """TensorFlow's SAME; where it never depends on the input's size it is plain padding."""
    slide = Sliding(kernel, stride, (), dilation, tf_same=True, mode=shown)
    for span, step_by in zip(slide.spans, stride, strict=True):
        if 1 < span < step_by:
            message = f"tf_same can't have a stride of {step_by} over a kernel of {span}"
            scope.fail("E110", step.at.of("stride"), message, help="give the padding as pad=")
    if stride == every(1, kernel) and all(span % 2 for span in slide.spans):
        return Sliding(kernel, stride, _symmetric(slide), dilation, mode=shown)
    if slide.is_unit:
        return Sliding(kernel, stride, (), dilation, mode=shown)
    return slide


@lowers(layers.MaxPool)
def _maxpool(step: layers.MaxPool, x: Shape, scope: Scope) -> Lowered:
    return one(MaxPool(_pool_window(step, x, scope)))


@lowers(layers.AvgPool)
def _avgpool(step: layers.AvgPool, x: Shape, scope: Scope) -> Lowered:
    count = step.count_padding
    if count is None:
        count = scope.spec.defaults.avgpool == "countpad"
    return one(AvgPool(_pool_window(step, x, scope), count))


def _pool_window(step: layers.MaxPool, x: Shape, scope: Scope) -> Sliding:
    """A pooling window; torch refuses more padding than half the kernel."""
    if step.ceil and scope.value(step, "padding") == "tf_same":
        help = "tf_same keeps every row already: leave ceil out"
        scope.fail("E111", step.at.of("ceil"), "ceil has no meaning with tf_same", help=help)
    slide = _sliding(step, x, scope)
    for side, pad in zip(slide.kernel, slide.padding, strict=True):
        if pad > side // 2:
            message = f"padding {int(pad)} is more than half of the window's {int(side)}"
            scope.fail("E111", step.at.of("padding"), message)
    return slide


@lowers(layers.GlobalPool)
def _globalpool(step: layers.GlobalPool, x: Shape, scope: Scope) -> Lowered:
    ones = every(1, x.grid or (1, 1))  # A vector is refused by the op.
    return one(AdaptivePool(ones, scope.word(step, "mode", layers.MODES)))


@lowers(layers.AdaptivePool)
def _adaptivepool(step: layers.AdaptivePool, x: Shape, scope: Scope) -> Lowered:
    size = scope.axes(step, "size", _ranked(step, "size", step.size, x, scope))
    return one(AdaptivePool(size, scope.word(step, "mode", layers.MODES)))


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
    return one(LayerScale(scope.number(step, "value")))


@lowers(layers.L2Norm)
def _l2norm(step: layers.L2Norm, x: Shape, scope: Scope) -> Lowered:
    return one(L2Norm(scope.number(step, "eps", LEAST)))


@lowers(layers.LRN)
def _lrn(step: layers.LRN, x: Shape, scope: Scope) -> Lowered:
    alpha, beta = (scope.number(step, name, 0) for name in ("alpha", "beta"))
    k = scope.number(step, "k", LEAST)
    return one(LocalResponseNorm(step.size, alpha, beta, k))


@lowers(layers.Shuffle)
def _shuffle(step: layers.Shuffle, x: Shape, scope: Scope) -> Lowered:
    return one(ChannelShuffle(scope.positive(step, "groups")))


@lowers(layers.Identity)
def _identity(step: layers.Identity, x: Shape, scope: Scope) -> Lowered:
    return one(Identity())
