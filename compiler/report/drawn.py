"""A network's drawings for a page, each under a name of its own there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from compiler.cost import measure
from compiler.diagram import overview
from compiler.diagram.details import Details
from compiler.diagram.wishes import Wishes
from compiler.ir.measures import Amount
from compiler.ir.network import Network
from compiler.ir.nodes import Node, Parallel, Series, Tap
from compiler.picture import Sheet, as_svg

AMOUNTS: dict[Amount, str] = {
    "macs": "MACs",
    "params": "parameters",
    "activations": "activations",
    "memory": "memory",
}
"""What overviews are coloured by, and what that is called."""
USUAL = next(amount for amount in AMOUNTS if amount == Wishes().heat)


@dataclass(frozen=True)
class Overview:
    """The drawing of the whole, coloured by an amount; `sheet` is what its ids begin with."""

    amount: Amount
    called: str
    sheet: str
    svg: str


@dataclass(frozen=True)
class Drawn:
    """The drawings of one network, on a page that calls it `key`.

    A box's id is the drawing's name and its own path in the network.
    """

    network: Network
    key: str
    _places: dict[Node, str] = field(default_factory=dict)
    """The first place of each use of a block, by the block as it stands there."""

    @cached_property
    def _details(self) -> Details:
        """What all details need is read off the network once; the page titles each itself."""
        return Details(self.network, Wishes(title=False))

    @cached_property
    def usual(self) -> Overview:
        """The whole network, coloured by what one asks for most."""
        return self._overview(USUAL)

    def overviews(self) -> Iterator[Overview]:
        """The whole network, coloured by each amount that there is; the usual one first."""
        for amount in AMOUNTS:
            yield self.usual if amount == USUAL else self._overview(amount)

    def _overview(self, amount: Amount) -> Overview:
        name = "overview" if amount == USUAL else f"overview.{amount}"
        sheet = overview(self.network, Wishes(heat=measure(self.network, amount)))
        return Overview(amount, AMOUNTS[amount], name, self._svg(sheet, name))

    def stem(self) -> str:
        """The steps before the first block."""
        return self._svg(self._details.stem(), "stem")

    @property
    def about(self) -> tuple[object, ...]:
        """What the drawings of steps have of the whole, beside the steps themselves."""
        network = self.network
        return self.key, network.title or network.name, network.input, self._details.common

    def first(self, path: str, node: Node) -> str:
        """Where the same is drawn already: a block used alike, in equal numbers; else the path."""
        if not (isinstance(node, Series | Parallel) and node.use):
            return path
        return self._places.setdefault(replace(node, name=""), path)

    def part(self, path: str, node: Node) -> str:
        """A step, a block as it stands somewhere, or an auxiliary head, in its own numbers."""
        details = self._details
        sheet = details.aux(node) if isinstance(node, Tap) else details.part(path, node)
        return self._svg(sheet, path)

    def _svg(self, sheet: Sheet, name: str) -> str:
        return as_svg(replace(sheet, name=f"{self.key}.{name}"))
