"""A network's drawings for a page: each box is called by its path in the network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from compiler.diagram import drawings, overview
from compiler.ir.network import Network
from compiler.picture import Sheet, as_svg


@dataclass(frozen=True)
class Drawn:
    """The drawings of one network, on a page that calls it `key`."""

    network: Network
    key: str

    @cached_property
    def _sheets(self) -> dict[str, Sheet]:
        return drawings(self.network)

    def overview(self) -> str:
        """The whole network."""
        return self._svg(overview(self.network), "overview")

    def stem(self) -> str | None:
        """The steps before the first block, if there is a drawing of them."""
        sheet = self._sheets.get("stem")
        return self._svg(sheet, "stem") if sheet and self._has_stem else None

    @property
    def _has_stem(self) -> bool:
        return "stem" in self.network.sections.values()

    def part(self, name: str, path: str) -> str | None:
        """A block or an auxiliary head as it stands at a path; None where it isn't drawn."""
        sheet = self._sheets.get(name) or self._sheets.get(f"{name}_")
        return self._svg(_moved(sheet, name, path), path) if sheet else None

    def _svg(self, sheet: Sheet, name: str) -> str:
        return as_svg(replace(sheet, name=f"{self.key}.{name}"))


def _moved(sheet: Sheet, name: str, path: str) -> Sheet:
    """The drawing of a block with each box called by where it stands in the network."""

    def moved(own: str) -> str:
        return path + own.removeprefix(name) if own.startswith(f"{name}.") else own

    tiles = tuple(replace(tile, name=moved(tile.name)) for tile in sheet.tiles)
    edges = tuple(
        replace(
            edge,
            tail=replace(edge.tail, tile=moved(edge.tail.tile)),
            head=replace(edge.head, tile=moved(edge.head.tile)),
        )
        for edge in sheet.edges
    )
    return replace(sheet, tiles=tiles, edges=edges)
