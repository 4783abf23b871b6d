"""A spec with a cursor in it, as tests of the editor write it: `|` is where the cursor is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lsprotocol import types
from lsprotocol.types import Position

from compiler.editor.pages import Encoding, Page
from compiler.editor.reading import Reading, read

FILE = str(Path(__file__).parent.parent / "specs" / "tiny.yaml")
"""A file that isn't there, beside those of the shelf."""
TINY = """name: tiny
input: [3, 64, 64]
classes: 10
stem: [conv1: 3x3 16 /2, maxpool 3x3 /2]
inception:
  A:
    params: [c7]
    concat:
      - 1x1 16
      - [1x1 c7, 1x7 c7, 7x1 16]
      - [avgpool 3x3, 1x1 16]
reduction:
  R: {concat: [3x3 32 /2, maxpool 3x3 /2]}
body:
  - mixed_1: A c7=8
  - mixed_2: A c7=12 x2
  - shrink: R
head: [globalpool avg, dropout 0.4, fc classes]
aux:
  - helper: {from: mixed_2, weight: 0.3, do: [globalpool avg, fc classes]}
variants:
  wide:
    set: {stem.conv1.width: 32, body.mixed_1.c7: 16}
"""


def opened(
    text: str, file: str = FILE, before: str = "", encoding: Encoding = "utf-16"
) -> tuple[Reading, Page, Position]:
    """A text as an editor has it, and the cursor in it; `before` was read before."""
    head, _, tail = text.partition("|")
    page = Page(head + tail, encoding)
    known = read(before, file) if before else None
    line = head.count("\n")
    return read(page.text, file, known), page, page.position(line, len(head) - head.rfind("\n") - 1)


def edited(old: str, new: str, text: str = TINY) -> str:
    """A text with one of its parts put otherwise, which must be there."""
    assert old in text
    return text.replace(old, new, 1)


def applied(page: Page, edits: Sequence[Any]) -> str:
    """A text with edits made, which don't overlap."""
    places = ((each.range.start.line, each.range.start.character) for each in edits)
    for _, each in sorted(zip(places, edits, strict=True), key=lambda pair: pair[0], reverse=True):
        change = types.TextDocumentContentChangePartial(each.range, each.new_text)
        page = page.changed([change])
    return page.text
