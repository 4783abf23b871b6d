"""Links of a built site: each relative one leads to a file of the site, and to a place in it.

What a page loads is the site's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Reader(HTMLParser):
    """The places of a page, and where it leads."""

    def __init__(self) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.targets: set[str] = set()
        self.loaded: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element is called, and what it leads to or loads."""
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.places.add(value)
            elif name in ("href", "src") and value:
                self.targets.add(value)
                if name == "src" or tag == "link":
                    self.loaded.add(value)

    handle_startendtag = handle_starttag


@cache
def read(page: Path) -> Reader:
    """A page, once."""
    reader = Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    return reader


def dead(site: Path) -> Iterator[str]:
    """Each link of the site that leads nowhere, and why."""
    read.cache_clear()
    for page in sorted(site.rglob("*.html")):
        for target in sorted(read(page).targets):
            loaded = target in read(page).loaded
            if why := _wrong(site.resolve(), page.resolve(), target, loaded=loaded):
                yield f"{page.relative_to(site)}: {target}: {why}"


def _wrong(site: Path, page: Path, target: str, *, loaded: bool) -> str:
    link = urlsplit(target)
    if link.scheme or link.netloc:
        return "loaded from elsewhere" if loaded and link.scheme != "data" else ""
    if link.path.startswith("/"):
        return "the site may lie in a folder"
    there = (page.parent / unquote(link.path)).resolve() if link.path else page
    if there.is_dir():
        there /= "index.html"
    if not there.is_relative_to(site):
        return "outside of the site"
    if not there.is_file():
        return "no such file"
    if link.fragment and there.suffix == ".html" and not _has(there, unquote(link.fragment)):
        return "no such place"
    return ""


def _has(page: Path, place: str) -> bool:
    return place in read(page).places
