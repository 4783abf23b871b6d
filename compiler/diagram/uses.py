"""Where the blocks of a spec are used, and with what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from compiler.diagram.text import by, plain, term
from compiler.ir.facts import Axes
from compiler.ir.kept import remembered
from compiler.ir.network import Network
from compiler.ir.nodes import (
    BlockUse,
    Node,
    Parallel,
    Series,
    children,
    nodes,
    use_of,
)
from compiler.ir.op import LETTERS, Shape
from compiler.ir.symbols import brief, names_in
from compiler.ir.terms import inside


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a block stands: what the place is called, and what is built there.

    Inside a repeat, that is the repeat, the number there, and the path from there on.
    """

    where: str
    number: str
    below: str
    node: Series | Parallel
    call: BlockUse

    @property
    def path(self) -> str:
        """What it is called by itself."""
        return ".".join(filter(None, [self.where, self.number, self.below]))

    @property
    def args(self) -> dict[str, str]:
        """The block's parameters in numbers: what the caller gave, else their defaults."""
        return {name: _plain(self.call.bound[name]) for name in self.call.params}


def _plain(value: float | str) -> str:
    """A number, whatever the caller calls it; a word as it is."""
    match value:
        case int():
            return str(int(value))
        case float():
            text = brief(float(value))
            return f"{text}.0" if text.isdigit() else text
    return value


@remembered
def is_repeat(node: Node) -> bool:
    """Whether it is one block several times over."""
    if not (isinstance(node, Series) and node.role == "sequence" and len(node.nodes) > 1):
        return False
    blocks = {call.block if (call := use_of(child)) else None for child in node.nodes}
    return len(blocks) == 1 and None not in blocks


@dataclass(frozen=True, slots=True)
class _Way:
    """How a walk came to a node: see `Use`."""

    where: str = ""
    number: str = ""
    below: str = ""

    def on(self, name: str, repeated: bool) -> _Way:
        """One step further, into a member of a repeat perhaps."""
        if self.number:
            return replace(self, below=f"{self.below}.{name}".strip("."))
        if repeated:
            return replace(self, number=name)
        return replace(self, where=f"{self.where}.{name}".strip("."))


def _walk(nodes: tuple[Node, ...], way: _Way = _Way(), repeated: bool = False) -> Iterator[Use]:
    """Every use; of repeats inside one another the outermost counts."""
    for node in nodes:
        here = way.on(node.name, repeated)
        if isinstance(node, Series | Parallel) and node.use:
            yield Use(here.where, here.number, here.below, node, node.use)
        yield from _walk(children(node), here, is_repeat(node))


def uses(network: Network) -> dict[str, list[Use]]:
    """Every block's uses, blocks and uses in the order in which they appear."""
    found: dict[str, list[Use]] = {}
    for use in _walk(network.nodes):
        found.setdefault(use.call.block, []).append(use)
    return found


def common_shape(inner: Shape, actual: list[Shape], grid: tuple[str, ...]) -> str:
    """A shape that holds for every use: numbers where all agree, else symbols."""
    channels = {int(x.channels) for x in actual}
    first = str(channels.pop()) if len(channels) == 1 else term(inner.channels)
    same = len({tuple(int(n) for n in x[1:]) for x in actual}) == 1
    return by([first, *([str(int(n)) for n in actual[0][1:]] if same else grid)])


def number_of(places: list[Use]) -> Callable[[int], str]:
    """How a block's widths are written: as expressions, the input's as a number if known."""
    known = len({int(use.node.inp.channels) for use in places}) == 1
    inputs = names_in(inside(places[0].node).inp)
    return lambda n: plain(n) if known and names_in(n) == inputs else term(n)


def grid_of(places: list[Use]) -> Callable[[Shape], tuple[str, ...]]:
    """How the extents inside a block are written: in numbers where all uses have the same there.

    Else in letters, as `boundary` has them: `H × W` at the input, `H′ × W′` at the output, and
    `H″ × W″` in between.
    """
    first, fixed = places[0].node, _fixed(places)
    primes = {first.inp.grid: "", first.out.grid: "′" if first.out.grid != first.inp.grid else ""}

    def write(x: Shape) -> tuple[str, ...]:
        if x.grid in fixed:
            return tuple(map(plain, x.grid))
        prime = primes.setdefault(x.grid, "″" + "′" * (len(primes) - 2))
        return tuple(f"{letter}{prime}" for letter in LETTERS[len(x.grid)])

    return write


def _fixed(places: list[Use]) -> set[Axes]:
    """The extents of the first use that all others have in the same places."""
    several = {use.node.inp.grid: use.node for use in places}
    first = places[0].node
    found: dict[Axes, set[Axes]] = {first.inp.grid: set(several)}
    own = {path: node.out.grid for path, node in nodes(children(first))}
    for other in several.values():
        found.setdefault(first.out.grid, set()).add(other.out.grid)
        for path, node in nodes(children(other)):
            if path in own:
                found.setdefault(own[path], set()).add(node.out.grid)
    return {grid for grid, there in found.items() if there == {grid}}


def binding(path: str, node: Node) -> str:
    """What a use calls: its block and the parameters, `B with c7=160`."""
    call = use_of(node)
    if call is None or not isinstance(node, Series | Parallel):
        return ""
    given = Use(path, "", "", node, call).args.items()
    told = " ".join(f"{name}={value}" for name, value in given)
    return " with ".join(filter(None, [call.block, told]))


def explained(places: list[Use], shapes: bool) -> tuple[str, ...]:
    """What letters of a block's extents with a prime stand for, where its drawing has some."""
    first, fixed = places[0].node, _fixed(places)
    letters = LETTERS[len(first.out.grid)]
    told = []
    if boundary(places)[1].endswith("′"):
        told.append(f"{by(f'{letter}′' for letter in letters)} = the size of the output")
    known = {first.inp.grid, first.out.grid} | fixed
    if shapes and any(node.out.grid not in known for _, node in nodes(children(first))):
        told.append(f"{by(f'{letter}″' for letter in letters)} = sizes in between")
    return tuple(told)


def boundary(places: list[Use]) -> tuple[str, str]:
    """The block's input and output shape, over all its uses."""
    inner = inside(places[0].node)
    inputs, outputs = [use.node.inp for use in places], [use.node.out for use in places]
    kept = all(x.grid == y.grid for x, y in zip(inputs, outputs, strict=True))
    before, letters = LETTERS[len(inner.inp.grid)], LETTERS[len(inner.out.grid)]
    after = letters if kept else tuple(f"{letter}′" for letter in letters)
    return common_shape(inner.inp, inputs, before), common_shape(inner.out, outputs, after)
