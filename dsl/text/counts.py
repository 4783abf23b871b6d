"""How many there are of something, in words."""

from __future__ import annotations

HISSING = ("s", "x", "ch", "sh")
"""How words end that have `es` in the plural."""


def count(number: int, what: str) -> str:
    """A number of things.

    >>> count(6960, "parameter"), count(1, "class"), count(0, "class"), count(2, "axis")
    ('6,960 parameters', '1 class', '0 classes', '2 axes')
    """
    return f"{number:,} {what if number == 1 else plural(what)}"


def plural(what: str) -> str:
    """The word for several of something."""
    if what.endswith("is"):
        return f"{what[:-2]}es"
    return f"{what}{'es' if what.endswith(HISSING) else 's'}"
