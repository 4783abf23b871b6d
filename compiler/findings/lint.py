"""A lint: one thing that can be wrong with a network that can be built, and its explanation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from compiler.findings.subject import Subject, Use
from compiler.findings.wording import at
from dsl.text.problems import NOWHERE, Fix, Problem, Severity, Span

SEVERITIES: dict[str, Severity] = {"E": "error", "W": "warning", "I": "note"}
"""How bad a finding is unless somebody says otherwise, by its code's letter."""


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


@dataclass(frozen=True)
class Lint:
    """One lint, by its code, with all that `explain` says of it.

    `before` draws it and `after` does not: both are YAML, and what a whole spec needs besides
    is `compiler.findings.frame`'s. `seen` says in which published network or paper it stood.
    """

    code: str
    name: str
    """What it finds, in a few words with dashes between: `padded-pointwise`."""
    title: str
    """The same as a phrase: "a 1x1 convolution that pads"."""
    meaning: str
    why: str
    before: str
    after: str
    seen: str
    find: Find

    @property
    def severity(self) -> Severity:
        """How bad it is unless somebody says otherwise."""
        return SEVERITIES[self.code[0]]

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
