"""What convolutions and poolings share: the arithmetic of sliding windows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

from compiler.ir.op import Pair, Shape, ShapeFault, Window, Worded
from compiler.ir.symbols import is_plainly, same


@dataclass(frozen=True)
class Sliding(Worded):
    """Kernel, stride, padding and dilation of one window, per axis (H, W).

    With `tf_same` the padding follows from the input's size, as TensorFlow defines
    `SAME`: the output has ceil(size / stride) rows, and an odd row of padding goes to
    the end. `padding` is then unused. With `ceil` the last window may hang over the edge
    (Caffe's rule, as in torch's `ceil_mode`).
    """

    kernel: Pair
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    ceil: bool = False
    tf_same: bool = False
    mode: str = field(default="", compare=False)
    """How the spec put it (`same`, `valid`…), for labels."""

    def reworded(self) -> Self:
        """Padding that the spec gives as a number is written out anew."""
        return replace(self, mode=pad_text(self.padding)) if self.mode.startswith("p") else self

    def span(self, axis: int) -> int:
        """Input rows that one window covers, dilation included."""
        return (self.kernel[axis] - 1) * self.dilation[axis] + 1

    def pads(self, axis: int, size: int) -> Pair:
        """Rows padded before and after an axis of `size`."""
        if not self.tf_same:
            return self.padding[axis], self.padding[axis]
        left_over = (-(-size // self.stride[axis]) - 1) * self.stride[axis] + self.span(axis) - size
        pad = max(left_over, 0)
        return pad // 2, pad - pad // 2

    def size(self, axis: int, size: int) -> int:
        """Output rows for an axis of `size` input rows."""
        before, after = self.pads(axis, size)
        room = size + before + after - self.span(axis)
        out = room // self.stride[axis] + 1
        if self.ceil:
            out = -(-room // self.stride[axis]) + 1
            if (out - 1) * self.stride[axis] >= size + before:
                out -= 1
        if out < 1 or min(self.padding) < 0:
            raise ShapeFault("E102", self._too_small(axis, size), self._least(axis, size))
        return out

    def _too_small(self, axis: int, size: int) -> str:
        what = ("rows", "columns")[axis]
        least = self.span(axis) - (self.stride[axis] - 1 if self.ceil else 0)
        pad = sum(self.pads(axis, size))
        padded = f" and {pad} of padding" if pad else ""
        text = f"{self.kernel[0]}x{self.kernel[1]}"
        return f"{text} needs {least} {what}, the input has {size}{padded}"

    def _least(self, axis: int, size: int) -> str:
        return "enlarge the input, pad it, or take a smaller kernel"

    def grid(self, x: Shape) -> Pair:
        """Output (H, W) for an input map. Raises `ShapeFault` where nothing fits."""
        if not x.is_map:
            raise ShapeFault("E106", f"needs a map (C, H, W), gets a vector of {x}", FLAT_HELP)
        return self.size(0, x.grid[0]), self.size(1, x.grid[1])

    def window(self, x: Shape) -> Window:
        """The window with the padding that this input gets."""
        rows, columns = self.pads(0, x.grid[0]), self.pads(1, x.grid[1])
        before, after = (rows[0], columns[0]), (rows[1], columns[1])
        return Window(self.kernel, self.stride, before, after, self.dilation)

    def padded_elements(self, x: Shape) -> int:
        """Elements of the input with its padding around."""
        height, width = (n + sum(self.pads(axis, n)) for axis, n in enumerate(x.grid))
        return int(x.channels) * height * width

    @property
    def is_unit(self) -> bool:
        """Whether it is a plain 1x1 step."""
        return self.kernel == (1, 1)

    @property
    def text(self) -> str:
        """`1×7`."""
        return f"{self.kernel[0]}×{self.kernel[1]}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a diagram says beside the kernel: stride, padding, dilation."""
        out = []
        if not is_plainly(self.stride, (1, 1)):
            out.append(f"s{pair_text(self.stride)}")
        if self.mode and not (self.mode == "valid" and self.is_unit):
            out.append({"valid": "V", "tf_same": "TF"}.get(self.mode, self.mode))
        if not is_plainly(self.dilation, (1, 1)):
            out.append(f"d{pair_text(self.dilation)}")
        return tuple(out)


FLAT_HELP = "convolutions and poolings come before flatten and fc"


def pair_text(pair: Pair) -> str:
    """`2` for equal halves, `2×1` otherwise."""
    return f"{pair[0]}" if same(*pair) else f"{pair[0]}×{pair[1]}"


def pad_text(pads: Pair) -> str:
    """`p1`, `p0×3`: padding that the spec gives as such."""
    return f"p{pair_text(pads)}"


def short(pair: Pair) -> int | Pair:
    """What a person would pass to torch: one number for a square window."""
    return pair[0] if same(*pair) else pair
