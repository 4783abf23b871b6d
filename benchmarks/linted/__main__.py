"""`python -m benchmarks.linted`: what the lints say of public networks, and how that was judged.

Ports are specs in `tests/ports`; models of torchvision and timm are imported, which takes minutes:
run it under `nice`. `--speed` measures the lints instead.
"""

from __future__ import annotations

import argparse
import re

import dsl
from benchmarks.families.workers import pool
from benchmarks.linted.judging import judgements, unjudged
from benchmarks.linted.looking import MODELS, looked_at, ports
from benchmarks.linted.speed import lines, times
from benchmarks.linted.table import DOCS, counts, replaced, table
from compiler.importing import spec_of

LARGEST = ("inception_resnet_v2", "timm:inception_resnet_v2", "timm:efficientnetv2_s")
"""The networks with the most layers, of the shelf and of the models."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.linted", description=__doc__)
    parser.add_argument("--only", default="", help="a pattern in names: timm:inception")
    parser.add_argument("--jobs", type=int, default=2, help="how many processes, 2 if left out")
    parser.add_argument("--speed", action="store_true", help="how long each lint takes")
    parser.add_argument("--write", action="store_true", help=f"put the table into {DOCS.name}")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    if given.speed:
        for name in LARGEST:
            spec = spec_of(name) if ":" in name else dsl.load(name)
            print(*lines(name, times(spec)), sep="\n", flush=True)
        return
    wanted = [name for name in (*ports(), *MODELS) if re.search(given.only, name)]
    known, found = judgements(), []
    with pool(given.jobs) as run:
        for looked in run(looked_at, wanted):
            found.append(looked)
            open_ones = unjudged(looked.name, looked.codes, known)
            print(looked.name, *looked.codes.elements(), flush=True)
            if open_ones:
                print(looked.told, f"not judged: {', '.join(open_ones)}", sep="\n", flush=True)
    print(counts(found, known))
    if given.write and not given.only:
        text = DOCS.read_text(encoding="utf-8")
        DOCS.write_text(replaced(text, table(found, known)), encoding="utf-8")


if __name__ == "__main__":
    main()
