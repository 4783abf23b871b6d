"""A cost report as text, JSON or CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any

from compiler.cost.field import Pixels, pixels_text
from compiler.cost.footer import footer
from compiler.cost.report import Report
from compiler.cost.rows import Row, Total

if TYPE_CHECKING:
    from compiler.cost.gains import Gains

DERIVED = ("flops", "receptive_field", "stride", "padding")
"""Columns that follow from others; `field` is written as the last three."""


def record(row: Row | Total) -> dict[str, Any]:
    """A row as plain data, every number an int."""
    values = ((name, getattr(row, name)) for name in _names(isinstance(row, Row)))
    return {
        name: [int(n) for n in value] if isinstance(value, tuple) else value
        for name, value in values
    }


@cache
def _names(placed: bool) -> tuple[str, ...]:
    """What a row says, or the total, which has no place, in the order in which it is said."""
    every = fields(Row if placed else Total)
    columns = [column.name for column in every if column.name not in ("field", "of")]
    found = ["kind", *columns] if placed else columns
    first = [name for name in ("path", "kind", "inp", "out") if name in found]
    return (*first, *(name for name in found if name not in first), *DERIVED)


def as_json(report: Report, gains: Gains | None = None) -> str:
    """The whole report as one JSON object: `total`, `blocks` and `layers`, and what for.

    With what passes changed, `optimized` says it: a record a stage.
    """
    return f"{json.dumps(as_data(report, gains), indent=1)}\n"


def as_data(report: Report, gains: Gains | None = None) -> dict[str, Any]:
    """The same as plain data."""
    return {
        **_conditions(report),
        "total": record(report.total),
        **({"optimized": gains.records()} if gains else {}),
        "views": report.views,
        **({"views_without": report.unviewed} if report.unviewed else {}),
        "memory": {"evaluating": report.alive, "training": report.kept},
        "blocks": [record(row) for row in report.blocks],
        "layers": [record(row) for row in report.layers],
    }


def _conditions(report: Report) -> dict[str, Any]:
    network = report.network
    return {
        "network": network.name,
        "variant": network.variant,
        "input": [int(n) for n in network.input],
        "batch": report.batch,
        "dtype_bytes": report.dtype_bytes,
        "aux": report.training,
    }


def as_csv(report: Report) -> str:
    """One line per layer with a header; shapes and pairs as `64x112x112`."""
    out = io.StringIO()
    rows = [record(row) for row in report.layers]
    writer = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return out.getvalue()


def _cell(value: Any) -> Any:
    return "x".join(map(str, value)) if isinstance(value, list) else value


def as_text(report: Report, layers: bool = False, gains: Gains | None = None) -> str:
    """An aligned table by block, or by layer, and the totals below it; then what passes changed."""
    more = ["", *gains.lines()] if gains else []
    rows = list(_by_layer(report) if layers else (cells(row, report) for row in report.blocks))
    total = cells(report.total, report, "total")
    table = _shown([HEADER, *rows, total], layers)
    return "\n".join([title(report), "", *_aligned(_fitted(table)), "", *footer(report), *more, ""])


Table = Sequence[Sequence[str]]

WIDEST = 120
"""Columns of a terminal that a table may fill."""


def _over(table: Table) -> int:
    """By how many columns a table is too wide; none or less where it fits."""
    return max(map(len, _aligned(table))) - WIDEST


def _fitted(table: Table) -> Table:
    """The table with long names cut in the middle where it is too wide; files have them whole."""
    over = _over(table)
    if over <= 0:
        return table
    room = max(len(row[0]) for row in table) - over
    return [[_cut(row[0], room), *row[1:]] for row in table]


def _cut(name: str, room: int) -> str:
    """`10.conv2d…gate.1.conv`: what it ends in says more."""
    start = (room - 1) // 3
    return name if len(name) <= room else f"{name[:start]}…{name[start + 1 - room :]}"


HEADER = (
    "",
    "layer",
    "output",
    "params",
    "MACs",
    "share",
    "activations",
    "field",
    "stride",
    "waste",
)
LEFT = 3
"""Columns that are aligned to the left: words and shapes."""


def _shown(table: Table, layers: bool) -> Table:
    """The columns that there is room for: the share of the MACs follows from two others.

    Sizes of clips are long, and without it the names of their steps stay whole.
    """
    if not layers and _over(table) <= 0:
        return table
    share = HEADER.index("share")
    return [[*row[:share], *row[share + 1 :]] for row in table]


def title(report: Report) -> str:
    """What was counted, and under which conditions."""
    network = report.network
    variant = network.variant or ""
    named = f" ({variant})" if variant not in network.title.lower() else ""
    mode = "training with auxiliary heads" if report.training else "evaluation"
    bits = f"{8 * report.dtype_bytes}-bit numbers"
    image = _shape(network.input)
    return f"{network.title}{named}: input {image}, batch {report.batch}, {mode}, {bits}"


def _by_layer(report: Report) -> Iterator[tuple[str, ...]]:
    """Each block, and indented below it what it consists of."""
    for block, inside in zip(report.blocks, report.layers_by_block, strict=True):
        yield cells(block, report)
        for row in inside if len(inside) > 1 else ():
            yield cells(row, report, f" {_inside(row.path, block.path)}")


def _inside(path: str, block: str) -> str:
    """A path below its block's; in full for what joins the block itself, or one of a repeat."""
    name = path.removeprefix(block).removeprefix(".")
    return path if not name or name.isdigit() else name


def cells(row: Row | Total, report: Report, name: str | None = None) -> tuple[str, ...]:
    """One row's cells; what doesn't apply stays empty."""
    path, kind, out = (row.path, row.kind, _shape(row.out)) if isinstance(row, Row) else ("",) * 3
    return (
        path if name is None else name,
        kind,
        out,
        _count(row.params),
        _count(row.macs),
        f"{row.macs / report.total.macs:.1%}" if row.macs else "",
        _count(row.activations),
        _pair(row.receptive_field),
        _pair(row.stride),
        f"{row.waste:.1%}" if row.macs else "",
    )


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _shape(shape: Sequence[int]) -> str:
    return "×".join(str(int(n)) for n in shape)


def _pair(axes: Pixels | None) -> str:
    """One number for a square."""
    if not axes:
        return ""
    told = [*map(pixels_text, axes)]
    return told[0] if len(set(told)) == 1 else "×".join(told)


def _aligned(table: Table) -> list[str]:
    """The rows as lines, ruled off below the header and above the total."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [_spaced(row, widths) for row in table]
    rule = "─" * max(map(len, lines))
    return [lines[0], rule, *lines[1:-1], rule, lines[-1]]


def _spaced(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        cell.ljust(width) if place < LEFT else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()
