"""Blocks, auxiliary heads and inline splits as classes; nodes as constructor calls."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from compiler.ir import BlockUse, Leaf, Network, Node, Parallel, Series, Tap, children
from compiler.source import names, units
from compiler.source.describe import branches, summary
from compiler.source.expr import Expr, call, construct, lay_out, literal, signature, text
from compiler.source.forward import attributes, forward_of, scale_name
from compiler.source.helpers import helper_names
from compiler.source.switches import Switch, switches, uses, words
from compiler.symbols import Sym, SymFloat


@dataclass(frozen=True)
class ClassText:
    """One emitted class, ready for the template."""

    name: str
    doc: list[str]
    init: list[str]
    forward: list[str]


@dataclass
class Emitter:
    """Turns nodes into expressions, and gathers the classes and helpers that they need."""

    network: Network
    units: Mapping[tuple[str, ...], units.UnitClass] = field(init=False)
    classes: dict[tuple[str, str], ClassText] = field(default_factory=dict)
    helpers: dict[str, None] = field(default_factory=dict)
    printed: dict[int, Expr] = field(default_factory=dict)
    ordered_dict: bool = False
    switches: Mapping[str, Switch] = field(init=False)
    words: Mapping[tuple[str, str], set[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.units = units.collect(self.network.nodes)
        self.switches = switches(self.network)
        self.words = words(self.network)

    def taken(self) -> set[str]:
        """Names of classes that are in use."""
        made = {made.name for made in self.classes.values()}
        return self.reserved() | made | {unit.name for unit in self.units.values()}

    def reserved(self) -> set[str]:
        """Names that no block's class may have: imports, helpers, the network's own."""
        own = names.class_name(self.network)
        return {*helper_names(), *names.IMPORTED, own, f"{own}Output"}

    def expr(self, node: Node) -> Expr:
        """How a node is constructed."""
        match node:
            case Leaf():
                return self.leaf(node)
            case Series(role="unit"):
                return self.units[units.structure(node)].use(node)
            case Series(use=BlockUse() as use) | Parallel(use=BlockUse() as use):
                return self.block(node, use)
            case Series():
                return self.sequence(node)
            case Tap():
                return self.expr(node.body)
            case Parallel(then=None, residual=None):
                return self.split(node)
            case Parallel():
                return self.inline(node)

    def leaf(self, leaf: Leaf) -> Expr:
        """A torch layer, or one of the helpers."""
        made = leaf.op.call(leaf.inp)
        if not made.name.startswith("nn."):
            self.helpers[made.name] = None
        return construct(made)

    def split(self, node: Parallel) -> Expr:
        """`Concat(branch1=…)`: a split that needs no class of its own."""
        helper = "Concat" if node.join.word == "concat" else "Add"
        self.helpers[helper] = None
        branches = {branch.name: self.expr(branch) for branch in node.branches}
        return call(helper, **branches).one_a_line()

    def sequence(self, node: Series) -> Expr:
        """`nn.Sequential(…)`; a repeat of equal blocks as a comprehension."""
        items = [self.expr(inner) for inner in node.nodes]
        if not all(inner.name == str(place) for place, inner in enumerate(node.nodes)):
            return self.named_sequence(node, items)
        same = len(items) > 1 and len({item.flat for item in items}) == 1
        again = (items[0], Expr(f"for _ in range({len(items)})"))
        repeat = Expr("*(", again, joint=" ") if same else None
        if repeat is not None and len(repeat.flat) < 60:
            return call("nn.Sequential", repeat)
        return call("nn.Sequential", *items).one_a_line()

    def named_sequence(self, node: Series, items: list[Expr]) -> Expr:
        """`nn.Sequential(OrderedDict(…))`, for steps that the spec gives names."""
        self.ordered_dict = True
        pairs = [
            Expr("(", (literal(inner.name), item))
            for inner, item in zip(node.nodes, items, strict=True)
        ]
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
        wanted = names.block_name(use.block, kind) if kind else "AuxHead"
        wanted += self.chosen(use)
        args, defaults = self.arguments(use, use.args), self.arguments(use, use.params)
        params = {"in_channels": None, **defaults, "num_classes": None}
        made, used = self.class_of(node, wanted, list(self.init(node)), params)
        first = [literal(use.inp.channels)] if "in_channels" in used else []
        given = {key: literal(args[key]) for key in used if key in args}
        if "num_classes" in used and not given:
            first.append(Expr("num_classes"))
        elif "num_classes" in used:
            given["num_classes"] = Expr("num_classes")
        return call(made, *first, **given)

    def chosen(self, use: BlockUse) -> str:
        """`PadValid`: a word that differs from the block's own makes another class of it."""
        switch = self.switches.get(use.block)
        return "".join(
            names.camel(key) + names.camel(value)
            for key, value in use.args.items()
            if isinstance(value, str) and value != use.params.get(key)
            if len(self.words[use.block, key]) > 1 and not (switch and key == switch.param)
        )

    def arguments(self, use: BlockUse, values: Mapping[str, Any]) -> dict[str, Any]:
        """A block's parameters as its class takes them: a switch is on or off, a rate a float."""
        switch, floats = self.switches.get(use.block), set(_floats(use.inner))
        return {
            key: value != "none"
            if switch and key == switch.param and value
            else float(value)
            if key in floats and type(value) is int
            else value
            for key, value in values.items()
        }

    def inline(self, node: Parallel) -> Expr:
        """A split with more behind its join, written where it is used: a class of its own."""
        inside = list(self.init(node))
        known = {name for _, use in uses(self.network.nodes) for name in use.params}
        known |= {"in_channels", "num_classes"}
        params = dict.fromkeys(sorted(known & _words("\n".join(inside))))
        made, used = self.class_of(node, names.split_name(node.name), inside, params)
        return call(made, **{name: Expr(name) for name in used})

    def class_of(
        self, node: Series | Parallel, wanted: str, inside: list[str], params: Mapping[str, Any]
    ) -> tuple[str, list[str]]:
        """The class that constructs a node and the arguments it takes, made on first need.

        `inside` are the assignments of its constructor.
        """
        wanted += "Block" if names.is_taken(wanted) or wanted in self.reserved() else ""
        forward = list(forward_of(node, self.switch(node)))
        used = [name for name in params if name in _words("\n".join(inside))]
        kinds = dict.fromkeys(_floats(node), "float")
        if switch := self.switch(node):
            kinds[switch.param] = "bool"
        args = [_param(name, params[name], kinds.get(name)) for name in used]
        init = signature("__init__", ["self", *_ordered(args)], "None", 1)
        body = [*init, "        super().__init__()", *inside]
        key = wanted, "\n".join([*body, *forward])
        if key not in self.classes:
            name = names.free(wanted, self.taken())
            self.classes[key] = ClassText(name, list(document(node)), body, forward)
        return self.classes[key].name, used

    def init(self, node: Node) -> Iterator[str]:
        """The assignments of a class's constructor."""
        for child in attributes(node):
            yield from lay_out(f"self.{child.name} = ", self.expr(child), depth=2)
        scale = node.residual.scale if isinstance(node, Parallel) and node.residual else None
        if isinstance(node, Parallel) and isinstance(scale, SymFloat):
            yield f"        self.{scale_name(node)} = {text(scale)}"
        if switch := self.switch(node):
            yield f"        self.{switch.act.name} = {switch.param}"

    def switch(self, node: Node) -> Switch | None:
        """The switch of a block's node."""
        use = node.use if isinstance(node, (Series, Parallel)) else None
        return self.switches.get(use.block) if use else None


