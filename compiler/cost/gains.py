"""What each pass that rewrote a network for inference changed of its cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from compiler.cost import Report, cost
from compiler.ir.network import Network
from compiler.passes.stages import stages

COLUMNS = {
    "params": "parameters",
    "macs": "MACs",
    "all_outputs": "elements written",
    "peak_bytes": "peak bytes",
    "launches": "launches",
}
"""What is told of each stage, as JSON and as a table call it."""
AT_FIRST = "as its spec has it"


@dataclass(frozen=True)
class Gains:
    """The stages of a network through the passes: what was done, and the figures after it.

    The first is the network as its spec has it. `last` is the cost of what came out.
    """

    stages: tuple[tuple[str, dict[str, int]], ...]
    last: Report

    def records(self) -> list[dict[str, Any]]:
        """For JSON: `pass` (None at first) and the figures after it."""
        first, *others = self.stages
        named = [(None, first[1]), *others]
        return [{"pass": name, **figures} for name, figures in named]

    def lines(self) -> Iterator[str]:
        """A table: a row a pass, with the figures after it, and what all of them changed."""
        yield from _table([["optimised", *COLUMNS.values()], *self._rows()])

    def _rows(self) -> Iterator[list[str]]:
        for name, figures in self.stages:
            yield [name, *(f"{figures[key]:,}" for key in COLUMNS)]
        if len(self.stages) == 1:
            yield ["no pass found anything to change"]
        else:
            first, last = self.stages[0][1], self.stages[-1][1]
            yield ["change", *(_change(first[key], last[key]) for key in COLUMNS)]


def gains(network: Network, batch: int = 1) -> Gains:
    """What the passes of `compiler.passes.pipeline` change of an evaluating pass.

    Raises `ValueError` where nothing is left to run.
    """
    reports = [cost(each, batch=batch) for each in stages(network)]
    return Gains(tuple(map(_stage, reports)), reports[-1])


def _stage(report: Report) -> tuple[str, dict[str, int]]:
    network = report.network
    name = network.rewritten[-1] if network.rewritten else AT_FIRST
    whole = {key: getattr(report.total, key) for key in COLUMNS if key != "launches"}
    return name, {**whole, "launches": report.launches}


def _change(old: int, new: int) -> str:
    return "=" if old == new or not old else f"{100 * (new - old) / old:+.1f}%"


def _table(rows: list[list[str]]) -> Iterator[str]:
    """Aligned columns, the first to the left."""
    full = [row for row in rows if len(row) > 1]
    first, *others = (max(map(len, column)) for column in zip(*full, strict=True))
    for name, *cells in rows:
        right = (f"{cell:>{width}}" for cell, width in zip(cells, others, strict=False))
        yield "  ".join([f"{name:<{first}}", *right]).rstrip()
