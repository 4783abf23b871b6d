"""What an editor offers to do: to write what a problem asks for, to make a block of branches."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol import types
from lsprotocol.types import CodeActionKind

from compiler.checking.allowances import UNCLEAR, UNUSED
from compiler.checking.examining import codes
from compiler.checking.mending import takes_line
from compiler.editor.diagnosing import diagnostic
from compiler.editor.extracting import extracted
from compiler.editor.pages import Page
from compiler.editor.reading import Reading
from dsl.text.problems import Problem, Span

ALLOWABLE = frozenset(codes()) - {UNUSED.code, UNCLEAR.code}
"""What a comment may allow, but for what is wrong with comments."""
KINDS = (CodeActionKind.QuickFix, CodeActionKind.RefactorExtract)
"""What kinds of things are offered."""


def actions(
    reading: Reading,
    page: Page,
    range: types.Range,
    uri: str,
    only: Sequence[CodeActionKind | str] | None = None,
) -> list[types.CodeAction]:
    """What can be done about what lies in a range; of some kinds alone, if those are named."""
    kinds = [kind for kind in KINDS if only is None or any(kind.startswith(each) for each in only)]
    found = []
    if CodeActionKind.QuickFix in kinds:
        found += _fixes(reading, page, range, uri)
    if CodeActionKind.RefactorExtract in kinds and (edits := extracted(reading, page, range.start)):
        edit = types.WorkspaceEdit(changes={uri: edits})
        found.append(types.CodeAction(EXTRACT, kind=CodeActionKind.RefactorExtract, edit=edit))
    return found


EXTRACT = "Extract these branches into a block"


def _fixes(reading: Reading, page: Page, range: types.Range, uri: str) -> list[types.CodeAction]:
    lines = page.place(range.start)[0] + 1, page.place(range.end)[0] + 1
    here = [
        problem
        for problem in reading.problems
        if problem.span.file == reading.file and lines[0] <= problem.span.line <= lines[1]
    ]
    fixes = [_fixed(each, reading, page, uri) for each in here if _fits(each, reading)]
    return [*fixes, *(_allowing(each, reading, page, uri) for each in here if _may(each, reading))]


def _fits(problem: Problem, reading: Reading) -> bool:
    return problem.fix is not None and problem.fix.span.file == reading.file


def _may(problem: Problem, reading: Reading) -> bool:
    """Whether a comment may allow a problem: a finding, on a line without such a comment."""
    line = reading.lines[problem.span.line - 1]
    return problem.code in ALLOWABLE and "lint:" not in line


def _allowing(problem: Problem, reading: Reading, page: Page, uri: str) -> types.CodeAction:
    """A comment that allows a finding, but for its reason: until there is one, that is told."""
    span = problem.span
    line = reading.lines[span.line - 1]
    end = Span(span.file, span.line, len(line.rstrip()) + 1, len(line) - len(line.rstrip()))
    edit = types.TextEdit(page.range(end), f"  # lint: allow {problem.code} ")
    return types.CodeAction(
        title=f"Allow {problem.code} here, for a reason to be given",
        kind=CodeActionKind.QuickFix,
        diagnostics=[diagnostic(problem, reading, page, uri)],
        edit=types.WorkspaceEdit(changes={uri: [edit]}),
    )


def _fixed(problem: Problem, reading: Reading, page: Page, uri: str) -> types.CodeAction:
    """Writing what a problem advises."""
    fix = problem.fix
    assert fix is not None, problem
    at, start = fix.span.line - 1, fix.span.column - 1
    line = reading.lines[at]
    gone = line[start:][: fix.span.length].strip()
    place = page.range(fix.span)
    if takes_line(line, fix):
        place = page.between((at, 0), (at + 1, 0))
    edit = types.TextEdit(place, page.written(fix.text))
    return types.CodeAction(
        title=f"Write `{fix.text.strip() or fix.text}`" if fix.text else f"Delete `{gone}`",
        kind=CodeActionKind.QuickFix,
        diagnostics=[diagnostic(problem, reading, page, uri)],
        is_preferred=not fix.guess,
        edit=types.WorkspaceEdit(changes={uri: [edit]}),
    )
