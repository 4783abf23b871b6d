"""PDFs: titles, sizes that readers open, fonts embedded, the same bytes at any hour."""

from __future__ import annotations

import json
import re
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

import dsl
from compiler import picture
from compiler.diagram import draw
from compiler.lowering.lower import lower
from compiler.picture import pdf

SPEC = """name: t
title: {title}
input: [3, 32, 32]
classes: 10
stem: [{steps}]
head: [globalpool avg, fc classes]
"""
TITLE = 'A "(title)\\ of λ, 名 and 🧠 ×2"'


def made(title: str = "t", steps: str = "3x3 8", what: str = "stem") -> picture.Picture:
    return draw(dsl.loads(SPEC.format(title=title, steps=steps)), what)


def read(data: bytes) -> PdfReader:
    return PdfReader(BytesIO(data), strict=True)


def fonts(reader: PdfReader) -> dict[str, DictionaryObject]:
    """What describes each font of the page, by the font's name."""
    found = {}
    page: Any = reader.pages[0]
    for font in page["/Resources"]["/Font"].values():
        whole = font.get_object()
        if "/DescendantFonts" in whole:
            whole = whole["/DescendantFonts"][0].get_object()
        found[whole["/BaseFont"]] = whole["/FontDescriptor"]
    return found


def test_the_title_is_the_drawings_and_no_hour_is_kept() -> None:
    drawn = made(json.dumps(TITLE, ensure_ascii=False))
    data = drawn.made("pdf")
    info = read(data).metadata
    assert info is not None
    assert info.title == drawn.sheet.title
    assert TITLE in drawn.sheet.title
    assert not [key for key in info if "Date" in key]
    assert b"/DisplayDocTitle true" in data
    hour = re.compile(rb"D:20\d\d")
    assert not hour.search(data)
    assert hour.search(picture.render(drawn.dot, "pdf")), "as Graphviz leaves it"
    assert data == drawn.made("pdf")


def test_fonts_are_embedded() -> None:
    described = fonts(read(made().made("pdf")))
    assert described
    for name, each in described.items():
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & each.keys(), name


def test_what_no_page_can_hold_has_larger_units() -> None:
    drawn = draw(lower(dsl.load("inception_resnet_v2")), "full")
    assert max(drawn.sheet.page) > pdf.MOST, "or this shows nothing"
    data = drawn.made("pdf")
    assert data.startswith(b"%PDF-1.6")
    page = read(data).pages[0]
    assert max(page.mediabox.width, page.mediabox.height) <= pdf.MOST
    sides = [float(side) * page.user_unit for side in (page.mediabox.width, page.mediabox.height)]
    assert sides == pytest.approx(drawn.sheet.page, abs=2)


def test_what_a_page_can_hold_keeps_its_points() -> None:
    page = read(made().made("pdf")).pages[0]
    assert "/UserUnit" not in page
    assert (page.mediabox.width, page.mediabox.height) == pytest.approx(made().sheet.page, abs=1)


def test_what_only_looks_like_a_pdf_is_one_line() -> None:
    with pytest.raises(picture.RenderError, match="Graphviz failed: what it gave is no PDF"):
        pdf.finish(b"%PDF-1.5\nhello\n%%EOF", "t")
