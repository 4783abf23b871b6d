"""`python -m tests.fuzzing`: mutants of specs, and a count of what came of them."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.fuzzing import texts, trees
from tests.fuzzing.bounded import Bounded
from tests.fuzzing.locality import PLACES, lines_of, place_of
from tests.fuzzing.reducing import reduced
from tests.fuzzing.texts import Mutant

KINDS: dict[str, Callable[[Random], Mutant]] = {"texts": texts.mutant, "trees": trees.mutant}


def mutant(kind: str, seed: int, number: int) -> Mutant:
    """The mutant of a number, the same each time."""
    return KINDS[kind](Random(f"{seed} {kind} {number}"))  # noqa: S311  # nothing secret


@dataclass
class Found:
    """What came of all mutants of a kind."""

    refused: int = 0
    taken: int = 0
    slowest: float = 0.0
    places: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def lines(self, kind: str) -> Iterator[str]:
        """A report of it."""
        yield (
            f"{kind}: {self.refused + self.taken:,} mutants, {self.refused:,} refused,"
            f" {len(self.failures)} failed; the slowest took {self.slowest:.2f} s"
        )
        if told := sum(self.places.values()):
            shares = (f"{place} {self.places[place] / told:.1%}" for place in PLACES)
            yield f"  first error of {told:,} with one edit: {', '.join(shares)}"


def fuzz(
    kind: str, seed: int, numbers: range, worker: Bounded, tell: Callable[[str], object] = str
) -> Found:
    """Ask what is made of each mutant; `tell` gets each failure at once."""
    found = Found()
    for number in numbers:
        made = mutant(kind, seed, number)
        answer = worker.ask(made.data)
        found.slowest = max(found.slowest, *answer.get("took", {}).values(), 0.0)
        found.refused += "refused" in answer
        found.taken += "refused" not in answer
        if "failed" in answer:
            which = f"--{kind} --seed {seed} --only {number}"
            found.failures.append(_failure(which, made, answer, worker))
            tell(found.failures[-1])
        elif place := place_of(made, answer):
            found.places[place] += 1
            if place in ("later", "elsewhere"):
                found.elsewhere.append(_elsewhere(number, made, answer))
    return found


def _failure(which: str, made: Mutant, answer: dict[str, Any], worker: Bounded) -> str:
    """How a mutant failed, and a smaller text that does."""

    def fails(text: str) -> bool:
        data = text.encode("utf-8", "surrogateescape")
        return bool(worker.ask(data).get("failed") == answer["failed"])

    quick = answer["failed"].partition(": ")[2] not in ("", "slow")
    small = reduced(made.text, fails) if quick else made.text
    return (
        f"{answer['failed']} (python -m tests.fuzzing {which}: {made.seed.name}, {made.how})\n"
        f"{answer['said']}{small!r}"
    )


def _elsewhere(number: int, made: Mutant, answer: dict[str, Any]) -> str:
    lines, first = lines_of(made), answer["refused"][0]
    assert made.edit is not None
    old = made.seed.text[made.edit.start : made.edit.end]
    return (
        f"{number}: {made.seed.name} {made.how} at {lines.start}-{lines.stop - 1}: {old!r} to"
        f" {made.edit.text!r}, told at {first['line']}: {first['code']} {first['says']}"
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Run the command line."""
    asked = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    asked.add_argument("--texts", type=int, nargs="?", const=1, default=0, help="how many")
    asked.add_argument("--trees", type=int, nargs="?", const=1, default=0, help="how many")
    asked.add_argument("--seed", type=int, default=1, help="others are other mutants")
    asked.add_argument("--only", type=int, help="the mutant of a number, and its text")
    asked.add_argument("--elsewhere", action="store_true", help="name errors told elsewhere")
    given = asked.parse_args()
    failed = 0
    with Bounded() as worker:
        for kind in KINDS:
            if not (count := getattr(given, kind)):
                continue
            numbers = range(count) if given.only is None else range(given.only, given.only + 1)
            if given.only is not None:
                _say(mutant(kind, given.seed, given.only).text)
            found = fuzz(kind, given.seed, numbers, worker, _say)
            for line in (*found.lines(kind), *(found.elsewhere if given.elsewhere else ())):
                _say(line)
            failed += len(found.failures)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
