"""Small networks for tests: what the diagrams must be able to draw."""

from __future__ import annotations

from functools import cache

from compiler.diagram import drawings, full
from compiler.ir.network import Network
from compiler.lowering.lower import lower
from compiler.picture import as_dot
from compiler.picture.sheet import Tile
from dsl import loads

HEAD = """
name: probe
title: Probe
input: [3, 64, 64]
classes: 10
"""

BASE = """
name: base
input: [3, 64, 64]
classes: 10
stem: [conv1: 3x3 16 /2, pool1: maxpool 3x3 /2]
inception:
  A: {params: [n], concat: [b1: 1x1 n, b2: [1x1 8, 3x3 16], pool: [avgpool 3x3, 1x1 8]]}
  R: {concat: [1x1 8, 3x3 8], then: 1x1 in linear, residual: {scale: 0.5}}
body: [a: A n=8, b: A n=8, row: A n=4 x3, res: R]
head: [globalpool avg, dropout 0.4, fc classes]
aux: [{helper: {from: row, weight: 0.3, do: [globalpool avg, fc classes]}}]
"""
"""A whole spec with one of each kind of step: tests change it and look at what differs."""

SMALL = """
stem:
  - conv: 3x3 32 /2
  - pool: maxpool 3x3 /2
inception:
  A:
    params: [width]
    concat:
      - 1x1 16
      - [1x1 8, 1x3 width, 3x1 width]
      - [avgpool 3x3, 1x1 24]
reduction:
  R:
    concat: [3x3 64 /2 valid, [1x1 32, 3x3 48 /2 valid], maxpool 3x3 /2 valid]
body:
  - a1: A width=8
  - a2: A width=12
  - a3: A width=12
  - r: R
  - many: A width=16 x4
head: [globalpool avg, dropout 0.1, fc classes]
aux:
  - aux1: {from: a2, weight: 0.3, do: [globalpool avg, fc classes]}
"""

RESIDUAL = """
stem: [3x3 32]
inception:
  plain:
    params: {s: 0.2, act: relu}
    concat: [1x1 16, [1x1 16, 1x7 20, 7x1 24]]
    then: 1x1 in linear
    residual: {scale: s, act: act}
body:
  - twice: plain x2
  - last: plain s=1.0 act=none
head: [globalpool avg, fc classes]
"""

NESTED = """
stem:
  - 3x3 32
  - concat: [maxpool 3x3 /2, 3x3 96 /2]
  - concat: [[1x1 64, 3x3 96], [1x1 64, 1x7 64, 7x1 64, 3x3 96], 1x1 8]
inception:
  expanded:
    concat:
      - 1x1 32
      - [1x1 48, concat: [1x3 48, 3x1 48]]
      - [1x1 56, 3x3 48, concat: [1x3 48, 3x1 48, [1x1 8, concat: [1x5 8, 5x1 8]]]]
      - [avgpool 3x3, 1x1 24]
  opening:
    concat:
      - concat: [1x1 8, 3x3 8]
      - [maxpool 3x3, concat: [1x1 8, 5x5 8], 1x1 12]
      - [1x1 8, concat: [1x1 4, 3x3 4], concat: [1x1 4, 3x3 4, 5x5 4]]
  wide:
    concat: [1x1 8, 3x3 8, 5x5 8, 7x7 8, 1x7 8, 7x1 8, [maxpool 3x3, 1x1 8], avgpool 3x3]
  single:
    concat: [[1x1 8, 3x3 8]]
  listed: [1x1 16, concat: [1x1 8, 3x3 8], 3x3 32]
body:
  - expanded: expanded
  - opening: opening
  - wide: wide
  - single: single
  - listed: listed
head: [globalpool avg, fc classes]
"""

GATED = """
stem: [3x3 32, stem_gate: {mul: [identity, [globalpool avg, 1x1 in linear sigmoid]]}]
inception:
  SE: {mul: [identity, gate: [globalpool avg, 1x1 in/4 norm=none, 1x1 in linear sigmoid]]}
  A:
    params: [n]
    concat: [1x1 n, [1x1 16, 3x3 n*2], [avgpool 3x3, 1x1 16]]
    then: SE
  R:
    params: {s: 0.2}
    concat: [1x1 16, [1x1 16, SE, 3x3 16]]
    then: [1x1 in linear, SE]
    residual: {scale: s}
  products:
    mul: [[globalpool max, 1x1 in linear], 3x3 in, {mul: [1x1 in, 5x5 in]}, identity]
    then: {mul: [identity, identity, tanh]}
    residual: {act: none}
  opening:
    concat:
      - mul: [identity, [globalpool avg, sigmoid]]
      - mul: [{mul: [3x3 in, identity]}, 1x1 in]
      - {add: [identity, {mul: [1x1 in, 1x1 in]}]}
reduction:
  D: {concat: [3x3 64 /2, maxpool 3x3 /2], then: SE}
body:
  - a1: A n=8
  - a2: A n=12
  - r: R x4
  - d: D
  - products: products
  - opening: opening
  - own: {mul: [1x1 96, 3x3 96]}
  - squared: {mul: [identity, identity]}
head: [globalpool avg, fc classes]
"""

TEXTS = {"small": SMALL, "residual": RESIDUAL, "nested": NESTED, "gated": GATED}


@cache
def network(name: str) -> Network:
    """One of the networks by its name in `TEXTS`."""
    return lower(loads(HEAD + TEXTS[name]))


def dots(network: Network) -> dict[str, str]:
    """A network's drawings as DOT, everything drawn out among them."""
    sheets = {**drawings(network), "full": full(network)}
    return {name: as_dot(sheet) for name, sheet in sheets.items()}


def shown(tile: Tile) -> str:
    """The words in a box of a drawing, gaps as spaces."""
    texts = (run.text for line in tile.label for cell in line.cells for run in cell.runs)
    return " ".join(" ".join(texts).split())


def crosses(tile: Tile, left: float, right: float, top: float, bottom: float) -> bool:
    """Whether a line goes through a box, not only up to it."""
    beside = right <= tile.left + 0.1 or left >= tile.left + tile.width - 0.1
    return not (beside or bottom <= tile.top + 0.1 or top >= tile.top + tile.height - 0.1)
