"""`python -m benchmarks.families`: which families of torchvision and timm can be imported.

The smallest member of each is imported and held against the original; docs/importing.md has the
table that comes of all of them. It takes long: run it under `nice`.
"""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path

from benchmarks.families.keeping import keep, kept
from benchmarks.families.registry import families, size_of
from benchmarks.families.table import DOCS, replaced, table
from benchmarks.families.trial import Verdict, tried
from benchmarks.families.workers import pool


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.families", description=__doc__)
    parser.add_argument("--only", default="", help="a pattern in library:member: timm:.*resnet")
    parser.add_argument("--jobs", type=int, default=2, help="how many processes, 2 if left out")
    parser.add_argument("--keep", type=Path, help="a file of verdicts to go on from, and to add to")
    parser.add_argument("--write", action="store_true", help=f"put the table into {DOCS.name}")
    return parser.parse_args()


def again(verdict: Verdict) -> bool:
    """Whether a model is to be tried again: what attends stays refused, what is equal stays so."""
    return verdict.word != "equal" and not verdict.attends


def _asked(pattern: str) -> list[list[str]]:
    """The members of each family that has one of which the pattern is a part."""
    every = [[f"{family.library}:{name}" for name in names] for family, names in families().items()]
    return [names for names in every if any(re.search(pattern, name) for name in names)]


def smallest(known: list[list[str]], jobs: int) -> list[str]:
    """The member of each family that has the fewest parameters."""
    with pool(jobs) as run:
        sizes = dict(run(size_of, [name for names in known for name in names if len(names) > 1]))
    return [min(names, key=lambda name: (sizes.get(name, 0), name)) for names in known]


def main() -> None:
    given = arguments()
    start = time.perf_counter()
    wanted = smallest(_asked(given.only), given.jobs)
    print(f"{len(wanted)} families ({time.perf_counter() - start:.0f} s)", flush=True)
    known = kept(given.keep)
    found = {name: known[name] for name in wanted if name in known and not again(known[name])}
    with pool(given.jobs) as run:
        for verdict in run(tried, [name for name in wanted if name not in found]):
            found[verdict.source] = verdict
            keep(given.keep, verdict)
            print(f"{len(found)} {verdict}", flush=True)
    lines = table(found)
    print(*lines, f"({time.perf_counter() - start:.0f} s)", sep="\n")
    if given.write and not given.only:
        DOCS.write_text(replaced(DOCS.read_text(encoding="utf-8"), lines), encoding="utf-8")


if __name__ == "__main__":
    main()
