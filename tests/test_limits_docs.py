"""docs/limits.md: what it says can't be said is refused, and what it says instead compiles."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dsl
from compiler.lowering.lower import lower

DOCS = (Path(__file__).parent.parent / "docs" / "limits.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([^|`]+) \| `([^`]+)` \| (.+) \|$", DOCS, re.MULTILINE)
INSTEAD = re.findall(r"^```yaml\n(.*?)^```", DOCS, re.MULTILINE | re.DOTALL)
HEAD = "name: probe\ninput: [3, 16, 16]\nclasses: 5\nstem: [c: 3x3 8]\nbody:\n  - it: "


def test_every_row_has_an_example() -> None:
    rows = [line for line in DOCS.splitlines() if line.startswith("| ")][2:]
    assert len(ROWS) == len(rows) > 10


@pytest.mark.parametrize("example", [example for _, example, _ in ROWS])
def test_what_cannot_be_said_is_refused_at_its_place(example: str) -> None:
    with pytest.raises(dsl.SpecError) as refused:
        lower(dsl.loads(f"{HEAD}{example}\nhead: [globalpool avg, fc classes]\n"))
    assert {problem.span.line for problem in refused.value.problems} == {6}


def steps(text: str) -> list[str]:
    """The steps that a row gives instead: what is more than a word of the language."""
    return [code for code in re.findall(r"`([^`]+)`", text) if code[0] in "{1"]


@pytest.mark.parametrize("step", [step for *_, text in ROWS for step in steps(text)])
def test_what_is_said_instead_compiles(step: str) -> None:
    step = step if " " in step else f"{step} 8"
    lower(dsl.loads(f"{HEAD}{step}\nhead: [globalpool avg, fc classes]\n"))


@pytest.mark.parametrize("text", INSTEAD)
def test_the_spec_compiles(text: str) -> None:
    lower(dsl.loads(text))
