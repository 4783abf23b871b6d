"""The Python reference: pages made of what the packages offer and of its docstrings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from website.api import Entry, Library
from website.published import CHAPTERS, Chapter

HEAD = """# Python reference

What programs may use, as its docstrings tell it. [python.md](python.md) goes from a spec to a table
of costs, [modules.md](modules.md) through the module.

| module | what |
| --- | --- |
"""
FOLDER = "reference"
GROUPS = {
    "Functions": ("function",),
    "Classes": ("class",),
    "Errors": ("exception",),
    "Types and constants": ("type", "data"),
}
MADE_OF = "What these are made of"
TOO_COMMON = ("ABC", "BaseModel", "NamedTuple", "Protocol")
"""Bases that say nothing to who uses the class."""
DOCTEST = re.compile(r"^ *>>> .*(?:\n *\S.*)*", re.MULTILINE)
WIDE = 80
"""Characters of a signature that stay on one line."""
QUALIFIED = re.compile(r"\b(?:dsl|compiler)(?:\.[a-z_]\w*)*\.(?=[A-Z])")
CODE = re.compile(r"(`[^`]+`)")
PAGE = re.compile(r"\bdocs/([\w-]+\.md)")


@cache
def reference(root: Path) -> dict[str, str]:
    """The pages by their places beside the others; the first lists them."""
    rows = "".join(f"| [`{each.module}`]({_place(each)}) | {each.about} |\n" for each in CHAPTERS)
    listed = "\n".join(_place(each).removesuffix(".md") for each in CHAPTERS)
    found = {f"{FOLDER}.md": f"{HEAD}{rows}\n```{{toctree}}\n:hidden:\n\n{listed}\n```\n"}
    return found | {_place(each): _page(each, own) for each, own in Library(root, CHAPTERS).pages()}


def _place(chapter: Chapter) -> str:
    return f"{FOLDER}/{chapter.module.rpartition('.')[2]}.md"


def _page(chapter: Chapter, entries: list[Entry]) -> str:
    parts = [f"# {chapter.title}: {chapter.module}\n\n{chapter.about}\n"]
    for title, sorts in GROUPS.items():
        if group := [each for each in entries if each.sort in sorts and not each.part]:
            parts += [f"## {title}\n", *map(as_markdown, group)]
    if rest := sorted((each for each in entries if each.part), key=lambda each: each.name):
        parts += [f"## {MADE_OF}\n", *map(as_markdown, rest)]
    return "\n".join(parts)


def as_markdown(entry: Entry) -> str:
    """An entry with its members."""
    lines = [f"`````{{py:{entry.sort}}} {entry.name}{entry.signature}", *_options(entry)]
    bases = [each for each in entry.bases if each not in TOO_COMMON]
    if bases:
        lines += [f"{_listed(bases)}.\n"]
    lines += [_said(entry.says)]
    for member in entry.members:
        lines += [
            f"````{{py:{member.sort}}} {member.name}{member.signature}",
            ":no-contents-entry:",
        ]
        lines += [*_options(member), _said(member.says), "````\n"]
    lines += [
        f'<p class="home">In <code>{entry.home}</code></p>\n' if entry.home else "",
        "`````\n",
    ]
    return "\n".join(lines)


def _options(entry: Entry) -> Iterator[str]:
    if entry.signature and len(QUALIFIED.sub("", entry.name + entry.signature)) <= WIDE:
        yield ":single-line-parameter-list:"
    if entry.type:
        yield f":type: {json.dumps(entry.type)}"
    if entry.value:
        yield f":{'canonical' if entry.sort == 'type' else 'value'}: {json.dumps(entry.value)}"
    yield ""


def _listed(bases: list[str]) -> str:
    return "A kind of " + " and ".join(
        f"{{py:class}}`{each}`" if "." in each and "[" not in each else f"`{each}`"
        for each in bases
    )


def _said(text: str) -> str:
    """A docstring as Markdown: with its examples as code, and its pages as links."""
    parts: list[str] = []
    end = 0
    for example in DOCTEST.finditer(text):
        parts += [_prose(text[end : example.start()]), f"```pycon\n{example[0]}\n```"]
        end = example.end()
    return "".join((*parts, _prose(text[end:]), "\n"))


def _prose(text: str) -> str:
    """Without HTML, but where it is code."""
    return "".join(
        part if place % 2 else PAGE.sub(r"[\g<0>](../\1)", part.replace("<", "&lt;"))
        for place, part in enumerate(CODE.split(text))
    )
