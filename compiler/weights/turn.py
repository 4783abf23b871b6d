"""How a source's arrays lie beside ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

Dims = tuple[int, ...]


@dataclass(frozen=True)
class Turn:
    """How a source's axes lie: theirs are ours, seen as `view` where given, in the order `axes`."""

    axes: Dims = ()
    view: Dims = ()

    def __bool__(self) -> bool:
        return bool(self.axes)

    def shape(self, ours: Dims) -> Dims:
        """The shape there of what has this shape here."""
        seen = self.view or ours
        return tuple(seen[axis] for axis in self.axes) if self else ours

    @property
    def first(self) -> int:
        """Which axis there is our first, the outputs of a layer."""
        return self.axes.index(0) if self else 0

    def theirs(self, tensor: Tensor) -> Tensor:
        """From our layout to the source's."""
        seen = tensor.reshape(self.view) if self.view else tensor
        return seen.permute(self.axes).contiguous() if self else seen

    def ours(self, tensor: Tensor, shape: Dims) -> Tensor:
        """From the source's layout to ours."""
        back = tuple(self.axes.index(axis) for axis in range(len(self.axes)))
        return tensor.permute(back).reshape(shape) if self else tensor


AS_IT_IS = Turn()


class Key(NamedTuple):
    """A tensor's name in a source (None: it has none), how it lies there, Keras's kind of layer."""

    name: str | None = None
    turn: Turn = AS_IT_IS
    kind: str = ""
