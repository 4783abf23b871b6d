"""A comparison as Markdown, for a comment or a job's summary.

What a spec says stands in code, where a forge reads neither HTML nor mentions nor links into it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from compiler.diff.wording import Diff
from dsl.text.problems import printable


def as_markdown(diff: Diff) -> str:
    """Both names, the structure's differences and the cost."""
    one, other = map(code, diff.names)
    return "\n".join([f"**{one} → {other}**", "", *body(diff)]) + "\n"


def body(diff: Diff) -> Iterator[str]:
    """The differences, coloured as a forge colours a patch, and the table of the cost."""
    yield from fenced((line.removeprefix("  ") for line in diff.structure()), "diff")
    yield ""
    yield from table(list(diff.rows()))


def code(text: str) -> str:
    """A text as code within a line, whatever it holds."""
    text = printable(text)
    ticks = _longer_than(text, 1)
    pad = " " if text[:1] in ("`", "") or text[-1:] == "`" else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def fenced(lines: Iterable[str], language: str = "") -> Iterator[str]:
    """Lines as a block of code."""
    found = [printable(line) for text in lines for line in text.split("\n")]
    ticks = _longer_than("\n".join(found), 3)
    yield f"{ticks}{language}"
    yield from found
    yield ticks


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table whose first row is its head, all but its first column to the right."""
    head, *others = ([_cell(cell) for cell in row] for row in rows)
    for row in (head, ["---", *["---:"] * (len(head) - 1)], *others):
        yield f"| {' | '.join(row)} |"


def _cell(text: str) -> str:
    """A word or a number as it is, anything else as code; a bar would end the cell in both."""
    if re.fullmatch(r"[A-Za-z0-9 ,.+%=-]*", text):
        return text
    return code(text).replace("|", "\\|")


def _longer_than(text: str, least: int) -> str:
    """More backticks than stand in a row anywhere in the text."""
    return "`" * max(least, *(len(run) + 1 for run in re.findall("`+", text)), 0)
