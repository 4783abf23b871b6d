"""Sweeping: one parameter of one block changed, again and again, and the cost of each network.

With what is remembered of the networks before, against the same networks each by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import dsl
from benchmarks.pairs import Row, Work, alternate, compared
from compiler.cost import cost
from compiler.lowering.lower import lower
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
            cost(lower(one()))

    def alone() -> None:
        for _ in range(NETWORKS):
            forget()
            cost(lower(one()))

    works: dict[str, Work] = {"remembering": swept, "each alone": alone}
    seconds = alternate(works, 3 if quick else 15)
    each = {name: [turn / NETWORKS for turn in turns] for name, turns in seconds.items()}
    return compared(f"a network of a sweep, {what}", each, "remembering", "each alone", aim)
