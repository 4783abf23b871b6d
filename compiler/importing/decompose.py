"""From the graph to series and parallels, or a word about where it is neither.

A join's branches start at its *fork*: the last node that all paths from the input to the join
go through, its immediate dominator.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from compiler.importing.atoms import Join, Pad, Part, Scale, Unsaid, tidy
from compiler.importing.dominance import Dominance
from compiler.importing.faults import TANGLED, Reason, hold_none
from compiler.importing.graph import Graph, Node
from compiler.importing.sharing import MISSES, Shares, part_of, shared
from compiler.importing.strands import Chain, Fork, Item, Leaf, Sum
from compiler.importing.unsaid import hold_said
from compiler.ir.op import Shape
from compiler.ops.join import JOINS
from dsl.models.fields import enumerated
from dsl.models.layers import Identity, Layer

SCALE_HELP = "a spec scales only what a residual sum adds: residual: {scale: 0.2}"
APART = "a spec's branches start from one tensor and meet in one join"
NESTING = "a spec's branches stand side by side, and nest"


@dataclass(frozen=True)
class Head:
    """An auxiliary head: its layers behind the node that it taps, up to the node `end`."""

    source: int
    chain: Chain
    end: int


@dataclass
class Decomposer:
    """Turns one graph into the trunk's chain and its heads' chains."""

    graph: Graph
    over: Dominance = field(init=False)
    seen: set[int] = field(default_factory=set)
    """Each node that stands in the tree already."""
    taps: set[int] = field(default_factory=set)
    faults: list[Node] = field(default_factory=list)
    """Nodes that only a join or a window could take, and none does."""
    tangles: dict[tuple[str, Reason], int] = field(default_factory=dict)
    """Where branches touch each other, in which module and why, and at which node."""
    parts: dict[int, Node] = field(default_factory=dict)
    """Those that take some of the channels, and that no fork has shared out so far."""

    def run(self) -> tuple[Chain, list[Head]]:
        """The trunk and its auxiliary heads. Raises `SpecError`, all faults of a kind at once."""
        found = self._run()
        hold_none(sorted(self.tangles, key=self.tangles.__getitem__))
        self._lost()
        hold_said([replace(self.graph, nodes=tuple(self.faults))])
        return found

    def _lost(self) -> None:
        """Note the parts of channels that no fork shares out, those of one tensor together."""
        together: dict[tuple[int, str], list[Node]] = {}
        for node in self.parts.values():
            together.setdefault((node.inputs[0], node.path), []).append(node)
        for (source, _), nodes in together.items():
            taken = enumerated([str(node.atom) for node in nodes])
            channels = self.graph.nodes[source].shape[0]
            self._lacks(nodes[0], f"takes channels {taken} of {channels}", MISSES)

    def _run(self) -> tuple[Chain, list[Head]]:
        self.over = Dominance(self.graph)
        trunk = set(self.graph.above((self.graph.output,)))
        self.taps = {self._tap(head, trunk) for head in self.graph.heads}
        chain = self._chain(self.graph.output, 0)
        sources = [(self._tap(head, trunk), head) for head in self.graph.heads]
        return chain, [
            Head(source, self._chain(head, source), head) for source, head in sorted(sources)
        ]

    def _tap(self, head: int, trunk: set[int]) -> int:
        """The one node of the trunk that an auxiliary head starts from."""
        nodes = self.graph.nodes
        own = set(self.graph.above((head,))) - trunk
        sources = {i for index in own for i in nodes[index].inputs if i in trunk}
        if not own:
            raise nodes[head].fault("is returned beside the logits, and no auxiliary head makes it")
        if len(sources) != 1:
            raise nodes[head].fault(
                "is an auxiliary head that takes more than one tensor of the trunk"
            )
        return sources.pop()

    def _chain(self, end: int, start: int) -> Chain:
        """The items behind `start`, up to and with `end`."""
        items: list[Item] = []
        while end != start and self._see(end):
            items.append(self._item(end, self.graph.nodes[end]))
            end = self.over.forks[end]
        return tuple(reversed(items))

    def _see(self, index: int) -> bool:
        """Note that a node has its place; twice means that branches touch each other.

        False for the second time: what is in front of it has its place, too.
        """
        if index in self.seen:
            node = self.graph.nodes[index]
            users = [user for user in self.graph.nodes if index in user.inputs]
            where = " and ".join([*dict.fromkeys(user.where for user in users)][:2])
            self._tangled(node, f"its output is used in several branches, by {where}", APART)
            return False
        self.seen.add(index)
        return True

    def _tangled(self, node: Node, why: str, help: str) -> None:
        reason = Reason(node.kind, TANGLED, why, help)
        self.tangles.setdefault((node.path, reason), self.graph.nodes.index(node))

    def _item(self, index: int, node: Node) -> Item:
        atom, tap = node.atom, index if index in self.taps else None
        inp = self.graph.nodes[self.over.forks[index]].shape
        match atom:
            case Join():
                return self._fork(index, node, atom)
            case Layer():
                weights = (node.owner,) if atom.has_weights else ()
                return Leaf(atom, inp, node.shape, (node.path,), tap, weights)
            case Part():
                self.parts[index] = node
                return Leaf(Identity(), inp, node.shape, (node.path,), tap, part=atom)
            case Scale():
                self._lacks(node, f"multiplies by {atom.factor:g}", SCALE_HELP)
            case Pad():
                self._lacks(
                    node, "pads a map, which only a convolution or pooling behind it could do"
                )
            case _:
                raise AssertionError(f"{atom} was refused before")
        return Leaf(Identity(), inp, node.shape, (node.path,), tap)

    def _lacks(self, node: Node, why: str, help: str = "") -> None:
        """Note what a node does that no spec says."""
        self.faults.append(replace(node, fault_read=Unsaid(why, help)))

    def _fork(self, index: int, node: Node, join: Join) -> Fork:
        start = self.over.forks[index]
        scale, scaled, inputs = self._scaled(node, join, start)
        groups = self._groups(inputs, start, node)
        branches = tuple(self._branch(group, start, join, node) for group in groups)
        split, branches = self._shared(branches, start, join)
        inp, tap = self.graph.nodes[start].shape, index if index in self.taps else None
        fork = Fork(join.word, branches, inp, node.shape, node.path, tap=tap, split=split)
        if split and scale != 1:
            self._lacks(node, "joins what is multiplied by a number", SCALE_HELP)
        return fork if split else _residual(fork, scale, scaled)

    def _shared(
        self, branches: tuple[Chain, ...], start: int, join: Join
    ) -> tuple[Shares, tuple[Chain, ...]]:
        """The shares that branches have of the fork's channels, and the branches behind those."""
        found = shared(branches, self.graph.nodes[start].shape[0], join.word)
        if found is None:
            return (), branches
        taken = [part_of(branch) for branch in branches]
        self.parts = {
            index: node
            for index, node in self.parts.items()
            if node.inputs[0] != start or node.atom not in taken
        }
        return found

    def _scaled(self, node: Node, join: Join, start: int) -> tuple[float, int, tuple[int, ...]]:
        """What a sum scales one of two terms by, which one, and the terms without that.

        Where one is what comes in, that is the shortcut, and the other one is scaled.
        """
        terms = [self._unscaled(i) for i in node.inputs]
        factors = [factor for factor, _ in terms]
        if join.word == "add":
            factors[-1] *= join.alpha
        inputs = tuple(index for _, index in terms)
        places = [place for place, factor in enumerate(factors) if factor != 1]
        if not places:
            return 1.0, 0, inputs
        if start in inputs:
            places = [place for place, index in enumerate(inputs) if index != start]
        if join.word != "add" or len(inputs) != 2 or len(places) != 1:
            self._lacks(node, "joins what is multiplied by a number", SCALE_HELP)
            return 1.0, 0, inputs
        (place,) = places
        if factors[1 - place] != 1:
            self._lacks(node, "scales the shortcut of a residual sum", SCALE_HELP)
        return tidy(factors[place]), place, inputs

    def _unscaled(self, index: int) -> tuple[float, int]:
        atom = self.graph.nodes[index].atom if index else None
        if not isinstance(atom, Scale):
            return 1.0, index
        factor, inner = self._unscaled(self.graph.nodes[index].inputs[0])
        return factor * atom.factor, inner

    def _groups(self, inputs: tuple[int, ...], start: int, node: Node) -> list[list[int]]:
        """A join's inputs, those together that part again behind the fork."""
        groups: list[tuple[int | None, list[int]]] = []
        for index in inputs:
            first = self.over.first(index, start)
            known = [place for place, (other, _) in enumerate(groups) if first == other]
            if first is None or not known:
                groups.append((first, [index]))
                continue
            if known != [len(groups) - 1]:
                self._tangled(node, "joins branches in an order that is no nesting", NESTING)
            groups[known[0]][1].append(index)
        return [group for _, group in groups]

    def _branch(self, group: list[int], start: int, join: Join, node: Node) -> Chain:
        if len(group) == 1:
            return self._chain(group[0], start)
        fork = self.over.meeting(tuple(group))
        inner = tuple(
            self._branch(each, fork, join, node) for each in self._groups(tuple(group), fork, node)
        )
        shapes = tuple(Shape(*self.graph.nodes[index].shape) for index in group)
        out = tuple(map(int, JOINS[join.word].out(shapes)))
        split, inner = self._shared(inner, fork, join)
        inp = self.graph.nodes[fork].shape
        nested = Fork(join.word, inner, inp, out, node.path, split=split)
        return (*self._chain(fork, start), nested)


