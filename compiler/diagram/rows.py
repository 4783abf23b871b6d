"""An overview's rows: one per resolution, wrapped where they get long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby

from compiler.diagram.facts import Habit, deviation, tooltip, usual
from compiler.diagram.heading import ADDED, GATED
from compiler.diagram.kernels import Rows, strip
from compiler.diagram.text import by, counted, each, plain, shape, tells
from compiler.diagram.trimming import ends, more
from compiler.diagram.uses import is_repeat
from compiler.ir.facts import Axes
from compiler.ir.measures import MEASURES, Measure
from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Parallel, Series, Tap, nodes, use_of
from compiler.ir.op import Op, Shape
from compiler.ops.words import (
    CONVS,
    core,
    has_sum,
    holding,
    is_gated,
    is_sum,
    is_unit,
    titled,
    words,
)

ROW = 6
"""Boxes side by side at most."""
FULL = 0.6
"""Rows that take less of their room don't keep to one resolution each."""
CARDS = 240
"""Boxes in all; Inception-v1 has 25."""


@dataclass(slots=True)
class Card:
    """One box of an overview, and the auxiliary heads that hang below it."""

    title: str
    aside: str
    name: str
    out: Shape
    grid: Axes
    times: int = 1
    """How often it stands there, one after the other."""
    notes: tuple[str, ...] = ()
    section: str = ""
    amount: int = 0
    """Of what the drawing's colours tell."""
    told: str = ""
    """The same in words: of a repeat as a product, or as the sum that it is."""
    strip: Rows = field(default_factory=list)
    tooltip: str = ""
    taps: list[Tap] = field(default_factory=list)
    path: str = ""
    """What it is called among all boxes of the drawing."""
    block: str = ""
    """The block that it uses, if it uses just one."""
    conv: bool = False
    """Whether it is a convolution by itself."""
    letter: str = ""
    """The panel beside it on the page that draws it out."""
    widths: tuple[int, ...] = ()
    """The channels that come out of each of several that it stands for."""

    @property
    def shape(self) -> str:
        """What comes out of it: of several the fewest and the most channels."""
        least, most = min(self.widths, default=0), max(self.widths, default=0)
        if least == most:
            return shape(self.out)
        return by([f"{least}\u2013{most}", *map(plain, self.out.grid)])


@dataclass(frozen=True, slots=True)
class Row:
    """Cards side by side, and what is written at their left.

    `marks` are written above cards further right, by their numbers in the row.
    """

    label: str
    cards: list[Card]
    marks: Mapping[int, str] = field(default_factory=dict)


def cards(network: Network, measure: Measure = MEASURES["macs"]) -> list[Card]:
    """The trunk as cards, the input first; what only views its input is left out."""
    common = usual(network)
    found = [
        Card(
            "input",
            "",
            "",
            network.input,
            network.input.grid,
            section="stem",
            tooltip="input",
            path="input",
        )
    ]
    for node in network.nodes:
        if isinstance(node, Tap):
            found[-1].taps.append(node)
        elif not (isinstance(node, Leaf) and _is_view(node.op)):
            section = network.sections.get(node.name, "")
            found.append(card_of(node, section, common, measure))
    return found


def is_whole(node: Node) -> bool:
    """Whether a card says all of it: one layer, or a block that is drawn by itself."""
    alone = isinstance(node, Leaf | Tap) or (isinstance(node, Series) and is_unit(node))
    return alone or is_repeat(node) or use_of(node) is not None


def _is_view(op: Op) -> bool:
    """Whether it is another view of its input, in training too: dropout is none."""
    return op.aliases and op.shares(training=True)


def card_of(node: Node, section: str, common: Habit, measure: Measure) -> Card:
    """The card of a step."""
    amount = measure.of(node)
    card = Card(
        node.name,
        "",
        "",
        node.out,
        node.inp.grid,
        section=section,
        amount=amount,
        told=counted(amount, measure.unit) if amount else "",
        strip=strip(node) if not _is_list(node) else [],
        tooltip=tooltip(node),
        path=node.name,
    )
    if isinstance(node, Leaf) or (isinstance(node, Series) and is_unit(node)):
        notes = (*words(node).notes, *deviation(node, common))
        card = replace(card, conv=core(node).op.family in CONVS)
        title = titled(node)
        name = "" if tells(title, node.name) else node.name
        return replace(card, title=title, aside=" ".join(notes), name=name, notes=notes)
    notes = (*([ADDED] if has_sum(node) else []), *([GATED] if is_gated(node) else []))
    if isinstance(node, Series) and is_repeat(node):
        call = use_of(node.nodes[0])
        block = call.block if call else ""
        card = replace(card, times=len(node.nodes), aside=block, block=block)
        card = replace(card, told=_summed(node.nodes, measure) if measure.adds else card.told)
    elif call := use_of(node):
        aside = "" if call.block == node.name else call.block
        card = replace(card, aside=aside, block=call.block)
    elif isinstance(node, Parallel) and len(node.branches) > 1:
        signed = is_sum(node) or (GATED in notes and node.join.keeps_sides)
        card = replace(card, aside="" if signed else node.join.word)
    if not card.strip:
        card = replace(card, name=_steps(node))
    return replace(card, aside=", ".join(filter(None, (card.aside, *notes))), notes=notes)


