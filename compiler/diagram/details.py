"""Details: one block, the stem, or everything, with branches side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from compiler.diagram.chains import Box, Chain, Planner, Split, boxes
from compiler.diagram.columns import BETWEEN, Columns
from compiler.diagram.differing import differing
from compiler.diagram.facts import Habit, amounts, sheet_name, usual
from compiler.diagram.heading import (
    LONGEST,
    SUBTITLE,
    heading,
    legend,
    listing_table,
    remark,
    titled,
)
from compiler.diagram.style import LOOKS
from compiler.diagram.text import ending_of, place, plain, shape, term
from compiler.diagram.trimming import FULL, ends, more, trimmed
from compiler.diagram.uses import (
    Use,
    boundary,
    count,
    listing,
    number_of,
    subtitle,
    uses,
    whose,
)
from compiler.diagram.wiring import Wiring
from compiler.ir.network import Network
from compiler.ir.nodes import Node, Parallel, Series, Tap
from compiler.ir.terms import inside, written_out
from compiler.picture.labels import Run, small, strong
from compiler.picture.sheet import Sheet, Tile
from dsl.text.problems import did_you_mean

LINE = 620
"""A list of uses longer than that and wider than its drawing becomes a table."""
ENTRIES = 100
"""Lines of such a table."""
NARROWEST = 380
"""Legends get that much room, however narrow a drawing is."""


def named(network: Network, part: str) -> str:
    """The title of a drawing of one part."""
    return f"{network.title or network.name} · {part}"


@dataclass(frozen=True)
class Details:
    """The details of one network. What all of them need is read off it once."""

    network: Network

    @cached_property
    def uses(self) -> dict[str, list[Use]]:
        """Where each block is used."""
        return uses(self.network)

    @cached_property
    def common(self) -> Habit:
        """What most convolutions have around them."""
        return usual(self.network)

    def block(self, block: str) -> Sheet:
        """One distinct block of the spec, in terms of its own parameters."""
        places = self.uses[block]
        first, last = boundary(places)
        call = places[0].call
        about = f"input of {block}\n{place(call.span)}"
        source = Box((strong("input"),), "input", about, small(first))
        told = whose(places)
        planner = Planner(self.common, number_of(places), symbols=True, whose=told)
        body = written_out(inside(places[0].node))
        chain, note = differing(planner.chain(replace(body, name=block)), places, self._drawn)
        text = subtitle(places)
        title = named(self.network, block)
        chain = trimmed((source, *ended(chain, last)))
        name = sheet_name(self.network, block)
        page = Page(name, title, text, self.network, self.common)
        return page.drawn(chain, places, note)

    def _drawn(self, use: Use) -> Chain:
        planner = Planner(self.common, term, symbols=True)
        return planner.chain(written_out(inside(replace(use.node, name=use.call.block))))

    def stem(self) -> Sheet:
        """The steps before the first block, every output shape beside its box."""
        network = self.network
        nodes = [node for node in network.trunk if network.sections.get(node.name) == "stem"]
        out = nodes[-1].out if nodes else network.input
        passage = f"{shape(network.input)}  →  {shape(out)}"
        planner = Planner(self.common, plain, shapes=True)
        chain = trimmed(_trunk(network, nodes, planner))
        name = sheet_name(network, "stem")
        return Page(name, named(network, "stem"), passage, network, self.common).drawn(chain)

    def aux(self, tap: Tap) -> Sheet:
        """One auxiliary head."""
        about = f"after {tap.source}, train only, loss × {tap.weight:g}"
        source = Box((strong("input"),), "input", tap.source, small(shape(tap.inp)))
        chain = Planner(self.common, plain, shapes=True).chain(tap.body)
        chain = trimmed((source, *chain))
        name = sheet_name(self.network, tap.name)
        title = named(self.network, tap.name)
        return Page(name, title, about, self.network, self.common).drawn(chain)


def detail(network: Network, block: str) -> Sheet:
    """One distinct block of the spec, in terms of its own parameters.

    Raises `LookupError` if the network uses no such block.
    """
    details = Details(network)
    if block not in details.uses:
        hint = did_you_mean(block, details.uses)
        raise LookupError(f"{network.name} uses no block {block}{'; ' if hint else ''}{hint}")
    return details.block(block)


def ended(chain: Chain, right: str) -> Chain:
    """The chain, its last box or bar saying the output shape."""
    if not chain:
        return chain
    last = chain[-1]
    if isinstance(last, Split):
        return (*chain[:-1], replace(last, bar=replace(last.bar, right=small(right))))
    return (*chain[:-1], replace(last, right=small(right)))


def stem(network: Network) -> Sheet:
    """The steps before the first block, every output shape beside its box."""
    return Details(network).stem()


def aux(network: Network, name: str) -> Sheet:
    """One auxiliary head. Raises `LookupError` if there is none of that name."""
    found = [tap for tap in network.taps if tap.name == name]
    if not found:
        raise LookupError(f"{network.name} has no auxiliary head {name}")
    return Details(network).aux(found[0])


def full(network: Network) -> Sheet:
    """Every block of the trunk drawn out, one below the other."""
    common, title = usual(network), network.title or network.name
    about = f"every block drawn out, without auxiliary heads, at {shape(network.input)}"
    planner = Planner(common, plain, shapes=True, title=_opening)
    page = Page(sheet_name(network, "full"), title, about, network, common)
    return page.drawn(trimmed(_trunk(network, list(network.trunk), planner), FULL))


def _opening(node: Series | Parallel, path: str) -> Box | None:
    """A bar that names the block which begins here."""
    if node.use is None:
        return None
    text = (strong(ending_of(path)), Run(f"\u00a0\u00a0{node.use.block}"))
    tooltip = f"{path}: {node.use.block}\n{amounts(node)}\n{place(node.span)}"
    return Box(text, "input", tooltip, small(shape(node.inp)), path=path)


def _trunk(network: Network, nodes: list[Node], planner: Planner) -> Chain:
    source = Box((strong("input"),), "input", "input", small(shape(network.input)))
    return (source, *(item for node in nodes for item in planner.chain(node)))


@dataclass(frozen=True, slots=True)
class Page:
    """What stands around a drawing: its title, what is said of it, and whose it is."""

    name: str
    title: str
    about: str
    network: Network
    common: Habit

    def drawn(self, chain: Chain, places: Sequence[Use] = (), note: str = "") -> Sheet:
        """The drawing; uses that are too many for a line stand in a table below."""
        wiring = Wiring()
        columns = Columns(wiring, chain)
        width = max(columns.width, NARROWEST)
        room = min(max(width, LINE), LONGEST)
        listed = bool(places) and Run(self.about, SUBTITLE).room > room
        about = count(list(places)) if listed else self.about
        rank = len(self.network.input.grid)
        told = [*remark(note), *legend(list(boxes(chain)), rank, width, self.common)]
        if listed:
            _table(wiring, listing(list(places)))
        head = heading([*titled(self.title, about, width), *told])
        return Sheet(self.name, self.title, self.about, head, *wiring.placed())


def _table(wiring: Wiring, places: list[list[str]]) -> None:
    head, *rows = places
    first, last = ends(rows, lambda _: 1, ENTRIES)
    if gone := len(rows) - first - last:
        told = more(gone).text[0].text
        rows[first : len(rows) - last] = [[told, *[""] * (len(head) - 1)]]
    label, size = listing_table([head, *rows])
    place = (0, wiring.bottom + BETWEEN)
    wiring.place(Tile("uses", *place, *size, label, LOOKS["plain"], "none"))
