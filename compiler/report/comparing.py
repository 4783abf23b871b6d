"""What a page says of several networks together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from compiler.diagram.sides import sides
from compiler.diff import diff
from compiler.picture import as_svg
from compiler.report.chapter import Chapter
from compiler.report.charts.scatter import Dot, scatter


@dataclass(frozen=True)
class Difference:
    """How a network differs from the first one, in structure and in cost."""

    title: str
    text: str
    svg: str
    """Both side by side, as `diff -o` draws them."""


@dataclass(frozen=True)
class Comparison:
    """Several networks beside each other."""

    chapters: Sequence[Chapter]

    @property
    def plot(self) -> str:
        """Parameters, MACs and memory of each; a dot is called by its network's number."""
        numbered = enumerate(self.chapters, 1)
        totals = ((str(number), each.report.total) for number, each in numbered)
        dots = [Dot(label, t.params, t.macs, t.peak_bytes) for label, t in totals]
        return scatter("compared.chart", dots)

    @property
    def differences(self) -> list[Difference]:
        """Each of the others against the first."""
        first, *others = self.chapters
        return [_difference(first, each) for each in others]


def _difference(one: Chapter, other: Chapter) -> Difference:
    named = one.named, other.named
    found = diff(one.network, other.network, (one.key, other.key) if len({*named}) == 1 else named)
    sheet = replace(sides(found), name=f"compared.{other.key}")
    return Difference(f"{one.title} and {other.title}", found.as_text(), as_svg(sheet))
