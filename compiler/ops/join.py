"""How branches come together."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from math import prod

from compiler.ir.join import Join
from compiler.ir.op import Ending, Shape, ShapeFault
from compiler.ir.symbols import total
from dsl.text.counts import count


@dataclass(frozen=True, repr=False)
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


@dataclass(frozen=True, repr=False)
class Concat(Join):
    """Side by side along the channels; the grids must agree."""

    word = "concat"
    helper = "Concat"
    sign = "|"
    nests = True

    def out(self, shapes: tuple[Shape, ...]) -> Shape:
        _hold_of_a_kind(self.word, shapes)
        grids = {shape.grid for shape in shapes}
        if len(grids) > 1:
            raise ShapeFault("E101", "the branches' grids differ")
        width = total(shape.channels for shape in shapes)
        return Shape(width, *shapes[0][1:])

    def elements_written(self, shapes: tuple[Shape, ...]) -> int:
        return sum(shape.elements for shape in shapes)

    def ending(self, branches: tuple[Ending, ...]) -> Ending:
        kinds = set(branches)
        if kinds <= {"logits", "sigmoid"} and len(kinds) == 1:
            return branches[0]
        return "altered"


@dataclass(frozen=True, repr=False)
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


@dataclass(frozen=True, repr=False)
class Mul(Join):
    """Element by element; a branch may give one number a channel, a gate, for a whole map."""

    word = "mul"
    helper = "Mul"
    sign = "*"
    folds = True
    whole = True
    commutes = True
    keeps_sides = True

    def out(self, shapes: tuple[Shape, ...]) -> Shape:
        _hold_of_a_kind(self.word, shapes, GATE_HELP)
        if len({int(shape.channels) for shape in shapes}) > 1:
            raise ShapeFault("E101", "the branches' widths differ", WIDTH_HELP)
        full = [
            shape for shape, alone in zip(shapes, self.spread(shapes), strict=True) if not alone
        ]
        if len({shape.grid for shape in full}) > 1:
            raise ShapeFault("E101", "the branches' grids differ", GRID_HELP)
        return full[0]

    def elements_written(self, shapes: tuple[Shape, ...]) -> int:
        return sum(shape.elements for shape in self.running(shapes))

    def ending(self, branches: tuple[Ending, ...]) -> Ending:
        return "logits" if "logits" in branches else "altered"

    def running(self, shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
        so_far = accumulate(shapes, lambda product, factor: self.out((product, factor)))
        return tuple(so_far)[1:]

    def spread(self, shapes: tuple[Shape, ...]) -> tuple[bool, ...]:
        single = tuple(shape.is_point for shape in shapes)
        return (False,) * len(shapes) if all(single) else single

    def compared(self, shapes: tuple[Shape, ...]) -> tuple[str, ...]:
        of_a_kind = len({shape.is_map for shape in shapes}) == 1
        if of_a_kind and len({int(shape.channels) for shape in shapes}) > 1:
            return tuple(count(int(shape.channels), "channel") for shape in shapes)
        passed_over = self.spread(shapes) if of_a_kind else (False,) * len(shapes)
        pairs = zip(shapes, passed_over, strict=True)
        return tuple("" if passed else str(shape) for shape, passed in pairs)


WIDTH_HELP = (
    "a gate is as wide as what it gates; inside a block `in` is the width that comes into the "
    "block, so a gate behind a join is best a block of its own"
)
GRID_HELP = "a factor has the grid of the others, or one place alone, as `globalpool` gives"
GATE_HELP = "a gate keeps the map: `1x1` convolutions behind `globalpool`, no flatten and no fc"


def _hold_of_a_kind(word: str, shapes: tuple[Shape, ...], help: str = "") -> None:
    if len({shape.is_map for shape in shapes}) > 1:
        raise ShapeFault("E101", f"{word} joins maps with vectors", help)


JOINS: dict[str, Join] = {"concat": Concat(), "add": Add(), "mul": Mul()}
"""By the word of the language."""


def join_of(word: str, branches: int) -> Join:
    """How so many branches are joined."""
    return JOINS[word] if branches > 1 else Alone()
