"""Findings as JSON, for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from compiler.checking.examining import Examined, problems_of
from dsl.text.problems import SEVERE, Fix, Problem, Span

VERSION = 1
"""Of the form: it grows by keys, and another meaning of one is another version."""


def written(found: Sequence[Examined]) -> str:
    """`{"version", "specs", "counts", "problems"}`, each problem with its place and its fix.

    Recipes and sweeps are among `specs` too, which their `kind` says.
    """
    problems = problems_of(found)
    by = Counter(problem.severity for problem in problems)
    whole = {
        "version": VERSION,
        "specs": [
            {"file": each.file, "kind": each.kind, "allowed": each.allowed} for each in found
        ],
        "counts": {severity: by[severity] for severity in SEVERE},
        "problems": [as_data(problem) for problem in problems],
    }
    return json.dumps(whole, indent=2) + "\n"


def as_data(problem: Problem) -> dict[str, Any]:
    """A problem as plain data."""
    return {
        "code": problem.code,
        "severity": problem.severity,
        **_place(problem.span),
        "message": problem.message,
        "hint": problem.hint,
        "help": problem.help,
        "notes": [{**_place(span), "message": said} for span, said in problem.notes],
        "fix": _fix(problem.fix),
    }


def _place(span: Span) -> dict[str, Any]:
    """Lines and columns from 1; null where something has no place."""
    if not span.line:
        return {"file": None, "line": None, "column": None, "length": None}
    return {"file": span.file, "line": span.line, "column": span.column, "length": span.length}


def _fix(fix: Fix | None) -> dict[str, Any] | None:
    return None if fix is None else {**_place(fix.span), "text": fix.text, "guess": fix.guess}
