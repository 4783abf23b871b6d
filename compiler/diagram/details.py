"""Details: one block, the stem, or everything, with branches side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from compiler.diagram.chains import Planner
from compiler.diagram.differing import differing
from compiler.diagram.facts import Habit, amounts, sheet_name, usual
from compiler.diagram.folding import NONE, Folds, Steps, folds
from compiler.diagram.items import NOTHING, Box, Chain, Frame, Split, last_of
from compiler.diagram.laying import Head, Plan, laid
from compiler.diagram.merging import Merging
from compiler.diagram.naming import subtitle, whose
from compiler.diagram.text import place, plain, shape, term
from compiler.diagram.titles import Titles
from compiler.diagram.trimming import FULL, trimmed
from compiler.diagram.uses import (
    Use,
    binding,
    boundary,
    explained,
    grid_of,
    number_of,
    uses,
)
from compiler.diagram.wishes import PLAIN, Wishes
from compiler.ir.network import Network
from compiler.ir.nodes import Node, Parallel, Series, Tap
from compiler.ir.terms import calls, inside, written_out
from compiler.picture.ink import TEXT
from compiler.picture.labels import Run, small, strong
from compiler.picture.sheet import Sheet
from dsl.text.problems import did_you_mean


def named(network: Network, part: str) -> str:
    """The title of a drawing of one part."""
    return f"{network.title or network.name} · {part}"


@dataclass(frozen=True)
class Details:
    """The details of one network. What all of them need is read off it once.

    Blocks in `letters` are drawn elsewhere on the same page: inside others they are one box.
    """

    network: Network
    wishes: Wishes = PLAIN
    letters: Mapping[str, str] = field(default_factory=dict)

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
        return self._laid(self.block_plan(block))

    def block_plan(self, block: str) -> Plan:
        """What that shows."""
        places = self.uses[block]
        first, last = boundary(places)
        call = places[0].call
        about = f"input of {block}\n{place(call.span)}"
        source = Box((strong("input"),), "input", about, small(first))
        told = whose(places)
        shown, grid = self.wishes.shapes, grid_of(places)
        body, number = _body(places[0]), number_of(places)
        found = self._folds(*((_body(use),) for use in places))
        titles = Titles(dict(calls((body,))), found.runs, number, whose=told, letters=self.letters)
        planner = Planner(
            self.common, number, shown, shown, True, grid, whose=told, title=titles, folds=found,
            elsewhere=frozenset(self.letters),
        )  # fmt: skip
        chain, note = differing(planner.chain(self._written(body)), places, self._drawn)
        text = subtitle(places)
        chain = trimmed((source, *ended(chain, last)))
        name = sheet_name(self.network, block)
        title = named(self.network, block)
        letters = explained(places, shown)
        return Plan(name, title, text, chain, self.common, tuple(places), note, letters=letters)

    def _laid(self, plan: Plan) -> Sheet:
        self.wishes.only(f"a drawing of {plan.title}", "shapes", "fold")
        return laid(plan, self.wishes)

    def _drawn(self, use: Use) -> Chain:
        body = _body(use)
        title = Titles(dict(calls((body,))), number=term, letters=self.letters)
        elsewhere = frozenset(self.letters)
        planner = Planner(self.common, term, symbols=True, title=title, elsewhere=elsewhere)
        return planner.chain(self._written(body))

    def _written(self, body: Node) -> Node:
        """A block with others in it written out, unless they are drawn elsewhere."""
        return body if self.letters else written_out(body)

    def _folds(self, *builds: Steps) -> Folds:
        return folds(*builds) if self.wishes.fold else NONE

    def stem(self) -> Sheet:
        """The steps before the first block, every output shape beside its box."""
        return self._laid(self.stem_plan())

    def stem_plan(self) -> Plan:
        """What that shows."""
        network = self.network
        nodes = [node for node in network.trunk if network.sections.get(node.name) == "stem"]
        out = nodes[-1].out if nodes else network.input
        passage = f"{shape(network.input)}  →  {shape(out)}"
        chain = trimmed(_trunk(network, nodes, self._planner(tuple(nodes))))
        name, title = sheet_name(network, "stem"), named(network, "stem")
        return Plan(name, title, passage, chain, self.common)

    def _planner(self, steps: Steps, outer: str = "", own: str = "") -> Planner:
        """Plans what has numbers of its own: steps at a path, but for the title of one of them."""
        found = self._folds(steps)
        titles = {outer + path: use for path, use in calls(steps) if outer + path != own}
        runs = {
            outer + path: replace(run, last=outer + run.last) for path, run in found.runs.items()
        }
        title = Titles(titles, found.runs, whole=True, letters=self.letters)
        merging = Merging.of(self.network, self._drawn)
        merged = merging.found(steps, outer) if self.wishes.fold and not self.letters else {}
        gone = {use.path for many in merged.values() for use in many.places[1:]}
        found = Folds(runs, frozenset(gone.union(outer + path for path in found.gone)))
        return Planner(
            self.common, plain, True, self.wishes.shapes, path=outer, title=title, folds=found,
            elsewhere=frozenset(self.letters), called=True, merged=merged,
        )  # fmt: skip

    def aux(self, tap: Tap) -> Sheet:
        """One auxiliary head."""
        return self._laid(self.aux_plan(tap))

    def aux_plan(self, tap: Tap) -> Plan:
        """What that shows."""
        about = f"after {tap.source}, train only, loss × {tap.weight:g}"
        source = Box((strong("input"),), "input", tap.source, small(shape(tap.inp)))
        chain = trimmed((source, *self._planner((tap.body,), own=tap.body.name).chain(tap.body)))
        name, title = sheet_name(self.network, tap.name), named(self.network, tap.name)
        return Plan(name, title, about, chain, self.common)

    def part(self, path: str, node: Node) -> Sheet:
        """One step, or one use of a block, in its own numbers."""
        return self._laid(self.part_plan(path, node))

    def part_plan(self, path: str, node: Node) -> Plan:
        """What that shows."""
        planner = self._planner((node,), path.removesuffix(node.name), path)
        source = Box((strong("input"),), "input", f"input of {path}", small(shape(node.inp)))
        chain = trimmed((source, *planner.chain(node)), FULL)
        name, title = sheet_name(self.network, path), named(self.network, path)
        about = ", ".join(filter(None, [binding(path, node), amounts(node)]))
        return Plan(name, title, about, chain, self.common)

    def full(self) -> Sheet:
        """Every block of the trunk drawn out, one below the other; folded, what repeats once."""
        network = self.network
        planner = self._planner(tuple(network.trunk))
        chain = trimmed(_trunk(network, list(network.trunk), planner), FULL)
        about = f"every block drawn out, without auxiliary heads, at {shape(network.input)}"
        if self.wishes.fold:
            about = f"what repeats is drawn once, at {shape(network.input)}"
        name, title = sheet_name(network, "full"), network.title or network.name
        heads = tuple(self._heads(planner)) if self.wishes.fold else ()
        self.wishes.only("the full drawing", "shapes", "fold")
        return laid(Plan(name, title, about, chain, self.common, heads=heads), self.wishes)

    def _heads(self, planner: Planner) -> Iterator[Head]:
        """The auxiliary heads, each with the box that it is taken from."""
        last = "input"
        for node in self.network.nodes:
            if isinstance(node, Tap):
                told = f"train only, loss × {node.weight:g}"
                text = (strong(node.name), Run(f"\u00a0\u00a0{told}"))
                tooltip = f"{node.name}: after {node.source}, {told}\n{amounts(node)}"
                came = small(shape(node.inp)) if self.wishes.shapes else NOTHING
                opening = Box(text, "input", tooltip, came, path=node.name, outline="dashed")
                body = self._planner((node.body,), own=node.body.name).chain(node.body)
                yield Head(last, trimmed((opening, *body)))
            elif chain := planner.chain(node):
                last = last_of(chain).path


def _body(use: Use) -> Series | Parallel:
    """A block as it sees itself, called by its name."""
    return inside(replace(use.node, name=use.call.block))


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
    *before, last = chain
    match last:
        case Split(bar=bar):
            last = replace(last, bar=replace(bar, right=small(right)))
        case Frame(chain=inside):
            last = replace(last, chain=ended(inside, right))
        case Box():
            last = replace(last, right=Run(right, 10, ink=TEXT))
    return (*before, last)


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
    return Details(network).full()


def _trunk(network: Network, nodes: list[Node], planner: Planner) -> Chain:
    source = Box((strong("input"),), "input", "input", small(shape(network.input)))
    return (source, *(item for node in nodes for item in planner.chain(node)))
