"""A text in its one layout, as an edit."""

from __future__ import annotations

from lsprotocol import types

from compiler.editor.pages import Page
from compiler.editor.reading import Reading
from dsl.writing.formatting import formatted


def formatting(reading: Reading, page: Page) -> list[types.TextEdit]:
    """The lines that the layout changes. Raises `SpecError` for what YAML can't read."""
    new = formatted(reading.text, reading.file).split("\n")
    old = reading.lines
    if new == old:
        return []
    most = min(len(old), len(new))
    same = next((n for n in range(most) if old[n] != new[n]), most)
    tail = next((n for n in range(most - same) if old[-1 - n] != new[-1 - n]), most - same)
    if tail:
        place = page.between((same, 0), (len(old) - tail, 0))
        made = "".join(f"{line}\n" for line in new[same : len(new) - tail])
    else:  # The last line ends in nothing, so that it is always written anew.
        same = min(same, len(old) - 1)
        place = page.between((same, 0), (len(old) - 1, len(old[-1])))
        made = "\n".join(new[same:])
    return [types.TextEdit(place, page.written(made))]
