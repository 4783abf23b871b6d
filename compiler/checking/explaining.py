"""What a code means, for the terminal and for the page of docs that has them all."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import fill, indent
from typing import Literal

from compiler.checking.examining import examined, explained
from compiler.findings.explained import Explained
from compiler.findings.frame import framed
from compiler.lowering.prepare import Piped
from dsl.text.codes import ERRORS

WIDTH = 88

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
    yield fill(f"For example: {what.example}", WIDTH)


def _of_finding(what: Explained) -> Iterator[str]:
    yield f"{what.code} {what.name}: {what.title} ({what.severity})"
    yield ""
    yield fill(what.meaning, WIDTH)
    yield ""
    yield fill(f"Why it matters: {what.why}", WIDTH)
    for when, example in (("Before", what.before), ("After", what.after)):
        yield ""
        yield f"{when}:"
        yield indent(example.strip("\n"), "    ")
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
    """The body of docs/diagnostics.md: every error in a table, every finding under a heading."""
    rows = [f"| {code} | {what.means} | {what.example} |" for code, what in ERRORS.items()]
    errors = ["| code | means | for example |", "| --- | --- | --- |", *rows]
    parts = ["## Findings", _index(), *map(_section, explained()), "## Errors", "\n".join(errors)]
    return "\n\n".join(parts) + "\n"


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
    before, after = (example.strip("\n") for example in (what.before, what.after))
    seen = f"\n\nSeen: {what.seen}" if what.seen else ""
    return (
        f"### {what.code} {what.name}\n\n{what.meaning}\n\nWhy it matters: {what.why}{seen}\n\n"
        f"```yaml\n{before}\n```\n\nInstead:\n\n```yaml\n{after}\n```"
    )
