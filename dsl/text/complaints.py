"""What YAML can't read, put into plain words: PyYAML's complaints, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

import yaml
from yaml.error import Mark

from dsl.text.problems import Fix, Problem, Span
from dsl.text.source import MAX_DEPTH, Source

NO_REUSE = (
    "to use a part twice, give a block `params:`, repeat a step with `xN`, "
    "or name what changes under `variants:`"
)
NO_TAG = "write the plain value: each field knows what type it takes"
ONE_SPEC = "keep one spec in each file; small differences go under `variants:`"
SECOND_DOCUMENT = "a file holds one YAML document, and a second one starts here"
TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"
TAGS = "YAML tags (`!…`) are refused"


Kind = Literal["misplaced", "joined", "other"]
"""A line that doesn't fit those around it; one that YAML takes for one value with those below."""


class Refused(Exception):
    """What YAML can't read, as a problem at the place that YAML names."""

    def __init__(
        self, problem: Problem, line: int, kind: Kind = "other", opened: Sequence[Mark] = ()
    ) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.line = line
        """The line that YAML can't read, from 0."""
        self.kind = kind
        self.opened = opened
        """Where the brackets open that it stands in, from the outermost."""


class _Rule(NamedTuple):
    """What to say when PyYAML's own words match `pattern`; `{}` is what it captured."""

    pattern: str
    code: str
    message: str
    help: str = ""
    at_context: bool = False  # the fault is where the construct began, not where it broke


_QUOTE = "put the whole value in quotes"
BRACKET = "the bracket opens"
CLOSERS = {"[": "]", "{": "}"}
ALIGN = "lines that belong together start in the same column"

_SECOND_COLON = _Rule(
    "mapping values are not",
    "E002",
    "a second `: ` in one value",
    "put each `key: value` on a line of its own, indented under the key above; "
    "in free text, put the whole value in quotes",
)
_DEEPER = _Rule(
    "", "E002", "the line above already has a value, so nothing can be indented under it", ALIGN
)
_STRAY = _Rule(
    "block mapping|document start", "E002", "this line lines up with no key above it", ALIGN
)
_TRAILING = _Rule(
    "",
    "E002",
    "text after the end of a value",
    "quotes or brackets must hold the whole value (in single quotes, write ' as '')",
)
_ITEM = _Rule("", "E002", "a `- ` item can't stand among `key: value` lines", ALIGN)
_SECOND_DOCUMENT = _Rule("", "E003", SECOND_DOCUMENT, ONE_SPEC)
_FALLBACK = _Rule("", "E002", "YAML can't read this", "check brackets, quotes and indentation")

