"""Findings as GitHub's workflow commands, which a pull request shows beside the lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from compiler.checking.examining import Examined, problems_of
from dsl.text.problems import Problem, Severity

COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}


def written(found: Sequence[Examined]) -> str:
    """A command a problem."""
    return "".join(f"{command(problem)}\n" for problem in problems_of(found))


def command(problem: Problem) -> str:
    """What shows one problem beside its line."""
    span, place = problem.span, {}
    if span.line:
        end = span.column + max(span.length, 1)
        place = {
            "file": here(span.file),
            "line": span.line,
            "col": span.column,
            "endLine": span.line,
            "endColumn": end,
        }
    given = {**place, "title": problem.code}
    said = ",".join(f"{key}={_property(str(value))}" for key, value in given.items())
    parts = (problem.message, problem.hint, problem.help, *(note for _, note in problem.notes))
    text = "\n".join(filter(None, parts))
    return f"::{COMMANDS[problem.severity]} {said}::{_data(text)}"


def here(file: str) -> str:
    """A file as seen from the current folder, where it is inside."""
    path = Path(file)
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        return path.as_posix()


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
