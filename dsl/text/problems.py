"""What can be wrong with a spec, and how a person reads it.

A `Problem` points at a place in a file and says, in the field's words, what is wrong
there and what would be right. `SpecError` carries every problem found, not only the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, get_args

from dsl.text.counts import count


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of text on one line; `line` and `column` count from 1."""

    file: str
    line: int
    column: int
    length: int = 1
    exact: bool = field(default=True, compare=False)
    """Whether it is the very text that is meant, or only the value or the line that holds it."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def in_a_file(self) -> bool:
        """Whether a text says it; paths that a program or an option says are from where it runs."""
        return self.line > 0 and not self.file.startswith("--")

    def part(self, offset: int, length: int) -> Span:
        """The stretch that starts `offset` characters into this one."""
        return replace(self, column=self.column + offset, length=max(length, 1))


NOWHERE = Span("<memory>", 0, 0, 0)


Severity = Literal["error", "warning", "note"]
"""How bad it is: what can't be built, what is built and probably wrong, what one should know."""
SEVERE: tuple[Severity, ...] = get_args(Severity)
"""From the worst on."""


Note: TypeAlias = tuple[Span, str]
"""Another place that takes part, and how."""


@dataclass(frozen=True, slots=True)
class Fix:
    """What to write in the place of a stretch of text, which may be empty.

    A `guess` is what was probably meant; anything else is the only right answer.
    """

    span: Span
    text: str
    guess: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault or finding: a stable `code`, a place, a message, and how to mend it.

    `hint` stands beside the caret, `help` on a line of its own, and `notes` name
    other places that take part (where a block is defined, who called it). `fix` is what hint
    or help advise to write, for programs.
    """

    code: str
    span: Span
    message: str
    hint: str = ""
    help: str = ""
    notes: tuple[Note, ...] = ()
    fix: Fix | None = None
    severity: Severity = "error"

    def __post_init__(self) -> None:
        """What is said may quote the user's text: whoever prints it prints it as it is."""
        for name in ("message", "hint", "help"):
            object.__setattr__(self, name, printable(getattr(self, name)))

    def render(self, text: str | None = None) -> str:
        """The problem in words; with its file's text, the faulty line and a caret too."""
        lines = [] if text is None else text.split("\n")
        place = f"{self.span}: " if self.span.line else ""
        out = [f"{place}{self.severity}[{self.code}]: {self.message}"]
        if lines and 1 <= self.span.line <= len(lines):
            out += _excerpt(self.span, lines[self.span.line - 1], self.hint)
        if self.hint and len(out) == 1:
            out.append(f"  = hint: {self.hint}")
        if self.help:
            out.append(f"  = help: {self.help}")
        out += [f"  = note: {note}{_at(span, self.span.file)}" for span, note in self.notes]
        return "\n".join(map(printable, out))


def printable(text: str) -> str:
    r"""The text with whatever a terminal would obey instead of showing written as an escape.

    Specs, file names and options may hold anything. A line end is such a thing too.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def shown(value: object) -> str:
    """A value as an error quotes it: short, and on one line."""
    if value == "" or value is None:
        return "an empty value"
    if isinstance(value, (list, tuple, dict)):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = value if isinstance(value, str) else repr(value)
    text = "".join(c if c.isprintable() else "?" for c in text)
    return f"'{text}'" if len(text) <= 40 else f"'{text[:37]}…'"


def _at(span: Span, file: str) -> str:
    """Where a note points: with the file's name where it isn't the problem's own."""
    if not span.line:
        return ""
    return f" at {span.line}:{span.column}" if span.file == file else f" at {span}"


WINDOW = 100


