"""What an editor offers to do: to write what a problem asks for, to make a block of branches."""

from __future__ import annotations

from lsprotocol import types
from lsprotocol.types import CodeActionKind

from compiler.editor.diagnosing import diagnostic
from compiler.editor.extracting import extracted
from compiler.editor.pages import Page
from compiler.editor.reading import Reading
from dsl.text.problems import Problem

ALL = (CodeActionKind.QuickFix, CodeActionKind.RefactorExtract)


def actions(reading: Reading, page: Page, range: types.Range, uri: str) -> list[types.CodeAction]:
    """What can be done about what lies in a range."""
    lines = page.place(range.start)[0] + 1, page.place(range.end)[0] + 1
    found = [
        _fixed(problem, reading, page, uri)
        for problem in reading.problems
        if _fits(problem, reading, lines)
    ]
    if edits := extracted(reading, page, range.start):
        title = "Extract these branches into a block"
        edit = types.WorkspaceEdit(changes={uri: edits})
        kind = CodeActionKind.RefactorExtract
        found.append(types.CodeAction(title, kind=kind, edit=edit))
    return found


def _fits(problem: Problem, reading: Reading, lines: tuple[int, int]) -> bool:
    fix = problem.fix
    here = fix is not None and fix.span.file == reading.file
    return here and lines[0] <= problem.span.line <= lines[1]


def _fixed(problem: Problem, reading: Reading, page: Page, uri: str) -> types.CodeAction:
    """Writing what a problem advises."""
    fix = problem.fix
    assert fix is not None, problem
    title = f"Write `{fix.text}`" if fix.text else "Delete it"
    edit = types.TextEdit(page.range(fix.span), page.written(fix.text))
    return types.CodeAction(
        title=title,
        kind=CodeActionKind.QuickFix,
        diagnostics=[diagnostic(problem, reading, page, uri)],
        is_preferred=not fix.guess,
        edit=types.WorkspaceEdit(changes={uri: [edit]}),
    )
