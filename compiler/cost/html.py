"""A cost report as a notebook shows it: the table of its steps, and the totals below."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from compiler.cost.footer import footer
from compiler.cost.render import HEADER, LEFT, cells, title
from compiler.cost.report import Report


def as_html(report: Report) -> str:
    """A table that stands for itself: no style sheet, and nothing in it but text."""
    rows = "\n".join(_row(cells(row, report)) for row in report.blocks)
    totals = "\n".join(footer(report))
    return "\n".join(
        [
            "<table>",
            f'<caption style="text-align: left">{escape(title(report))}</caption>',
            f"<thead>{_row(HEADER, 'th')}</thead>",
            f"<tbody>\n{rows}\n</tbody>",
            f"<tfoot>{_row(cells(report.total, report, 'total'), 'th')}</tfoot>",
            "</table>",
            f'<pre style="font-family: monospace">{escape(totals)}</pre>',
        ]
    )


def _row(texts: Sequence[str], tag: str = "td") -> str:
    """Words to the left and numbers to the right, whatever the page does with tables."""
    sides = ("left" if place < LEFT else "right" for place in range(len(texts)))
    shown = (
        f'<{tag} style="text-align: {side}; padding: 0 0.6em">{escape(text)}</{tag}>'
        for side, text in zip(sides, texts, strict=True)
    )
    return f"<tr>{''.join(shown)}</tr>"
