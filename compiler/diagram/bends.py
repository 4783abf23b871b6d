"""An overview's rows where the network is a U: one for each level, its cards on two sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile

from compiler.diagram.facts import Habit, tooltip, usual
from compiler.diagram.heading import ADDED
from compiler.diagram.kernels import strip
from compiler.diagram.levels import Level, Part, Step, parts
from compiler.diagram.rows import CARDS, Card, Row, card_of, cards, grouped, labels_of
from compiler.diagram.text import by, counted, plain
from compiler.diagram.titles import UNNAMED
from compiler.ir.facts import Axes
from compiler.ir.measures import Measure
from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Parallel, children
from compiler.ops.words import is_sum, is_unit


@dataclass(frozen=True, slots=True)
class Side(Row):
    """A level of a U: cards that lead down, and those that come up from below.

    What leads down goes past what is below and joins there, by way of `past`. In the lowest row
    nothing is below, and one side follows the other.
    """

    down: tuple[Card, ...] = ()
    up: tuple[Card, ...] = ()
    past: Card | None = None
    lowest: bool = False


Flow = list[Card | Level]
MOST = 3
"""Cards of the trunk that stand on a side of the highest level, at most."""


def bent(network: Network, measure: Measure, most: int) -> list[Row] | None:
    """The rows of a network with Us in it, others of at most `most` cards; none for all others.

    Only amounts that add up are known of steps in a step.
    """
    found = {node.name: parts(Step(node.name, node)) for node in network.trunk}
    bending = any(isinstance(each, Level) for inside in found.values() for each in inside)
    if not measure.adds or not bending:
        return None
    bends = _Bends(network, measure, usual(network))
    lines = list(bends.rows(bends.flow(found), most))
    return lines if sum(len(each.cards) for each in lines) <= CARDS else None


@dataclass(frozen=True)
class _Bends:
    """Makes rows of what a trunk consists of."""

    network: Network
    measure: Measure
    common: Habit

    def flow(self, found: Mapping[str, list[Part]]) -> Flow:
        """Cards in order, with Us among them; one that a head is taken from stays a card."""
        flow: Flow = []
        for card in cards(self.network, self.measure):
            inside = found.get(card.path, [])
            if card.taps or not any(isinstance(each, Level) for each in inside):
                flow.append(card)
            else:
                flow += [each if isinstance(each, Level) else self._card(each) for each in inside]
        return flow

    def rows(self, flow: Flow, most: int) -> Iterator[Row]:
        """Each U with the cards at its grid right before and behind it; the rest as ever."""
        named = labels_of([each for each in flow if isinstance(each, Card)])
        label = {id(each): next(named) for each in flow if isinstance(each, Card)}
        waiting: list[Card] = []
        rest = list(flow)
        while rest:
            each = rest.pop(0)
            if isinstance(each, Card):
                waiting.append(each)
                continue
            grid = each.joint.node.inp.grid
            before = _last(waiting, grid)
            if not before:  # Nothing that leads into it stands beside it.
                whole = self._card(each.joint)
                label[id(whole)] = by(map(plain, grid))
                waiting.append(whole)
                continue
            behind = _first(rest, grid)
            yield from _grouped(waiting[: len(waiting) - len(before)], label, most)
            yield from self._sides(each, before, behind)
            waiting, rest = [], rest[len(behind) :]
        yield from _grouped(waiting, label, most)

    def _sides(self, level: Level, before: list[Card], behind: list[Card]) -> Iterator[Side]:
        """A row for each level, and one for what is below them all."""
        levels = list(level.levels)
        down = [before, *(self._cards(each.down) for each in levels)]
        up = [
            [self._joint(each), *self._cards(each.behind), *more]
            for each, more in zip(
                levels, [behind, *(self._cards(each.up) for each in levels)], strict=False
            )
        ]
        for each, going, coming in zip(levels, down, up, strict=False):
            past = self._card(each.past) if each.past else None
            cards = [*going, *([past] if past else []), *coming]
            label = by(map(plain, each.joint.node.inp.grid))
            yield Side(label, cards, down=tuple(going), up=tuple(coming), past=past)
        grid = levels[-1].down[-1].node.inp.grid
        lowest = down[-1]
        beside = max(map(len, down[:-1]))
        half = len(lowest) - 1 if len(lowest) <= beside + 1 else len(lowest) // 2
        one, other = tuple(lowest[:half]), tuple(lowest[half:])
        yield Side(by(map(plain, grid)), lowest, down=one, up=other, lowest=True)

    def _cards(self, steps: tuple[Step, ...]) -> list[Card]:
        return [self._card(each) for each in steps]

    def _card(self, step: Step) -> Card:
        """A step inside a step: called by its block or its layer, where nobody named it."""
        path, node = step
        card = card_of(node, self._section(path), self.common, self.measure)
        card = replace(card, path=path, tooltip=tooltip(node, path))
        if not UNNAMED.fullmatch(node.name):
            return card
        if isinstance(node, Leaf) or is_unit(node):
            return replace(card, name="")
        title = card.block or (node.join.word if isinstance(node, Parallel) else path)
        return replace(card, title=title, aside=" ".join(card.notes))

    def _section(self, path: str) -> str:
        return self.network.sections.get(path.partition(".")[0], "")

    def _joint(self, level: Level) -> Card:
        """Where what comes from below joins what went past it: what that costs by itself."""
        path, node = level.joint
        added = is_sum(node) or not isinstance(node, Parallel)
        amount = self.measure.of(node) - sum(map(self.measure.of, children(node)))
        bare = replace(node, then=None, use=None) if isinstance(node, Parallel) else node
        return Card(
            "sum" if added or not isinstance(node, Parallel) else node.join.word,
            "" if UNNAMED.fullmatch(node.name) else node.name,
            "",
            node.joined if isinstance(node, Parallel) else node.out,
            node.inp.grid,
            notes=(ADDED,) if added else (),
            section=self._section(path),
            amount=amount,
            told=counted(amount, self.measure.unit) if amount else "",
            strip=strip(bare),
            tooltip=tooltip(node, path),
            path=path,
        )


def _last(waiting: list[Card], grid: Axes) -> list[Card]:
    """The cards that lead into a U at its grid, of which no head is taken."""
    alike = takewhile(lambda card: card.out.grid == grid and not card.taps, reversed(waiting))
    return [*alike][:MOST][::-1]


def _first(rest: Flow, grid: Axes) -> list[Card]:
    """The cards that follow a U at its grid; if another does, the last is left to that."""
    found: list[Card] = []
    for each in rest[: MOST + 1]:
        if not isinstance(each, Card):
            return found[:-1]
        if each.taps or {each.grid, each.out.grid} != {grid}:
            break
        found.append(each)
    return found[:MOST]


def _grouped(found: list[Card], label: Mapping[int, str], most: int) -> Iterator[Row]:
    return grouped([(label[id(card)], card) for card in found], most)
