"""What there is to say of a code of errors."""

from __future__ import annotations

from typing import Literal, NamedTuple

Form = Literal["spec", "command", "python"]
"""What an example is: lines of a spec that is sound otherwise, a command, or Python."""


class Meaning(NamedTuple):
    """What is wrong and what to do, in words and by an example; the words are Markdown."""

    means: str
    """In a phrase, as a table has it."""
    example: str
    """What such things look like, in a few words."""
    meaning: str
    """What is wrong, and what to write instead."""
    before: str
    """An example that draws this error and no other."""
    after: str
    """The same, mended: it draws none."""
    form: Form = "spec"
