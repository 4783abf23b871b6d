"""What opens below an overview: each step's drawing and its own numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from compiler.cost.blocks import block_kind
from compiler.cost.rows import Row, counted
from compiler.cost.sums import tally
from compiler.ir.network import Network
from compiler.ir.nodes import BlockUse, Leaf, Node, Series, Tap, children, macs, params, use_of
from compiler.ops.words import is_unit
from compiler.report.costs import shape_text
from compiler.report.drawn import Drawn


@dataclass(frozen=True)
class Figure:
    """One drawing, of one place or of several that are alike, and what each box costs there."""

    roots: tuple[str, ...]
    """The paths that it shows; all that is in it has the first one's numbers."""
    rows: tuple[Row, ...]
    svg: str | None = None
    block: str = ""
    args: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Step:
    """What opens at one place of the overview."""

    path: str
    title: str
    paths: tuple[str, ...]
    """The steps of the network that it is: the stem is several."""
    passage: str
    params: int
    macs: int
    figures: tuple[Figure, ...] = field(default=())


def steps(network: Network, drawn: Drawn) -> Iterator[Step]:
    """Every step of the network, those of the stem as one where that is drawn."""
    stem = drawn.stem()
    inside = [node for node in network.trunk if network.sections.get(node.name) == "stem"]
    apart = {node.name for node in inside} if stem else set()
    if stem:
        rows = tuple(row for node in inside for row in _rows(node, node.name))
        figure = Figure((), rows, stem)
        yield _step("stem", "stem", inside, (figure,))
    for node in network.nodes:
        if node.name not in apart:
            yield _step(node.name, node.name, [node], tuple(_figures(node, drawn)))


def _step(path: str, title: str, nodes: list[Node], figures: tuple[Figure, ...]) -> Step:
    last = nodes[-1]
    out = last.body.out if isinstance(last, Tap) else last.out
    paths = tuple(node.name for node in nodes)
    passage = f"{shape_text(nodes[0].inp)} → {shape_text(out)}"
    return Step(path, title, paths, passage, params(*nodes), macs(*nodes), figures)


def _figures(node: Node, drawn: Drawn) -> Iterator[Figure]:
    """A step's drawings: one for all uses of a block that are the same, and what stands beside."""
    if isinstance(node, Tap):
        rows = tuple(_inner(node, node.name))
        yield Figure((node.name,), rows, drawn.part(node.name, node.name))
        return
    found: dict[tuple[object, ...], list[tuple[str, Node]]] = {}
    loose: list[Row] = []
    for path, each in _outermost(node, node.name):
        if (use := use_of(each)) is not None:
            found.setdefault((use.block, _args(use), tuple(map(int, each.inp))), []).append(
                (path, each)
            )
        else:
            loose += _rows(each, path)
    for places in found.values():
        path, first = places[0]
        use = use_of(first)
        assert use is not None
        rows = tuple(_rows(first, path))
        roots = tuple(root for root, _ in places)
        yield Figure(roots, rows, drawn.part(use.block, path), use.block, _args(use))
    if loose:
        yield Figure((), tuple(loose))


def _args(use: BlockUse) -> tuple[tuple[str, str], ...]:
    """A block's parameters in numbers, whatever its caller calls them."""
    return tuple((name, _plain(use.bound[name])) for name in use.params if name in use.bound)


def _plain(value: float | str) -> str:
    return str(int(value)) if isinstance(value, int) else str(value)


def _outermost(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    """The uses of blocks that stand in no other, and the layers that stand in none."""
    if use_of(node) or isinstance(node, Leaf) or is_unit(node):
        yield path, node
        return
    for child in children(node):
        yield from _outermost(child, f"{path}.{child.name}")


def _rows(node: Node, path: str) -> Iterator[Row]:
    """A row for each box: a convolution has its norm and activation with it."""
    if isinstance(node, Leaf) or (isinstance(node, Series) and is_unit(node)):
        counts = counted(tally(node, training=False), batch=1, dtype_bytes=4)
        of = block_kind(node)
        yield Row(**counts, field=None, path=path, of=of, inp=node.inp, out=node.out)
        return
    yield from _inner(node, path)


def _inner(node: Node, path: str) -> Iterable[Row]:
    for child in children(node):
        yield from _rows(child, f"{path}.{child.name}")
