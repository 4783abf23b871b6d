"""What stops an import, as the errors that a user sees."""

from __future__ import annotations

from typing import NoReturn

from dsl.problems import NOWHERE, Problem, SpecError

UNUSABLE = "E160"
"""The model can't be had, or doesn't run."""
INEXPRESSIBLE = "E161"
"""A part of it that the language has no words for."""
TANGLED = "E162"
"""Branches that are no series and parallels."""


def fault(code: str, message: str, help: str = "") -> SpecError:
    """The error with one problem."""
    return SpecError([Problem(code, NOWHERE, message, help=help)])


def refuse(code: str, message: str, help: str = "") -> NoReturn:
    """Raise `SpecError` with one problem."""
    raise fault(code, message, help)


def place(path: str, kind: str) -> str:
    """A module as an error names it: `Mixed_5b.branch_pool (BasicConv2d)`."""
    return f"{path} ({kind})" if path else f"the model itself ({kind})"