_TAB = _Rule(
    r"character '\\t'", "E002", "a tab where YAML allows only spaces", "indent with spaces"
)
_TAB_BEHIND = _TAB._replace(
    message="a tab where YAML wants a space", help="write one space instead"
)
_TAB_AT_END = _TAB._replace(message="a tab at the end of the line", help="delete it")
_BESIDE = _Rule(
    "block collection /", "E002", "this line is not an item of the list above it", ALIGN
)
_DASH = _Rule("", "E002", "the dash of a list needs a space behind it", "write it as `- `")
_COMMA_BEHIND = _Rule("", "E002", "a comma behind the end of a value", "delete it")
NO_COLON = _Rule(
    "could not find expected ':'",
    "E002",
    "this line is neither `key: value` nor a `- ` item",
    "a key needs `: ` after it and an item needs `- ` before it, each with the space",
    True,
)
_RULES = (
    _Rule("too deep", "E005", TOO_DEEP, "are all brackets closed?"),
    _Rule("directive", "E003", "YAML directives (`%…`) are refused", "delete this line"),
    _Rule("(anchor|alias) /", "E003", "YAML anchors and aliases are refused", NO_REUSE, True),
    _Rule("tag /|undefined tag", "E003", TAGS, NO_TAG, True),
    _TAB,
    _Rule("character '(.+)' that", "E002", "a value can't start with `{}`", _QUOTE),
    NO_COLON,
    _Rule(
        "sequence entries are not",
        "E002",
        "a `- ` item can't start here",
        "start each item on a line of its own",
    ),
    _Rule("mapping keys are not", "E002", "a `? ` key can't start here", "write `key: value`"),
    _SECOND_COLON,
    _Rule(
        "quoted scalar / found unexpected",
        "E002",
        "this quote is never closed",
        "add the closing quote",
        True,
    ),
    _Rule(
        "escape",
        "E002",
        "no such escape in double quotes",
        "in single quotes a backslash is only a backslash",
    ),
    _Rule(
        "scanning a block scalar",
        "E002",
        "the text of a `|` or `>` value starts on the line below it",
        "on the line itself only `-`, `+` or a digit for the indent may follow; "
        "put a value such as '>= 224' in quotes",
    ),
    _Rule(
        "flow .*stream end",
        "E002",
        "this bracket is never closed",
        "add the closing bracket",
        True,
    ),
    _Rule("flow sequence /", "E002", "expected `,` or `]` here", "a list reads `[a, b]`"),
    _Rule("flow mapping /", "E002", "expected `,` or `}` here", "a mapping reads `{a: 1, b: 2}`"),
    _Rule(r"found '([]}])'", "E002", "this `{}` closes nothing", "delete it, or open it before"),
    _Rule("found ':'", "E002", "a key is missing before this `:`", "write `key: value`"),
    _Rule("node content.* '([^'])'", "E002", "a value is missing before this `{}`", "delete it"),
    _BESIDE,
    _STRAY,
)


def refused(error: yaml.MarkedYAMLError, opened: Sequence[Mark], source: Source) -> Refused:
    """PyYAML's complaint in plain words; `opened` is where the collections start that are open."""
    said = f"{error.context or ''} / {error.problem}"
    found = ((rule, re.search(rule.pattern, said)) for rule in _RULES)
    rule, match = next(((rule, match) for rule, match in found if match), (_FALLBACK, None))
    mark, began = error.problem_mark or _START, error.context_mark
    rule = _by_place(rule, mark, source)
    above = Mark("", 0, max(0, mark.line - 1), 0, None, 0)
    lost = rule in (_DEEPER, _STRAY) and mark.line and _lost_colon(source, mark)
    if lost:
        rule, mark, began = NO_COLON, above, None
    message = rule.message.replace("{}", match[1]) if match and match.groups() else rule.message
    place = began if rule.at_context and began else mark
    brackets = tuple(each for each in opened if _at(each, source) in CLOSERS)
    in_bracket = place is mark and began and "parsing a flow" in said and began != mark
    notes = ((source.span(began), BRACKET),) if began and in_bracket else ()
    problem = Problem(rule.code, source.span(place), message, help=rule.help, notes=notes)
    problem = _with_fix(problem, rule, place, source)
    kind: Kind = "misplaced" if rule in (_DEEPER, _STRAY, _ITEM, _BESIDE) else "other"
    if rule is NO_COLON and not lost:
        kind = "joined"
    return Refused(problem, mark.line, kind, brackets)


def _lost_colon(source: Source, mark: Mark) -> bool:
    """Whether the line above a mark is a key without its colon.

    An op-string looks like one, but where it is an item the line at the mark is the one that
    is indented too far.
    """
    above, line = source.lines[mark.line - 1], source.line(mark)
    item = re.match(r"\s*- ", above)
    deeper = len(line) - len(line.lstrip()) > len(above) - len(above.lstrip())
    closes = any(above.count(end) > above.count(start) for start, end in CLOSERS.items())
    return _key(above) is not None and not (item and deeper) and not closes


def _at(mark: Mark, source: Source) -> str:
    """The character at a mark."""
    return source.line(mark)[mark.column : mark.column + 1]


