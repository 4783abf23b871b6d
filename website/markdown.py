"""Links in Markdown, and what is code there and no link."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

FENCED = r"^ *```.*?^ *```$"
INLINE = r"`[^`\n]+`"
LINKED = r"(?P<image>!?)\[(?P<words>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^)\s]+)\)"
TOKEN = re.compile(f"{FENCED}|{INLINE}|{LINKED}", re.MULTILINE | re.DOTALL)
"""What comes first in the text counts: a link may hold code, and code what looks like a link."""


class Link(NamedTuple):
    """`[words](target)`, or a picture."""

    words: str
    target: str
    image: bool

    @property
    def text(self) -> str:
        """The link as Markdown."""
        return f"{'!' if self.image else ''}[{self.words}]({self.target})"


def linked(text: str, change: Callable[[Link], str]) -> str:
    """The text with each link as `change` has it; code stays as it is."""

    def put(match: re.Match[str]) -> str:
        if match["target"] is None:
            return match[0]
        return change(Link(match["words"], match["target"], bool(match["image"])))

    return TOKEN.sub(put, text)
