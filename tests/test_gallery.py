"""docs/gallery.md has every network and every drawing; `--accept` writes it anew."""

from __future__ import annotations

import re
from pathlib import Path

from dsl.models import shelf
from tests.gallery import page

PAGE = Path(__file__).parent.parent / "docs" / "gallery.md"


def test_the_page_is_what_the_shelf_gives(accept: bool) -> None:
    wanted = page()
    if accept:
        PAGE.write_text(wanted, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == wanted


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r'\]\(([^)]+)\)|(?:href|src)="([^"]+)"', PAGE.read_text(encoding="utf-8"))
    paths = {one or other for one, other in links}
    assert len(paths) > 4 * len(shelf.names())
    assert all((PAGE.parent / path).is_file() for path in paths)
