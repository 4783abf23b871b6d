"""Text made safe for a drawing."""

from __future__ import annotations


def clean(text: str) -> str:
    """`text` on one line, without what XML can't hold."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)