def _with_fix(problem: Problem, rule: _Rule, mark: Mark, source: Source) -> Problem:
    """The problem with what to write instead, where that is beyond doubt."""
    line, span = source.line(mark), problem.span
    if rule in (_TAB_BEHIND, _TAB_AT_END):
        tabs = len(line[mark.column :]) - len(line[mark.column :].lstrip("\t "))
        by = " " if rule is _TAB_BEHIND else ""
        return replace(problem, fix=Fix(replace(span, length=tabs), by))
    key = _key(line) if rule is NO_COLON else None
    if key is not None:
        found, start = key
        whole = Span(span.file, span.line, start + 1, len(line) - start)
        help = f"{rule.help}: write `{found}`"
        return replace(problem, span=whole, help=help, fix=Fix(whole, found))
    if rule is _DASH:
        fix = Fix(Span(span.file, span.line, mark.column + 2, 0), " ")
        return replace(problem, fix=fix)
    if rule is _COMMA_BEHIND:
        return replace(problem, fix=Fix(Span(span.file, span.line, mark.column + 1, 1), ""))
    return problem


_KEY = re.compile(r"(\s*(?:- +)?)([A-Za-z_][\w.]*)(?:\s*(?::|=|-|:=|->)\s*|\s+)([^\s:=-].*|)")
"""A line that lacks the colon behind its key, or the space behind the colon."""


def _key(line: str) -> tuple[str, int] | None:
    """What a line without a proper `key: ` should be, and where its key starts."""
    match = None if re.match(r"\s*(- +)?[\w.]+:(\s|$)", line) else _KEY.fullmatch(line)
    return (f"{match[2]}: {match[3]}".rstrip(), match.start(2)) if match else None


def unclosed(
    error: yaml.MarkedYAMLError, quotes: dict[int, Mark], source: Source
) -> Refused | None:
    """A quote that ends lines below, with what looks like keys or items in between.

    What YAML then stumbles over on the line where it ends is only its consequence.
    """
    stumbled = [mark for mark in (error.context_mark, error.problem_mark) if mark]
    found = next((mark for mark in stumbled if mark.line in quotes), None)
    if found is None:
        return None
    start = quotes[found.line]
    if not any(map(_LIKE_YAML.match, source.lines[start.line + 1 : found.line + 1])):
        return None
    mark = source.line(start)[start.column]
    below = found.line - start.line
    lines = f"{below} lines" if below > 1 else "a line"
    message = f"this quote ends only {lines} below, with keys or items in between"
    notes = ((Span(source.file, found.line + 1, 1), "it ends"),)
    span = source.span(start)
    line = re.split(r"\s+#", source.line(start))[0].rstrip()
    alone = re.fullmatch(r"\s*(- +)?[\w.]+: *", line[: start.column])
    fix = Fix(Span(span.file, span.line, len(line) + 1, 0), mark) if alone else None
    help = f"add the closing {mark} at the end of the value"
    problem = Problem("E002", span, message, help=help, notes=notes, fix=fix)
    return Refused(problem, (error.problem_mark or _START).line)


_LIKE_YAML = re.compile(r"\s*(- |[\w.]+:(\s|$))")


_START = Mark("", 0, 0, 0, None, 0)


def _by_place(rule: _Rule, mark: Mark, source: Source) -> _Rule:
    """A closer rule where one complaint of PyYAML's stands for several faults."""
    before = source.line(mark)[: mark.column].strip()
    if rule is _TAB and before:
        rest = source.line(mark)[mark.column :].strip()
        return _TAB_BEHIND if rest else _TAB_AT_END
    if re.match(r"-[^\s-]", source.line(mark)[mark.column :]) and not before:
        return _DASH
    if rule in (_STRAY, _BESIDE) and source.line(mark)[mark.column :].strip() == ",":
        return _COMMA_BEHIND
    if rule is _SECOND_COLON and mark.line and not re.search(r":\s", before):
        return _DEEPER
    if rule is _STRAY and before:
        return _TRAILING
    if rule is _STRAY and "..." in source.lines[: mark.line]:
        return _SECOND_DOCUMENT
    if rule is _STRAY and source.line(mark)[mark.column :].startswith("- "):
        return _ITEM
    return rule
