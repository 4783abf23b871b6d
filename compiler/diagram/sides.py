"""Two networks side by side: steps that belong together at one height, what differs marked.

Beside each difference stands how much more parameters and work the second network has there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from compiler.diagram import pairs
from compiler.diagram.heading import Strip, blank, heading, joined, swatch, titled, words, wrapped
from compiler.diagram.pairs import HEADS, MARKS, TRUNK, Mark
from compiler.diagram.style import LOOKS
from compiler.diagram.text import shape, si
from compiler.diagram.versus import Fate, Told, told
from compiler.diagram.wiring import Named, Wiring
from compiler.diff import Diff
from compiler.diff.wording import percent
from compiler.ir.nodes import Node, macs, params
from compiler.picture.ink import TEXT
from compiler.picture.labels import Cell, Label, Line, Run, line, small, strong
from compiler.picture.sheet import Edge, End, Sheet, Tile

GUTTER, BETWEEN, BELOW = 22, 24, 14
"""Points for signs, between the two networks, and between what stands one below the other."""
AMOUNTS: tuple[tuple[str, Callable[[Node], int]], ...] = (("parameters", params), ("MACs", macs))
AMOUNT = 84
"""Points for each of the amounts."""
SIDES = "one", "other"
PLAIN = Mark("", "none", LOOKS["plain"])
MINUS = "\u2212"


def sides(found: Diff) -> Sheet:
    """A comparison as a drawing."""
    rows = told(found)
    page = _Page(found, rows)
    title = " → ".join(found.names)
    tiles, edges = page.placed()
    legend = wrapped(_legend(rows), page.width)
    return Sheet(
        ".".join((*found.names, "diff")),
        title,
        f"{len(found.changes)} differences in structure",
        heading([*titled(title, "", page.width), *legend]),
        tiles,
        edges,
    )


def _legend(rows: list[Told]) -> list[Strip]:
    """What the marks that occur mean, and the brackets."""
    fates = {row.fate for row in rows} | {entry.kind for row in rows for entry in row.entries}
    shown = [MARKS[fate] for fate in MARKS if fate in fates and MARKS[fate].look.legend]
    strips = [
        joined(
            swatch(mark.look.fill, mark.look.line),
            blank(6),
            words((small(f"{mark.sign} {mark.look.legend}"),), gap=14),
        )
        for mark in shown
    ]
    heads = any(row.aside and row.fate != "alike" for row in rows)
    return [*strips, words((small("(…) in training only"),))] if heads else strips


@dataclass(slots=True)
class _Last:
    """The boxes that the trunk's next box, and its next head, hang on, and by which ports."""

    trunk: End | None = None
    head: End | None = None


class _Page:
    """Places rows one below the other."""

    def __init__(self, found: Diff, rows: list[Told]) -> None:
        self._found = found
        self._card = pairs.width_of(rows, _above(found))
        self._lefts = GUTTER, GUTTER + self._card + BETWEEN
        self._right = self._lefts[1] + self._card
        self._once, _ = found.common()
        self._wiring = Wiring()
        self._edges: list[Edge] = []
        self._last = _Last(), _Last()
        self._top = 0.0
        self._heads()
        self._notes()
        for row in rows:
            self._row(row)

    @property
    def width(self) -> float:
        """Points from the signs to the amounts."""
        return self._right + len(AMOUNTS) * AMOUNT

    def placed(self) -> tuple[tuple[Tile, ...], tuple[Edge, ...]]:
        """Every box, and every line."""
        tiles, _ = self._wiring.placed()
        return tiles, tuple(self._edges)

    def _place(
        self, name: str, left: float, label: Label, fate: Fate | None = None, about: str = ""
    ) -> Named:
        """A box at the present height, as large as its label; without a fate, text alone."""
        size = max(each.width for each in label), sum(each.height for each in label)
        mark = MARKS[fate] if fate else PLAIN
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
        self._place("amounts", self._right, tuple(_amounts(runs, pairs.NOTE) for runs in lines))
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
        if row.fate in ("alike", "left out"):
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
        self._beside(row)
        self._top += sum(each.height for each in labels[0]) + BELOW

    def _beside(self, row: Told) -> None:
        """The sign at the left, how much more there is at the right."""
        height = pairs.HEAD + 5
        sign = Run(MARKS[row.fate].sign, 16, True, TEXT)
        self._place(f"sign {row.title}", 0, (line(Cell(GUTTER, height, (sign,))),))
        self._more(row, height)

    def _more(self, row: Told, height: float) -> None:
        runs = [Run(signed(row.more(of), row.aside), 10, ink=TEXT) for _, of in AMOUNTS]
        self._place(f"more {row.title}", self._right, (_amounts(runs, height),))

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
            return f"⋮ {gone} more steps, left out"
        what = "auxiliary head" if row.aside else "step"
        steps = f"{len(row.ones):,} {what}{'s' if len(row.ones) > 1 else ''}"
        return f"{steps} alike{' otherwise' if self._once else ''}"

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


def _amounts(runs: list[Run], height: float) -> Line:
    return line(*(Cell(AMOUNT, height, (run,), "end") for run in runs))


def _share(old: int, new: int) -> str:
    return percent(old, new).replace("-", MINUS) if old != new else ""


def _about(row: Told, side: int) -> Iterator[str]:
    """What a card tells, uncut."""
    yield from filter(None, (row.titles[side], row.texts[side]))
    for entry in row.entries:
        if text := (entry.one, entry.other)[side]:
            yield f"{MARKS[entry.kind].sign} {text}"


def signed(n: int, aside: bool = False) -> str:
    """`+1.2 M`, in brackets where it is no part of the totals."""
    if not n:
        return "="
    said = f"{'+' if n > 0 else MINUS}{si(abs(n))}"
    return f"({said})" if aside else said
