"""What a code means, for the terminal and for the page of docs that has them all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import fill, indent
from typing import Literal

from compiler.checking.examining import examined, explained
from compiler.findings.explained import Explained
from compiler.findings.frame import framed
from compiler.lowering.prepare import Piped
from dsl.codes.errors import ERRORS
from dsl.codes.meaning import Form

WIDTH = 88
LINK = re.compile(r"\[([^]]*)\]\([^)]*\)")
FENCES: dict[Form, str] = {"spec": "yaml", "command": "sh", "python": "python"}
"""How Markdown calls what an example is written in."""

Mends = Literal["", "--fix", "--fix --guesses"]
"""The options of `check` that write what an example of a finding should be; none do without."""


def every_code() -> dict[str, str]:
    """Each code, errors first, and what it stands for in a phrase."""
    findings = {each.code: each.title for each in explained()}
    return {code: what.means for code, what in ERRORS.items()} | findings


def explanation(code: str) -> str:
    """All that there is to say of a code, a `KeyError` where it is none."""
    if code in ERRORS:
        return "\n".join(_of_error(code))
    return "\n".join(_of_finding({each.code: each for each in explained()}[code]))


def _of_error(code: str) -> Iterator[str]:
    what = ERRORS[code]
    yield f"{code}: {what.means} (error)"
    yield ""
    yield fill(without_links(what.meaning), WIDTH)
    yield ""
    yield fill(f"For example: {what.example}", WIDTH)
    yield from _examples(what.before, what.after)


def without_links(text: str) -> str:
    """Markdown's words without where they lead.

    >>> without_links("see [limits](language.md#limits)")
    'see limits'
    """
    return LINK.sub(r"\1", text)


def _examples(before: str, after: str) -> Iterator[str]:
    for when, example in (("Before", before), ("After", after)):
        yield ""
        yield f"{when}:"
        yield indent(example.strip("\n"), "    ")


def _of_finding(what: Explained) -> Iterator[str]:
    yield f"{what.code} {what.name}: {what.title} ({what.severity})"
    yield ""
    yield fill(what.meaning, WIDTH)
    yield ""
    yield fill(f"Why it matters: {what.why}", WIDTH)
    yield from _examples(what.before, what.after)
    if what.seen:
        yield ""
        yield fill(f"Seen: {what.seen}", WIDTH)
    yield ""
    if options := mends(what):
        yield f"`check {options}` can write that."
    yield f"Where it is right: `# lint: allow {what.code} and the reason`, beside it."


def mends(what: Explained) -> Mends:
    """What mends a finding's example, as it is found out by looking for it."""
    found = examined(Piped(framed(what.before), "example.yaml")).problems
    fixes = [each.fix for each in found if each.code == what.code and each.fix]
    if not fixes:
        return ""
    return "--fix --guesses" if all(fix.guess for fix in fixes) else "--fix"


def as_markdown() -> str:
    """The body of docs/diagnostics.md: findings and errors in a table, each under a heading."""
    findings = ["## Findings", _index(), *map(_section, explained())]
    errors = ["## Errors", _index_of_errors(), *map(_section_of_error, ERRORS)]
    return "\n\n".join((*findings, *errors)) + "\n"


def _index_of_errors() -> str:
    rows = [
        f"| [{code}](#{code.lower()}) | {what.means} | {what.example} |"
        for code, what in ERRORS.items()
    ]
    return "\n".join(["| code | means | for example |", "| --- | --- | --- |", *rows])


def _section_of_error(code: str) -> str:
    what = ERRORS[code]
    phrase = f"{what.means[0].upper()}{what.means[1:]}"
    shown = _fenced(what.before, what.after, FENCES[what.form])
    return f"### {code}\n\n{phrase}. {what.meaning}\n\n{shown}"


def _fenced(before: str, after: str, language: str) -> str:
    first, second = (f"```{language}\n{each.strip(chr(10))}\n```" for each in (before, after))
    return f"{first}\n\nInstead:\n\n{second}"


def _index() -> str:
    rows = [
        f"| [{each.code}](#{_anchor(each)}) | {each.severity} | {each.title} | {_told(each)} |"
        for each in explained()
    ]
    return "\n".join(["| code | is a | finds | mended by |", "| --- | --- | --- | --- |", *rows])


def _told(what: Explained) -> str:
    options = mends(what)
    return f"`{options}`" if options else ""


def _anchor(what: Explained) -> str:
    """As GitHub makes one of the heading."""
    return f"{what.code.lower()}-{what.name}"


def _section(what: Explained) -> str:
    seen = f"\n\nSeen: {what.seen}" if what.seen else ""
    return (
        f"### {what.code} {what.name}\n\n{what.meaning}\n\nWhy it matters: {what.why}{seen}\n\n"
        f"{_fenced(what.before, what.after, 'yaml')}"
    )
