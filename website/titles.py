"""Links that are called after a page's file: on the site, after the page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from os.path import normpath
from pathlib import Path

from website.markdown import Link, linked

TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


def titles_of(texts: Mapping[Path, str]) -> dict[Path, str]:
    """What each page is headed by."""
    found = {page: TITLE.search(text) for page, text in texts.items()}
    return {page: match[1] for page, match in found.items() if match}


def titled(text: str, page: Path, titles: Mapping[Path, str]) -> str:
    """A page's text with the titles of those that it calls by their files.

    >>> titled("see [cost.md](cost.md#peak)", Path("docs/x.md"), {Path("docs/cost.md"): "Cost"})
    'see [“Cost”](cost.md#peak)'
    """

    def lead(link: Link) -> str:
        there = Path(normpath(page.parent / link.target.partition("#")[0]))
        if link.image or there not in titles or Path(link.words).name != there.name:
            return link.text
        return link._replace(words=f"“{titles[there]}”").text

    return linked(text, lead)
