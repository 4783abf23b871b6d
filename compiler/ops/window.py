"""What convolutions and poolings share: the arithmetic of sliding windows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import gcd, prod
from typing import Any, Self, TypeVar

from compiler.ir.facts import Axes, Window
from compiler.ir.op import LETTERS, Shape, ShapeFault, Worded
from compiler.ir.symbols import is_plainly, names_in, same
from dsl.models.extent import kernel_text, number_of_axes, the_map

T = TypeVar("T")
MOST_NOTES = 64
"""Grids that a window remembers what it makes of."""


@dataclass(frozen=True, repr=False)
class Sliding(Worded):
    """Kernel, stride, padding and dilation of one window, per axis: (H, W), (L,), (T, H, W).

    What is left out is a stride and dilation of 1 and no padding on every axis.

    With `tf_same` the padding follows from the input's size, as TensorFlow defines
    `SAME`: the output has ceil(size / stride) rows, and an odd row of padding goes to
    the end. `padding` is then unused. With `ceil` the last window may hang over the edge
    (Caffe's rule, as in torch's `ceil_mode`).
    """

    kernel: Axes
    stride: Axes = ()
    padding: Axes = ()
    dilation: Axes = ()
    ceil: bool = False
    tf_same: bool = False
    mode: str = field(default="", compare=False)
    """How the spec put it (`same`, `valid`…), for labels."""

    def __post_init__(self) -> None:
        if self.stride and self.padding and self.dilation:
            return
        for name, usual in (("stride", 1), ("padding", 0), ("dilation", 1)):
            if not getattr(self, name):
                object.__setattr__(self, name, every(usual, self.kernel))

    def reworded(self) -> Self:
        """Padding that the spec gives as a number is written out anew."""
        return replace(self, mode=pad_text(self.padding)) if self.mode.startswith("p") else self

    def __hash__(self) -> int:
        """Of what it is equal by: worked out once, since few windows serve many layers."""
        found: int | None = self.__dict__.get("_hash")
        if found is None:
            sides = self.kernel, self.stride, self.padding, self.dilation
            found = self.__dict__["_hash"] = hash((*sides, self.ceil, self.tf_same))
        return found

    @property
    def axes(self) -> range:
        """The axes by number."""
        return range(len(self.kernel))

    @property
    def spans(self) -> Axes:
        """Input positions that one window covers, dilation included."""
        return tuple(map(self.span, range(len(self.kernel))))

    def span(self, axis: int) -> int:
        """Input rows that one window covers, dilation included."""
        return (self.kernel[axis] - 1) * self.dilation[axis] + 1

    def pads(self, axis: int, size: int) -> tuple[int, int]:
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
        what = POSITIONS[len(self.kernel)][axis]
        least = self.span(axis) - (self.stride[axis] - 1 if self.ceil else 0)
        pad = sum(self.pads(axis, size))
        padded = f" and {pad} of padding" if pad else ""
        return f"{kernel_text(self.kernel)} needs {least} {what}, the input has {size}{padded}"

    def _least(self, axis: int, size: int) -> str:
        return "enlarge the input, pad it, or take a smaller kernel"

    def grid(self, x: Shape) -> Axes:
        """The output's grid for an input map. Raises `ShapeFault` where nothing fits."""
        fit(x, self.kernel)
        return self._remembered(self._grid, x[1:])

    def _grid(self, grid: Axes) -> Axes:
        return tuple(map(self.size, range(len(grid)), grid))

    def window(self, x: Shape) -> Window:
        """The window with the padding that this input gets."""
        return self._remembered(self._window, x[1:])

    def _remembered(self, of: Callable[[Axes], T], grid: Axes) -> T:
        """What follows from a grid, worked out once where no side is an expression."""
        for side in grid:
            if type(side) is not int:
                return of(grid)
        notes: dict[Any, Any] = self.__dict__.setdefault("_notes", {})
        key = (of.__name__, grid)
        if key not in notes:
            if len(notes) >= MOST_NOTES:
                notes.clear()
            notes[key] = of(grid)
        found: T = notes[key]
        return found

    def _window(self, grid: Axes) -> Window:
        before, after = zip(*map(self.pads, range(len(grid)), grid), strict=True)
        return Window(self.kernel, self.stride, before, after, self.dilation)

    def padded_elements(self, x: Shape) -> int:
        """Elements of the input with its padding around."""
        sides = (n + sum(self.pads(axis, n)) for axis, n in enumerate(x.grid))
        return int(x.channels) * prod(sides)

    @property
    def is_unit(self) -> bool:
        """Whether it is a plain 1x1 step."""
        return self.kernel == every(1, self.kernel)

    @property
    def is_padded(self) -> bool:
        """Whether padding is told to torch; that of `tf_same` is not."""
        return not (self.tf_same or is_plainly(self.padding, every(0, self.kernel)))

    @property
    def text(self) -> str:
        """`1×7`."""
        return axes_text(self.kernel)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a diagram says beside the kernel: stride, padding, dilation."""
        out, ones = [], every(1, self.kernel)
        if not is_plainly(self.stride, ones):
            out.append(f"{'/' if names_in(self.stride) else 's'}{pair_text(self.stride)}")
        if self.mode and not (self.mode == "valid" and self.is_unit):
            out.append({"valid": "V", "tf_same": "TF"}.get(self.mode, self.mode))
        if not is_plainly(self.dilation, ones):
            out.append(f"d{pair_text(self.dilation)}")
        return tuple(out)


POSITIONS = ((), ("positions",), ("rows", "columns"), ("frames", "rows", "columns"))
"""What is counted along the axes, by how many there are."""
FLAT_HELP = "convolutions and poolings come before flatten and fc"


def every(value: int, like: Axes) -> Axes:
    """The value on each of as many axes."""
    return (value,) * len(like)


def fit(x: Shape, sizes: Axes) -> None:
    """Refuse what is no map of so many axes: raises `ShapeFault`."""
    if len(x) - 1 == len(sizes):
        return
    if not x.is_map:
        letters = ", ".join(("C", *LETTERS[len(sizes)]))
        raise ShapeFault("E106", f"needs a map ({letters}), gets a vector of {x}", FLAT_HELP)
    what = f"{kernel_text(sizes)} is for a map of {number_of_axes(len(sizes))}"
    raise ShapeFault("E114", f"{what}, {the_map(x)}")


def undivided(groups: int, channels: int, width: int) -> ShapeFault:
    """That a convolution's groups don't divide what comes in and what goes out."""
    given = f"{int(channels)} input and {int(width)} output channels"
    message = f"groups={int(groups)} must divide {given}"
    help = divisors(int(groups), int(channels), int(width))
    return ShapeFault("E107", message, help, field="groups")


def divisors(groups: int, channels: int, given: int = 0) -> str:
    """The numbers next to one of groups that so many channels can be divided by.

    With the channels `given` out, those that both can be divided by.
    """
    both = gcd(channels, given)
    most = both if given else channels // 2
    nearest = [n for n in range(groups - 1, 1, -1) if both % n == 0][:1]
    nearest += [n for n in range(groups + 1, most + 1) if both % n == 0][:1]
    what = "both" if given else channels
    return f"{what} can be divided by {' or '.join(map(str, nearest))}" if nearest else ""


def axes_text(axes: Axes) -> str:
    """`1×7`."""
    return "×".join(map(str, axes))


def pair_text(axes: Axes) -> str:
    """`2` where all are equal, `2×1` otherwise."""
    return str(short(axes)) if are_same(axes) else axes_text(axes)


def pad_text(pads: Axes) -> str:
    """`p1`, `p0×3`: padding that the spec gives as such."""
    return f"p{pair_text(pads)}"


def are_same(axes: Axes) -> bool:
    """Whether all are one number, as expressions too."""
    return all(same(axes[0], other) for other in axes[1:])


def short(axes: Axes) -> int | Axes:
    """What a person would pass to torch: one number for a square window."""
    return axes[0] if are_same(axes) else axes
