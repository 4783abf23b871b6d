"""HTML-like labels: tables whose every cell has a fixed size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from compiler.diagram.metrics import room
from compiler.diagram.style import MUTED, TEXT, Ink
from compiler.diagram.text import html

LIFT = 2


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one style."""

    text: str
    size: float = 11
    bold: bool = False
    ink: Ink = MUTED

    @property
    def room(self) -> float:
        """Points to set aside for it."""
        return room(self.text, self.size, bold=self.bold)

    def html(self) -> str:
        """The run as markup; nothing if it is empty (an empty FONT is a syntax error)."""
        if not self.text:
            return ""
        text = f"<B>{html(self.text)}</B>" if self.bold else html(self.text)
        return f'<FONT POINT-SIZE="{self.size:g}" COLOR="{self.ink.light}">{text}</FONT>'


def strong(text: str, size: float = 12) -> Run:
    """Bold text in the main colour."""
    return Run(text, size, True, TEXT)


def small(text: str, size: float = 10) -> Run:
    """Muted small text: shapes, amounts."""
    return Run(text, size)


def beside(*runs: Run) -> tuple[Run, ...]:
    """The runs that have text, with a gap between."""
    shown = [run for run in runs if run.text]
    gap = Run("\u00a0\u00a0", 12)
    return tuple(piece for run in shown for piece in (gap, run))[1:]


def room_for(runs: Iterable[Run]) -> float:
    """Points to set aside for runs on one line."""
    return sum(run.room for run in runs)


def cell(
    width: float,
    height: float,
    content: str = "",
    *,
    align: str = "",
    fill: Ink | None = None,
    outline: Ink | None = None,
    port: str = "",
) -> str:
    """One cell of a fixed size."""
    attributes = {
        "PORT": port,
        "FIXEDSIZE": "TRUE",
        "WIDTH": f"{width:g}",
        "HEIGHT": f"{height:g}",
        "ALIGN": align,
        "BGCOLOR": fill.light if fill else "",
        "BORDER": "1" if outline else "",
        "COLOR": outline.light if outline else "",
    }
    given = " ".join(f'{key}="{value}"' for key, value in attributes.items() if value)
    return f"<TD {given}>{content}</TD>"


def lifted(width: float, height: float, run: Run, align: str) -> str:
    """A cell of plain text next to bold: Graphviz would set it a little lower."""
    text = cell(width, height - LIFT, run.html(), align=align)
    return cell(width, height, table([row([text]), row([cell(width, LIFT)])]))


def row(cells: Iterable[str]) -> str:
    """Cells side by side."""
    return f"<TR>{''.join(cells)}</TR>"


def table(rows: Iterable[str], **attributes: str) -> str:
    """Rows without borders or padding, unless `attributes` say otherwise."""
    given = {"BORDER": "0", "CELLBORDER": "0", "CELLSPACING": "0", "CELLPADDING": "0"} | attributes
    head = " ".join(f'{key}="{value}"' for key, value in given.items())
    return f"<TABLE {head}>{''.join(rows)}</TABLE>"


def line(runs: Iterable[Run]) -> str:
    """Runs one after the other."""
    return "".join(run.html() for run in runs)


def exits(ports: Iterable[float], width: float) -> tuple[float, list[str]]:
    """A thin row at the bottom with a port, `b0`, `b1`…, around each of these places."""
    at, cells = 0.0, []
    for i, x in enumerate(ports):
        cells += [cell(x - 2 - at, 1), cell(4, 1, port=f"b{i}")]
        at = x + 2
    return 1, [*cells, cell(width - at, 1)]


def stack(rows: Iterable[tuple[float, Iterable[str]]], width: float) -> str:
    """Rows of their own cell widths one above the other: each a table in a cell."""
    inner = ((height, table([row(cells)])) for height, cells in rows)
    return table(row([cell(width, height, content)]) for height, content in inner)
