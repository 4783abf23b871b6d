"""`python -m tests.defects`: plant each fault, and count who finds it."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.defects.planted import DEFECTS
from tests.defects.planting import copied, tried


def main() -> int:
    """Run the command line; 1 if the tests miss a fault."""
    asked = argparse.ArgumentParser(prog="python -m tests.defects", description=__doc__)
    asked.add_argument("--only", default="", help="those with this in their names")
    given = asked.parse_args()
    chosen = [defect for defect in DEFECTS if given.only in defect.name]
    found = {"tests": 0, "job": 0}
    with tempfile.TemporaryDirectory() as name:
        copied(Path(name))
        for defect in chosen:
            verdict = tried(defect, Path(name))
            found["tests"] += verdict.by_tests
            found["job"] += verdict.by_job
            words = (f"tests {_word(verdict.by_tests)}", f"the job {_word(verdict.by_job)}")
            first = verdict.said.partition("\n")[0]
            sys.stdout.write(f"{defect.name}: {', '.join(words)}{f' ({first})' if first else ''}\n")
            sys.stdout.flush()
    count = len(chosen)
    sys.stdout.write(
        f"{count} faults: the tests find {found['tests']}, the main job alone {found['job']}\n"
    )
    return int(found["tests"] < count)


def _word(found: bool) -> str:
    return "find it" if found else "MISS it"


if __name__ == "__main__":
    sys.exit(main())
