"""The variants of a sweep: the spec that they are of, which they are, and what changes in each.

They have numbers from 1 on, and the last axis turns fastest.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from dsl.changing import inherit
from dsl.changing.settling import altered, settled
from dsl.models import shelf
from dsl.models.axes import Axis
from dsl.models.changes import CHANGES, Changes
from dsl.models.plain import tree
from dsl.models.spec import Spec
from dsl.models.sweep import MOST_VARIANTS, Draw, Sweep
from dsl.reading.reader import Reader
from dsl.reading.sweeps import base_of, pointing, recipe_of
from dsl.text.problems import Problem, Report, Span, SpecError
from dsl.text.source import read
from dsl.text.values import Entry, Mapping, Scalar, Value

FACTORS = ("width", "depth")
"""Axes that scale a spec; all others are set in it."""


@dataclass(frozen=True)
class Point:
    """One variant: what stands on each axis."""

    number: int
    values: tuple[Value, ...]


def changes(sweep: Sweep, values: Sequence[Value]) -> Changes:
    """The changes that values on the axes of a sweep say. Raises `SpecError`."""
    report = Report(texts=sweep.texts)
    made: Changes | None = Reader(report).changes(Changes, said(sweep, values), {})
    report.stop_if_any()
    assert made is not None, "no changes, and no problem either"
    return made


def said(sweep: Sweep, values: Sequence[Value]) -> Mapping:
    """The same as the keys of a spec that extends the one of the sweep."""
    scaled: list[Entry] = []
    settings: list[Entry] = []
    for (address, axis), value in zip(sweep.axes.items(), values, strict=True):
        for each in (address, *axis.also):
            entry = Entry(Scalar(each, _place(axis, each, address)), value)
            (scaled if each in FACTORS else settings).append(entry)
    span = sweep.at.of("axes")
    if settings:
        scaled.append(Entry(Scalar("set", span), Mapping(tuple(settings), span)))
    return Mapping(tuple(scaled), span)


def _place(axis: Axis, address: str, own: str) -> Span:
    return axis.at.of("address" if address == own else "also")


def swept(sweep: Sweep) -> Spec:
    """The spec that a sweep is of, with the recipe that it trains by.

    Raises `SpecError` for one that can't be read, and for an axis that leads nowhere.
    """
    path, variant = base_of(sweep)
    try:
        spec = inherit.loads(read(shelf.find(path)), str(path), variant or None)
    except SpecError as error:
        raise pointing(sweep, sweep.at.of("spec"), error) from None
    spec = _with_recipe(sweep, spec).read_from(spec.texts | sweep.texts)
    _check_addresses(sweep, spec)
    return spec


def _with_recipe(sweep: Sweep, spec: Spec) -> Spec:
    """The spec with the recipe that a sweep trains it by, so that axes can change that."""
    train = sweep.train
    if train is None:
        return spec.model_copy()
    recipe = recipe_of(sweep) or spec.training
    if recipe is None:
        message = f"{spec.name} has no recipe to train by"
        help = (
            f"`train: {shelf.recipes()[0]}` names one; on the shelf: {', '.join(shelf.recipes())}"
        )
        raise SpecError([Problem("E011", sweep.at.of("train"), message, help=help)], sweep.texts)
    try:
        recipe = settled(altered(recipe, {"epochs": train.epochs} if train.epochs else {}))
    except SpecError as error:
        raise pointing(sweep, train.at.of("epochs"), error) from None
    return spec.model_copy(update={"training": recipe}).read_from(spec.texts | recipe.texts)


def _check_addresses(sweep: Sweep, spec: Spec) -> None:
    """Raise for an axis whose address leads nowhere, or where another does: each variant would."""
    found: list[Problem] = []
    settings: list[Entry] = []
    for address, axis in sweep.axes.items():
        for each in (address, *axis.also):
            said = Entry(Scalar(each, _place(axis, each, address)), _first(axis))
            if each in CHANGES and each not in FACTORS:
                message = f"{each} is no axis: what it says is no value at an address"
                found.append(Problem("E026", said.key.span, message))
            elif each not in FACTORS:
                found += _lost(spec, [said], "E026")
                settings.append(said)
    if not found and settings:
        found += _lost(spec, settings, "E004")
    if found:
        raise SpecError(found, spec.texts)


def _lost(spec: Spec, settings: Sequence[Entry], code: str) -> list[Problem]:
    """What is wrong with addresses, whatever is set there."""
    span = settings[0].key.span
    entry = Entry(Scalar("set", span), Mapping(tuple(settings), span))
    report = Report(texts=dict(spec.texts))
    made = Reader(report).changes(Changes, Mapping((entry,), span), {})
    try:
        if made is not None:
            inherit.changed(spec, made)
    except SpecError as error:
        return [each for each in error.problems if each.code == code]
    return []


def _first(axis: Axis) -> Value:
    return tree(axis.low, axis.at.of("low")) if axis.endless else axis.nodes()[0]


def points_of(sweep: Sweep) -> Sequence[Point]:
    """The variants of a sweep; none where a search finds them.

    Raises `SpecError` for more than there may be, and for axes that only a draw can take.
    """
    drawn = sweep.random
    endless = [address for address, axis in sweep.axes.items() if axis.endless]
    if endless and drawn is None and sweep.train and sweep.train.sampler != "grid":
        return ()
    if endless and drawn is None:
        span = sweep.axes[endless[0]].at.span
        message = f"{endless[0]} has no end of values between low and high"
        help = "say how far apart they lie with step or count, or draw some: `random: 100`"
        raise SpecError([Problem("E013", span, message, help=help)], sweep.texts)
    if endless and drawn is not None:
        return _drawn(sweep, drawn)
    grid = Grid(sweep)
    if drawn is not None:
        whole = range(grid.whole)
        chosen = random.Random(drawn.seed).sample(whole, min(drawn.count, len(whole)))  # noqa: S311  # No secret.
        return tuple(Point(n, grid.at(place)) for n, place in enumerate(sorted(chosen), 1))
    if grid.whole > MOST_VARIANTS and not sweep.train:
        message = f"the axes give {grid.whole:,} variants: a sweep has {MOST_VARIANTS:,} at most"
        help = "fewer values, or `random: 1000` for some of them"
        span = sweep.at.of("axes")
        raise SpecError([Problem("E013", span, message, help=help)], sweep.texts)
    return grid


class Grid(Sequence[Point]):
    """All variants of a sweep, each made when it is asked for."""

    def __init__(self, sweep: Sweep) -> None:
        self.nodes = [axis.nodes() for axis in sweep.axes.values()]
        self.whole = prod(map(len, self.nodes))

    def __len__(self) -> int:
        return self.whole

    def __getitem__(self, place: int) -> Point:  # type: ignore[override]  # No slices.
        if not 0 <= place < self.whole:
            raise IndexError(place)
        return Point(place + 1, self.at(place))

    def at(self, place: int) -> tuple[Value, ...]:
        """The values of a place in the grid."""
        found: list[Value] = []
        for nodes in reversed(self.nodes):
            place, here = divmod(place, len(nodes))
            found.append(nodes[here])
        return tuple(reversed(found))


def _drawn(sweep: Sweep, draw: Draw) -> tuple[Point, ...]:
    """Points of which each axis was drawn by itself."""
    dice = random.Random(draw.seed)  # noqa: S311  # No secret.
    return tuple(Point(n, tuple(_values(sweep, dice))) for n in range(1, draw.count + 1))


def _values(sweep: Sweep, dice: random.Random) -> Iterator[Value]:
    for axis in sweep.axes.values():
        if axis.endless:
            yield tree(axis.drawn(dice.random()), axis.at.of("low"))
        else:
            yield dice.choice(axis.nodes())
