"""A text as far as it can be read: its tree, its network, what is wrong, and the last good one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import takewhile
from json import dumps

from compiler.checking.configuring import ConfigError, policy_of
from compiler.checking.examining import examined
from compiler.checking.linting import Between, nothing
from compiler.checking.policy import Policy
from compiler.editor.marks import Mark
from compiler.editor.walking import kind_in, marks
from compiler.ir.network import Network
from compiler.lowering.prepare import Piped
from dsl.changing import inherit
from dsl.models.spec import Spec
from dsl.reading.reader import Reader
from dsl.reading.recipes import RecipeReader
from dsl.reading.sweeps import SweepReader
from dsl.text.partial import partial
from dsl.text.problems import Problem, Report, SpecError
from dsl.text.values import Mapping, Scalar

WRITTEN = ("E013", "E014", "E015")
"""Codes of what is wrong with one value by itself, whatever stands around it."""


@dataclass(frozen=True)
class Reading:
    """One text of one file, and all that is known of it."""

    file: str
    text: str
    root: Mapping | None
    problems: tuple[Problem, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)
    """The files that problems point into, by name."""
    spec: Spec | None = None
    network: Network | None = None
    """None where anything is wrong."""
    last: Reading | None = None
    """The last one of the same file that had a network, if this one has none."""

    @property
    def good(self) -> Reading | None:
        """This one, or the last one that had a network."""
        return self if self.network else self.last

    @cached_property
    def known(self) -> Spec | None:
        """The spec whose names are known: its own, the last good one, or the one it extends."""
        if self.spec:
            return self.spec
        return self.last.spec if self.last else self.base

    @cached_property
    def base(self) -> Spec | None:
        """The spec that it extends, or that a sweep is of, if that can be read."""
        sweep = self.root is not None and kind_in(self.root) == "sweep"
        value = self.root.get("spec" if sweep else "extends") if self.root else None
        if not isinstance(value, Scalar) or not value.text:
            return None
        try:
            return inherit.loads(f"name: base\nextends: {dumps(value.text)}\n", self.file)
        except SpecError:
            return None

    @cached_property
    def marks(self) -> list[Mark]:
        """What each stretch of the text is."""
        return marks(self.root, self.known.blocks if self.known else ())

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text."""
        return self.text.split("\n")

    @cached_property
    def _moved(self) -> tuple[int, int, int]:
        """Lines that the last good text begins with too, ends with too, and how far those moved."""
        old, new = (self.good or self).lines, self.lines
        pairs = zip(old, new, strict=False)
        before = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        ends = zip(reversed(old[before:]), reversed(new[before:]), strict=False)
        behind = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], ends))
        return before, behind, len(new) - len(old)

    def then(self, line: int) -> int | None:
        """The line of the last good text that a line is, both from 1; None where it is new."""
        before, behind, moved = self._moved
        if line <= before:
            return line
        return line - moved if line > len(self.lines) - behind else None

    def now(self, line: int) -> int | None:
        """The line that one of the last good text is, both from 1; None where it has changed."""
        before, behind, moved = self._moved
        if line <= before:
            return line
        return line + moved if line > len(self.lines) - moved - behind else None


def glimpse(text: str, file: str, before: Reading | None = None) -> Reading:
    """A text as YAML alone, which takes a moment; `before` is what was known of the file so far."""
    found = partial(text, file)
    last = before.good if before else None
    return Reading(file, text, found.root, found.problems, last=last)


def read(
    text: str, file: str, before: Reading | None = None, between: Between = nothing
) -> Reading:
    """A text, read as far as it goes; `between` is called now and then, and may end it."""
    reading = glimpse(text, file, before)
    between()
    if reading.problems:
        return replace(reading, problems=(*reading.problems, *_of_values(reading)))
    looked = _policy(file).applied(examined(Piped(text, file), between=between))
    made = looked.prepared
    return replace(
        reading,
        problems=looked.problems,
        texts=dict(looked.texts),
        spec=made.spec if made else None,
        network=made.network if made else None,
        last=None if made else reading.last,
    )


def _policy(file: str) -> Policy:
    """What the project that a file is in wants told; what can't be read there wants nothing."""
    try:
        return policy_of(file)
    except (ConfigError, OSError, ValueError):
        return Policy()


def _of_values(reading: Reading) -> list[Problem]:
    """What is wrong with single values of a text that YAML can read in parts only.

    What else would be found there may follow from what is missing.
    """
    if reading.root is None:
        return []
    report = Report()
    reader = Reader(report)
    kind = kind_in(reading.root)
    if kind == "recipe":
        RecipeReader(report).recipe(reading.root)
    elif kind == "sweep":
        SweepReader(report).sweep(reading.root)
    elif reading.root.entry("extends") and reading.base:
        reader.heir(reading.root, reading.base)
    else:
        reader.spec(reading.root)
    told = {problem.span.line for problem in reading.problems}
    return [
        problem
        for problem in report.problems
        if problem.code in WRITTEN and problem.span.line not in told
    ]
