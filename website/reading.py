"""What Sphinx and its theme write of a page, as readers of screens need it."""

from __future__ import annotations

import re

SIGNATURE = re.compile(r'<dt class="sig .*?</dt>', re.DOTALL)
LINES = {
    "<dl>": '<span class="lines">',
    "</dl>": "</span>",
    "<dd>": "<span>",
    "</dd>": "</span>",
}
"""Arguments, a line each, are no definitions of anything."""
NAMELESS = re.compile(r"<th[^>]*>(?:<p></p>)?</th>")


def body_read(body: str) -> str:
    """A page's text: a head of a table that says nothing is none, and arguments are lines."""
    return SIGNATURE.sub(_lined, NAMELESS.sub("<td></td>", body))


def _lined(signature: re.Match[str]) -> str:
    found = signature[0]
    for tag, other in LINES.items():
        found = found.replace(tag, other)
    return found


def contents_read(tree: str) -> str:
    """The site's contents: its headings are of the second level."""
    return tree.replace('role="heading"', 'role="heading" aria-level="2"')
