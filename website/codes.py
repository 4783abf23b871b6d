"""The page of diagnostics as one with tables and one for each code, made of what `explain` says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from website.markdown import Link, linked

MARK = "<!-- What follows is written by `make accept` from what `explain` says. -->\n"
CHAPTER = re.compile(r"^## (.+)$", re.MULTILINE)
SECTION = re.compile(r"^### (.+)$", re.MULTILINE)
CELL = re.compile(r"(?<!\\)\|")
CODE = re.compile(r"\[(\w+)\]\(.*\)")
FOLDER = "codes"


def by_code(text: str, name: str) -> dict[str, str]:
    """Pages by their path beside the page of that name, itself among them.

    Those of codes stand in no contents, where nobody finds one among a hundred: tables lead there.
    """
    said, mark, made = text.partition(MARK)
    if not mark:
        raise ValueError(f"{name} has no codes")
    homes = _homes(made)
    found: dict[str, str] = {}
    tables: list[str] = []
    for title, chapter in pieces(CHAPTER, made):
        table = SECTION.split(chapter, maxsplit=1)[0]
        tables.append(f"## {title}\n{table}")
        known = {row["code"]: row for row in rows(table)}
        for heading, body in pieces(SECTION, chapter):
            page = _page(
                heading,
                known[heading.split()[0]],
                body,
                f"[All {title.lower()}]({name}#{title.lower()})",
            )
            found[homes[_anchor(heading)]] = _led(page, homes, name, "../")
    return {name: _led(f"{said}{''.join(tables)}", homes, name, "")} | found


def _page(heading: str, told: dict[str, str], body: str, others: str) -> str:
    """The page of a code, headed by what its row of the table tells."""
    means = told.get("means") or told["finds"]
    mended = f", mended by {told['mended by']}" if told.get("mended by") else ""
    kind = "An error" if "means" in told else f"A {told['is a']}{mended}"
    doubled = f"{means[0].upper()}{means[1:]}. "
    body = body.strip().removeprefix(doubled)
    head = f"# {heading}: {means}\n\n{kind}. {others}\n\n"
    return f"---\norphan: true\n---\n\n{head}{body}\n"


def rows(table: str) -> Iterator[dict[str, str]]:
    """Each row of a table in Markdown by the names of its columns, a code without its link."""
    lines = (line for line in table.splitlines() if line.startswith("|"))
    cells = ([each.strip() for each in CELL.split(line.strip("|"))] for line in lines)
    columns, _, *rest = cells
    for row in rest:
        yield dict(zip(columns, [CODE.sub(r"\1", row[0]), *row[1:]], strict=True))


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


def elsewhere(text: str, homes: dict[str, str]) -> str:
    """Links of another page to a code's section as links to its page."""

    def lead(link: Link) -> str:
        return link._replace(target=homes.get(link.target, link.target)).text

    return linked(text, lead)


def sections_of(text: str, name: str) -> dict[str, str]:
    """Where the sections of a page are now: `diagnostics.md#e021` is `codes/E021.md`."""
    made = text.partition(MARK)[2]
    return {f"{name}#{anchor}": home for anchor, home in _homes(made).items()}
