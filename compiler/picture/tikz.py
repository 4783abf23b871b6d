r"""A sheet as TikZ: a picture that a paper takes in, set in the paper's own sans-serif.

It needs `\usepackage{tikz}` and no library of it, and no engine in particular. Boxes are nodes
called by their paths, so that a paper can draw on: `\draw (mixed_6c-branch2-0.east) -- ...`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from compiler.picture.arrows import tip, way
from compiler.picture.hatching import hatched, inked
from compiler.picture.ink import HATCH, Ink
from compiler.picture.labels import Label, Run, Spot, spots
from compiler.picture.sheet import Edge, Sheet, Tile, distinct
from compiler.picture.strokes import DASHES as PATTERNS
from compiler.picture.strokes import Point, Stroke
from compiler.picture.svg import ROUND, STROKE
from compiler.picture.tex import DEFINED, OTHER, comment, tex
from compiler.picture.words import number

ANCHORS = {"start": "base west", "middle": "base", "end": "base east"}
OUTLINES = {
    "rounded": f"rounded corners={ROUND}bp",
    "square": "",
    "frame": f"rounded corners={ROUND}bp",
    "dashed": f"rounded corners={ROUND}bp,dash pattern=on 5bp off 2bp",
}
DASHES = ",dash pattern=on 5bp off 2bp"
PICTURE = "x=1bp,y=-1bp,inner sep=0pt,outer sep=0pt,font=\\sffamily"


def as_tikz(sheet: Sheet) -> str:
    r"""The picture alone, to be taken in by `\input`."""
    body = [*_body(sheet)]
    inks = sorted(set(re.findall(r"\bc([0-9a-f]{6})\b", "\n".join(body))))
    lines = [
        comment(sheet.title),
        *([comment(sheet.about)] if sheet.about.strip() else []),
        rf"\begin{{tikzpicture}}[{PICTURE},{_scale(sheet)}]",
        *([DEFINED] if any(f"\\{OTHER}{{" in line for line in body) else []),
        *(rf"\definecolor{{c{ink}}}{{HTML}}{{{ink.upper()}}}" for ink in inks),
        *body,
        r"\end{tikzpicture}%",
    ]
    return "\n".join(lines) + "\n"


def _scale(sheet: Sheet) -> str:
    """How wide lines are, and how large all of it is put on its page."""
    stroke = f"line width={number(STROKE * sheet.scale)}bp"
    return stroke if sheet.scale == 1 else f"{stroke},scale={sheet.scale:.7f},transform shape"


def as_tex(sheet: Sheet) -> str:
    """A document of one page that is as large as the picture, with what every TeX brings."""
    width, height = map(number, sheet.page)
    size = f"paperwidth={width}bp,paperheight={height}bp,margin=0bp"
    lines = [
        r"\RequirePackage{fix-cm}",
        r"\documentclass{article}",
        rf"\usepackage[{size}]{{geometry}}",
        r"\usepackage{tikz}",
        r"\pagestyle{empty}\parindent=0pt \topskip=0pt",
        r"\begin{document}",
        r"\vbox to 0pt{\hsize=\paperwidth\noindent",  # However it is rounded, it is one page.
        as_tikz(sheet) + r"\vss}",
        r"\end{document}",
    ]
    return "\n".join(lines) + "\n"


def _body(sheet: Sheet) -> Iterator[str]:
    yield rf"\path[fill={_ink(sheet.paper)}] (0,0) rectangle {_point(sheet.unscaled)};"
    yield from _label(sheet.heading, sheet.across, sheet.down)
    yield rf"\begin{{scope}}[shift={{{_point((sheet.across, sheet.down + sheet.head_height))}}}]"
    yield from (_stroke(stroke, sheet.scale) for stroke in sheet.strokes)
    for edge in sheet.edges:
        yield from _edge(edge)
    names: dict[str, Tile] = {}
    for tile in sheet.tiles:
        names[distinct(re.sub(r"[^A-Za-z0-9_-]+", "-", tile.name), names)] = tile
    for name, tile in names.items():
        yield from _tile(tile, name)
    yield r"\end{scope}"


def _tile(tile: Tile, name: str) -> Iterator[str]:
    if tile.outline != "none":
        fill = "" if tile.outline == "frame" else f",fill={_ink(tile.look.fill)}"
        look = f"draw={_ink(tile.look.line)}{fill}"
        size = f"minimum width={number(tile.width)}bp,minimum height={number(tile.height)}bp"
        options = ",".join(filter(None, [look, size, OUTLINES[tile.outline]]))
        middle = _point((tile.left + tile.width / 2, tile.top + tile.height / 2))
        yield rf"\node[{options}] ({name}) at {middle} {{}};"
    yield from _label(tile.label, tile.left, tile.top)


def _label(label: Label, left: float, top: float) -> Iterator[str]:
    for spot in spots(label, left, top):
        yield from _cell(spot)


def _cell(spot: Spot) -> Iterator[str]:
    cell, x, y = spot.cell, spot.left, spot.top
    if cell.fill or cell.outline:
        fill = [f"fill={_ink(cell.fill)}"] if cell.fill else []
        draw = [f"draw={_ink(cell.outline)},line width=1bp"] if cell.outline else []
        yield rf"\path[{','.join(fill + draw)}] {_box(x, y, cell.width, cell.height)};"
    if cell.hatch and cell.fill:
        yield from _hatch(spot, cell.fill)
    if spot.runs:
        shown = "".join(map(_run, spot.runs))
        yield rf"\node[anchor={ANCHORS[cell.align]}] at {_point(spot.foot)} {{{shown}}};"


def _hatch(spot: Spot, fill: Ink) -> Iterator[str]:
    """Bands as boxes, since lines aren't as thick as a scale has them, and a plate for the text."""
    field = hatched(spot.cell)
    left, top = spot.left + field.inset, spot.top + field.inset
    for band in field.bands:
        y = top + band.top
        boxes = [_box(left + x, y, wide, band.height) for x, wide in inked(band, field.width)]
        if boxes:
            yield rf"\path[fill={_ink(HATCH)}] {' '.join(boxes)};"
    if field.plate and field.bands:
        plate = _box(left + field.side, top, field.plate, field.height)
        yield rf"\path[fill={_ink(fill)}] {plate};"


