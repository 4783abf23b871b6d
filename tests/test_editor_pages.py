"""Places as an editor counts them: UTF-16, line ends of all kinds, and edits out of range."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from compiler.editor.pages import ENCODINGS, Encoding, Page, units
from dsl.text.problems import Span
from dsl.text.source import unified

LETTERS = st.text(st.sampled_from("ab \n\té😋\r\u2028\x0b\ufeff"), max_size=30)


@given(LETTERS, st.sampled_from(ENCODINGS))
def test_each_place_is_found_again(raw: str, encoding: Encoding) -> None:
    page = Page(raw, encoding)
    assert page.lines == unified(raw).split("\n")
    for line, text in enumerate(page.lines):
        for column in range(len(text) + 1):
            assert page.place(page.position(line, column)) == (line, column)


@given(LETTERS, LETTERS, st.data())
def test_an_edit_is_what_it_is_for_the_text(raw: str, new: str, data: st.DataObject) -> None:
    """Whatever the editor counts in: cut where it says, at places that lie in the text."""
    page = Page(raw)
    ends = data.draw(st.lists(st.integers(0, len(page.text)), min_size=2, max_size=2).map(sorted))
    places = [page.position(*_place(page.text, end)) for end in ends]
    change = types.TextDocumentContentChangePartial(types.Range(*places), new)
    found = page.changed([change]).raw
    start, stop = (page._offset(place) for place in places)
    assert found == raw[:start] + new + raw[stop:]
    assert unified(raw[:start] or "")[: ends[0]] == page.text[: ends[0]]


def _place(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset), offset - text.rfind("\n", 0, offset) - 1


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 14), ("utf-16", 11), ("utf-32", 10)])
def test_columns_behind_an_emoji(encoding: Encoding, column: int) -> None:
    page = Page("a: 1 # 😋 é|\n", encoding)
    assert page.range(Span("", 1, 11, 1)).start == types.Position(0, column)
    assert page.place(types.Position(0, column)) == (0, 10)


def test_half_a_character_is_its_beginning() -> None:
    page = Page("😋b")
    assert [page.place(types.Position(0, at))[1] for at in range(5)] == [0, 0, 1, 2, 2]


def test_line_ends_are_those_of_the_protocol() -> None:
    """A form feed or U+2028 ends no line, a bare carriage return does."""
    page = Page("a\x0c\u2028b\r\nc\rd")
    assert page.position(0, 4) == types.Position(0, 4)
    assert page.position(1, 2) == types.Position(2, 0)
    assert page.written("x\ny") == "x\r\ny"


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ((0, 0), (99, 99), "new"),
        ((0, 99), (0, 99), "onenew\ntwo\n"),
        ((7, 7), (9, 9), "one\ntwo\nnew"),
        ((1, 1), (0, 1), "onewwo\n"),
    ],
    ids=["all", "behind a line", "behind the end", "backwards"],
)
def test_edits_out_of_range(start: tuple[int, int], end: tuple[int, int], text: str) -> None:
    change = types.TextDocumentContentChangePartial(
        types.Range(types.Position(*start), types.Position(*end)), "new"
    )
    assert Page("one\ntwo\n").changed([change]).raw == text


def test_a_byte_order_mark_is_no_column() -> None:
    page = Page("\ufeffname: a\r\n")
    assert page.text == "name: a\n"
    assert page.range(Span("", 1, 1, 4)).start == types.Position(0, 1)


def test_units_of_a_lone_surrogate() -> None:
    assert [units("\ud83d", encoding) for encoding in ENCODINGS] == [3, 1, 1]
