"""docs/diagnostics.md has what `explain` says, word for word; `--accept` writes it anew."""

from __future__ import annotations

from pathlib import Path

from compiler.checking.explaining import as_markdown

PAGE = Path(__file__).parent.parent / "docs" / "diagnostics.md"
MARK = "<!-- What follows is written by `make accept` from what `explain` says. -->\n\n"


def test_the_page_has_every_code(accept: bool) -> None:
    hand_written, mark, made = PAGE.read_text(encoding="utf-8").partition(MARK)
    assert mark
    if accept:
        PAGE.write_text(f"{hand_written}{mark}{as_markdown()}", encoding="utf-8")
        made = as_markdown()
    assert made == as_markdown()
