"""Diagrams: a network as sheets, which `compiler.picture` writes as files.

The set is one overview, one detail per distinct block, the stem, and the auxiliary heads;
`full` draws every block out, `draw_diff` two networks beside each other.
"""

from __future__ import annotations

from compiler.diagram.details import aux, detail, full, stem
from compiler.diagram.drawing import draw, draw_diff, drawings, parts, sheet_of
from compiler.diagram.page import overview
from compiler.diagram.wishes import Wishes

__all__ = [
    "Wishes",
    "aux",
    "detail",
    "draw",
    "draw_diff",
    "drawings",
    "full",
    "overview",
    "parts",
    "sheet_of",
    "stem",
]
