"""The page of pictures: every network on the shelf with its overview, blocks and figures."""

from __future__ import annotations

from collections.abc import Iterator

import dsl
from compiler.cost import cost
from compiler.diagram import drawings
from compiler.diagram.text import shape, si
from compiler.ir.network import Network
from compiler.lowering.lower import lower
from compiler.picture import Sheet
from dsl.models import shelf

HEAD = """# Gallery

Every network on the shelf: its overview, its stem, each distinct block once, its auxiliary heads.
All of it is drawn from `specs/`. Click a picture for its full size; in it, the pointer on a box
tells shapes, costs and the line of the spec. [networks.md](networks.md) says where each network
comes from, [diagrams.md](diagrams.md) how to draw one's own.

<!-- This page is written by `make accept`. -->
"""
SHRUNK = 0.75
"""Pixels a point, for blocks beside each other."""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(line for name in shelf.names() for line in _entry(name))])


def _entry(name: str) -> Iterator[str]:
    spec = dsl.load(name)
    network = lower(spec)
    yield f"## {network.title or name}\n"
    yield f"{_figures(network)}\n"
    sheets = drawings(network)
    overview = sheets.pop("overview")
    yield f"[![{overview.title}, overview]({_path(name, 'overview')})]({_path(name, 'overview')})\n"
    yield "\n".join(_small(name, part, sheet) for part, sheet in sheets.items()) + "\n"
    if spec.variants:
        links = (f"[{each}]({_path(f'{name}-{each}', 'overview')})" for each in spec.variants)
        yield f"Variants: {', '.join(links)}.\n"


def _figures(network: Network) -> str:
    """What people compare, in one line."""
    report = cost(network)
    told = [
        f"[`{network.name}`](../specs/{network.name}.yaml)",
        shape(network.input),
        f"{si(report.total.params)} parameters",
        f"{si(report.total.macs)} MACs",
        f"[source](../generated/{network.name}/{network.name}.py)",
        f"[costs](../generated/{network.name}/cost.txt)",
    ]
    return " · ".join(told)


def _small(name: str, part: str, sheet: Sheet) -> str:
    """A picture that stands beside others."""
    path, width = _path(name, part), round(sheet.width * SHRUNK)
    return f'<a href="{path}"><img src="{path}" width="{width}" alt="{sheet.title}"></a>'


def _path(folder: str, part: str) -> str:
    return f"../generated/{folder}/diagrams/{part}.svg"
