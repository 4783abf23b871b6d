"""Which stretches of the trunk are blocks: a fork, and what its module runs around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from compiler.importing.naming import CONTAINERS, inside
from compiler.importing.strands import Chain, Fork, Item, paths
from compiler.ir.op import shrunk


@dataclass(frozen=True)
class Unit:
    """Items of the trunk that could be a block; `path` and `kind` are their module's."""

    items: Chain
    path: str
    kind: str

    @property
    def role(self) -> str:
        """`inception` if it keeps the grid, `reduction` if it shrinks it, else `strided`.

        Empty where there is no grid.
        """
        before, after = self.items[0].inp[1:], self.items[-1].out[1:]
        if not before or len(before) != len(after):
            return ""
        shrinks = shrunk(before, after)
        return "inception" if before == after else "reduction" if shrinks else "strided"

    @property
    def tap(self) -> int | None:
        """The node that an auxiliary head takes, its output."""
        return self.items[-1].tap

    @property
    def channels(self) -> int:
        """The width that comes in."""
        return self.items[0].inp[0]


def units(trunk: Chain, kinds: Mapping[str, str]) -> Iterator[Item | Unit]:
    """The trunk with its blocks gathered; other items are as they were."""
    place = 0
    while place < len(trunk):
        end, path = _extent(trunk, place)
        unit = Unit(trunk[place:end], path, _class(path, kinds))
        yield unit if end > place and unit.role else trunk[place]
        place = end if end > place and unit.role else place + 1


def _class(path: str, kinds: Mapping[str, str]) -> str:
    return "" if not path or kinds[path] in CONTAINERS else kinds[path]


def _extent(trunk: Chain, place: int) -> tuple[int, str]:
    """Where the unit that begins with an item ends, and its module; `place` itself for none.

    A fork brings the items around it that its module runs; where the module runs several
    forks in the trunk, each is by itself.
    """
    forks = [index for index in range(place, len(trunk)) if isinstance(trunk[index], Fork)]
    if not forks:
        return place, ""
    path = _path(trunk[forks[0]])
    alone = not path or sum(_path(item) == path for item in trunk) > 1
    if alone:
        return (place + 1, "") if forks[0] == place else (place, "")
    before = trunk[place : forks[0]]
    if not all(_within(item, path) and item.tap is None for item in before):
        return place, ""
    end = forks[0] + 1
    while end < len(trunk) and _follows(trunk, end, path):
        end += 1
    return end, path


def _path(item: Item) -> str:
    return item.path if isinstance(item, Fork) else ""


def _follows(trunk: Chain, place: int, path: str) -> bool:
    """Whether an item behind a fork belongs to the fork's module too."""
    return trunk[place - 1].tap is None and _within(trunk[place], path)


def _within(item: Item, path: str) -> bool:
    return all(inside(each, path) for each in paths((item,)))
