"""A sheet as DOT: boxes pinned where they stand, so that every Graphviz draws the same picture.

`layout=neato` keeps what is pinned, and `dot` obeys it. Boxes are called by their paths, and
edges say by which port they leave, so that other programs can read the graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from html import escape
from itertools import count, pairwise

import graphviz  # type: ignore[import-untyped]  # has no py.typed marker

from compiler.picture.hatching import Band, Field, hatched, stretches
from compiler.picture.ink import EDGE, HATCH, Look
from compiler.picture.labels import Cell, Label, Line, Run
from compiler.picture.sheet import Edge, End, Sheet, Tile
from compiler.picture.strokes import Point, Stroke, pieces
from compiler.picture.words import clean, number

FACE = "Arial"
"""As wide as Helvetica, and the one that a Graphviz without fonts, as in a browser, can measure."""
GRAPH = {
    "fontname": FACE,
    "inputscale": "72",
    "layout": "neato",
    "margin": "0",
    "outputorder": "edgesfirst",
    "splines": "line",
}
NODE = {
    "shape": "box",
    "style": "rounded,filled",
    "fixedsize": "true",
    "margin": "0",
    "penwidth": "1.1",
    "fontname": FACE,
    "fontsize": "11",
}
EDGES = {"arrowsize": "0.6", "penwidth": "1.1"}
STYLES = {
    "rounded": {},
    "square": {"style": "filled"},
    "dashed": {"style": "rounded,filled,dashed"},
    "frame": {"style": "rounded", "class": "frame"},
    "none": {"shape": "none", "style": ""},
}
ALIGN = {"start": "LEFT", "middle": "", "end": "RIGHT"}
HEADING = "heading"
LIFT = 2
"""Graphviz sets plain text beside bold that much lower."""


def as_dot(sheet: Sheet) -> str:
    """The drawing as DOT text."""
    title = graphviz.escape(clean(sheet.title))
    attributes = {"bgcolor": sheet.paper.light, **GRAPH, **_page(sheet), "tooltip": title}
    ink = sheet.edges[0].ink if sheet.edges else EDGE
    edges = {"color": ink.light, **EDGES}
    graph = graphviz.Digraph(graph_attr=attributes, node_attr=NODE, edge_attr=edges)
    head = Tile(
        HEADING, 0, -sheet.head_height, _width(sheet.heading), sheet.head_height, sheet.heading,
        Look(sheet.paper, sheet.paper), "none",
    )  # fmt: skip
    for each in (head, *sheet.tiles) if sheet.heading else sheet.tiles:
        _tile(graph, each)
    places = (f"point{i}" for i in count(1))
    for stroke in sheet.strokes:
        _stroke(graph, stroke, places)
    corners = (f"corner{i}" for i in count(1))
    for edge in sheet.edges:
        look = {"color": edge.ink.light} if edge.ink != ink else {}
        _edge(graph, edge, [next(corners) for _ in edge.corners], look)
    return str(graph.source)


def _page(sheet: Sheet) -> dict[str, str]:
    """The margins, and how large the page is where that isn't as large as the drawing."""
    pad = {"pad": f"{_inches(sheet.across)},{_inches(sheet.down)}"}
    if sheet.scale == 1:
        return pad
    return pad | {"size": f"{','.join(map(_inches, sheet.page))}!"}


def _width(label: Label) -> float:
    return max((line.width for line in label), default=0)


def _tile(graph: graphviz.Digraph, tile: Tile) -> None:
    middle = (tile.left + tile.width / 2, tile.top + tile.height / 2)
    lines = "\n".join(clean(line) for line in tile.tooltip.split("\n"))
    label = _stack(tile.label, tile.width)
    graph.node(
        _quoted(tile.name),
        label=f"<{label}>" if label else "",
        pos=_pinned(middle),
        width=_inches(tile.width),
        height=_inches(tile.height),
        fillcolor=tile.look.fill.light,
        color=tile.look.line.light,
        tooltip=graphviz.escape(lines or " "),
        **({"class": tile.kind} if tile.kind else {}),
        **STYLES[tile.outline],
    )


def _edge(graph: graphviz.Digraph, edge: Edge, corners: list[str], look: dict[str, str]) -> None:
    _pin(graph, corners, edge.corners)
    look |= {"style": "dashed"} if edge.dashed else {}
    way = [_end(edge.tail), *corners, _end(edge.head)]
    for tail, head in pairwise(way):
        more = {} if head is way[-1] else {"arrowhead": "none"}
        clips = {"tailclip": "false"} if tail in corners else {}
        graph.edge(tail, head, **look, **more, **clips)


