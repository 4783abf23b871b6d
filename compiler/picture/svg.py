"""A sheet as SVG: day and night in one file, each text anchored to its cell, nothing of a machine.

Standard: SVG 1.1. Every id begins with the sheet's name, and every rule of the style sheet with
that id, so that two drawings can stand in one page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from compiler.picture.arrows import tip, way
from compiler.picture.hatching import hatched
from compiler.picture.ink import FONT, HATCH, Ink
from compiler.picture.labels import Label, Run, Spot, spots
from compiler.picture.sheet import Edge, Sheet, Tile, distinct
from compiler.picture.strokes import DASHES, Point, Stroke
from compiler.picture.words import clean, number

STROKE = 1.1
ROUND = 8


def as_svg(sheet: Sheet) -> str:
    """The drawing as a file of its own, which a page may take in as it is."""
    name = identifier(sheet.name)
    width, height = sheet.unscaled
    wide, high = sheet.page
    attributes = {
        "xmlns": "http://www.w3.org/2000/svg",
        "id": name,
        "width": f"{number(wide)}pt",
        "height": f"{number(high)}pt",
        "viewBox": f"0 0 {number(width)} {number(height)}",
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-about",
        "font-family": FONT,
    }
    given = " ".join(f'{key}="{value}"' for key, value in attributes.items())
    body = "\n".join(_body(sheet, name))
    lines = [
        f"<svg {given}>",
        f'<title id="{name}-title">{escape(clean(sheet.title))}</title>',
        f'<desc id="{name}-about">{escape(clean(sheet.about))}</desc>',
        *_night(sheet, name, body),
        _rectangle(0, 0, width, height, sheet.paper),
        body,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def identifier(name: str) -> str:
    """A name as an id, which has no spaces and begins with a letter."""
    found = re.sub(r"[^\w.-]+", "-", name)
    return found if found[:1].isalpha() else f"d{found}"


def _body(sheet: Sheet, name: str) -> Iterator[str]:
    yield from _label(sheet.heading, sheet.across, sheet.down)
    shift = f"{number(sheet.across)} {number(sheet.down + sheet.head_height)}"
    yield f'<g transform="translate({shift})">'
    yield from map(_stroke, sheet.strokes)
    for edge in sheet.edges:
        yield from _edge(edge)
    ids: dict[str, Tile] = {}
    for tile in sheet.tiles:
        ids[distinct(identifier(f"{name}-{tile.name}"), ids)] = tile
    for own, tile in ids.items():
        yield from _tile(tile, own)
    yield "</g>"


def _night(sheet: Sheet, name: str, body: str) -> Iterator[str]:
    """A style sheet that swaps each colour for its counterpart at night; none if all have one."""
    inks = [*_inks(sheet)]
    swaps = [
        f'#{_selector(name)} [{kind}="{ink.light}"]{{{kind}:{ink.dark}}}'
        for ink in {ink.light: ink for ink in reversed(inks)}.values()
        for kind in ("fill", "stroke")
        if ink is sheet.paper or f'{kind}="{ink.light}"' in body
    ]
    if any(ink.dark != ink.light for ink in inks):
        yield from ("<style>", "@media (prefers-color-scheme: dark){", *swaps, "}", "</style>")


def _selector(name: str) -> str:
    return name.replace(".", "\\.")


def _inks(sheet: Sheet) -> Iterator[Ink]:
    yield sheet.paper
    yield from (edge.ink for edge in sheet.edges)
    yield from (stroke.ink for stroke in sheet.strokes)
    for tile in sheet.tiles:
        yield from (tile.look.fill, tile.look.line)
    for cell in sheet.cells:
        yield from (ink for ink in (cell.fill, cell.outline) if ink)
        yield from (run.ink for run in cell.runs)


def _tile(tile: Tile, own: str) -> Iterator[str]:
    kind = "frame" if tile.outline == "frame" else f"node {tile.kind}".strip()
    yield f'<g id="{own}" class="{kind}">'
    if tile.tooltip.strip():
        yield f"<title>{_lines(tile.tooltip)}</title>"
    if tile.outline != "none":
        yield _outline(tile)
    yield from _label(tile.label, tile.left, tile.top)
    yield "</g>"


def _lines(text: str) -> str:
    return "&#10;".join(escape(clean(line)) for line in text.split("\n"))


def _outline(tile: Tile) -> str:
    more = f'stroke="{tile.look.line.light}" stroke-width="{STROKE}"'
    if tile.outline != "square":
        more += f' rx="{ROUND}"'
    if tile.outline == "dashed":
        more += ' stroke-dasharray="5 2"'
    fill = None if tile.outline == "frame" else tile.look.fill
    return _rectangle(tile.left, tile.top, tile.width, tile.height, fill, more)


def _rectangle(
    x: float, y: float, width: float, height: float, fill: Ink | None, more: str = ""
) -> str:
    place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    colour = fill.light if fill else "none"
    return f'<rect {place} fill="{colour}"{" " if more else ""}{more}/>'


def _cell(spot: Spot) -> Iterator[str]:
    cell = spot.cell
    if cell.fill or cell.outline:
        stroke = f'stroke="{cell.outline.light}"' if cell.outline else ""
        yield _rectangle(spot.left, spot.top, cell.width, cell.height, cell.fill, stroke)
    if cell.hatch and cell.fill and (hatch := "".join(_hatch(spot, cell.fill))):
        yield f'<g class="hatch">{hatch}</g>'
    if spot.runs:
        x, y = spot.foot
        anchor = "" if cell.align == "start" else f' text-anchor="{cell.align}"'
        yield f'<text x="{number(x)}" y="{number(y)}"{anchor}{_runs(spot.runs)}</text>'


def _hatch(spot: Spot, fill: Ink) -> Iterator[str]:
    """Bands as lines as thick as these, and a plate for the text."""
    field = hatched(spot.cell)
    left, top = spot.left + field.inset, spot.top + field.inset
    for band in field.bands:
        if band.dash:
            y = number(top + band.height / 2 + band.top)
            dashes = f' stroke-dasharray="{band.dash.on} {band.dash.off}"' if band.dash.off else ""
            way = f"M{number(left + band.dash.gap)},{y}H{number(left + field.width)}"
            stroke = f'stroke="{HATCH.light}" stroke-width="{number(band.height)}"{dashes}'
            yield f'<path d="{way}" {stroke}/>'
    if field.plate and field.bands:
        yield _rectangle(left + field.side, top, field.plate, field.height, fill)


def _label(label: Label, left: float, top: float) -> Iterator[str]:
    for spot in spots(label, left, top):
        yield from _cell(spot)


def _runs(runs: tuple[Run, ...]) -> str:
    if len(runs) == 1:
        return f" {_style(runs[0])}>{_text(runs[0])}"
    spans = "".join(f"<tspan {_style(run)}>{_text(run)}</tspan>" for run in runs)
    # A gap is a span of its own, and renderers such as librsvg drop that unless told to keep it.
    return f' xml:space="preserve">{spans}'


def _style(run: Run) -> str:
    weight = ' font-weight="bold"' if run.bold else ""
    return f'font-size="{run.size:g}"{weight} fill="{run.ink.light}"'


def _text(run: Run) -> str:
    return escape(clean(run.text)).replace("  ", "\u00a0 ")


def _edge(edge: Edge) -> Iterator[str]:
    dashes = ' stroke-dasharray="5 2"' if edge.dashed else ""
    colour = edge.ink.light
    stroke = f'stroke="{colour}" stroke-width="{STROKE}"{dashes}'
    ends = f"data-from={quoteattr(edge.tail.tile)} data-to={quoteattr(edge.head.tile)}"
    yield f'<g class="edge" {ends}>'
    yield f'<path d="{_path(way(edge))}" fill="none" {stroke}/>'
    yield f'<path d="{_path(tip(edge))}Z" fill="{colour}"/>'
    yield "</g>"


def _stroke(stroke: Stroke) -> str:
    dashes = " ".join(map(number, DASHES[stroke.dash]))
    more = f' stroke-dasharray="{dashes}"' if dashes else ""
    look = f'stroke="{stroke.ink.light}" stroke-width="{number(stroke.thick)}"{more}'
    return f'<path d="{_path(stroke.points)}" fill="none" {look} stroke-linejoin="round"/>'


def _path(points: Iterable[Point]) -> str:
    return "M" + "L".join(f"{number(x)},{number(y)}" for x, y in points)