def _box(x: float, y: float, width: float, height: float) -> str:
    return f"{_point((x, y))} rectangle {_point((x + width, y + height))}"


def _run(run: Run) -> str:
    weight = r"\bfseries" if run.bold else ""
    size = rf"\fontsize{{{run.size:g}}}{{{run.size:g}}}\selectfont"
    return rf"{{{size}{weight}\color{{{_ink(run.ink)}}}{tex(run.text)}}}"


def _edge(edge: Edge) -> Iterator[str]:
    ink = _ink(edge.ink)
    yield rf"\draw[draw={ink}{DASHES if edge.dashed else ''}] {_path(way(edge))};"
    yield rf"\path[fill={ink}] {_path(tip(edge))} -- cycle;"


def _stroke(stroke: Stroke, scale: float) -> str:
    pattern = PATTERNS[stroke.dash]
    lengths = [f"{number(part * scale)}bp" for part in pattern]
    dashes = f",dash pattern=on {' off '.join(lengths)}" if pattern else ""
    look = f"draw={_ink(stroke.ink)},line width={number(stroke.thick * scale)}bp{dashes}"
    return rf"\draw[{look},line join=round] {_path(stroke.points)};"


def _path(points: Iterable[Point]) -> str:
    return " -- ".join(map(_point, points))


def _point(point: Point) -> str:
    x, y = point
    return f"({number(x)},{number(y)})"


def _ink(ink: Ink) -> str:
    """A colour's name in the picture."""
    return f"c{ink.light.removeprefix('#')}"
