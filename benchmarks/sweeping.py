"""Sweeping: one parameter of one block changed, again and again, and the cost of each network.

With what is remembered of the networks before, against the same networks each by itself. Then how
many variants a second the command `sweep` counts on one core, in time of the process: no ratio,
since people wait for them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from statistics import median

import dsl
from benchmarks.pairs import Row, Work, aligned, alternate, compared, table
from compiler.cost import cost
from compiler.lowering.lower import lower
from compiler.sweep.counting import outcome, unhurried
from compiler.sweep.plan import Plan, planned
from dsl import Spec
from dsl.models.changes import Width
from dsl.text.memory import forget

SUBJECTS = {
    "googlenet": ["inception_4b.pp"],
    "inception_v3": ["mixed_6b.c7"],
    "googlenet_96": ["inception_4b.n1"],
}
"""Networks, and the parameters that are changed together."""
EVERYWHERE = {
    "inception_v3, every width, by 1/10,000": 1 / 10_000,
    "inception_v3, every width, by 1/73": 1 / 73,
}
"""How far apart factors of width lie: where it is little, most widths are those of another."""
AIM = 1 / 4
NETWORKS = 40
"""How many a turn makes; a turn of either kind makes others, so that none was made before."""
AXES = """\
axes: {width: {low: 0.5, high: 1, step: 0.25}, mixed_5b.pool: [16, 24, 32, 48, 64, 96],
  mixed_6b.c7: [96, 128, 160], mixed_6c.c7: [96, 128, 160], mixed_6e: [B c7=192, C]}
constraints: {params: < 20M, receptive_field: '>= 1000'}"""
SWEEPS: Mapping[str, tuple[str, int | None]] = {
    "one parameter, always another": ("axes: {mixed_6b.c7: {low: 8, high: 4096, step: 1}}", 500),
    "every width, always others": ("axes: {width: {low: 0.5, high: 2}}\nrandom: 2000", 150),
    "every width by 1/10,000": ("axes: {width: {low: 0.5, high: 2, count: 15001}}", 150),
    "five axes": (AXES, None),
}
"""Sweeps of inception_v3, and how many variants a second a core is to count."""
COUNTED = 40
"""Variants of a turn; all turns of a sweep make others."""


def report(*, quick: bool) -> Iterator[str]:
    """The pairs, then how many variants a second are counted."""
    yield from table(rows(quick=quick))
    heading = ("variants of inception_v3 a second a core", "median", "range", "aim", "met")
    yield from ("", *aligned([heading, *rates(1 if quick else 5)]))


def rates(rounds: int) -> Iterator[tuple[str, ...]]:
    """Each sweep: what its variants are, and how many of them a second are counted."""
    for what, (text, aim) in SWEEPS.items():
        plan = planned(dsl.loads_sweep(f"spec: inception_v3\n{text}\n"))
        places = iter(range(len(plan.points)))
        with unhurried():
            _counted(plan, places)
            found = [COUNTED / _counted(plan, places) for _ in range(rounds)]
        middle = median(found)
        met = "" if aim is None else "yes" if middle >= aim else "no"
        spread = f"{min(found):.0f} to {max(found):.0f}"
        yield what, f"{middle:.0f}", spread, "" if aim is None else str(aim), met


def _counted(plan: Plan, places: Iterator[int]) -> float:
    """Seconds of this process for the next variants."""
    start = time.process_time()
    for _ in range(COUNTED):
        outcome(plan, plan.points[next(places)])
    return time.process_time() - start


def rows(*, quick: bool) -> Iterator[Row]:
    """One row a network; the seconds are those of one network."""
    for name, addresses in SUBJECTS.items():
        spec, widths = dsl.load(name), count(8)
        one = lambda spec=spec, addresses=addresses, widths=widths: dsl.change(  # noqa: E731
            spec, dict.fromkeys(addresses, next(widths))
        )
        yield _swept(name, one, quick, AIM)
    for what, apart in EVERYWHERE.items():
        spec, factors = dsl.load("inception_v3"), count(1)
        one = lambda spec=spec, factors=factors, apart=apart: dsl.change(  # noqa: E731
            spec, dsl.Changes(width=Width(by=0.5 + next(factors) * apart % 1.5))
        )
        yield _swept(what, one, quick, None)


def _swept(what: str, one: Callable[[], Spec], quick: bool, aim: float | None) -> Row:
    def swept() -> None:
        for _ in range(NETWORKS):
            _ = cost(lower(one())).total

    def alone() -> None:
        for _ in range(NETWORKS):
            forget()
            _ = cost(lower(one())).total

    works: dict[str, Work] = {"remembering": swept, "each alone": alone}
    seconds = alternate(works, 3 if quick else 15)
    each = {name: [turn / NETWORKS for turn in turns] for name, turns in seconds.items()}
    return compared(f"a network of a sweep, {what}", each, "remembering", "each alone", aim)
