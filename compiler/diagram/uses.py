"""Where the blocks of a spec are used, and how that reads in a subtitle or a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from compiler.diagram.text import by, list_name, plain, shape, si
from compiler.ir.network import Network
from compiler.ir.nodes import BlockUse, Node, Parallel, Series, children, macs, params, use_of
from compiler.ir.op import LETTERS, Shape
from compiler.ir.symbols import brief, names_in, term
from compiler.ir.terms import inside


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a block stands: what the place is called, and what is built there."""

    where: str
    place: str
    """Its place in a repeat of several; else nothing."""
    node: Series | Parallel
    call: BlockUse

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


def is_repeat(node: Node) -> bool:
    """Whether it is one block several times over."""
    if not (isinstance(node, Series) and node.role == "sequence" and len(node.nodes) > 1):
        return False
    blocks = {call.block if (call := use_of(child)) else None for child in node.nodes}
    return len(blocks) == 1 and None not in blocks


def _walk(
    nodes: tuple[Node, ...], around: str = "", repeated: bool = False, within: Use | None = None
) -> Iterator[Use]:
    """Every use; one inside another block is where that is used."""
    for node in nodes:
        outer, name = within, list_name(f"{around}.{node.name}")
        if isinstance(node, Series | Parallel) and node.use:
            where, place = (around, node.name) if repeated else (name, "")
            if within:
                where, place = within.where, within.place
            outer = Use(where, place, node, node.use)
            yield outer
        yield from _walk(children(node), name, is_repeat(node), outer)


def uses(network: Network) -> dict[str, list[Use]]:
    """Every block's uses, blocks and uses in the order in which they appear."""
    found: dict[str, list[Use]] = {}
    for use in _walk(network.nodes):
        found.setdefault(use.call.block, []).append(use)
    return found


def _binding(use: Use, inputs_differ: bool) -> str:
    given = [f"{name}={value}" for name, value in use.args.items()]
    return " ".join([*given, *([f"in {int(use.node.inp.channels)}"] if inputs_differ else [])])


Sizes = Mapping[str, int]
"""How many uses there are under each name."""


def _sizes(places: list[Use]) -> Sizes:
    return Counter(use.where for use in places)


def _names(group: list[Use], sizes: Sizes) -> str:
    """`a, many ×4` where a whole repeat is in the group, else `many.0, rest.1-3`."""
    runs = ((name, list(run)) for name, run in groupby(group, lambda use: use.where))
    return ", ".join(_name(name, run, len(run) == sizes[name]) for name, run in runs)


def _name(name: str, run: list[Use], whole: bool) -> str:
    if whole or not run[0].place:
        return f"{name} ×{len(run)}" if len(run) > 1 else name
    first, last = run[0].place, run[-1].place
    return f"{name}.{first}" if first == last else f"{name}.{first}-{last}"


def called(some: list[Use], places: list[Use]) -> str:
    """What some of the uses of a block are called."""
    return _names(some, _sizes(places))


def subtitle(places: list[Use]) -> str:
    """`×4: mixed_6b c7=128, mixed_6c, mixed_6d c7=160, mixed_6e c7=192`."""
    inputs_differ = len({int(use.node.inp.channels) for use in places}) > 1
    runs = groupby(places, lambda use: _binding(use, inputs_differ))
    sizes = _sizes(places)
    text = ", ".join(f"{_names(list(run), sizes)} {binding}".rstrip() for binding, run in runs)
    if len({use.where for use in places}) == 1:
        text = text.replace(f" ×{len(places)}", "", 1)
    if text == places[0].call.block:
        return ""
    return f"×{len(places)}: {text}" if len(places) > 1 else text


def listing(places: list[Use]) -> list[list[str]]:
    """A table of the uses: a head, then one row for each run of equal ones."""
    names = list(places[0].args)
    rows = [["", "in", *names, "out", "parameters", "MACs"]]
    sizes = _sizes(places)
    for cells, run in groupby(places, _cells):
        rows.append([_names(list(run), sizes), *cells])
    return rows


def _cells(use: Use) -> list[str]:
    cost = [si(params(use.node)), si(macs(use.node))]
    return [shape(use.node.inp), *use.args.values(), shape(use.node.out), *cost]


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


def boundary(places: list[Use]) -> tuple[str, str]:
    """The block's input and output shape, over all its uses."""
    inner = inside(places[0].node)
    inputs, outputs = [use.node.inp for use in places], [use.node.out for use in places]
    kept = all(x.grid == y.grid for x, y in zip(inputs, outputs, strict=True))
    before, letters = LETTERS[len(inner.inp.grid)], LETTERS[len(inner.out.grid)]
    after = letters if kept else tuple(f"{letter}′" for letter in letters)
    return common_shape(inner.inp, inputs, before), common_shape(inner.out, outputs, after)
