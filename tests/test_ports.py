"""Public ports as specs: each has its source's parameters, and the findings that it earned.

`tests/ports/NAME.yaml` says in its comment whose it is and what it deviates in. `findings.txt` is
what the lints say of all of them; `--accept` writes it anew. Somebody has judged each finding in
`benchmarks/linted/judged.yaml`.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from benchmarks.linted.judging import judgements, unjudged
from compiler.checking.examining import Examined, examined

FOLDER = Path(__file__).parent / "ports"
PORTS = sorted(FOLDER.glob("*.yaml"))
each_port = pytest.mark.parametrize("path", PORTS, ids=lambda path: path.stem)


@cache
def looked_at(path: Path) -> Examined:
    """What is wrong with a port, variants included."""
    return examined(str(path))


def test_findings(accept: bool) -> None:
    said = "".join(map(_told, PORTS))
    golden = FOLDER / "findings.txt"
    if accept:
        golden.write_text(said, encoding="utf-8")
    assert said == golden.read_text(encoding="utf-8")


def _told(path: Path) -> str:
    lines = [
        f"  {found.span.line}:{found.span.column}: {found.code} {found.message}\n"
        for found in looked_at(path).problems
    ]
    return "".join([f"{path.stem}\n", *lines])


@each_port
def test_a_port_keeps_what_it_promises_and_says_whose_it_is(path: Path) -> None:
    found = looked_at(path)
    assert found.prepared, found.problems
    assert not [problem for problem in found.problems if problem.severity == "error"]
    assert found.prepared.spec.expect.params
    text = path.read_text(encoding="utf-8")
    assert re.match(r"# After [\w-]+/[\w.-]+, [\w/.-]+\.py\s", text.replace("\n# ", " "))
    assert found.prepared.spec.name == path.stem


@each_port
def test_each_finding_was_judged(path: Path) -> None:
    codes = {problem.code for problem in looked_at(path).problems}
    known = judgements()
    assert not unjudged(path.stem, codes, known)
    assert not set(known.get(path.stem, {})) - codes, "judged, and not found any more"