def document(node: Series | Parallel) -> Iterator[str]:
    """The docstring's lines: the branches, and the shapes in and out."""
    sentence = f"{branches(node)}: {summary(node)}."
    if len(sentence) <= 88 - 10:
        yield sentence
        return
    lines = textwrap.wrap(f"{branches(node)}.", 80, break_long_words=False)
    last = [f"{summary(node)}."]
    first, rest = (lines, last) if len(lines) == 1 else (last, lines)  # the first is one line
    yield from (*first, "", *rest)


def _words(lines: str) -> set[str]:
    """Identifiers that are read, not those that name a keyword argument."""
    return set(re.findall(r"(?<![\w.\"'])([A-Za-z_]\w*)\b(?!\s*=[^=])", lines))


def _floats(node: Node) -> Iterator[str]:
    """The parameters of a class that its body uses as floats."""
    if isinstance(node, Parallel) and node.residual:
        yield from _float_names([node.residual.scale])
    for child in children(node):
        use = child.use if isinstance(child, (Series, Parallel)) else None
        if use:
            inside = set(_floats(use.inner))
            yield from _float_names(use.args.values())
            for key, value in use.args.items():
                if key in inside and isinstance(value, Sym):
                    yield from value.terms
        elif isinstance(child, Leaf):
            made = child.op.call(child.inp)
            yield from _float_names([*made.args, *made.kwargs.values()])
        else:
            yield from _floats(child)


def _float_names(values: Iterable[Any]) -> Iterator[str]:
    return (value.name for value in values if isinstance(value, SymFloat))


def _param(name: str, default: Any, kind: str | None) -> str:
    kind = kind or ("float" if isinstance(default, float) else "int")
    return f"{name}: {kind}" + ("" if default is None else f" = {text(default)}")


def _ordered(params: list[str]) -> list[str]:
    """Parameters with a default go last."""
    return sorted(params, key=lambda param: " = " in param)
