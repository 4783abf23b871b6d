"""Whether the first error of a mutant is told where its one edit is."""

from __future__ import annotations

from typing import Any

from tests.fuzzing.texts import Mutant

PLACES = ("there", "noted", "later", "elsewhere")
"""On a changed line; on another line, with a note that points there; there, but not first; not."""


def lines_of(mutant: Mutant) -> range:
    """The lines that an edit is on; where whole lines went, those on either side."""
    edit = mutant.edit
    assert edit is not None
    first = mutant.text.count("\n", 0, edit.start) + 1
    last = first + edit.text.count("\n")
    whole = not edit.start or mutant.text[edit.start - 1] == "\n"
    if whole and not edit.text and mutant.seed.text[edit.start : edit.end].endswith("\n"):
        first -= 1
    elif whole and edit.text.endswith("\n"):
        last -= 1
    return range(max(1, first), last + 1)


def place_of(mutant: Mutant, answer: dict[str, Any]) -> str | None:
    """Where the first error was told; None for what isn't asked: no valid spec with one edit."""
    refused = answer.get("refused")
    if not refused or not mutant.seed.valid or mutant.edit is None or not mutant.edit.local:
        return None
    lines = lines_of(mutant)
    if refused[0]["line"] in lines:
        return "there"
    if any(line in lines for line in refused[0]["notes"]):
        return "noted"
    told = (line for each in refused for line in (each["line"], *each["notes"]))
    return "later" if any(line in lines for line in told) else "elsewhere"
