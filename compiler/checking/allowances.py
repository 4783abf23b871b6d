"""Findings that an author allows: `# lint: allow W112 reason`, beside what it is about.

Behind something it stands for that line, on a line of its own for the next one; where a step,
block or key goes on below, indented further, for all of it. The reason is for whoever reads the
spec next, so there must be one. An allowance that silences nothing is a finding itself.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter

import yaml

from compiler.findings.explained import SEVERITIES, Explained
from dsl.text.problems import Fix, Problem, Span

MARK = re.compile(r"(?:(?<=\s)|^)#\s*lint:\s*(?P<rest>.*)$")
ALLOW = re.compile(
    r"allow\s+(?P<codes>[A-Za-z]\d+(?:\s*,\s*[A-Za-z]\d+)*)(?:\s+(?P<reason>\S.*))?$"
)
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's where there is one: it only scans here, and what it scans was read before."""
EXAMPLE = "as in `# lint: allow W112 as published`"

UNUSED = Explained(
    code="W190",
    name="unused-allowance",
    title="an allowance that silences nothing",
    meaning="A comment allows a finding that isn't there, in the network as it is and in each of "
    "its variants.",
    why="The comment says of the network what is no longer true, and would silence the finding "
    "unseen if it came back for another reason.",
    before="stem: [3x3 32]  # lint: allow W130 as published",
    after="stem: [3x3 32]",
)
UNCLEAR = Explained(
    code="W191",
    name="unclear-allowance",
    title="an allowance that can't be read, or gives no reason",
    meaning="A comment begins with `lint:` and isn't `allow`, codes of warnings or notes, and a "
    "reason. It silences nothing.",
    why="The reason is what a reader needs: whether the network deviates on purpose, and why.",
    before="stem: [3x3 32 bias]  # lint: allow W130",
    after="stem: [3x3 32 bias]  # lint: allow W130 the checkpoints have them",
)


@dataclass
class Allowance:
    """One code that one comment allows, on some lines of a file."""

    span: Span
    code: str
    first: int
    last: int
    reason: str
    away: Fix
    """What takes the code out of the comment, or the comment out of its line."""
    used: bool = field(default=False, compare=False)

    @property
    def alone(self) -> bool:
        """Whether it is all that its comment allows."""
        return self.away.span.column + self.away.span.length == self.span.column + self.span.length

    def covers(self, problem: Problem) -> bool:
        """Whether a finding is one that it is about."""
        span = problem.span
        return (
            problem.code == self.code
            and span.file == self.span.file
            and self.first <= span.line <= self.last
        )


@dataclass
class Allowed:
    """What the comments of some files allow, and what is wrong with comments."""

    allowances: list[Allowance] = field(default_factory=list)
    unclear: list[Problem] = field(default_factory=list)

    def left(self, problems: Iterable[Problem]) -> list[Problem]:
        """The problems that nothing allows; remembers what was of use."""
        return [problem for problem in problems if not self._covered(problem)]

    def _covered(self, problem: Problem) -> bool:
        covering = [allowance for allowance in self.allowances if allowance.covers(problem)]
        for allowance in covering:
            allowance.used = True
        return bool(covering)

    def unused(self, file: str) -> Iterator[Problem]:
        """What silenced nothing, in one file."""
        for allowance in self.allowances:
            if not allowance.used and allowance.span.file == file:
                yield _unused(allowance)


def _unused(allowance: Allowance) -> Problem:
    what = "comment" if allowance.alone else "code"
    return _finding(
        UNUSED,
        allowance.span,
        f"there is no {allowance.code} here to allow",
        help=f"take the {what} away",
        fix=allowance.away,
    )


def allowed(texts: dict[str, str], known: Iterable[str]) -> Allowed:
    """What the comments of some files, by name, allow; `known` are the codes of findings."""
    found, codes = Allowed(), list(known)
    for file, text in texts.items():
        if "lint:" in text:
            lines = text.split("\n")
            for span, rest in _comments(file, text, lines):
                _take(found, span, rest, lines, codes)
    return found


def _take(found: Allowed, span: Span, rest: str, lines: list[str], known: list[str]) -> None:
    said = ALLOW.match(rest.strip())
    if said is None:
        help = f"`allow`, codes and a reason are meant, {EXAMPLE}"
        found.unclear.append(_finding(UNCLEAR, span, "this can't be read", help=help))
        return
    codes = [code.upper() for code in re.split(r"\s*,\s*", said["codes"])]
    wrong = [code for code in codes if code not in known]
    if wrong:
        found.unclear.append(_finding(UNCLEAR, span, _unknown(wrong[0])))
    elif not said["reason"]:
        help = f"say why it is right here, {EXAMPLE}"
        message = f"{', '.join(codes)} is allowed without a reason"
        found.unclear.append(_finding(UNCLEAR, span, message, help=help))
    else:
        first, last = _lines(lines, span)
        found.allowances += [
            Allowance(
                span,
                code,
                first,
                last,
                said["reason"].strip(),
                _away(span, lines[span.line - 1], code if len(codes) > 1 else ""),
            )
            for code in codes
        ]


def _away(span: Span, line: str, code: str) -> Fix:
    """One of several codes with its comma, or a whole comment with the space in front of it."""
    start, end = len(line[: span.column - 1].rstrip()), len(line)
    among = re.compile(rf"\b{code}\s*,\s*|(?<!\s)\s*,\s*{code}\b", re.IGNORECASE)
    if code and (found := among.search(line, span.column - 1)):
        start, end = found.span()
    return Fix(Span(span.file, span.line, start + 1, end - start), "")


def _unknown(code: str) -> str:
    if SEVERITIES.get(code[0]) == "error":
        return f"{code} is an error, which can't be allowed"
    return f"there is no finding {code}"


def _finding(
    what: Explained, span: Span, message: str, help: str = "", fix: Fix | None = None
) -> Problem:
    return Problem(what.code, span, message, help=help, fix=fix, severity=what.severity)


def _comments(file: str, text: str, lines: list[str]) -> Iterator[tuple[Span, str]]:
    """Each comment that begins with `lint:`, and what it says behind that."""
    quoted = _quoted(text)
    for number, line in enumerate(lines, start=1):
        for found in MARK.finditer(line):
            at = (number, found.start())
            before = bisect_right(quoted, at, key=itemgetter(0))
            if not before or at >= quoted[before - 1][1]:
                yield (
                    Span(file, number, found.start() + 1, len(line) - found.start()),
                    found["rest"],
                )


Position = tuple[int, int]


def _quoted(text: str) -> list[tuple[Position, Position]]:
    """Where text stands that may hold a `#`: all scalars in order, from and to."""
    found = []
    try:
        for token in yaml.scan(text, Loader=LOADER):
            if isinstance(token, yaml.ScalarToken):
                start, end = token.start_mark, token.end_mark
                found.append(((start.line + 1, start.column), (end.line + 1, end.column)))
    except yaml.YAMLError:
        return found  # Told as an error, and no finding is looked for then.
    return found


def _lines(lines: list[str], span: Span) -> tuple[int, int]:
    """The first and last line that a comment is about, from 1."""
    number = span.line
    if not lines[number - 1][: span.column - 1].strip():
        below = range(number + 1, len(lines) + 1)
        number = next((n for n in below if not _empty(lines[n - 1])), number)
    depth, last = _indent(lines[number - 1]), number
    for below_it in range(number + 1, len(lines) + 1):
        line = lines[below_it - 1]
        if not _empty(line):
            if _indent(line) <= depth:
                break
            last = below_it
    return number, last


def _empty(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
