"""What a finding can offer to write: one stretch of one line, as `--fix` replaces it.

Only what stands in a file as it is read can be replaced, so each of these gives None where a text
was folded or scaled, or was never in a file. Steps are taken out as guesses, whatever they
did: what stands behind them in a list may be numbered, and weights go by such names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from compiler.findings.subject import Site, Subject
from dsl.models.layers import Sequence, Step
from dsl.models.spec import walk
from dsl.text.problems import Fix, Span

NAME = r"(?:[A-Za-z_]\w*:\s+)?"
"""A step's name in front of it."""
LATER = re.compile(rf".*?(?<!\s)(?P<out>\s*,\s*{NAME})")
"""What stands before an item of a list in brackets, and goes with it; of all but the first."""
FIRST = re.compile(rf".*\[\s*(?P<out>{NAME})")
DASH = re.compile(rf"\s*(?P<out>-\s+{NAME})")
COMMA = re.compile(r"\s*,\s*")
"""What goes with the first item of a list."""
WORDS = re.compile(r"[^\s,\[\]{}'\"]*")


def replaced(subject: Subject, span: Span, old: str, new: str, *, guess: bool = True) -> Fix | None:
    """Another text in the place of one, which must be what is written there."""
    same = span.exact and subject.written(span) == old
    return Fix(span, new, guess) if same and old else None


def number_replaced(subject: Subject, span: Span, old: float, new: str) -> Fix | None:
    """Another number in the place of one; None where a name or something scaled stands there."""
    text = subject.written(span)
    try:
        same = float(text) == old
    except ValueError:
        return None
    return replaced(subject, span, text, new) if same else None


def behind(subject: Subject, span: Span, word: str, *, guess: bool = True) -> Fix | None:
    """A word more behind what stands at a place: an op-string, or a word of one."""
    if not span.exact or not subject.written(span).strip():
        return None
    end = Span(span.file, span.line, span.column + span.length, 0)
    return Fix(end, f" {word}", guess)


def word_taken_out(subject: Subject, span: Span, *, guess: bool = True) -> Fix | None:
    """A word of an op-string left out, of which the place may be a part: the 1 of `pad=1`."""
    line, start = subject.line(span), span.column - 1
    if not span.exact or not subject.written(span):
        return None
    before = len(line[:start]) - len(re.split(r"[\s,\[\]{}'\"]", line[:start])[-1])
    spaces = len(line[:before]) - len(line[:before].rstrip())
    rest = WORDS.match(line, start + span.length)
    end = rest.end() if rest else start + span.length
    if not spaces:
        return None
    place = Span(span.file, span.line, before - spaces + 1, end - before + spaces)
    return Fix(place, "", guess)


def step_taken_out(subject: Subject, site: Site) -> Fix | None:
    """A step left out of the list of steps that it is an item of, where others are left."""
    span = site.span
    if span not in _in_lists(subject) or not span.exact or not subject.written(span):
        return None
    line, start = subject.line(span), span.column - 1
    end = start + span.length
    if (dash := DASH.fullmatch(line[:start])) and re.fullmatch(r"\s*(#.*)?", line[end:]):
        return _cut(span, dash.start("out"), end)
    if later := LATER.fullmatch(line[:start]):
        return _cut(span, later.start("out"), end)
    first, comma = FIRST.fullmatch(line[:start]), COMMA.match(line, end)
    return _cut(span, first.start("out"), comma.end()) if first and comma else None


def step_put_before(subject: Subject, site: Site, step: str) -> Fix | None:
    """A step more in front of one, in the list that it is an item of."""
    span = site.span
    if span not in _in_lists(subject) or not span.exact or not subject.written(span):
        return None
    before = subject.line(span)[: span.column - 1]
    found = DASH.fullmatch(before) or re.fullmatch(rf".*[\[,]\s*(?P<out>{NAME})", before)
    if not found:
        return None
    start = found.start("out")
    text = f"- {step}\n{' ' * start}" if found["out"].startswith("-") else f"{step}, "
    return Fix(Span(span.file, span.line, start + 1, 0), text, guess=True)


def _cut(span: Span, start: int, end: int) -> Fix:
    return Fix(Span(span.file, span.line, start + 1, end - start), "", guess=True)


def _in_lists(subject: Subject) -> set[Span]:
    """Where the steps stand that run in order with others: branches run side by side."""
    return {step.at.span for steps in _lists(subject) if len(steps) > 1 for step in steps}


def _lists(subject: Subject) -> Iterator[tuple[Step, ...]]:
    """Steps that run one behind the other: of the trunk, of heads, and inside either or a block."""
    spec = subject.spec
    outer = [*(steps for _, steps in spec.sections()), *(head.steps for head in spec.aux)]
    yield from outer
    for steps in (*outer, *((block.body,) for block in spec.blocks.values())):
        yield from (step.steps for step in walk(steps) if isinstance(step, Sequence))
