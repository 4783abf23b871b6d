"""How branches come together."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from compiler.ir.op import Ending, Join, Shape, ShapeFault
from compiler.ir.symbols import total


@dataclass(frozen=True)
class Alone(Join):
    """One branch by itself: there is nothing to join, whatever the spec calls it."""

    word = "alone"
    sign = "+"  # As a sum of one term, which copies nothing.
    folds = True

    def out(self, shapes: tuple[Shape, ...]) -> Shape:
        return shapes[0]

    def elements_written(self, shapes: tuple[Shape, ...]) -> int:
        return 0

    def ending(self, branches: tuple[Ending, ...]) -> Ending:
        return branches[0]


@dataclass(frozen=True)
class Concat(Join):
    """Side by side along the channels; the grids must agree."""

    word = "concat"
    helper = "Concat"
    sign = "|"
    nests = True

    def out(self, shapes: tuple[Shape, ...]) -> Shape:
        if not all(shape.is_map for shape in shapes) and any(shape.is_map for shape in shapes):
            raise ShapeFault("E101", "concat joins maps with vectors")
        grids = {shape.grid for shape in shapes}
        if len(grids) > 1:
            raise ShapeFault("E101", "the branches' grids differ")
        width = total(shape.channels for shape in shapes)
        return Shape(width, *shapes[0][1:])

    def elements_written(self, shapes: tuple[Shape, ...]) -> int:
        return self.out(shapes).elements

    def ending(self, branches: tuple[Ending, ...]) -> Ending:
        kinds = set(branches)
        if kinds <= {"logits", "sigmoid"} and len(kinds) == 1:
            return branches[0]
        return "altered"


@dataclass(frozen=True)
class Add(Join):
    """Element by element; the shapes must agree."""

    word = "add"
    helper = "Add"
    sign = "+"
    folds = True
    whole = True
    commutes = True

    def out(self, shapes: tuple[Shape, ...]) -> Shape:
        if len({tuple(int(n) for n in shape) for shape in shapes}) > 1:
            raise ShapeFault("E101", "the branches' shapes differ")
        return shapes[0]

    def elements_written(self, shapes: tuple[Shape, ...]) -> int:
        return prod(int(n) for n in shapes[0]) * (len(shapes) - 1)

    def ending(self, branches: tuple[Ending, ...]) -> Ending:
        return "logits" if "logits" in branches else "altered"


JOINS: dict[str, Join] = {"concat": Concat(), "add": Add()}
"""By the word of the language."""


def join_of(word: str, branches: int) -> Join:
    """How so many branches are joined."""
    return JOINS[word] if branches > 1 else Alone()
