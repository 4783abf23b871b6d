"""Problems as an editor shows them."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types

from compiler.editor.pages import Page
from compiler.editor.reading import Reading
from dsl.text.counts import count
from dsl.text.problems import Problem, Severity, Span

SOURCE = "inception-compile"
MOST = 200
"""Problems of one text that are shown."""
SEVERITIES: dict[Severity, types.DiagnosticSeverity] = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "note": types.DiagnosticSeverity.Information,
}


def diagnostics(reading: Reading, page: Page, uri: str) -> list[types.Diagnostic]:
    """What is wrong with a text; what lies in another file is shown where that is named."""
    found = [diagnostic(problem, reading, page, uri) for problem in reading.problems[:MOST]]
    if more := len(reading.problems) - MOST:
        found += [_more(page, more)] if more > 0 else []
    return found


def diagnostic(problem: Problem, reading: Reading, page: Page, uri: str) -> types.Diagnostic:
    own = _own_place(problem, reading)
    placeless = (said for span, said in problem.notes if not span.line)
    parts = [problem.message, problem.hint, problem.help, *placeless]
    elsewhere = own is not problem.span and problem.span.line
    notes = [(problem.span, problem.message)] if elsewhere else []
    related = [
        types.DiagnosticRelatedInformation(located(span, reading, page, uri), said)
        for span, said in (*notes, *problem.notes)
        if span.line
    ]
    return types.Diagnostic(
        range=page.range(own),
        message="\n".join(filter(None, parts)),
        severity=SEVERITIES[problem.severity],
        code=problem.code,
        source=SOURCE,
        related_information=related or None,
    )


def _own_place(problem: Problem, reading: Reading) -> Span:
    """Where a problem is shown in this text: its own place, or that of a note that lies here."""
    spans = (problem.span, *(span for span, _ in problem.notes))
    own = next((span for span in spans if span.line and span.file == reading.file), None)
    if own:
        return own
    base = reading.root.get("extends") if reading.root else None
    return base.span if base and problem.span.line else Span(reading.file, 1, 1)


def located(span: Span, reading: Reading, page: Page, uri: str) -> types.Location:
    """A place in this text or in another file."""
    if span.file == reading.file:
        return types.Location(uri, page.range(span))
    other = Page(reading.texts.get(span.file, "\n" * span.line), page.encoding)
    return types.Location(Path(span.file).absolute().as_uri(), other.range(span))


def _more(page: Page, left: int) -> types.Diagnostic:
    message = f"{count(left, 'more problem')}, not shown"
    severity = types.DiagnosticSeverity.Information
    return types.Diagnostic(page.range(Span("", 1, 1)), message, severity, source=SOURCE)
