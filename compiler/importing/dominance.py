"""Through which node of a graph every path to another one goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce

from compiler.importing.graph import Graph


@dataclass
class Dominance:
    """Each node's immediate dominator, `forks`, and its depth in their tree."""

    graph: Graph
    forks: list[int] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        for index, node in enumerate(self.graph.nodes):
            fork = self.meeting(node.inputs) if node.inputs else 0
            self.forks.append(fork)
            self.depths.append(self.depths[fork] + 1 if index else 0)

    def meeting(self, nodes: tuple[int, ...]) -> int:
        """The last node that all paths to some nodes go through, which may be one of them."""
        return reduce(self._meeting, nodes)

    def _meeting(self, one: int, other: int) -> int:
        while one != other:
            if self.depths[one] < self.depths[other]:
                one, other = other, one
            one = self.forks[one]
        return one

    def first(self, index: int, start: int) -> int | None:
        """The dominator of a node right behind another of its dominators; None for that itself."""
        if index == start:
            return None
        while self.forks[index] != start:
            index = self.forks[index]
        return index
