"""A page's links to files: the site has them in the folders that the repository has.

A relative link to a picture or a spec then leads to the same file in both. Links to other pages
are Sphinx's. What the site doesn't carry, such as a folder of tests, stays words.
"""

from __future__ import annotations

import re
from html import escape
from os.path import normpath
from pathlib import Path

from website.markdown import Link, linked

CARRIED = ("generated", "specs")
"""Folders of the repository to which HTML in a page leads."""
RAW = re.compile(r'(?:href|src)="([^"#:]+)"')


def mirrored(text: str, page: Path, root: Path, pages: set[Path]) -> tuple[str, set[Path]]:
    """The text of a page as Sphinx is to read it, and the files that it leads to."""
    files: set[Path] = set()

    def lead(link: Link) -> str:
        target = link.target.partition("#")[0]
        if not target or "://" in target:
            return link.text
        path = Path(normpath(page.parent / target))
        if path in pages:
            return link.text
        words = linked(link.words, lead)
        if not (root / path).is_file():
            if not (root / path).is_dir():
                raise ValueError(f"{page}: {link.target} leads nowhere")
            return words
        files.add(path)
        if link.image:
            return f'<img src="{escape(link.target)}" alt="{escape(link.words)}">'
        return f'<a href="{escape(link.target)}">{words}</a>'

    changed = linked(text, lead)
    for target in RAW.findall(text):
        path = Path(normpath(page.parent / target))
        if path.parts[0] in CARRIED:
            if not (root / path).is_file():
                raise ValueError(f"{page}: {target} leads nowhere")
            files.add(path)
    return changed, files
