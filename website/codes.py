"""The page of diagnostics as one with tables and one for each code, made of what `explain` says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from website.markdown import Link, linked

MARK = "<!-- What follows is written by `make accept` from what `explain` says. -->\n"
CHAPTER = re.compile(r"^## (.+)$", re.MULTILINE)
SECTION = re.compile(r"^### (.+)$", re.MULTILINE)
FOLDER = "codes"


def by_code(text: str, name: str) -> dict[str, str]:
    """Pages by their path beside the page of that name, itself among them."""
    said, mark, made = text.partition(MARK)
    if not mark:
        raise ValueError(f"{name} has no codes")
    tables: list[str] = []
    sections: dict[str, str] = {}
    for title, chapter in pieces(CHAPTER, made):
        tables.append(f"## {title}\n{SECTION.split(chapter, maxsplit=1)[0]}")
        sections |= dict(pieces(SECTION, chapter))
    homes = _homes(made)
    own = _led(f"{said}{''.join(tables)}\n{_toctree(homes)}", homes, name, "")
    found = {name: own}
    for heading, body in sections.items():
        page = _led(f"# {heading}\n{body}", homes, name, "../")
        found[homes[_anchor(heading)]] = page
    return found


def pieces(heads: re.Pattern[str], text: str) -> Iterator[tuple[str, str]]:
    """Each heading, and what stands below it."""
    _, *parts = heads.split(text)
    return zip(parts[::2], parts[1::2], strict=True)


def _homes(made: str) -> dict[str, str]:
    """The page of each section, by the section's anchor."""
    return {_anchor(each): f"{FOLDER}/{each.split()[0]}.md" for each in SECTION.findall(made)}


def _anchor(heading: str) -> str:
    """As GitHub makes one of a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _led(text: str, homes: dict[str, str], name: str, up: str) -> str:
    """Links to a code's section as links to its page, from a page that lies below or not."""

    def lead(link: Link) -> str:
        path, _, anchor = link.target.partition("#")
        if path and PurePosixPath(path).suffix:
            return link._replace(target=f"{up}{link.target}").text
        if path:
            return link.text
        return link._replace(target=f"{up}{homes.get(anchor, f'{name}#{anchor}')}").text

    return linked(text, lead)


def _toctree(homes: dict[str, str]) -> str:
    listed = "\n".join(home.removesuffix(".md") for home in homes.values())
    return f"```{{toctree}}\n:hidden:\n\n{listed}\n```\n"


def elsewhere(text: str, homes: dict[str, str]) -> str:
    """Links of another page to a code's section as links to its page."""

    def lead(link: Link) -> str:
        return link._replace(target=homes.get(link.target, link.target)).text

    return linked(text, lead)


def sections_of(text: str, name: str) -> dict[str, str]:
    """Where the sections of a page are now: `diagnostics.md#e021` is `codes/E021.md`."""
    made = text.partition(MARK)[2]
    return {f"{name}#{anchor}": home for anchor, home in _homes(made).items()}
