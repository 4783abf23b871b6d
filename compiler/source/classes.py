"""Blocks, auxiliary heads and inline splits as classes; nodes as constructor calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from compiler.ir.network import Network
from compiler.ir.nodes import (
    BlockUse,
    Leaf,
    Node,
    Parallel,
    Series,
    Tap,
    children,
    residual_of,
    use_of,
)
from compiler.ir.plugged import kind_of
from compiler.ir.symbols import SymFloat, names_in
from compiler.source import classnames, units
from compiler.source.expr import Expr, call, construct, literal, read
from compiler.source.foreign import names
from compiler.source.forward import attributes, forward_of, scale_name
from compiler.source.helpers import helper_names
from compiler.source.made import Assignments, Made, assignments, floats
from compiler.source.switches import Switch, switches, words
from compiler.source.taking import is_even, listed, shares_name

Key = tuple[str, str]
"""What a class is called at least, and its text."""


@dataclass
class Emitter:
    """Turns nodes into expressions, and gathers the classes and helpers that they need."""

    network: Network
    alike: frozenset[tuple[str, str]] = frozenset()
    """Choices of a block that show in nothing: their class is called after none of them."""
    units: Mapping[tuple[str, ...], units.UnitClass] = field(init=False)
    classes: dict[Key, Made] = field(default_factory=dict)
    choices: dict[Key, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    helpers: dict[str, None] = field(default_factory=dict)
    printed: dict[int, Expr] = field(default_factory=dict)
    ordered_dict: bool = False
    switches: Mapping[str, Switch] = field(init=False)
    words: Mapping[tuple[str, str], set[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.units = units.collect(self.network.nodes)
        self.switches = switches(self.network)
        self.words = words(self.network)

    def merged(self) -> frozenset[tuple[str, str]]:
        """Choices that turned out to share a class."""
        return frozenset().union(*(found for found in self.choices.values() if len(found) > 1))

    def taken(self) -> set[str]:
        """Names of classes that are in use."""
        made = {made.name for made in self.classes.values()}
        return self.reserved() | made | {unit.name for unit in self.units.values()}

    def reserved(self) -> set[str]:
        """Names that no block's class may have: imports, helpers, the network's own."""
        own = classnames.class_name(self.network)
        foreign = names(self.network)
        return {*helper_names(), *classnames.IMPORTED, *foreign, own, f"{own}Output"}

    def expr(self, node: Node) -> Expr:
        """How a node is constructed."""
        match node:
            case Leaf():
                return self.leaf(node)
            case Series(role="unit"):
                return self.units[units.structure(node)].use(node)
            case Series(use=BlockUse() as use) | Parallel(use=BlockUse() as use):
                return self.block(node, use)
            case Series(residual=None):
                return self.sequence(node)
            case Tap():
                return self.expr(node.body)
            case Parallel(branches=(_,), residual=None):
                return self.named_sequence(children(node))
            case Parallel(then=None, residual=None, shares=()):
                return self.split(node)
            case Series() | Parallel():
                return self.inline(node)

    def leaf(self, leaf: Leaf) -> Expr:
        """A torch layer, one of the helpers, or a plugin's."""
        made = leaf.call
        if not made.name.startswith("nn.") and kind_of(leaf.op) is None:
            self.helpers[made.name] = None
        return construct(made)

    def split(self, node: Parallel) -> Expr:
        """`Concat(branch1=…)`: a split that needs no class of its own."""
        self.helpers[node.join.helper] = None
        branches = {branch.name: self.expr(branch) for branch in node.branches}
        return call(node.join.helper, **branches).one_a_line()

    def sequence(self, node: Series) -> Expr:
        """`nn.Sequential(…)`; a repeat of equal blocks as a comprehension."""
        if not all(inner.name == str(place) for place, inner in enumerate(node.nodes)):
            return self.named_sequence(node.nodes)
        items = [self.expr(inner) for inner in node.nodes]
        if not items:
            return call("nn.Sequential")  # A shortcut that a pass has left.
        same = len(items) > 1 and len({item.flat for item in items}) == 1
        again = (items[0], Expr(f"for _ in range({len(items)})"))
        repeat = Expr("*(", again, joint=" ") if same else None
        if repeat is not None and len(repeat.flat) < 60:
            return call("nn.Sequential", repeat)
        return call("nn.Sequential", *items).one_a_line()

    def named_sequence(self, nodes: Iterable[Node]) -> Expr:
        """`nn.Sequential(OrderedDict(…))`, for steps that the spec gives names."""
        self.ordered_dict = True
        pairs = [Expr("(", (literal(inner.name), self.expr(inner))) for inner in nodes]
        listed = Expr("[", tuple(pairs), "]", listed=True)
        return call("nn.Sequential", call("OrderedDict", listed))

    def block(self, node: Series | Parallel, use: BlockUse) -> Expr:
        """A block of the spec: its class, called with what differs here.

        Repeats share one use, which is printed once.
        """
        if id(use) not in self.printed:
            self.printed[id(use)] = self.block_call(node, use)
        return self.printed[id(use)]

    def block_call(self, node: Series | Parallel, use: BlockUse) -> Expr:
        """The constructor call of one use of a block."""
        kind = "" if use.kind == "aux" else use.kind
        wanted = classnames.block_name(use.block, kind) if kind else "AuxHead"
        args, defaults = (self.arguments(node, use, values) for values in (use.args, use.params))
        params = {"in_channels": None, **defaults, "num_classes": None}
        made, used = self.class_of(node, wanted, self.chosen(use), self.assigned(node), params)
        first = [literal(use.inp.channels)] if "in_channels" in used else []
        given = {key: literal(args[key]) for key in used if key in args}
        if "num_classes" in used and not given:
            first.append(read("num_classes"))
        elif "num_classes" in used:
            given["num_classes"] = read("num_classes")
        return call(made, *first, **given)

    def chosen(self, use: BlockUse) -> str:
        """`PadValid`: a word that differs from the block's own makes another class of it."""
        switch = self.switches.get(use.block)
        return "".join(
            classnames.camel(key) + classnames.camel(value)
            for key, value in use.args.items()
            if isinstance(value, str) and value != use.params.get(key)
            if len(self.words[use.block, key]) > 1 and not (switch and key == switch.param)
        )

    def arguments(
        self, node: Series | Parallel, use: BlockUse, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        """A block's parameters as its class takes them: a switch is on or off, a rate a float."""
        switch, rates = self.switches.get(use.block), floats(node)

        def taken(key: str, value: Any) -> Any:
            if switch and key == switch.param and value:
                return value != "none"
            return float(value) if key in rates and type(value) is int else value

        return {key: taken(key, value) for key, value in values.items()}

    def inline(self, node: Series | Parallel) -> Expr:
        """What is more than a join, written where it is used: a class of its own."""
        assigned = self.assigned(node)
        params = dict.fromkeys(sorted(_free(assigned)))
        base = classnames.inline_name(node.name, "Residual" if node.residual else "Split")
        made, used = self.class_of(node, base, "", assigned, params)
        return call(made, **{name: read(name) for name in used})

    def class_of(
        self,
        node: Series | Parallel,
        base: str,
        chosen: str,
        assigned: Assignments,
        params: Mapping[str, Any],
    ) -> tuple[str, list[str]]:
        """The class that constructs a node and the arguments it takes, made on first need.

        It is called after what is `chosen`, too, but made once for choices that show in nothing.
        """
        forward = list(forward_of(node, self.switch(node)))
        free = _free(assigned)
        assert free <= set(params), f"{base} has no {free - set(params)}"
        defaults = {name: default for name, default in params.items() if name in free}
        body = assignments(assigned)
        key = base, "\n".join([*map(str, defaults.items()), *body, *forward])
        if key not in self.classes:
            wanted = base if (base, chosen) in self.alike else base + chosen
            wanted += "Block" if classnames.is_taken(wanted) or wanted in self.reserved() else ""
            name = classnames.free(wanted, self.taken())
            self.classes[key] = Made(name, defaults, body, forward, self.switch(node))
        self.classes[key].nodes.append(node)
        self.choices[key].add((base, chosen))
        return self.classes[key].name, list(defaults)

    def assigned(self, node: Node) -> Assignments:
        """The assignments of a class's constructor."""
        found = [(child.name, self.expr(child)) for child in attributes(node)]
        residual = residual_of(node)
        if residual and isinstance(residual.scale, SymFloat):
            found.append((scale_name(node), literal(residual.scale)))
        if isinstance(node, Parallel) and names_in(node.shares) and not is_even(node.shares):
            found.append((shares_name(node), listed(node.shares)))
        if switch := self.switch(node):
            found.append((switch.act.name, read(switch.param)))
        return found

    def switch(self, node: Node) -> Switch | None:
        """The switch of a block's node."""
        use = use_of(node)
        return self.switches.get(use.block) if use else None


def _free(assigned: Assignments) -> frozenset[str]:
    """The parameters that a constructor reads."""
    return frozenset().union(*(expr.free for _, expr in assigned))