def _residual(fork: Fork, scale: float, scaled: int) -> Fork:
    """A sum of a fork's output and its input, as that fork with a residual.

    Of two branches with layers the one that isn't `scaled` is the shortcut of the other.
    """
    if fork.join != "add" or len(fork.branches) != 2:
        return _flat(fork)
    if scale == 1:
        scaled = 0 if fork.branches[0] else 1
    work, beside = fork.branches[scaled], fork.branches[1 - scaled]
    if not work or (beside and scale == 1):
        return _flat(fork)
    first, *rest = work
    total = Sum(scale, shortcut=beside)
    if isinstance(first, Fork) and not first.then and not first.residual:
        return replace(
            fork,
            join=first.join,
            split=first.split,
            branches=first.branches,
            then=tuple(rest),
            residual=total,
            paths=(first.path,),
        )
    return fork if scale == 1 else replace(fork, join="concat", branches=(work,), residual=total)


def _flat(fork: Fork) -> Fork:
    """A sum of sums as one sum, and a product that goes on with more factors as one product."""
    branches: list[Chain] = []
    for branch in fork.branches:
        match branch:
            case (Fork(then=(), residual=None, split=()) as inner,) if (
                inner.join == fork.join == "add"
            ):
                branches += inner.branches
            case (Fork(join="mul", then=(), residual=None, split=()) as inner,) if (
                fork.join == "mul" and not branches
            ):
                branches += inner.branches  # (a * b) * c, to the bit.
            case _:
                branches.append(branch)
    return replace(fork, branches=tuple(branches))
