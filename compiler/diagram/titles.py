"""What stands on a frame: the block that is called there, with what, and how many times."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from compiler.diagram.facts import amounts, what
from compiler.diagram.folding import Run as Fold
from compiler.diagram.items import NOTHING, Box
from compiler.diagram.text import ending_of, place, plain, shape
from compiler.ir.nodes import BlockUse, Parallel, Series
from compiler.ir.symbols import brief
from compiler.picture.labels import Run, beside, small, strong

UNNAMED = re.compile(r"\d+|(branch|block|split)\d*")
"""What steps and branches are called that nobody gave a name."""


@dataclass(frozen=True, slots=True)
class Titles:
    """Titles of what is drawn, by path: of `calls`, their arguments in the terms of the drawing.

    `runs` are drawn once. `number` writes a width. `whole` tells paths and what comes in, as
    where each use has numbers of its own; `whose` says of which use a tooltip's numbers are.
    Blocks in `letters` are drawn elsewhere on the page, in the panels called so.
    """

    calls: Mapping[str, BlockUse] = field(default_factory=dict)
    runs: Mapping[str, Fold] = field(default_factory=dict)
    number: Callable[[int], str] = plain
    whole: bool = False
    whose: str = ""
    letters: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, node: Series | Parallel, path: str) -> Box | None:
        """The title of a node at a path, if it has one."""
        call, fold = self.calls.get(path), self.runs.get(path)
        if call is None and fold is None:
            return None
        block = call.block if call else ""
        letter = f"({self.letters[block]})" if block in self.letters else ""
        name = "" if letter else self._name(path, fold, block)
        times = f"{fold.count} × {block or what(node)}" if fold else block
        given = " ".join(self._given(call)) if call else ""
        said = [strong(name), Run(times) if name else strong(times)]
        if self.whole and "." in path and times:
            said = [strong(times), Run(name)]  # Of a path that is cut this is what is looked for.
        text = beside(*said, small(given), Run(letter))
        told = [f"{path}: {block}".removesuffix(": "), self.whose]
        told += [f"each of {fold.count} up to {fold.last}:"] if fold else []
        told += [amounts(node), place(node.span)]
        right = small(shape(node.inp)) if self.whole else NOTHING
        return Box(text, "input", "\n".join(filter(None, told)), right, path=path)

    def _name(self, path: str, fold: Fold | None, block: str) -> str:
        """The path, or the name if somebody gave it one; of several both ends."""
        paths = [path, *([fold.last] if fold else [])]
        if self.whole:
            return " … ".join(ending_of(each) for each in paths)
        ends = [each.rpartition(".")[2] for each in paths]
        told = " … ".join(ends)
        return "" if UNNAMED.fullmatch(ends[0]) or told.casefold() == block.casefold() else told

    def _given(self, call: BlockUse) -> Iterator[str]:
        """The arguments; of one that is called as what is given, `w` for `w=w`, the name."""
        for name, value in call.args.items():
            told = self._told(value)
            yield name if told == name else f"{name}={told}"

    def _told(self, value: float | str) -> str:
        """An argument, in the terms of the drawing."""
        match value:
            case int():
                return self.number(value)
            case float():
                return brief(value if self.number is not plain else float(value))
        return value
