"""`python -m benchmarks`: ratios between this compiler and public implementations.

Every ratio is of two things timed in turns within this run; docs/benchmarks.md says more.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping

# The profiler's own messages; read as torch is loaded.
os.environ.setdefault("KINETO_LOG_LEVEL", "99")

import torch

from benchmarks import (
    building,
    costing,
    editing,
    growth,
    running,
    startup,
    sweeping,
    training,
    watching,
)
from benchmarks.deploying.report import report as deploying
from benchmarks.pairs import table

REPORTS: Mapping[str, Callable[[bool], Iterator[str]]] = {
    "startup": lambda quick: table(startup.rows(quick=quick)),
    "costing": lambda quick: table(costing.rows(quick=quick)),
    "building": lambda quick: table(building.rows(quick=quick)),
    "running": lambda quick: table(running.rows(quick=quick)),
    "training": lambda quick: table(training.rows(quick=quick)),
    "editing": lambda quick: editing.report(quick=quick),
    "watching": lambda quick: watching.report(quick=quick),
    "sweeping": lambda quick: sweeping.report(quick=quick),
    "growth": lambda quick: growth.report(quick=quick),
    "deploying": lambda quick: deploying(quick=quick),
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds: a look, not a result")
    parser.add_argument(
        "--only", action="append", choices=REPORTS, help="one of them; may be given again"
    )
    return parser.parse_args()


def main() -> None:
    given = arguments()
    # With more, each waits for whichever the machine's other users hold up.
    torch.set_num_threads(1)
    version, cores = platform.python_version(), os.cpu_count()
    print(f"Python {version}, torch {torch.__version__} on one thread, {cores} cores", flush=True)
    for name in given.only or REPORTS:
        start = time.perf_counter()
        print(f"\n{name}", flush=True)
        for line in REPORTS[name](given.quick):  # One that takes long says what it has so far.
            print(line, flush=True)
        print(f"({time.perf_counter() - start:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
