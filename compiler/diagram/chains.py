"""From nodes to what a drawing shows of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from compiler.diagram.facts import Habit, deviation, meeting, tooltip
from compiler.diagram.folding import NONE, Folds
from compiler.diagram.items import Box, Chain, Frame, Split
from compiler.diagram.kernels import Colour, colour, kernel_of
from compiler.diagram.merging import Merged
from compiler.diagram.text import by, plain, tells, term, width
from compiler.diagram.titles import UNNAMED, Titles
from compiler.ir.nodes import Leaf, Node, Parallel, Residual, Series, Tap
from compiler.ir.op import Shape
from compiler.ir.symbols import brief
from compiler.ir.terms import calls, rewritten, written_out
from compiler.ir.terms import inside as as_inside
from compiler.ops.words import WEIGHTED, is_identity, is_sum, is_unit, joining, words
from compiler.ops.words import family as family_of
from compiler.picture.ink import TEXT
from compiler.picture.labels import Run, beside, small, strong

PAST = "identity"
"""What a bar says of an input that comes to it as it is: a line, in every drawing."""
PASSING = Colour("other")
"""The colour of that."""
RESIDUAL = "residual"
"""What it says of the other term of such a sum."""
COLOURED = ("pointwise", "conv", "factorised")
"""Families of convolutions that have the colour of their kernel."""


def numbered(x: Shape) -> list[str]:
    """The extents of a shape in numbers."""
    return [str(int(n)) for n in x[1:]]


@dataclass(frozen=True, slots=True)
class Planner:
    """Makes items of nodes.

    `shapes` shows every output shape, as a trunk does; inside branches only joins tell
    their channels, unless `inner` wants shapes there too. `number` writes a width: `term` as an
    expression where it is one; `grid` the rest of a shape.
    `symbols` leaves the rest in terms of the block's parameters, too. `called` tells the names of
    layers, outside of branches. `title` gives a box
    for the frame around what is at a path. `path` is where the nodes stand, `whose` says of which
    use a tooltip's numbers are. What repeats in `folds` is drawn once. Of blocks in `elsewhere`
    only the title is shown. Uses in `merged` are one frame, by the path of their first.
    """

    common: Habit
    number: Callable[[int], str]
    shapes: bool = False
    inner: bool = False
    symbols: bool = False
    grid: Callable[[Shape], Iterable[str]] = numbered
    path: str = ""
    whose: str = ""
    title: Callable[[Series | Parallel, str], Box | None] = lambda node, path: None
    folds: Folds = NONE
    elsewhere: frozenset[str] = frozenset()
    called: bool = False
    merged: Mapping[str, Merged] = field(default_factory=dict)

    def chain(self, node: Node) -> Chain:
        """The items that show a node."""
        inside: Chain = ()
        if self._at(node) in self.folds.gone:
            return ()
        if many := self.merged.get(self._at(node)):
            return self._several(many)
        match node:
            case Tap():
                return ()
            case Leaf() | Series() if isinstance(node, Leaf) or is_unit(node):
                return (self._box(node),)
            case Series() | Parallel() if node.use and node.use.block in self.elsewhere:
                pass  # Its title says where.
            case Series():
                within = self._below(node)
                inside = tuple(item for child in node.nodes for item in within.chain(child))
                inside = self._sum(node, node.residual, inside) if node.residual else inside
            case Parallel():
                inside = self._parallel(node)
        opening = self.title(node, self._at(node))
        if opening is None:
            return inside
        if inside:
            return (Frame(opening, inside),)
        return (replace(opening, right=small(self._shape(node.out) if self.shapes else "")),)

    def _several(self, many: Merged) -> Chain:
        """Uses of one block as one, in its own terms where they differ."""
        body = as_inside(many.places[0].node)
        found = {f"{self.path}{path}": call for path, call in calls((body,))}
        title = Titles(found, number=many.number, whose=many.whose)
        planner = replace(self, number=many.number, symbols=True, whose=many.whose, title=title)
        drawn = replace(planner, folds=NONE, merged={}).chain(
            rewritten(written_out(body), many.known)
        )
        return (Frame(many.title(), drawn),) if drawn else drawn

    def _box(self, node: Leaf | Series) -> Box:
        terms = self.number if self.symbols else None
        family, said = family_of(node, terms), words(node, terms)
        notes = (*said.notes, *deviation(node, self.common))
        channels = self.number(node.out.channels) if family in WEIGHTED else ""
        run = self.folds.runs.get(self._at(node))
        label = f"{run.count} × {said.label}" if run else said.label
        text = beside(strong(label), Run(channels, ink=TEXT), Run(" ".join(notes), ink=TEXT))
        right = self._shape(node.out) if self.shapes else ""
        told = tooltip(node, self._at(node), self.whose)
        name = Run(self._name(node, said.label), 10, ink=TEXT)
        box = Box(text, family, told, Run(right, 10, ink=TEXT), notes, self._at(node), left=name)
        return replace(box, kernel=kernel_of(node, self._side)) if family in COLOURED else box

    def _name(self, node: Node, label: str) -> str:
        """What a layer is called, if that is told here and tells more than what it is."""
        told = self.called and not UNNAMED.fullmatch(node.name) and not tells(label, node.name)
        return node.name if told else ""

    def _side(self, side: int) -> str:
        """A side of a kernel: in a block's own terms the parameter that it came from."""
        return self.number(side) if self.symbols else plain(side)

    def _at(self, node: Node) -> str:
        return f"{self.path}{node.name}"

    def _below(self, node: Node) -> Planner:
        return replace(self, path=f"{self._at(node)}." if node.name else self.path)

    def _bar(self, meet: _Meeting, node: Series | Parallel, out: Shape) -> Box:
        right = self._shape(out) if self.shapes else self.number(out.channels)
        path = f"{self._at(node)}.{meet.word}".removeprefix(".")
        told = meeting(node, f"{path}: {meet.said}", meet.inputs, out, self.whose)
        return Box((meet.sign,), meet.family, told, small(right), path=path)

    def _factor(self, scale: float) -> str:
        """A number, or in a block's own terms the parameter that it came from."""
        return brief(scale if self.symbols else float(scale))

    def _alone(self, channels: int) -> str:
        """A width that has a cell for itself: a sum needs no brackets there."""
        text = self.number(channels)
        return width(channels) if text == term(channels) else text

    def _shape(self, x: Shape) -> str:
        return by([self.number(x.channels), *self.grid(x)])

    def _parallel(self, node: Parallel) -> Chain:
        within = self._below(node)
        joined = self._joined(node, within)
        if node.then:
            joined += within.chain(node.then)
        return self._sum(node, node.residual, joined) if node.residual else joined

    def _joined(self, node: Parallel, within: Planner) -> Chain:
        """The branches and their bar; one by itself is joined with nothing."""
        if len(node.branches) == 1:
            return within.chain(node.branches[0])
        beside = replace(within, shapes=self.inner, called=False)
        if node.join.keeps_sides:
            return (self._product(node, beside),)
        past = [is_identity(branch) for branch in node.branches]
        pairs = list(zip(node.branches, past, strict=True))
        branches = tuple(() if here else beside.chain(branch) for branch, here in pairs)
        number = self._alone if node.shares else self.number
        cells = tuple(number(branch.out.channels) for branch in node.branches)
        if is_sum(node):  # All have as many channels as the sum.
            cells = tuple(PAST if here else branch.name for branch, here in pairs)
        meet = _Meeting(strong(node.join.word), node.join.word, joining(node), _outs(node))
        bar = self._bar(_sum(*_outs(node)) if is_sum(node) else meet, node, node.joined)
        bar = replace(bar, branches=tuple(map(colour, node.branches)))
        names = tuple(
            _past(branch.name, i, "" if is_sum(node) else PAST)
            if here
            else ("" if is_sum(node) else branch.name)
            for i, (branch, here) in enumerate(pairs, 1)
        )
        return (Split(branches, cells, names, bar, tuple(map(number, node.shares))),)

    def _product(self, node: Parallel, beside: Planner) -> Split:
        """Factors and their bar: the input goes past the others, as it does past a sum's."""
        spread = node.join.spread(_outs(node))
        factors = [
            (
                beside.chain(branch),
                self._shape(branch.out) if gate else self.number(branch.out.channels),
                branch.name,
                colour(branch),
            )
            for branch, gate in zip(node.branches, spread, strict=True)
            if not is_identity(branch)
        ]
        factors += [((), PAST, "", PASSING)] * (len(node.branches) - len(factors))
        branches, cells, names, kernels = zip(*factors, strict=True)
        meet = _Meeting(strong("×", 14), "product", "product", _outs(node), "product")
        bar = replace(self._bar(meet, node, node.joined), branches=kernels)
        return Split(branches, cells, names, bar)

    def _sum(self, node: Series | Parallel, residual: Residual, inside: Chain) -> Chain:
        within, shortcut = self._below(node), residual.shortcut
        past = colour(shortcut) if shortcut else PASSING
        terms = (colour(replace(node, residual=None)), past)
        bar = replace(self._bar(_sum(node.out, node.out), node, node.out), branches=terms)
        scale = "" if residual.scale == 1 else f" × {self._factor(residual.scale)}"
        beside = replace(within, shapes=self.inner, called=False)
        other = beside.chain(shortcut) if shortcut else ()
        cells = RESIDUAL + scale, shortcut.name if shortcut else PAST
        added = Split((inside, other), cells, ("", ""), bar)
        return (added, *(within.chain(residual.act) if residual.act else ()))


@dataclass(frozen=True, slots=True)
class _Meeting:
    """How branches come together in a bar: what it shows, and what it is called."""

    sign: Run
    word: str
    said: str
    inputs: tuple[Shape, ...]
    family: str = "join"


def _past(name: str, place: int, word: str) -> str:
    """What a branch is called that is the input itself: only a name that somebody gave it."""
    return " ".join(filter(None, ["" if name == f"branch{place}" else name, word]))


def _outs(node: Parallel) -> tuple[Shape, ...]:
    return tuple(branch.out for branch in node.branches)


def _sum(*inputs: Shape) -> _Meeting:
    """A sum looks like one whether it is of branches or of what goes past a block."""
    return _Meeting(strong("+", 14), "sum", f"sum of {len(inputs)}", inputs)
