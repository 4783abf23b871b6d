"""A network's cards put together as papers put them: the stem as one, `4 × A`, and their panels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from compiler.diagram.rows import Card
from compiler.diagram.text import counted
from compiler.ir.measures import Measure

INPUT, STEM = "input", "stem"
Letters = Mapping[str, str]
"""The panels that draw out parts of a network, by the parts' keys."""


def stages(cards: list[Card], measure: Measure) -> list[Card]:
    """The cards as papers put them together: the stem, and one block several times in a row."""
    return [_together(list(group), measure) for group in _groups(cards)]


def _groups(cards: list[Card]) -> Iterator[list[Card]]:
    """Cards that belong together: nothing leaves the trunk between them."""
    group: list[Card] = []
    for card in cards:
        if group and not _goes_on(group[-1], card):
            yield group
            group = []
        group.append(card)
    yield group


def _goes_on(before: Card, card: Card) -> bool:
    """Whether a card is of one stage with that before it: what comes out is as large, too."""
    if before.taps or not _sort(card) or _sort(before) != _sort(card):
        return False
    return card.section == STEM or before.out.grid == card.out.grid


def lettered(found: list[Card], letters: Letters) -> list[Card]:
    """Stages that say in which panels they are drawn out."""
    keys = (_sort(card) or step_key(card.path) for card in found)
    told = (f"({letters[key]})" if key in letters else "" for key in keys)
    return [replace(card, letter=each) for card, each in zip(found, told, strict=True)]


def _sort(card: Card) -> str:
    """What puts a card together with others; nothing for one that stands alone."""
    if card.section == STEM and card.path != INPUT:
        return STEM
    return block_key(card.block) if card.block else ""


def block_key(block: str) -> str:
    """What a block's panel is found by."""
    return f"block {block}"


def step_key(path: str) -> str:
    """The same of a step that is drawn out by itself, and of an auxiliary head."""
    return f"step {path}"


def _together(group: list[Card], measure: Measure) -> Card:
    first, last = group[0], group[-1]
    times = sum(card.times for card in group)
    names = first.path if len(group) == 1 else f"{first.path} … {last.path}"
    if first.block:
        title, aside = first.block, names if names != first.block else ""
    elif len(group) > 1:
        title, aside, times = STEM, "", 1
    else:
        name = "" if first.name == first.title else first.name
        told = [first.aside, "" if first.aside and first.title == first.path else name]
        title, aside = first.title, "\u00a0\u00a0".join(filter(None, told))
    amount = (sum if measure.adds else max)(card.amount for card in group)
    tooltip = "\n".join(card.tooltip for card in group)
    widths = tuple(int(card.out.channels) for card in group) if first.block else ()
    made = replace(last, title=title, aside=aside, times=times, strip=[], tooltip=tooltip)
    made = replace(made, widths=widths)
    alone = len(group) == 1
    notes = last.notes if alone and not first.block else ()
    made = replace(made, conv=last.conv and alone)
    return replace(made, amount=amount, told=_added(group, amount, measure), notes=notes)


def _added(group: list[Card], amount: int, measure: Measure) -> str:
    """What several cards have, as a sum that says so; of one card, what that says."""
    if len(group) == 1 or not amount:
        return group[0].told
    sign = "Σ" if measure.adds else "≤"
    return f"{sign} {counted(amount, measure.unit)}"
