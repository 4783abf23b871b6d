"""Colours: told apart by whoever sees them and on paper without any, and every text can be read.

The maths is ColorAide's, which shares none with ours: distances by CIEDE2000, sight without one
kind of cone by Machado (2009) and by Brettel (1997), contrast by WCAG.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from typing import Literal, get_args

import pytest
from coloraide import Color

from compiler import diagram
from compiler.diagram.style import HEAT, LOOKS, STRIP
from compiler.lowering.lower import lower
from compiler.picture.ink import PAPER, Ink, contrast, legible
from compiler.picture.labels import Label
from compiler.picture.sheet import Sheet
from compiler.picture.tones import toned
from compiler.plugins.kinds import OURS
from dsl import load
from tests.networks import TEXTS, network

Time = Literal["light", "dark"]
TIMES = get_args(Time)
LACKS = [(cone, how) for cone in ("protan", "deutan", "tritan") for how in ("machado", "brettel")]
FAMILIES = {name: look.fill for name, look in LOOKS.items() if look.legend}
PALETTES = {"families": FAMILIES, "boxes": FAMILIES | STRIP}


@cache
def seen(colour: str) -> tuple[Color, ...]:
    """A colour as it is, and as those see it who lack a kind of cone."""
    own = Color(colour)
    return (own, *(own.filter(cone, method=how).clip("srgb") for cone, how in LACKS))


def distance(one: str, other: str) -> float:
    """The least distance of two colours, whoever looks at them."""
    pairs = zip(seen(one), seen(other), strict=True)
    return min(a.delta_e(b, method="2000") for a, b in pairs)


def lightness(colour: str) -> float:
    """L*: all that is left of a colour in grey."""
    return float(Color(colour).convert("lab-d65")["lightness"])


def at(ink: Ink, time: Time) -> str:
    return ink.light if time == "light" else ink.dark


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("palette", PALETTES)
def test_no_two_colours_of_a_palette_can_be_taken_for_each_other(palette: str, time: Time) -> None:
    colours = {name: at(ink, time) for name, ink in PALETTES[palette].items()}
    for one, other in combinations(colours, 2):
        if colours[one] != colours[other]:  # A kernel's may be its family's, too.
            assert distance(colours[one], colours[other]) >= 10, (one, other)


@pytest.mark.parametrize("time", TIMES)
def test_no_two_colours_of_a_strip_are_alike_in_grey(time: Time) -> None:
    rising = sorted(lightness(at(ink, time)) for ink in STRIP.values())
    assert min(above - below for below, above in pairwise(rising)) >= 10


@pytest.mark.parametrize("time", TIMES)
def test_heat_goes_one_way_and_its_steps_can_be_told_apart(time: Time) -> None:
    steps = [at(ink, time) for ink in HEAT]
    assert all(distance(one, other) >= 10 for one, other in pairwise(steps))
    rising = [lightness(step) for step in steps]
    greys = [Color("lab-d65", [each, 0, 0]) for each in rising]
    assert all(one.delta_e(other, method="2000") >= 10 for one, other in pairwise(greys))
    assert rising == sorted(rising, reverse=time == "light")


def drawings() -> Iterator[tuple[str, Sheet]]:
    shelf = sorted((Path(__file__).parent.parent / "specs").glob("*.yaml"))
    for each in [*map(network, TEXTS), *(lower(load(path)) for path in shelf)]:
        for name, sheet in diagram.drawings(each).items():
            yield f"{each.name}.{name}", sheet


def written(label: Label, fill: Ink) -> Iterator[tuple[Ink, Ink]]:
    """Each text's ink, and what it stands on."""
    for cell in (cell for line in label for cell in line.cells):
        yield from ((run.ink, cell.fill or fill) for run in cell.runs if run.text.strip())


def test_every_text_of_every_drawing_can_be_read() -> None:
    pairs = set[tuple[Ink, Ink]]()
    for _, sheet in drawings():
        pairs |= {*written(sheet.heading, PAPER)}
        for tone in ("auto", "dark"):
            for tile in toned(sheet, tone).tiles:
                pairs |= {*written(tile.label, tile.look.fill)}
    assert len(pairs) > len(FAMILIES)
    for ink, fill in pairs:
        for text, below in ((ink.light, fill.light), (ink.dark, fill.dark)):
            assert Color(text).contrast(below, method="wcag21") >= 4.5, (ink, fill)


@pytest.mark.parametrize("grey", range(256))
def test_there_is_a_text_for_every_fill(grey: int) -> None:
    """A plugin may bring any colour, and another by night."""
    light, dark = (f"#{n:02x}{n:02x}{n:02x}" for n in (grey, (grey + 128) % 256))
    found = legible(LOOKS["plain"].line, Ink(light, dark))
    for text, below in ((found.light, light), (found.dark, dark)):
        theirs = Color(text).contrast(below, method="wcag21")
        assert theirs >= 4.5
        assert contrast(text, below) == pytest.approx(theirs, rel=2e-3)


def test_every_family_is_known_to_plugins() -> None:
    assert set(OURS) == set(LOOKS)