def _summed(steps: tuple[Node, ...], measure: Measure) -> str:
    """What a repeat has: `20 × 325 M`, or `Σ 6.50 G` where its steps differ."""
    amounts = list(map(measure.of, steps))
    if not any(amounts):
        return ""
    if len(set(amounts)) == 1:
        return each(counted(amounts[0], measure.unit), len(amounts))
    return f"Σ {counted(sum(amounts), measure.unit)}"


def _steps(node: Node) -> str:
    """What a step without branches holds; of a block, or a repeat of one, what is in it."""
    if isinstance(node, Series) and is_repeat(node):
        node = node.nodes[0]
    return holding(replace(node, use=None) if isinstance(node, Series | Parallel) else node)


def _is_list(node: Node) -> bool:
    """Whether it is steps one after the other, none with branches: these are told by name."""
    if not isinstance(node, Series) or node.use or node.residual or is_repeat(node):
        return False
    within = (inner for _, inner in nodes((node,)))
    return not any(isinstance(inner, Parallel) and len(inner.branches) > 1 for inner in within)


def rows(network: Network, measure: Measure = MEASURES["macs"], most: int = ROW) -> Iterator[Row]:
    """Cards by resolution, in rows of at most `most`, the first of each resolution labelled."""
    found = fewer(cards(network, measure))
    yield from grouped(list(zip(labels_of(found), found, strict=True)), most)


def grouped(pairs: list[tuple[str, Card]], most: int) -> Iterator[Row]:
    """Rows of cards with their labels."""
    for label, group in groupby(pairs, key=lambda pair: pair[0]):
        members = [card for _, card in group]
        for i, chunk in enumerate(_chunks(members, most)):
            yield Row("" if i else label, chunk)


def is_full(lines: list[Row]) -> bool:
    """Whether rows take most of their room: not where each resolution has but few cards."""
    lengths = [len(each.cards) + len(each.cards[-1].taps) for each in lines]
    return sum(lengths) >= FULL * max(lengths) * len(lengths)


def flowing(network: Network, measure: Measure, most: int) -> Iterator[Row]:
    """Cards one after the other in rows of equal length, each resolution told where it begins."""
    found = fewer(cards(network, measure))
    labels, at = list(labels_of(found)), 0
    for chunk in _chunks(found, most):
        here = range(at, at + len(chunk))
        marks = {i - at: labels[i] for i in here if i == 0 or labels[i] != labels[i - 1]}
        yield Row(marks.pop(0, ""), chunk, marks)
        at += len(chunk)


def fewer(found: list[Card]) -> list[Card]:
    """The cards, without the middle of a network that is too long for a page."""
    head, tail = ends(found, lambda _: 1, CARDS)
    gone = found[head : len(found) - tail]
    if not gone:
        return found
    box, last = more(len(gone)), gone[-1]
    rest = Card(box.text[0].text, "", "", last.out, last.grid, section=last.section)
    rest.tooltip, rest.path = box.tooltip, box.path
    most = max(gone, key=lambda card: card.amount)
    rest.amount, rest.told = most.amount, f"≤ {most.told}" if most.told else ""
    return [*found[:head], rest, *found[len(found) - tail :]]


def labels_of(found: list[Card]) -> Iterator[str]:
    """A label for each card: from which size to which those of one size, or the stem, lead."""
    for _, group in groupby(zip(_stretches(found), found, strict=True), key=lambda pair: pair[0]):
        members = [card for _, card in group]
        first = members[0].grid
        last = [card.out.grid for card in members if len(card.out.grid) == len(first)]
        label = _passage(first, last[-1] if last else first)
        yield from (label for _ in members)


def _stretches(found: list[Card]) -> Iterator[Axes]:
    """What tells cards of one label from others: the size that those in the body work at."""
    stem = {card.out.grid for card in found if card.section == "stem"}
    here = () if len(stem) > 1 else found[0].out.grid
    for card in found:
        here = card.grid if card.section == "body" else here
        yield here


def _passage(before: Axes, after: Axes) -> str:
    if before == after:
        return by(map(plain, after))
    square = len(set(before)) == 1 == len(set(after))
    ends = (plain(x[0]) if square else "×".join(map(plain, x)) for x in (before, after))
    return " → ".join(ends)


def _chunks(members: list[Card], most: int) -> Iterator[list[Card]]:
    """Rows of about equal length, in which the heads beside the last card have room, too."""
    while members:
        size = -(-len(members) // -(-len(members) // most))
        fitting = (n for n in range(size, 1, -1) if n + len(members[:n][-1].taps) <= most)
        n = next(fitting, 1)
        yield members[:n]
        members = members[n:]
