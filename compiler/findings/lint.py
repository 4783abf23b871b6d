"""A lint: one thing that can be wrong with a network that can be built, and its explanation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from compiler.findings.explained import Explained
from compiler.findings.subject import Subject, Use
from compiler.findings.wording import at
from dsl.text.problems import NOWHERE, Fix, Problem, Span


@dataclass(frozen=True, slots=True)
class Finding:
    """What a lint found at a place, before anybody has said how bad it is.

    `uses` are what was made of the place that is affected; they are named in a note.
    """

    span: Span
    message: str
    hint: str = ""
    help: str = ""
    uses: tuple[Use, ...] = ()
    notes: tuple[tuple[Span, str], ...] = ()
    fix: Fix | None = None


Find = Callable[[Subject], Iterator[Finding]]


@dataclass(frozen=True, kw_only=True)
class Lint(Explained):
    """One lint, by its code, with all that `explain` says of it."""

    find: Find

    def problems(self, subject: Subject) -> Iterator[Problem]:
        """What it finds, as problems."""
        for found in self.find(subject):
            notes = found.notes
            if found.uses:
                notes = (*notes, (NOWHERE, at([use.path for use in found.uses])))
            yield Problem(
                self.code,
                found.span,
                found.message,
                hint=found.hint,
                help=found.help,
                notes=notes,
                fix=found.fix,
                severity=self.severity,
            )
