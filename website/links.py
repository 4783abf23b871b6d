"""Links of a built site: each relative one leads to a file of the site, and to a place in it.

What a page loads is the site's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

NO_PLACE = "no such place"


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


def dead(site: Path, scripted: Iterable[str] = ()) -> Iterator[str]:
    """Each link of the site that leads nowhere, and why.

    To `scripted` pages any place will do: what it means is known to their scripts.
    """
    read.cache_clear()
    anywhere = {(site / each).resolve() for each in scripted}
    for page in sorted(site.rglob("*.html")):
        for target in sorted(read(page).targets):
            loaded = target in read(page).loaded
            why = _wrong(site.resolve(), page.resolve(), target, loaded=loaded)
            if why == NO_PLACE and _there(page.resolve(), target) in anywhere:
                continue
            if why:
                yield f"{page.relative_to(site)}: {target}: {why}"


def _wrong(site: Path, page: Path, target: str, *, loaded: bool) -> str:
    link = urlsplit(target)
    if link.scheme or link.netloc:
        return "loaded from elsewhere" if loaded and link.scheme != "data" else ""
    if link.path.startswith("/"):
        return "the site may lie in a folder"
    there = _there(page, target)
    if not there.is_relative_to(site):
        return "outside of the site"
    if not there.is_file():
        return "no such file"
    if link.fragment and there.suffix == ".html" and not _has(there, unquote(link.fragment)):
        return NO_PLACE
    return ""


def _there(page: Path, target: str) -> Path:
    """The file that a link of the page leads to."""
    path = unquote(urlsplit(target).path)
    there = (page.parent / path).resolve() if path else page
    return there / "index.html" if there.is_dir() else there


def _has(page: Path, place: str) -> bool:
    return place in read(page).places
