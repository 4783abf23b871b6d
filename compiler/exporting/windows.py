"""Convolutions and poolings in ONNX's terms: how their windows are padded at every size."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.exporting.graph import Attribute
from compiler.exporting.place import Place, Value
from compiler.ops.conv import Conv
from compiler.ops.deconv import Deconv
from compiler.ops.pool import AvgPool, MaxPool
from compiler.ops.window import Sliding

Axes = tuple[int, ...]


def ints(values: Axes) -> Axes:
    """Numbers without the expressions that they stand for."""
    return tuple(map(int, values))


@dataclass(frozen=True)
class Pads:
    """Positions padded before and after each axis; none of them where ONNX works them out."""

    before: Axes
    after: Axes
    automatic: bool = False

    @property
    def attributes(self) -> dict[str, Attribute]:
        """As ONNX's windows take them."""
        return {"auto_pad": "SAME_UPPER"} if self.automatic else {"pads": self.before + self.after}


def hangs(slide: Sliding, axis: int) -> bool:
    """Whether a window that hangs over the edge may lie in padding alone at some sizes.

    Such a one is left out, so how far the last one hangs over isn't the same at every size.
    """
    if not slide.ceil or slide.tf_same:
        return False
    return int(slide.padding[axis]) + int(slide.stride[axis]) > int(slide.span(axis))


def skips(slide: Sliding, axis: int) -> bool:
    """Whether TensorFlow's padding of an axis depends on its size in a way that engines don't know.

    Dilated, which TensorFlow has not itself, or beside an axis whose windows leave gaps, for which
    engines would work out less than nothing.
    """
    if not slide.tf_same or int(slide.stride[axis]) == 1 or int(slide.span(axis)) == 1:
        return False
    gaps = any(int(slide.span(other)) < int(slide.stride[other]) for other in slide.axes)
    return gaps or int(slide.dilation[axis]) > 1


def pads(slide: Sliding, x: Value) -> Pads:
    """How a window is padded, hanging over the edge included.

    A window of `ceil` is one that is padded at the end until the last one fits, which costs nothing
    where it would have fitted anyway. TensorFlow's padding is plain numbers where the size is known
    or the stride is 1.
    """
    sides = [_axis(slide, axis, int(x.shape.grid[axis]), x.free[axis]) for axis in slide.axes]
    if any(side is None for side in sides):
        return Pads((), (), automatic=True)
    before, after = zip(*(side for side in sides if side is not None), strict=True)
    return Pads(before, after)


def _axis(slide: Sliding, axis: int, size: int, free: bool) -> tuple[int, int] | None:
    span, stride = int(slide.span(axis)), int(slide.stride[axis])
    before, after = map(int, slide.pads(axis, size))
    if slide.tf_same:
        return None if free and stride > 1 and span > 1 else (before, after)
    if not slide.ceil:
        return before, after
    if free:
        return before, after + stride - 1
    last = (int(slide.size(axis, size)) - 1) * stride + span
    return before, max(after, last - size - before)


def window(slide: Sliding) -> dict[str, Attribute]:
    """Kernel and stride as ONNX takes them."""
    return {"kernel_shape": ints(slide.kernel), "strides": ints(slide.stride)}


def conv(op: Conv, at: Place) -> str:
    """ONNX's `Conv` is torch's."""
    attributes = {
        **window(op.slide),
        **pads(op.slide, at.x).attributes,
        "dilations": ints(op.slide.dilation),
        "group": int(op.groups),
    }
    return at.add("Conv", _filters(op, at), **attributes)


def _filters(op: Conv | Deconv, at: Place) -> list[str]:
    bias = [at.weight("bias")] if op.bias else []
    return [at.x.name, at.weight("weight"), *bias]


def deconv(op: Deconv, at: Place) -> str:
    """ONNX's `ConvTranspose` is torch's."""
    attributes = {
        **window(op.slide),
        "pads": ints(op.slide.padding) * 2,
        "output_padding": ints(op.extra),
        "dilations": ints(op.slide.dilation),
        "group": int(op.groups),
    }
    return at.add("ConvTranspose", _filters(op, at), **attributes)


def max_pool(op: MaxPool, at: Place) -> str:
    """Padding never wins in ONNX's `MaxPool` either."""
    attributes = {
        **window(op.slide),
        **pads(op.slide, at.x).attributes,
        "dilations": ints(op.slide.dilation),
    }
    return at.add("MaxPool", [at.x.name], **attributes)


def avg_pool(op: AvgPool, at: Place) -> str:
    """ONNX's `AveragePool` counts all padding or none, and torch no window's overhang.

    So where a window hangs over padding that counts, the padding is written out as zeros.
    """
    slide, x = op.slide, at.x.name
    found, counts = pads(slide, at.x), op.count_padding
    if slide.ceil and counts and slide.is_padded:
        own = ints(slide.padding)
        x = at.add("Pad", [x, at.sizes("pads", [0, 0, *own, 0, 0, *own])], "padded")
        less = tuple(after - pad for after, pad in zip(found.after, own, strict=True))
        found = Pads((0,) * len(own), less)
    # What hangs over counts nowhere; padding that isn't there can't.
    counted = int(counts and not slide.ceil)
    return at.add(
        "AveragePool", [x], **window(slide), **found.attributes, count_include_pad=counted
    )
