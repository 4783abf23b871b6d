"""A spec's text in its one canonical layout, comments kept and meaning the same.

Layout is edited where the values stand rather than round-tripped through a library of YAML. The
library that keeps comments, ruamel.yaml, was tried on the shelf: it breaks lines inside op-strings
and behind an opening bracket, loses comments inside brackets, and writes `null` for a parameter
without a default, which this language takes for the word. What it would have to be talked out of
is most of what it does. PyYAML's events say where each value stands, and comments are what stands
between them.
"""

from __future__ import annotations

from dsl.text.complaints import Refused
from dsl.text.parsing import parse
from dsl.text.source import unified
from dsl.writing.layout import laid_out
from dsl.writing.wording import worded
from dsl.writing.written import Written, data, written


def formatted(text: str, file: str = "<text>") -> str:
    """The text of a spec in the canonical layout; raises `SpecError` where it can't be read.

    It needs to be read as values only: a spec that is wrong, or half written, has a layout too.
    What the text says stays the same: that is checked, and a text that would come out as another
    (a key of several lines, say) is given back as it is.
    """
    text = unified(text)
    parse(text, file)
    old = written(text, file)
    made = laid_out(old, worded(old.root))
    return made if same(old, made, file) else text


def same(old: Written, made: str, file: str) -> bool:
    """Whether a text says what another does: the same values, and the same comments in order."""
    try:
        new = written(made, file)
    except Refused:
        return False
    said = [comment.text for comment in old.comments] == [each.text for each in new.comments]
    return said and data(old.root, worded(old.root)) == data(new.root, worded(new.root))
