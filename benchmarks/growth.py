"""Growth: each stage over ever more blocks; its time per block should stay the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import log
from statistics import linear_regression, median
from unittest.mock import patch

import dsl
from benchmarks.pairs import Estimate, Work, aligned, alternate, shown
from compiler.cost import cost
from compiler.diagram import drawings
from compiler.lowering import size
from compiler.lowering.lower import lower
from compiler.source import emit
from dsl.reading import limits

SIZES = (10, 100, 1_000, 10_000)
AIM = 1.1
"""The exponent; 1 is linear. Python's own memory management costs a little more than that."""

HEAD = """
name: tall
input: [3, 32, 32]
classes: 10
stem: [3x3 16]
inception:
  A:
    concat:
      - 1x1 8
      - [1x1 4, 3x3 8]
"""
TAIL = "head: [globalpool avg, fc classes]\n"
MOST_REPEATS = 1_000


def written_out(count: int) -> str:
    """A spec that names each block on a line of its own."""
    return HEAD + "body:\n" + "  - A\n" * count + TAIL


def repeated(count: int) -> str:
    """A spec that says `A x1000` as often as it takes."""
    once = min(count, MOST_REPEATS)
    return HEAD + "body:\n" + f"  - A x{once}\n" * (count // once) + TAIL


FORMS: Mapping[str, Callable[[int], str]] = {"written out": written_out, "repeated": repeated}


def stages(text: str) -> Mapping[str, Work]:
    """Each stage on its own, fed with what the one before it gives."""
    spec = dsl.loads(text)
    network = lower(spec)
    return {
        "reading": partial(dsl.loads, text),
        "lowering": partial(lower, spec),
        "cost": lambda: cost(network).total,
        "source": partial(emit, network),
        "drawing": partial(drawings, network),
    }


@dataclass(frozen=True)
class Growth:
    """How the time of one stage grows: seconds by the number of blocks, round by round."""

    what: str
    seconds: Mapping[int, Sequence[float]]

    @property
    def exponent(self) -> Estimate:
        """The power of the size with which time grows: each round's, and their median."""
        rounds = zip(*self.seconds.values(), strict=True)
        return Estimate.of([power(self.seconds, one) for one in rounds])

    @property
    def cells(self) -> tuple[str, ...]:
        """The line of the table: time per block at each size, then the exponent."""
        each = [shown(median(times) / count) for count, times in self.seconds.items()]
        found = self.exponent
        return self.what, *each, *found.cells, f"{AIM:.2f}", found.verdict(AIM)


def power(sizes: Iterable[int], seconds: Iterable[float]) -> float:
    """The exponent that fits best, from 100 blocks on: below, what is done once weighs most.

    >>> round(power([10, 100, 1_000, 10_000], [5.0, 1.0, 10.0, 100.0]), 3)
    1.0
    """
    larger = [(log(n), log(time)) for n, time in zip(sizes, seconds, strict=True) if n >= 100]
    return linear_regression(*zip(*larger, strict=True)).slope


def grown(*, quick: bool) -> Iterator[Growth]:
    """Each stage, with blocks written out and repeated."""
    sizes = SIZES[:-1] if quick else SIZES
    # The compiler refuses what is absurdly large; here that is the point.
    absurd = patch.object(size, "MOST_LAYERS", 10**9), patch.object(limits, "MAX_STEPS", 10**9)
    with absurd[0], absurd[1]:
        for form, text in FORMS.items():
            made = {count: stages(text(count)) for count in sizes}
            for stage in made[sizes[0]]:
                works = {str(count): made[count][stage] for count in sizes}
                seconds = alternate(works, 2 if quick else 3)
                yield Growth(f"{stage}, blocks {form}", {n: seconds[str(n)] for n in sizes})


def report(*, quick: bool) -> Iterator[str]:
    """The table: time per block by the number of blocks."""
    found = list(grown(quick=quick))
    heading = ("time per block", *(f"{n:,}" for n in found[0].seconds), *GROWTH_HEADING)
    return aligned([heading, *(growth.cells for growth in found)])


GROWTH_HEADING = ("exponent", "range", "aim", "met")
