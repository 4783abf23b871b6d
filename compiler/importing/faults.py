"""What stops an import, as the errors that a user sees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

from dsl.text.problems import NOWHERE, Problem, SpecError

UNUSABLE = "E160"
"""The model can't be had, or doesn't run."""
INEXPRESSIBLE = "E161"
"""A part of it that the language has no words for."""
TANGLED = "E162"
"""Branches that are no series and parallels."""
LONGEST = 300
"""How much of another's message is quoted."""


def fault(code: str, message: str, help: str = "") -> SpecError:
    """The error with one problem."""
    return SpecError([Problem(code, NOWHERE, message, help=help)])


def refuse(code: str, message: str, help: str = "") -> NoReturn:
    """Raise `SpecError` with one problem."""
    raise fault(code, message, help)


def place(path: str, kind: str) -> str:
    """A module as an error names it: `Mixed_5b.branch_pool (BasicConv2d)`."""
    return f"{path} ({kind})" if path else f"the model itself ({kind})"


@dataclass(frozen=True)
class Reason:
    """Why modules of one kind can't be imported."""

    kind: str
    code: str
    why: str
    help: str = ""


def hold_none(found: Iterable[tuple[str, Reason]]) -> None:
    """Raise `SpecError` for all that was found wrong with modules, given by their paths.

    Modules of one class that have the same reason are named together.
    """
    groups: dict[Reason, list[str]] = {}
    for path, reason in found:
        groups.setdefault(reason, []).append(path)
    if groups:
        raise SpecError(_problem(paths, reason) for reason, paths in groups.items())


def _problem(paths: list[str], reason: Reason) -> Problem:
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    message = f"{place(paths[0], reason.kind)}{more}: {reason.why}"
    return Problem(reason.code, NOWHERE, message, help=reason.help)


def told(error: BaseException) -> str:
    """An exception in one line."""
    line = f"{type(error).__name__}: {str(error).strip() or 'no message'}".split("\n")[0]
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
