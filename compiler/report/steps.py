"""What opens below an overview: each step's drawing and its own numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from operator import is_
from typing import NamedTuple

from compiler.cost.blocks import block_kind
from compiler.cost.rows import Row, counted
from compiler.cost.sums import tally
from compiler.ir.kept import remembered
from compiler.ir.network import Network
from compiler.ir.nodes import BlockUse, Leaf, Node, Series, Tap, children, macs, params, use_of
from compiler.ops.words import is_unit
from compiler.report.costs import shape_text
from compiler.report.drawn import Drawn
from compiler.report.moved import moved, moves
from dsl.text.memory import Memory


@dataclass(frozen=True)
class Figure:
    """One drawing, of one place or of several that are alike, and what each box costs there."""

    roots: tuple[str, ...]
    """The paths that it shows; all that is in it has the first one's numbers."""
    rows: tuple[Row, ...]
    svg: str | None = None
    like: str = ""
    """The place whose drawing it has, where the same use of a block is drawn already."""
    block: str = ""
    args: tuple[tuple[str, str], ...] = ()

    @property
    def called(self) -> str:
        """The block and its parameters: `B c7=160`."""
        return " ".join((self.block, *(f"{name}={value}" for name, value in self.args)))


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

    @property
    def blocks(self) -> list[str]:
        """What it uses, and how often: `A c=8 ×2`, whatever comes in."""
        found: Counter[str] = Counter()
        for figure in self.figures:
            if figure.block:
                found[figure.called] += len(figure.roots)
        return [f"{use} ×{count}" if count > 1 else use for use, count in found.items()]


STEPS: Memory[tuple[tuple[Node, ...], Step]] = Memory(1024)
"""Steps as they were made last, and of what: few of them are others at each save of a spec."""


def steps(network: Network, drawn: Drawn) -> Iterator[Step]:
    """Every step of the network, those of the stem as one where that is drawn."""
    inside = [node for node in network.trunk if network.sections.get(node.name) == "stem"]
    if inside:
        yield _known("stem", tuple(inside), drawn, (), lambda: _stem(inside, drawn))
    apart = {node.name for node in inside}
    for node in network.nodes:
        if node.name not in apart:
            likes = tuple(drawn.first(*places[0]) for places in _apart(node, node.name).drawn)
            made = partial(_of, node, drawn, likes)
            yield _known(node.name, (node,), drawn, likes, made)


def _known(
    path: str,
    nodes: tuple[Node, ...],
    drawn: Drawn,
    likes: tuple[str, ...],
    made: Callable[[], Step],
) -> Step:
    """A step as it was made before, where it is of the same nodes, or of equal ones elsewhere."""
    asked = (*drawn.about, path, likes)
    old, step = STEPS.get((), asked) or ((), None)
    if step and len(old) == len(nodes) and all(map(is_, old, nodes)):
        return step
    step = (_elsewhere(step, old, nodes) if step and old == nodes else None) or made()
    STEPS.put((nodes, step), (), asked)
    return step


def _elsewhere(step: Step, old: tuple[Node, ...], new: tuple[Node, ...]) -> Step | None:
    """A step of equal nodes that stand elsewhere; None where it has to be drawn."""
    found = moves(old, new)
    if found is None:
        return None
    try:
        return replace(step, figures=tuple(_moved(each, found) for each in step.figures))
    except KeyError:
        return None


def _moved(figure: Figure, found: Mapping[str, str]) -> Figure:
    return replace(figure, svg=moved(figure.svg, found)) if figure.svg else figure


def _stem(inside: list[Node], drawn: Drawn) -> Step:
    rows = tuple(row for node in inside for row in _rows(node, node.name))
    return _step("stem", "stem", inside, (Figure((), rows, drawn.stem()),))


def _of(node: Node, drawn: Drawn, likes: tuple[str, ...]) -> Step:
    figures = tuple(_figures(_apart(node, node.name), drawn, likes))
    return _step(node.name, node.name, [node], figures)


def _step(path: str, title: str, nodes: list[Node], figures: tuple[Figure, ...]) -> Step:
    last = nodes[-1]
    out = last.body.out if isinstance(last, Tap) else last.out
    paths = tuple(node.name for node in nodes)
    passage = f"{shape_text(nodes[0].inp)} → {shape_text(out)}"
    return Step(path, title, paths, passage, params(*nodes), macs(*nodes), figures)


Places = tuple[tuple[str, Node], ...]
"""Nodes with their paths."""


class Apart(NamedTuple):
    """What a step has inside: uses of blocks that are the same together, and single boxes."""

    drawn: tuple[Places, ...]
    loose: Places


@remembered
def _apart(node: Node, own: str) -> Apart:
    """A step's drawings: one for all uses of a block that are the same, and what stands beside."""
    found: dict[tuple[object, ...], list[tuple[str, Node]]] = {}
    loose: list[tuple[str, Node]] = []
    for path, each in _members(node, own):
        if _is_one_box(each):
            loose.append((path, each))
        else:
            use = use_of(each)
            alike = (use.block, _args(use), tuple(map(int, each.inp))) if use else (path,)
            found.setdefault(alike, []).append((path, each))
    return Apart(tuple(map(tuple, found.values())), tuple(loose))


def _figures(apart: Apart, drawn: Drawn, likes: tuple[str, ...]) -> Iterator[Figure]:
    for places, like in zip(apart.drawn, likes, strict=True):
        path, first = places[0]
        use = use_of(first)
        yield Figure(
            tuple(root for root, _ in places),
            tuple(_rows(first, path)),
            drawn.part(path, first) if like == path else None,
            like if like != path else "",
            *((use.block, _args(use)) if use else ()),
        )
    if apart.loose:
        yield Figure((), tuple(row for path, node in apart.loose for row in _rows(node, path)))


def _args(use: BlockUse) -> tuple[tuple[str, str], ...]:
    """A block's parameters in numbers, whatever its caller calls them."""
    return tuple((name, _plain(use.bound[name])) for name in use.params if name in use.bound)


def _plain(value: float | str) -> str:
    return str(int(value)) if isinstance(value, int) else str(value)


def _members(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    """What is drawn by itself: a list's members each, so that those that are alike are one."""
    listed = isinstance(node, Series) and node.role == "sequence" and not node.residual
    if listed and any(use_of(child) for child in children(node)):
        for child in children(node):
            yield from _members(child, f"{path}.{child.name}")
    else:
        yield path, node


def _is_one_box(node: Node) -> bool:
    """A layer, or a convolution with what belongs to it."""
    return isinstance(node, Leaf) or is_unit(node)


def _rows(node: Node, path: str) -> Iterator[Row]:
    """A row for each box: a convolution has its norm and activation with it."""
    if _is_one_box(node):
        counts = counted(tally(node, training=False), batch=1, dtype_bytes=4)
        of = block_kind(node)
        yield Row(**counts, field=None, path=path, of=of, inp=node.inp, out=node.out)
        return
    yield from _inner(node, path)


def _inner(node: Node, path: str) -> Iterable[Row]:
    for child in children(node):
        yield from _rows(child, f"{path}.{child.name}")
