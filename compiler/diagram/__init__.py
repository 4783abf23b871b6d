"""Diagrams: a network as DOT text, and that as SVG or PNG.

The set is one overview, one detail per distinct block, the stem, and the auxiliary heads;
`full` draws every block out. DOT is always there; only `render` needs Graphviz.
"""

from __future__ import annotations

from compiler.diagram.details import Details, aux, detail, full, stem
from compiler.diagram.page import overview
from compiler.diagram.rendering import (
    Format,
    RenderError,
    RenderUnavailable,
    render,
    render_all,
)
from compiler.diagram.svg import fingerprint
from compiler.ir.network import Network
from dsl.models.identifiers import is_device

__all__ = [
    "Format",
    "RenderError",
    "RenderUnavailable",
    "aux",
    "detail",
    "drawings",
    "fingerprint",
    "full",
    "overview",
    "render",
    "render_all",
    "stem",
]


def drawings(network: Network) -> dict[str, str]:
    """The standard set by name: `overview`, `stem`, each block, each auxiliary head.

    The names are those of files: a block or head that is called like another drawing but for
    its case, or like a device of Windows (`aux`), gets an underscore behind its name.
    """
    details = Details(network)
    out = {"overview": overview(network)}
    if "stem" in network.sections.values():
        out["stem"] = details.stem()
    for block in details.uses:
        out[_free(block, out)] = details.block(block)
    for tap in network.taps:
        out[_free(tap.name, out)] = details.aux(tap)
    return out


def _free(name: str, taken: dict[str, str]) -> str:
    """A name for a file: on some systems no file may be called like another but for its case."""
    used = {each.casefold() for each in taken}
    while name.casefold() in used or is_device(name):
        name += "_"
    return name
