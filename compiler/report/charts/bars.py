"""A bar for each step of a network, in pieces where it has branches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape

from compiler.cost.counting import Tally
from compiler.cost.sums import tally
from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Parallel, Tap, children
from compiler.ops.words import is_unit
from compiler.picture.metrics import room
from compiler.report.charts.marks import SIZE, box, chart, shortened, text

LENGTH, RIGHT, HIGH, GAP = 420, 130, 18, 8
LEFT, LONGEST = 140, 280
"""What names take at the left: at least, and at most."""
HUES = 6
"""Colours that pieces take in turn."""


@dataclass(frozen=True)
class Bar:
    """One step: its pieces in order, each by its path, and what is written behind."""

    path: str
    pieces: tuple[tuple[str, float], ...]
    says: str

    @property
    def length(self) -> float:
        """All pieces together."""
        return sum(amount for _, amount in self.pieces)


Amount = Callable[[Tally], int]
AMOUNTS: dict[str, Amount] = {
    "MACs": lambda counts: counts.macs,
    "parameters": lambda counts: counts.params,
    "activations": lambda counts: counts.activations,
}
"""What bars can be of, by what it is called."""


def by_step(network: Network, amount: Amount) -> list[Bar]:
    """A bar for each step of the trunk that has any; what is in no branch is its last piece."""
    return [each for node in network.trunk if (each := _bar(node, amount)).length]


def _bar(node: Node, amount: Amount) -> Bar:
    whole = amount(tally(node, training=False))
    parts = [(part.name, amount(tally(part, training=False))) for part in _parts(node)]
    pieces = [(f"{node.name}.{name}", count) for name, count in parts if count]
    rest = whole - sum(count for _, count in pieces)
    pieces += [(node.name, rest)] if rest else []
    return Bar(node.name, tuple(pieces), f"{whole:,}")


def _parts(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Leaf | Tap) or is_unit(node):
        return ()
    return node.branches if isinstance(node, Parallel) else children(node)


def wasted(network: Network) -> list[Bar]:
    """The share of each step's MACs that read padding, for the steps of which some do."""
    found = []
    for node in network.trunk:
        counts = tally(node, training=False)
        if share := 1 - counts.effective_macs / counts.macs if counts.macs else 0:
            found.append(Bar(node.name, ((node.name, share),), f"{share:.1%}"))
    return found


def bars(name: str, about: str, given: list[Bar]) -> str:
    """The chart: names at the left, bars as long as the longest allows, amounts behind."""
    longest = max((room(each.path, SIZE) for each in given), default=0)
    left = min(max(LEFT, longest), LONGEST) + 2 * GAP
    size = (left + LENGTH + RIGHT, HIGH * len(given) + 4)
    return chart(name, about, size, _drawn(given, left))


def _drawn(given: list[Bar], left: float) -> Iterator[str]:
    most = max((each.length for each in given), default=0) or 1
    for row, each in enumerate(given):
        top, x = HIGH * row, left
        name = shortened(each.path, left - 2 * GAP)
        yield f'<g class="bar" data-path="{escape(each.path)}">'
        whole = "" if name == each.path else each.path
        yield box((0, top), (left + LENGTH + RIGHT, HIGH), "room", whole)
        yield text((left - GAP, top + HIGH / 2), name, anchor="end")
        for i, (path, amount) in enumerate(each.pieces):
            wide = LENGTH * amount / most
            told = f"{path}: {amount:,}" if isinstance(amount, int) else f"{path}: {each.says}"
            yield box((x, top + 2), (wide, HIGH - 4), f"hue{i % HUES}", told)
            x += wide
        yield text((x + 6, top + HIGH / 2), each.says, "amount")
        yield "</g>"
