"""What can be said of a code: what it means, why it matters, and an example before and after."""

from __future__ import annotations

from dataclasses import dataclass

from dsl.text.problems import Severity

SEVERITIES: dict[str, Severity] = {"E": "error", "W": "warning", "I": "note"}
"""How bad a finding is unless somebody says otherwise, by its code's letter."""


@dataclass(frozen=True, kw_only=True)
class Explained:
    """A code with all that `explain` says of it.

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
    seen: str = ""

    @property
    def severity(self) -> Severity:
        """How bad it is unless somebody says otherwise."""
        return SEVERITIES[self.code[0]]
