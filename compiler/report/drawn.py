"""A network's drawings for a page, each under a name of its own there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from compiler.diagram import overview
from compiler.diagram.details import Details
from compiler.ir.network import Network
from compiler.ir.nodes import Node, Tap
from compiler.picture import Sheet, as_svg


@dataclass(frozen=True)
class Drawn:
    """The drawings of one network, on a page that calls it `key`.

    A box's id is the drawing's name and its own path in the network.
    """

    network: Network
    key: str

    @cached_property
    def _details(self) -> Details:
        """What all details need is read off the network once."""
        return Details(self.network)

    def overview(self) -> str:
        """The whole network."""
        return self._svg(overview(self.network), "overview")

    def stem(self) -> str | None:
        """The steps before the first block, if there are any."""
        there = "stem" in self.network.sections.values()
        return self._svg(self._details.stem(), "stem") if there else None

    def part(self, path: str, node: Node) -> str:
        """A step, a block as it stands somewhere, or an auxiliary head, in its own numbers."""
        details = self._details
        sheet = details.aux(node) if isinstance(node, Tap) else details.part(path, node)
        return self._svg(sheet, path)

    def _svg(self, sheet: Sheet, name: str) -> str:
        return as_svg(replace(sheet, name=f"{self.key}.{name}"))
