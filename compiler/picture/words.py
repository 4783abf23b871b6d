"""Text made safe for a drawing, and numbers as short as they can be."""

from __future__ import annotations


def clean(text: str) -> str:
    """`text` on one line, without what XML can't hold."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)


def number(value: float, digits: int = 2) -> str:
    """A length with no more digits than can be seen."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
