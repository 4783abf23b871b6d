"""What could be written at the cursor."""

from __future__ import annotations

from lsprotocol import types

from compiler.editor.choices import Choice, choices
from compiler.editor.marks import Mark
from compiler.editor.pages import Page
from compiler.editor.reading import Reading
from compiler.editor.walking import marks
from dsl.text.partial import partial

CURSOR = "zqzq"
"""A word that stands where the cursor is, so that something does."""


def complete(
    reading: Reading, page: Page, position: types.Position, snippets: bool = False
) -> list[types.CompletionItem]:
    """Everything that could stand at a position."""
    line, column = page.place(position)
    mark = _at_cursor(reading, line, column)
    if mark is None:
        return []
    typed = mark.text.partition(CURSOR)[0]
    place = page.between((line, column - len(typed)), (line, column))
    return [
        _item(choice, place, order, snippets)
        for order, choice in enumerate(choices(reading, mark, typed))
    ]


def _at_cursor(reading: Reading, line: int, column: int) -> Mark | None:
    """What stands at the cursor once a word does, read anew with that word in its place."""
    lines = list(reading.lines)
    lines[line] = f"{lines[line][:column]}{CURSOR}{lines[line][column:]}"
    root = partial("\n".join(lines), reading.file).root
    if root is None:  # A word alone: the first key of a text that has nothing else yet.
        lines[line] += ":"
        root = partial("\n".join(lines), reading.file).root
    blocks = reading.known.blocks if reading.known else ()
    found = [mark for mark in marks(root, blocks) if CURSOR in mark.text]
    found = [mark for mark in found if mark.span.line == line + 1]
    return min(found, key=lambda mark: len(mark.text), default=None)


def _item(choice: Choice, place: types.Range, order: int, snippets: bool) -> types.CompletionItem:
    plain = choice.write or choice.label
    form = types.InsertTextFormat.Snippet if snippets and choice.snippet else None
    return types.CompletionItem(
        label=choice.label,
        kind=choice.kind,
        detail=choice.detail or None,
        documentation=choice.about or None,
        sort_text=f"{order:04}",
        filter_text=choice.label,
        insert_text_format=form,
        text_edit=types.TextEdit(place, choice.snippet if form else plain),
    )
