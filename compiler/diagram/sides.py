"""Two networks side by side: steps that belong together at one height, what differs marked.

Beside each difference stands how much more parameters and work the second network has there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from compiler.diagram import pairs
from compiler.diagram.entries import BOUND, MINUS
from compiler.diagram.fitting import fitted
from compiler.diagram.heading import Strip, heading, key, titled, words, wrapped
from compiler.diagram.pairs import HEADS, MARKS, TRUNK, Mark
from compiler.diagram.style import LOOKS
from compiler.diagram.text import shape, si
from compiler.diagram.turning import Placed, shifted, turned
from compiler.diagram.versus import Fate, Told, told
from compiler.diagram.wiring import Named, Wiring
from compiler.diagram.wishes import PLAIN, Wishes
from compiler.diff import Diff
from compiler.diff.wording import PRINTED, percent
from compiler.ir.nodes import Node, macs, params
from compiler.picture.ink import TEXT
from compiler.picture.labels import Cell, Label, Line, Run, line, small, strong
from compiler.picture.sheet import Edge, End, Sheet, Tile
from dsl.text.counts import count

GUTTER, BETWEEN, BELOW = 22, 24, 14
"""Points for signs, between the two networks, and between what stands one below the other."""
AMOUNTS: tuple[tuple[str, Callable[[Node], int]], ...] = (("parameters", params), ("MACs", macs))
AMOUNT, TIGHT = 84, 74
"""Points for each of the amounts, beside cards that are narrow less."""
CLOSER = 30
"""Points by which cards become narrower at a time where a drawing has to fit."""
SIDES = "one", "other"
BARE = Mark("", "none", LOOKS["plain"])


def sides(found: Diff, wishes: Wishes = PLAIN) -> Sheet:
    """A comparison as a drawing. Raises `ValueError` for wishes that it can't fulfil."""
    wishes.only("two networks side by side")
    rows = told(found)
    roomy = pairs.width_of(rows, _above(found))
    if wishes.room is None:
        return _sheet(found, rows, wishes, roomy)
    return fitted((_sheet(found, rows, wishes, card) for card in _closer(roomy)), wishes.room)


def _closer(roomy: int) -> Iterator[int]:
    """The widths of cards, from what they need to what they can do with."""
    yield from range(roomy, pairs.NARROWEST, -CLOSER)
    yield pairs.NARROWEST


def _sheet(found: Diff, rows: list[Told], wishes: Wishes, card: int) -> Sheet:
    page = _Page(found, rows, card)
    title = " → ".join(found.names)
    head = [
        *(titled(title, "", page.width, wrap=bool(wishes.fit)) if wishes.title else []),
        *(wrapped(_legend(rows), page.width) if wishes.legend else []),
    ]
    return Sheet(
        ".".join((*found.names, "diff")),
        title,
        f"{len(found.changes)} differences in structure",
        heading(head),
        *page.placed(up=wishes.up),
    )


def _legend(rows: list[Told]) -> list[Strip]:
    """What the marks that occur mean, and the brackets."""
    fates = {row.fate for row in rows} | {entry.kind for row in rows for entry in row.entries}
    shown = [MARKS[fate] for fate in MARKS if fate in fates and MARKS[fate].look.legend]
    strips = [key(mark.look, f"{mark.sign} {mark.look.legend}") for mark in shown]
    heads = any(row.aside and row.fate != "alike" for row in rows)
    return [*strips, words((small("(…) in training only"),))] if heads else strips


@dataclass(slots=True)
class _Last:
    """The boxes that the trunk's next box, and its next head, hang on, and by which ports."""

    trunk: End | None = None
    head: End | None = None


