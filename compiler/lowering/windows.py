"""What convolutions and poolings slide over the map: kernel, stride, padding and dilation."""

from __future__ import annotations

from dataclasses import replace

from compiler.ir.facts import Axes
from compiler.ir.op import Shape
from compiler.ir.symbols import half, names_in
from compiler.lowering.scope import Scope
from compiler.ops.window import Sliding, every, pad_text
from dsl.models import layers
from dsl.models.extent import kernel_text, misranked
from dsl.models.kernels import PADDINGS
from dsl.text.memory import Memory

WINDOWS: Memory[Sliding] = Memory(1024)
"""Windows by what layers say of them; few say anything new."""


def sliding(step: layers.Filter | layers.MaxPool, x: Shape, scope: Scope) -> Sliding:
    """The window of a layer, on each axis of the map that comes in."""
    sides = (step.kernel, step.stride, step.padding, getattr(step, "dilation", None))
    asked = (*sides, getattr(step, "ceil", None), type(step), len(x), scope.spec.defaults.padding)
    known = WINDOWS.get((), asked)
    if known is None:
        known = _sliding(step, x, scope)
        if not any(map(_is_named, sides)):
            WINDOWS.put(known, (), asked)
    return known


def _is_named(said: object) -> bool:
    """Whether a word among some sizes may be a parameter's name."""
    if isinstance(said, tuple):
        return any(map(_is_named, said))
    return isinstance(said, str) and said not in PADDINGS


def _sliding(step: layers.Filter | layers.MaxPool, x: Shape, scope: Scope) -> Sliding:
    rank = ranked(step, "kernel", step.kernel, x, scope)
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


def ranked(
    step: layers.Layer, name: str, sizes: tuple[int | str, ...], x: Shape, scope: Scope
) -> int:
    """How many axes a window has: as many as the map that comes in."""
    rank = len(sizes)
    if rank != len(x) - 1 and x.is_map:
        message, help = misranked(name, sizes, tuple(map(int, x)))
        notes = ((scope.spec.at.of("input"), "the input is given"),)
        scope.fail("E114", step.at.of(name), message, help=help, notes=notes)
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


def pool_window(step: layers.MaxPool, x: Shape, scope: Scope) -> Sliding:
    """A pooling window; torch refuses more padding than half the kernel."""
    if step.ceil and scope.value(step, "padding") == "tf_same":
        help = "tf_same keeps every row already: leave ceil out"
        scope.fail("E111", step.at.of("ceil"), "ceil has no meaning with tf_same", help=help)
    slide = sliding(step, x, scope)
    for side, pad in zip(slide.kernel, slide.padding, strict=True):
        if pad > side // 2:
            message = f"padding {int(pad)} is more than half of the window's {int(side)}"
            scope.fail("E111", step.at.of("padding"), message)
    return slide