def _stroke(graph: graphviz.Digraph, stroke: Stroke, places: Iterator[str]) -> None:
    """A chain of points for each dash of a line; Graphviz draws stretches, and dashes each anew."""
    look = {"color": stroke.ink.light, "penwidth": number(stroke.thick)}
    look |= {"dir": "none", "headclip": "false", "tailclip": "false"}
    for points in pieces(stroke):
        names = [next(places) for _ in points]
        _pin(graph, names, points)
        for tail, head in pairwise(names):
            graph.edge(tail, head, **look)


def _pin(graph: graphviz.Digraph, names: Iterable[str], points: Iterable[Point]) -> None:
    """Points by which lines lead, under names."""
    style = {"shape": "point", "style": "invis", "width": "0", "height": "0"}
    for name, point in zip(names, points, strict=True):
        graph.node(name, label="", pos=_pinned(point), **style)


def _end(end: End) -> str:
    """`name`, `name:port:side`, or `name:side`."""
    return ":".join(filter(None, [_quoted(end.tile), end.port, end.side]))


def _quoted(name: str) -> str:
    """A name that has no colon, which would begin a port."""
    return clean(name).replace(":", "\u2236")


def _pinned(point: Point) -> str:
    x, y = point
    return f"{number(x)},{number(-y)}!"


def _inches(points: float) -> str:
    return number(points / 72, 4)


def _stack(label: Label, width: float) -> str:
    """Lines one above the other: each a table in a cell."""
    if not label:
        return ""
    lines = ((line.height, _table(_row([*_cells(line), *_rest(line, width)]))) for line in label)
    return _table("".join(_row([_td(Cell(width, height), inner)]) for height, inner in lines))


def _cells(line: Line) -> Iterable[str]:
    """The cells of a line, plain text lifted where bold text stands beside it."""
    bold = any(run.bold for cell in line.cells for run in cell.runs)
    for cell in line.cells:
        if cell.hatch:
            yield _td(cell, _hatch(cell, _line(cell.runs)))
            continue
        if cell.fill and cell.height < line.height:  # Graphviz would fill all of the line.
            inner = _td(replace(cell, port=""), _line(cell.runs))
            yield _td(Cell(cell.width, line.height, port=cell.port), _table(_row([inner])))
            continue
        plain = cell.runs and not any(run.bold for run in cell.runs)
        yield _lifted(cell) if bold and plain and not cell.fill else _td(cell, _line(cell.runs))


def _hatch(cell: Cell, text: str) -> str:
    """Hatching on either side of a text, or all over."""
    field = hatched(cell)
    if not text:
        return _bands(field, field.width)
    side = Cell(field.side, field.height)
    beside = _td(side, _bands(field, field.side)) if field.side else ""
    plate = _td(Cell(field.plate, field.height), text)
    return _table(_row([beside, plate, beside]))


def _bands(field: Field, width: float) -> str:
    """Bands as rows of a table, in each a table of its ink and its gaps."""
    rows = (_row([_td(Cell(width, band.height), _band(band, width))]) for band in field.bands)
    return _table("".join(rows)) if field.bands else ""


def _band(band: Band, width: float) -> str:
    ink = {True: HATCH, False: None}
    found = stretches(band.dash, width)
    return _table(_row(_td(Cell(most, band.height, fill=ink[on]), "") for most, on in found))


def _rest(line: Line, width: float) -> list[str]:
    """A cell that fills a line which is shorter than its box."""
    rest = width - line.width
    return [_td(Cell(rest, 1), "")] if rest > 0.01 else []


def _lifted(cell: Cell) -> str:
    text = Cell(cell.width, cell.height - LIFT, align=cell.align)
    rows = [_row([_td(text, _line(cell.runs))]), _row([_td(Cell(cell.width, LIFT), "")])]
    return _td(Cell(cell.width, cell.height), _table("".join(rows)))


def _td(cell: Cell, content: str) -> str:
    attributes = {
        "PORT": cell.port,
        "FIXEDSIZE": "TRUE",
        "WIDTH": f"{cell.width:g}",
        "HEIGHT": f"{cell.height:g}",
        "ALIGN": ALIGN[cell.align],
        "BGCOLOR": cell.fill.light if cell.fill else "",
        "BORDER": "1" if cell.outline else "",
        "COLOR": cell.outline.light if cell.outline else "",
    }
    given = " ".join(f'{key}="{value}"' for key, value in attributes.items() if value)
    return f"<TD {given}>{content}</TD>"


def _row(cells: Iterable[str]) -> str:
    return f"<TR>{''.join(cells)}</TR>"


def _table(rows: str) -> str:
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{rows}</TABLE>'


def _line(runs: Iterable[Run]) -> str:
    """Runs one after the other as markup; none of one that is empty, which Graphviz refuses."""
    return "".join(_run(run) for run in runs if run.text)


def _run(run: Run) -> str:
    text = escape(clean(run.text)).replace("  ", "\u00a0 ")
    text = f"<B>{text}</B>" if run.bold else text
    return f'<FONT POINT-SIZE="{run.size:g}" COLOR="{run.ink.light}">{text}</FONT>'
