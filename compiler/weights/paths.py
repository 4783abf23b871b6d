"""What a source calls every layer of a network, by the map that its spec holds for it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain
from pathlib import Path

from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Parallel, Series, Tap, children, use_of
from dsl.models.weights import KERAS, NOTHING, OWN, NameMap, resolve
from dsl.text.problems import NOWHERE, Problem, Span, SpecError, did_you_mean


@dataclass(frozen=True)
class Place:
    """One layer that has weights: its path, what the source calls it, and in which head it is.

    `public` is None where the source has no such layer; `head` is the auxiliary head's name,
    empty in the trunk; `span` is where the map names it. `tensors` are those that the map names
    by themselves.
    """

    path: str
    leaf: Leaf
    public: str | None
    head: str
    span: Span
    tensors: Mapping[str, str | None] = field(default_factory=dict)

    def named(self, tensor: str) -> str | None:
        """What torch calls one of its tensors there; None where the source has no such."""
        if tensor in self.tensors or self.public is None:
            return self.tensors.get(tensor)
        return f"{self.public}.{tensor}"


@dataclass
class Entry:
    """One `address: name` of a map, and how many parts of the network it has named."""

    address: str
    public: str
    span: Span
    used: int = 0

    @property
    def stars(self) -> int:
        """How general the address is: the fewer stars, the sooner it is meant."""
        return self.address.count("*")

    def matches(self, path: str) -> bool:
        """Whether the address leads to just this path."""
        return bool(pattern(self.address).fullmatch(path))

    def name(self, number: int, bare_zero: bool) -> str:
        """The public name, when it was given so often before: `#` counts, `#5` from 5."""
        self.used += 1
        if bare_zero and number == 0 and re.search("_#(?![0-9])", self.public):
            return self.public.replace("_#", "")
        return re.sub("#([0-9]*)", lambda at: str(number + int(at[1] or 0)), self.public)


@lru_cache(100_000)  # `re` remembers 512, and a map may have more entries.
def pattern(address: str) -> re.Pattern[str]:
    """An address as a regular expression: `*` is one name, `**` any number of them."""
    whole = re.escape(address).replace(r"\*\*\.", r"(?:\w+\.)*").replace(r"\*\*", ".+")
    return re.compile(whole.replace(r"\*", r"\w+"))


@dataclass
class Scope:
    """A map at work: that of the whole network, or a block's inside one use of it.

    `depth` is how many names of a path lead to where its addresses begin, and `base` what
    the source calls that place. `given` holds how often each public name was given: addresses
    of one name count together, since a source numbers parts that we call by several names.
    """

    entries: list[Entry]
    depth: int = 0
    base: str = ""
    given: Counter[str] = field(default_factory=Counter)

    def ending(self, name: str) -> list[Entry]:
        """The entries whose address ends in just this name."""
        return [entry for entry in self.entries if entry.address.split(".")[-1] == name]


@dataclass
class Naming:
    """One source's way of naming, taken from its map.

    `joint` stands between the names of a public path; with `bare_zero` the first of a
    numbered kind has no number, as in Keras.
    """

    source: str
    names: NameMap
    joint: str = "."
    bare_zero: bool = False
    entries: list[Entry] = field(default_factory=list)
    blocks: dict[str, list[Entry]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for key, value in self.names.names.items():
            if isinstance(value, Mapping):
                inside = value.items()
                self.blocks[key] = [Entry(a, n, self.names.place(a, key)) for a, n in inside]
            else:
                self.entries.append(Entry(key, str(value), self.names.place(key)))

    def places(self, network: Network) -> tuple[Place, ...]:
        """Every layer that has weights, in construction order.

        Raises `SpecError` for an address that is misspelt.
        """
        for entry in chain(self.entries, *self.blocks.values()):
            entry.used = 0
        scope = Scope(self.entries)
        found = tuple(self._walk(network.nodes, (), "", (scope,), ("", self.names.at.span)))
        problems = list(self._misspelt(network))
        if problems:
            raise SpecError(problems, _texts(problems))
        return found

    def _walk(
        self,
        nodes: tuple[Node, ...],
        above: tuple[str, ...],
        named: str | None,
        scopes: tuple[Scope, ...],
        context: tuple[str, Span],
    ) -> Iterator[Place]:
        """The layers below `above`, which the source calls `named`; `context`: head and span."""
        for node in nodes:
            path = (*above, node.name)
            head = node.name if isinstance(node, Tap) else context[0]
            public, span = self._named(path, named, scopes, context[1])
            if isinstance(node, Leaf):
                if names := _tensors(node):
                    own = self._tensors(path, names, named, scopes)
                    yield Place(".".join(path), node, public, head, span, own)
                continue
            inner = (*scopes, *self._opened(node, path, public))
            yield from self._walk(children(node), path, public, inner, (head, span))

    def _tensors(
        self,
        path: tuple[str, ...],
        names: tuple[str, ...],
        above: str | None,
        scopes: tuple[Scope, ...],
    ) -> dict[str, str | None]:
        """The tensors of a layer that addresses lead to: `scale.gamma: gamma`."""
        found: dict[str, str | None] = {}
        for name in () if above is None else names:
            ends = [replace(scope, entries=scope.ending(name)) for scope in scopes]
            if at := _meeting((*path, name), ends):
                found[name] = self._given(*at)
        return found

    def _opened(self, node: Node, path: tuple[str, ...], public: str | None) -> Iterator[Scope]:
        """The map of the block that a node is a use of."""
        use = use_of(node)
        if use and use.block in self.blocks and public is not None:
            yield Scope(self.blocks[use.block], len(path), public)

    def _named(
        self, path: tuple[str, ...], above: str | None, scopes: tuple[Scope, ...], span: Span
    ) -> tuple[str | None, Span]:
        """What a place is called, and by which entry: the fewest stars win, then the outermost."""
        if above is None:
            return None, span
        if (at := _meeting(path, scopes)) is None:
            return self._joined(above, path[-1]), span
        return self._given(*at), at[1].span

    def _given(self, scope: Scope, entry: Entry) -> str | None:
        """The next name that an entry gives."""
        name = entry.name(scope.given[entry.public], self.bare_zero)
        scope.given[entry.public] += 1
        return None if name == NOTHING else self._joined(scope.base, name)

    def _joined(self, base: str, name: str) -> str:
        return f"{base}{self.joint}{name}" if base else name

    def unused(self, network: Network) -> Iterator[tuple[str, Entry]]:
        """Addresses that lead nowhere in this network, each with the block that it is inside of."""
        yield from (("", entry) for entry in self.entries if not entry.used)
        uses = dict(_uses(network.nodes))
        for block, entries in self.blocks.items():
            if block in uses:
                yield from ((block, entry) for entry in entries if not entry.used)

    def _misspelt(self, network: Network) -> Iterator[Problem]:
        """Addresses that lead nowhere and resemble a name that nothing in the map names.

        One that leads nowhere and resembles nothing belongs to a step that a variant removed.
        """
        uses = dict(_uses(network.nodes))
        for block in self.blocks:
            rest = [use for use in uses if use not in self.blocks]
            if block not in uses and (hint := did_you_mean(block, rest)):
                message = f"the names of {self.source} lead nowhere: there is no block {block}"
                yield Problem("E026", self.names.place(block), message, hint=hint)
        for block, entry in self.unused(network):
            nodes = children(uses[block]) if block else network.nodes
            taken = {each.address for each in self.blocks.get(block, self.entries)}
            if hint := _meant(entry.address, nodes, taken):
                where = f"block {block}" if block else network.name
                message = f"the names of {self.source} lead nowhere: {where} has no {entry.address}"
                yield Problem("E026", entry.span, message, hint=hint)


def _meeting(path: tuple[str, ...], scopes: Iterable[Scope]) -> tuple[Scope, Entry] | None:
    """The entry that is meant by a place, and whose it is; None where none is."""
    found: list[tuple[int, int, Scope, Entry]] = []
    for order, scope in enumerate(scopes):
        inside = ".".join(path[scope.depth :])
        matching = (entry for entry in scope.entries if inside and entry.matches(inside))
        found += [(entry.stars, order, scope, entry) for entry in matching]
    return min(found, key=lambda each: each[:2])[2:] if found else None


def _uses(nodes: tuple[Node, ...]) -> Iterator[tuple[str, Node]]:
    """Every use of a block, with the block's name."""
    for node in nodes:
        if isinstance(node, Series | Parallel) and node.use:
            yield node.use.block, node
        yield from _uses(children(node))


