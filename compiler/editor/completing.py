"""What could be written at the cursor."""

from __future__ import annotations

from dataclasses import dataclass

from lsprotocol import types

from compiler.editor.choices import Choice, choices
from compiler.editor.marks import Mark
from compiler.editor.pages import Page
from compiler.editor.reading import Reading
from compiler.editor.walking import marks
from compiler.editor.wholes import Whole, wholes
from dsl.text.partial import partial

CURSOR = "zqzq"
"""A word that stands where the cursor is, so that something does."""


@dataclass(frozen=True)
class Takes:
    """What an editor can do with what it completes."""

    snippets: bool = False
    """It fills in places."""
    as_is: bool = False
    """It leaves the indentation of several lines as it is, where that is asked for."""


PLAIN = Takes()


def complete(
    reading: Reading, page: Page, position: types.Position, takes: Takes = PLAIN
) -> list[types.CompletionItem]:
    """Everything that could stand at a position; whole pieces of a spec go last."""
    line, column = page.place(position)
    mark = _at_cursor(reading, line, column)
    if mark is None:
        return []
    typed = mark.text.partition(CURSOR)[0]
    place = page.between((line, column - len(typed)), (line, column))
    words = [
        _item(choice, place, order, takes)
        for order, choice in enumerate(choices(reading, mark, typed))
    ]
    indent = _indent(reading.lines[line], column - len(typed), takes)
    pieces = [*wholes(reading, mark, typed)]
    if pieces and not _fits(reading, pieces[0], line, column, typed):
        return words
    for whole in pieces:
        text = page.written(whole.text(indent, places=takes.snippets))
        words.append(_piece(whole, text, place, len(words), takes))
    return words


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


def _item(choice: Choice, place: types.Range, order: int, takes: Takes) -> types.CompletionItem:
    plain = choice.write or choice.label
    form = types.InsertTextFormat.Snippet if takes.snippets and choice.snippet else None
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


def _fits(reading: Reading, whole: Whole, line: int, column: int, typed: str) -> bool:
    """Whether YAML reads the text with a piece in it as well as without: no column may fit it.

    In one place all pieces begin in one column, so that one of them answers for all.
    """
    start = column - len(typed)
    lines = list(reading.lines)
    written = whole.text(" " * start, places=False)
    lines[line] = f"{lines[line][:start]}{written}{lines[line][column:]}"
    return len(partial("\n".join(lines), reading.file).problems) <= len(reading.problems)


def _indent(line: str, column: int, takes: Takes) -> str:
    """What stands before further lines of a piece that begins at some column of a line.

    Editors that fill in places indent them as the first line is, unless told not to.
    """
    own = len(line) - len(line.lstrip(" ")) if takes.snippets and not takes.as_is else 0
    return " " * max(0, column - own)


def _piece(
    whole: Whole, text: str, place: types.Range, order: int, takes: Takes
) -> types.CompletionItem:
    return types.CompletionItem(
        label=whole.label,
        kind=types.CompletionItemKind.Snippet,
        documentation=whole.text("", places=False),
        sort_text=f"{order:04}",
        filter_text=whole.typed or whole.label,
        insert_text_format=types.InsertTextFormat.Snippet if takes.snippets else None,
        insert_text_mode=types.InsertTextMode.AsIs if takes.as_is else None,
        text_edit=types.TextEdit(place, text),
    )
