"""What the page's editor asks at a place: the language server's own answers, as plain data."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from compiler.editor.completing import complete as completed
from compiler.editor.hovering import hover as hovered
from compiler.editor.pages import Page
from compiler.editor.reading import Reading, glimpse, read

_last: dict[str, Reading] = {}
"""What was last read of each file: names of a text that can't be read are known from it."""


def complete(text: str, file: str, line: int, character: int) -> dict[str, Any]:
    """What could be written at a place."""
    page = Page(text)
    reading = glimpse(text, file, _last.get(file))
    found = completed(reading, page, types.Position(line, character))
    return {"items": [_item(each) for each in found]}


def _item(item: types.CompletionItem) -> dict[str, Any]:
    edit = item.text_edit
    assert isinstance(edit, types.TextEdit), item
    about = item.documentation
    return {
        "label": item.label,
        "kind": types.CompletionItemKind(item.kind).name if item.kind else "",
        "detail": item.detail or "",
        "about": about.value if isinstance(about, types.MarkupContent) else about or "",
        "text": edit.new_text,
        **_range(edit.range),
    }


def hover(text: str, file: str, line: int, character: int) -> dict[str, Any]:
    """What there is to say of a place, as Markdown; empty where that is nothing."""
    known = _last.get(file)
    if known is None or known.text != text:
        known = _last[file] = read(text, file, known)
    found = hovered(known, Page(text), types.Position(line, character))
    if found is None or found.range is None:
        return {"said": ""}
    assert isinstance(found.contents, types.MarkupContent), found
    return {"said": found.contents.value, **_range(found.range)}


def _range(place: types.Range) -> dict[str, Any]:
    """Lines and columns from 0, in units of UTF-16."""
    return {
        "start": (place.start.line, place.start.character),
        "end": (place.end.line, place.end.character),
    }