def _meant(address: str, nodes: tuple[Node, ...], taken: set[str]) -> str:
    """Advice where the first name of an address that leads nowhere resembles its siblings."""
    path = ""
    for name in address.split("."):
        siblings = {node.name: node for node in nodes}
        if name not in siblings:
            free = [sibling for sibling in siblings if f"{path}{sibling}" not in taken]
            return did_you_mean(name, free)
        node, path = siblings[name], f"{path}{name}."
        nodes = children(node)
        if isinstance(node, Leaf):
            return did_you_mean(address[len(path) :], _tensors(node))
    return ""


def _tensors(leaf: Leaf) -> tuple[str, ...]:
    """What a layer's parameters and buffers are called."""
    return (*leaf.op.params(leaf.inp), *leaf.op.buffers(leaf.inp))


def _texts(problems: list[Problem]) -> dict[str, str]:
    """The files that problems point into, for the excerpts."""
    from dsl.text.source import read

    files = {problem.span.file for problem in problems if problem.span is not NOWHERE}
    return {file: read(Path(file)) for file in files if Path(file).is_file()}


def naming(network: Network, source: str) -> Naming:
    """How a source names the layers of a network.

    Raises `SpecError` where its spec has no map for the source, or an unusable one.
    """
    if source == OWN:
        return Naming(source, NameMap())
    if source not in network.spec.weights:
        known = [*network.spec.weights, OWN]
        message = f"{network.name} has no names for weights of {source}"
        help = f"it has those of {', '.join(known)}"
        problem = Problem("E150", NOWHERE, message, hint=did_you_mean(source, known), help=help)
        raise SpecError([problem])
    keras = source == KERAS
    names = resolve(network.spec.weights[source])
    return Naming(source, names, "_" if keras else ".", bare_zero=keras)