def _excerpt(span: Span, line: str, hint: str) -> list[str]:
    """The line with a caret below, cut to a window around the caret if it is very long."""
    start = max(0, span.column - 1 - WINDOW // 2) if len(line) > WINDOW else 0
    window = line[start : start + WINDOW]
    at = span.column - 1 - start
    carets = "^" * max(1, min(span.length, len(window) - at))
    gutter = " " * len(str(span.line))
    text = "".join(c if c.isprintable() else "�" for c in window.replace("\t", " "))
    below = f"{' ' * at}{carets} {hint}".rstrip()
    return [f" {span.line} | {text}", f" {gutter} | {below}"]


def _merged(problems: Iterable[Problem]) -> Iterable[Problem]:
    """Problems that say the same as one, with the notes of all."""
    found: dict[Problem, Problem] = {}
    for problem in problems:
        bare = replace(problem, notes=())
        notes = found[bare].notes if bare in found else ()
        found[bare] = replace(problem, notes=tuple(dict.fromkeys((*notes, *problem.notes))))
    return found.values()


def by_place(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems in the order in which they are told."""
    return tuple(sorted(problems, key=lambda each: (each.span, each.code, each.message)))


MOST_SHOWN = 100


def listed(problems: Iterable[tuple[Problem, str | None]], count: str) -> str:
    """Problems, each with its file's text where that is at hand, and below them their `count`.

    Of very many the first are shown.
    """
    every = list(problems)
    rendered = [problem.render(text) for problem, text in every[:MOST_SHOWN]]
    more = f"; the first {MOST_SHOWN} are shown" if len(every) > MOST_SHOWN else ""
    return "\n".join([*rendered, f"{count} found{more}"])


NO_TEXTS: Mapping[str, str] = MappingProxyType({})


class SpecError(ValueError):
    """A spec that can't be used; `problems` says why, sorted by place.

    `str()` of it is what the command line prints. `texts` are the files that the problems
    point into, by name.
    """

    def __init__(self, problems: Iterable[Problem], texts: Mapping[str, str] = NO_TEXTS) -> None:
        self.problems: tuple[Problem, ...] = by_place(_merged(problems))
        self.texts: dict[str, str] = dict(texts)
        super().__init__(self.render())

    def render(self) -> str:
        """The problems, each with its line and caret, and their count at the end."""
        pairs = ((problem, self.texts.get(problem.span.file)) for problem in self.problems)
        return listed(pairs, count(len(self.problems), "problem"))

    def __reduce__(self) -> tuple[type[SpecError], tuple[tuple[Problem, ...], dict[str, str]]]:
        return type(self), (self.problems, self.texts)


@dataclass
class Report:
    """Gathers problems while work goes on, so that one run tells them all.

    `texts` are the files that were read, by name. Of a `trial` only whether there are any counts.
    """

    problems: list[Problem] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    trial: bool = False

    @property
    def advises(self) -> bool:
        """Whether somebody will read what is added, so that advice is worth working out."""
        return not self.trial and len(self.problems) < MOST_SHOWN

    def add(self, code: str, span: Span, message: str, *, meant: str = "", **more: Any) -> None:
        """Note one problem; `more` is `hint`, `help`, `notes` or `fix`.

        `meant` is what probably should stand at the place instead.
        """
        if meant:
            fix = Fix(span, meant, guess=True) if span.line and span.exact else None
            more |= {"hint": question(meant), "fix": fix}
        self.problems.append(Problem(code, span, message, **more))

    def stop_if_any(self) -> None:
        """Raise `SpecError` if anything has been noted."""
        if self.problems:
            raise SpecError(self.problems, self.texts)


MOST_COMPARED = 1_000
"""Names that a word is held against: more would take longer than the hint is worth."""


def closest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The known name that `word` was probably meant for; empty where none is close.

    >>> closest("C8", ["c7", "pool"])
    'c7'
    """
    names = list(known)
    if len(names) > MOST_COMPARED:
        return ""
    import difflib  # Few specs are wrong.

    lowered = {name.lower(): name for name in names}
    close = difflib.get_close_matches(word.lower(), lowered, n=1, cutoff=cutoff)
    return lowered[close[0]] if close else ""


def question(meant: str) -> str:
    """`did you mean c7?`; an empty string where nothing is meant."""
    return f"did you mean {meant}?" if meant else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The known name that is close to `word`, as a question; empty where none is."""
    return question(closest(word, known))
