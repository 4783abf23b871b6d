"""Which findings are told, and how bad each is: what a project and a command line say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from compiler.checking.examining import Examined
from dsl.text.problems import SEVERE, Problem

Level = Literal["error", "warning", "note", "off"]
"""What a project may make of a finding."""
LEVELS: tuple[Level, ...] = get_args(Level)
Threshold = Literal["error", "warning", "note", "never"]
"""From what on a check fails."""
THRESHOLDS: tuple[Threshold, ...] = get_args(Threshold)


@dataclass(frozen=True)
class Policy:
    """What is told: `select` and `ignore` are codes or beginnings of codes (`W1`).

    Errors are always told: a network that can't be built has nothing else to say.
    """

    select: tuple[str, ...] = ()
    """Empty: all of them."""
    ignore: tuple[str, ...] = ()
    levels: Mapping[str, Level] = field(default_factory=dict)
    """How bad, by code."""
    error_on: Threshold = "warning"

    def tells(self, code: str) -> bool:
        """Whether findings of a code are told."""
        if code.startswith("E"):
            return True
        if self.levels.get(code) == "off" or code.startswith(self.ignore or ("-",)):
            return False
        return not self.select or code.startswith(self.select)

    def told(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """The problems that are told, each as bad as it is to be."""
        return tuple(self._levelled(each) for each in problems if self.tells(each.code))

    def applied(self, found: Examined) -> Examined:
        """What is told of a spec."""
        return replace(found, problems=self.told(found.problems))

    def _levelled(self, problem: Problem) -> Problem:
        level = self.levels.get(problem.code)
        if level is None or level == "off" or problem.code.startswith("E"):
            return problem
        return replace(problem, severity=level)

    def fails(self, problems: Iterable[Problem]) -> bool:
        """Whether some of them make a check fail."""
        if self.error_on == "never":
            return False
        bad = SEVERE[: SEVERE.index(self.error_on) + 1]
        return any(problem.severity in bad for problem in problems)
