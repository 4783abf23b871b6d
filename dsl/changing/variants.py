"""Networks made from a spec by naming what changes: its own variants, and all other changes."""

from __future__ import annotations

from collections.abc import Iterator

from dsl.changing.edits import Edit, Insert, Remove
from dsl.changing.pinning import pinned, unpinned
from dsl.changing.scaling import deepened, widened
from dsl.changing.setting import Set
from dsl.changing.twice import Given, own_places
from dsl.models.changes import Changes
from dsl.models.spec import Spec, Variant
from dsl.reading.limits import too_many_changes
from dsl.reading.reader import Reader
from dsl.text.memory import Memory
from dsl.text.problems import Problem, Report, Span, did_you_mean
from dsl.text.values import Mapping


def apply(spec: Spec, name: str, report: Report, asked: Span | None = None) -> Spec | None:
    """The spec with its variant `name` applied; the result has no variants of its own.

    `asked` is where that variant is asked for, if a file does.
    """
    variant = spec.variants.get(name)
    if variant is None:
        known = ", ".join(spec.variants) or "it has none"
        hint = did_you_mean(name, spec.variants)
        message = f"{spec.name} has no variant {name}"
        span = asked or spec.at.of("variants")
        report.add("E027", span, message, hint=hint, help=f"variants: {known}")
        return None
    made = changed(spec, variant, report)
    return _finished(made, name, variant) if made else None


def _finished(spec: Spec, name: str, variant: Variant) -> Spec:
    title = variant.title or f"{spec.title or spec.name}, {name}"
    return spec.model_copy(update={"variants": {}, "expect": variant.expect, "title": title})


def changed(spec: Spec, changes: Changes, report: Report) -> Spec | None:
    """The spec with all changes made, in the order width and depth, remove, insert, set.

    None where a problem was found. Names are not checked again: the caller does.
    """
    before = len(report.problems)
    made = edited(resized(spec, changes, report), changes, report)
    return made if len(report.problems) == before else None


RESIZED: Memory[Spec] = Memory(64)
"""Scaled specs: where other things change too, each factor comes again and again."""


def resized(spec: Spec, changes: Changes, report: Report) -> Spec:
    """The spec with its widths and repeats scaled."""
    factors = [(key, getattr(changes, key)) for key in ("width", "depth")]
    asked = tuple(
        (key, changes.place(key), tuple(factor.__dict__.items()))
        for key, factor in factors
        if factor
    )
    known = RESIZED.get((spec,), asked) if asked else spec
    if known is None:
        before = len(report.problems)
        known = _resized(spec, changes, report)
        if len(report.problems) == before:
            RESIZED.put(known, (spec,), asked)
    return known


def _resized(spec: Spec, changes: Changes, report: Report) -> Spec:
    if changes.width:
        spec = widened(spec, changes.width, changes.place("width"), report)
    if changes.depth:
        spec = deepened(spec, changes.depth, changes.place("depth"), report)
    return spec


def edited(spec: Spec, changes: Changes, report: Report, own: Mapping | None = None) -> Spec | None:
    """The spec after remove, insert and set; None where there is any problem.

    `own` are the keys that have been put in the base's place already, where a file has such.
    """
    if too_many_changes(changes, report):
        return None
    before, texts = len(report.problems), spec.texts
    reader = Reader(report, spec.blocks)
    given = Given(report, dict(own_places(own) if own else ()))
    edits = tuple(_edits(changes, reader))
    # What one does to the names is nothing to the others.
    moving = len(edits) > 1 and any(edit.moves(spec) for edit in edits)
    spec = pinned(spec) if moving else spec
    spec = _made(edits, spec, given, report)
    spec = (unpinned(spec) if moving else spec).read_from(texts)
    return spec if len(report.problems) == before else None


def _made(edits: tuple[Edit, ...], spec: Spec, given: Given, report: Report) -> Spec:
    """The spec with each edit made, in order.

    Values of a recipe must fit each other: one that doesn't yet waits for the others.
    """
    waiting = edits
    while waiting:
        told: dict[Edit, list[Problem]] = {}
        for edit in waiting:
            target, before = edit.target(spec), len(report.problems)
            spec = edit.apply(spec)
            found = report.problems[before:]
            if found and edit.of_recipe:
                told[edit] = found
                del report.problems[before:]
            elif target and not found:
                given.put(target, edit.address)
        if len(told) == len(waiting):
            report.problems += (problem for found in told.values() for problem in found)
            break
        waiting = tuple(told)
    return spec


def _edits(changes: Changes, reader: Reader) -> Iterator[Edit]:
    for address in changes.removals():
        yield Remove(address=address, reader=reader)
    for before, beside, name, step in changes.insertions():
        yield Insert(address=beside, reader=reader, name=name, value=step, before=before)
    for address, value in changes.settings():
        yield Set(address=address, reader=reader, value=value)
