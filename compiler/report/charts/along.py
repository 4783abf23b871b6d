"""What changes along a network: the field that is seen, and the memory that is alive or kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter

from compiler.cost import Report
from compiler.cost.field import pixels_text
from compiler.cost.footer import short_size
from compiler.ir.once import once
from compiler.report.charts.marks import box, chart, line, shortened, text, ticks

COLUMNS = 310
"""No more columns than can be told apart."""
LEFT, WIDE, HIGH, TOP, BELOW, RIGHT = 80, 620, 200, 24, 28, 20


@dataclass(frozen=True)
class Run:
    """Numbers along a network, by path; `bound` is a line to hold them against."""

    values: Sequence[tuple[str, float]]
    unit: str
    bound: float = 0
    bound_says: str = ""

    def says(self, value: float) -> str:
        """A value in words."""
        if self.unit == "bytes":
            return short_size(round(value))
        return f"{pixels_text(value)} {self.unit}"

    def tick(self, value: float) -> str:
        """A value of the axis: all of them in one unit."""
        if self.unit != "bytes":
            return pixels_text(value)
        return f"{value / self.step:,.0f} {'MiB' if self.step == 2**20 else 'KiB'}"

    @once
    def columns(self) -> list[tuple[str, float]]:
        """What is drawn: of neighbours that couldn't be told apart the highest."""
        each = -(-len(self.values) // COLUMNS)
        starts = range(0, len(self.values), each)
        return [max(self.values[i : i + each], key=itemgetter(1)) for i in starts]

    @once
    def step(self) -> int:
        """What an axis counts in: a round number of bytes is one of KiB or MiB."""
        if self.unit != "bytes":
            return 1
        return 2**20 if self.highest[1] >= 2**22 else 2**10

    @once
    def highest(self) -> tuple[str, float]:
        """The first path with the most."""
        return max(self.values, key=itemgetter(1))


def field_growth(report: Report) -> Run:
    """How many pixels one position of each step sees, on the longest axis, beside the input's."""
    seen = [(row.path, max(row.receptive_field)) for row in report.blocks if row.receptive_field]
    side = max(report.network.input.grid, default=0)
    return Run(seen, "pixels", side, f"the input, {int(side)}")


def alive(report: Report) -> Run:
    """The bytes alive as each layer of an evaluating pass takes memory."""
    return Run([*report.alive.items()], "bytes")


def kept(report: Report) -> Run | None:
    """The bytes kept for the backward pass so far; None where nothing is, or training fails."""
    if not report.kept:
        return None
    sums = accumulate(report.kept.values())
    return Run([*zip(report.kept, sums, strict=True)], "bytes")


def along(name: str, about: str, run: Run) -> str:
    """The chart: a column for each value, the highest named, the bound as a line across."""
    whole = (LEFT + WIDE + RIGHT, TOP + HIGH + BELOW)
    return chart(name, about, whole, _drawn(run))


def _drawn(run: Run) -> Iterator[str]:
    at = [tick * run.step for tick in ticks(max(run.highest[1], run.bound) / run.step)]
    top = at[-1]

    def height(value: float) -> float:
        return TOP + HIGH * (1 - value / top)

    for tick in at:
        yield line([(LEFT, height(tick)), (LEFT + WIDE, height(tick))], "grid")
        yield text((LEFT - 6, height(tick)), run.tick(tick), "amount", "end")
    wide = WIDE / len(run.columns)
    for i, (path, value) in enumerate(run.columns):
        told, y = f"{path}: {run.says(value)}", height(value)
        kind = "hue0 most" if (path, value) == run.highest else "hue0"
        shape = box((LEFT + i * wide, y), (wide, TOP + HIGH - y), kind, told)
        yield f'<g class="bar" data-path="{path}">{shape}</g>'
    if run.bound:
        yield line([(LEFT, height(run.bound)), (LEFT + WIDE, height(run.bound))], "bound")
        yield text((LEFT + 6, height(run.bound) - 8), run.bound_says)
    yield from _named(run, wide)


def _named(run: Run, wide: float) -> Iterator[str]:
    """The first and the last path below, the highest above."""
    path, value = run.highest
    place = LEFT + wide * (run.columns.index(run.highest) + 0.5)
    right = place > LEFT + WIDE / 2
    anchor = "end" if right else "start"
    told = run.says(value)
    yield text((place, TOP - 12), f"{shortened(path, WIDE / 3)}: {told}", "strong", anchor)
    first, last = (shortened(run.values[i][0], WIDE / 2 - 12) for i in (0, -1))
    yield text((LEFT, TOP + HIGH + 12), first)
    if len(run.values) > 1:
        yield text((LEFT + WIDE, TOP + HIGH + 12), last, anchor="end")