class _Page:
    """Places rows one below the other."""

    def __init__(self, found: Diff, rows: list[Told], card: int) -> None:
        self._found = found
        self._card = card
        self._amount = TIGHT if card < pairs.NARROW else AMOUNT
        self._lefts = GUTTER, GUTTER + self._card + BETWEEN
        self._right = self._lefts[1] + self._card
        self._once, _ = found.common(PRINTED)
        self._wiring = Wiring()
        self._edges: list[Edge] = []
        self._last = _Last(), _Last()
        self._top = 0.0
        self._heads()
        self._notes()
        self._start = self._top
        for row in rows:
            self._row(row)

    @property
    def width(self) -> float:
        """Points from the signs to the amounts."""
        return self._right + len(AMOUNTS) * self._amount

    def placed(self, *, up: bool) -> Placed:
        """Every box, and every line; the steps from the bottom to the top, if they go up."""
        tiles, _ = self._wiring.placed()
        if not up:
            return tiles, tuple(self._edges)
        above = [tile for tile in tiles if tile.top < self._start]
        steps = [tile for tile in tiles if tile.top >= self._start]
        turned_steps, edges = shifted(turned(steps, self._edges), 0, self._start)
        return (*above, *turned_steps), edges

    def _place(
        self, name: str, left: float, label: Label, fate: Fate | None = None, about: str = ""
    ) -> Named:
        """A box at the present height, as large as its label; without a fate, text alone."""
        size = max(each.width for each in label), sum(each.height for each in label)
        mark = MARKS[fate] if fate else BARE
        kind = (fate or "").replace(" ", "-")
        return self._wiring.place(
            Tile(name, left, self._top, *size, label, mark.look, mark.outline, kind, about)
        )

    def _heads(self) -> None:
        """What is compared, and all that it comes to."""
        for side, head in enumerate(_above(self._found)):
            label = pairs.column(head, self._card)
            self._place(f"network {side + 1}", self._lefts[side], label)
        changes = [
            tuple(sum(map(of, network.trunk)) for network in self._found.networks)
            for _, of in AMOUNTS
        ]
        lines = [
            [strong(name, 11) for name, _ in AMOUNTS],
            [Run(signed(new - old), 10, ink=TEXT) for old, new in changes],
            [
                small(percent(*pair).replace("-", MINUS) if len({*pair}) > 1 else "")
                for pair in changes
            ],
        ]
        label = tuple(self._amounts(runs, pairs.NOTE) for runs in lines)
        self._place("amounts", self._right, label)
        self._top += len(lines) * pairs.NOTE + BELOW

    def _notes(self) -> None:
        """What is said once for all steps."""
        sides = zip(self._found.names, self._found.networks, strict=True)
        rewritten = [
            f"{n} was rewritten: {', '.join(x.rewritten)}" for n, x in sides if x.rewritten
        ]
        nothing = [] if self._found.changes else ["no difference in structure"]
        texts = [*rewritten, *nothing, *(f"{MARKS['changed'].sign} {said}" for said in self._once)]
        if texts:
            label = pairs.notes(texts, self._right - GUTTER)
            box = self._place("said once", GUTTER, label, "changed" if self._once else "alike")
            self._top += box.tile.height + BELOW

    def _row(self, row: Told) -> None:
        """Steps of both networks, or a difference of the networks as a whole, which is on both."""
        if row.is_folded:
            self._fold(row)
            return
        left = pairs.ASIDE if row.aside else 0
        labels = pairs.faces(row, self._card - left)
        for side, nodes in enumerate((row.ones, row.others)):
            if nodes or row.is_whole:
                about = "\n".join(_about(row, side))
                name = f"{SIDES[side]}.{row.titles[side]}"
                box = self._place(name, self._lefts[side] + left, labels[side], row.fate, about)
                if not row.is_whole:
                    self._hang(side, box, aside=row.aside)
        height = sum(each.height for each in labels[0])
        if not row.is_beside:
            self._beside(row, height)
        self._top += height + BELOW

    def _beside(self, row: Told, height: float) -> None:
        """The sign at the left, how much more there is at the right, as high as the cards."""
        head = pairs.HEAD + 5
        sign = Run(MARKS[row.fate].sign, 16, True, TEXT)
        rest = Line(height - head, ())
        self._place(f"sign {row.title}", 0, (line(Cell(GUTTER, head, (sign,))), rest))
        self._more(row, head, rest)

    def _more(self, row: Told, height: float, *below: Line) -> None:
        runs = [Run(signed(row.more(of), row.aside), 10, ink=TEXT) for _, of in AMOUNTS]
        self._place(f"more {row.title}", self._right, (self._amounts(runs, height), *below))

    def _amounts(self, runs: list[Run], height: float) -> Line:
        return line(*(Cell(self._amount, height, (run,), "end") for run in runs))

    def _fold(self, row: Told) -> None:
        """Steps in one line, through which both trunks go."""
        places = [left - GUTTER + x for left in self._lefts for x in (TRUNK, HEADS)]
        label = pairs.fold(row.titles, self._counted(row), self._right - GUTTER, places)
        box = self._place(f"{row.fate} {row.title}", GUTTER, label, row.fate)
        for side in (0, 1):
            self._hang(side, box, port=2 * side)
        if any(row.more(of) for _, of in AMOUNTS):
            self._more(row, box.tile.height)
        self._top += box.tile.height + BELOW

    def _counted(self, row: Told) -> str:
        if row.fate == "left out":
            gone = " and ".join(f"{n:,}" for n in dict.fromkeys((len(row.ones), len(row.others))))
            what = "more step" if gone == "1" else "more steps"
            return f"⋮ {gone} {what}, left out"
        return f"{count(len(row.ones), 'step')} alike{' otherwise' if self._once else ''}"

    def _hang(self, side: int, box: Named, *, aside: bool = False, port: int = 0) -> None:
        """Go on with the trunk, or hang a head on what was last."""
        name, last, left = box.tile.name, self._last[side], self._lefts[side]
        x = left + (HEADS if aside else TRUNK)
        if tail := last.head if aside else last.trunk:
            head = End(name, (x, box.tile.top), f"t{port}", "n")
            self._edges.append(Edge(tail, head, dashed=aside))
        if not aside:
            last.trunk = End(name, (x, box.bottom), f"b{port}", "s")
        last.head = End(name, (left + HEADS, box.bottom), f"b{port if aside else port + 1}", "s")


def _above(found: Diff) -> Iterator[list[str]]:
    """What is said of each network: as what it was asked for, what it is, what it comes to."""
    for name, network in zip(found.names, found.networks, strict=True):
        title = "" if network.title == name else network.title or network.name
        amounts = (f"{si(sum(map(of, network.trunk)))} {what}" for what, of in AMOUNTS)
        about = ", ".join(filter(None, (title, shape(network.input))))
        yield [name, about, ", ".join(amounts)]


def _about(row: Told, side: int) -> Iterator[str]:
    """What a card tells, uncut."""
    yield from filter(None, (row.titles[side], row.texts[side]))
    for entry in row.entries:
        if text := (entry.one, entry.other)[side]:
            yield f"{MARKS[entry.kind].sign} {text.replace(BOUND, ' ')}"


def signed(n: int, aside: bool = False) -> str:
    """`+1.2 M`, in brackets where it is no part of the totals."""
    if not n:
        return "="
    said = f"{'+' if n > 0 else MINUS}{si(abs(n))}"
    return f"({said})" if aside else said
