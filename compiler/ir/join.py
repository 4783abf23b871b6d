"""What a join is: how parallel branches become one tensor."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from compiler.ir.legible import Legible
from compiler.ir.op import Ending, Shape


class Join(Legible, ABC):
    """How parallel branches become one tensor."""

    word: ClassVar[str]
    helper: ClassVar[str]
    """The class of `nn/runtime.py` that runs branches and joins them so."""
    sign: ClassVar[str]
    """What stands between branches where they are told in a line."""
    folds: ClassVar[bool] = False
    """Whether each branch is joined as it comes, by the operator `sign`, not all at the end."""
    whole: ClassVar[bool] = False
    """Whether branches must agree in the whole shape, not in the grid alone."""
    nests: ClassVar[bool] = False
    """Whether one right inside another is one with more branches, to the bit."""
    commutes: ClassVar[bool] = False
    """Whether two branches may change places, to the bit."""
    keeps_sides: ClassVar[bool] = False
    """Whether the gradient of each side needs the other, which is kept for the backward pass."""

    @abstractmethod
    def out(self, shapes: tuple[Shape, ...]) -> Shape:
        """The joined shape. Raises `ShapeFault` where the branches don't fit."""

    @abstractmethod
    def elements_written(self, shapes: tuple[Shape, ...]) -> int:
        """Elements that the join writes."""

    @abstractmethod
    def ending(self, branches: tuple[Ending, ...]) -> Ending:
        """What the joined numbers are to a loss."""

    def launches(self, shapes: tuple[Shape, ...]) -> int:
        """How many operations the join is."""
        return len(shapes) - 1 if self.folds else 1

    def running(self, shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
        """What there is behind each branch from the second on, of a join that folds."""
        return (self.out(shapes),) * (len(shapes) - 1)

    def spread(self, shapes: tuple[Shape, ...]) -> tuple[bool, ...]:
        """Of each branch, whether it gives one number a channel for all places of the others."""
        return (False,) * len(shapes)

    def compared(self, shapes: tuple[Shape, ...]) -> tuple[str, ...]:
        """What of each branch has to agree with the others, as an error tells it.

        Empty for a branch that fits whatever the others give.
        """
        whole = self.whole or len({shape.is_map for shape in shapes}) > 1
        return tuple(str(shape if whole else Shape(*shape.grid)) for shape in shapes)
