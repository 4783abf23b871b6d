"""How the uses of a block read in a subtitle, in a table, and in what the pointer tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import groupby

from compiler.diagram.text import each, shape, si
from compiler.diagram.uses import Use
from compiler.ir.nodes import macs, params


def _binding(use: Use, inputs_differ: bool) -> str:
    given = [f"{name}={value}" for name, value in use.args.items()]
    return " ".join([*given, *([f"in={int(use.node.inp.channels)}"] if inputs_differ else [])])


Sizes = Mapping[tuple[str, str], int]
"""How many uses there are in each repeat."""


def _spot(use: Use) -> tuple[str, str]:
    return use.where, use.below


def _sizes(places: list[Use]) -> Sizes:
    return Counter(map(_spot, places))


def _names(group: list[Use], sizes: Sizes) -> str:
    """`a, many ×4` where a whole repeat is in the group, else `many.0, rest.1-3`."""
    spots: dict[tuple[str, str], list[Use]] = {}
    for use in group:
        spots.setdefault(_spot(use), []).append(use)
    told = (_name(run, len(run) == sizes[spot]) for spot, run in spots.items())
    steps = (_step(run[0]) if len(sizes) > 1 else "" for run in spots.values())
    return ", ".join(map("".join, zip(steps, told, strict=True)))


def _step(use: Use) -> str:
    """What tells a step from the block that it is called like."""
    return "step " if use.where.casefold() == use.call.block.casefold() else ""


def _name(run: list[Use], whole: bool) -> str:
    first, last = run[0], run[-1]
    if len(run) == 1:
        return first.path if not whole or first.below or not first.number else first.where
    if not first.number or (whole and not first.below):
        return f"{first.where} ×{len(run)}"
    count = int(last.number) - int(first.number) + 1
    told = f"{first.number}-{last.number}" if count == len(run) else _each(run)
    return ".".join(filter(None, [first.where, told, first.below]))


def _each(run: list[Use]) -> str:
    return f"({', '.join(use.number for use in run)})"


def called(some: list[Use], places: list[Use]) -> str:
    """What some of the uses of a block are called."""
    return _names(some, _sizes(places))


def count(places: list[Use]) -> str:
    """`×4`; nothing for one."""
    return f"×{len(places)}" if len(places) > 1 else ""


def subtitle(places: list[Use]) -> str:
    """`×4: mixed_6b with c7=128; mixed_6c, mixed_6d with c7=160; mixed_6e with c7=192`."""
    inputs_differ = len({int(use.node.inp.channels) for use in places}) > 1
    runs = groupby(places, lambda use: _binding(use, inputs_differ))
    sizes = _sizes(places)
    told = [
        " with ".join(filter(None, [_names(list(run), sizes), binding])) for binding, run in runs
    ]
    text = "; ".join(told)
    if len({use.where for use in places}) == 1:
        text = text.replace(f" {count(places)}", "", 1) if len(places) > 1 else text
    text = "" if text == places[0].call.block else text
    return ": ".join(filter(None, [count(places), text]))


def listing(places: list[Use]) -> list[list[str]]:
    """A table of the uses: a head, then one row for each run of equal ones."""
    names = list(places[0].args)
    rows = [["", "in", *names, "out", "parameters", "MACs"]]
    sizes = _sizes(places)
    for _, same in groupby(places, _cells):
        run = list(same)
        cost = (each(si(amount(run[0].node)), len(run)) for amount in (params, macs))
        rows.append([_names(run, sizes), *_cells(run[0])[:-2], *cost])
    return rows


def _cells(use: Use) -> list[str]:
    cost = [str(params(use.node)), str(macs(use.node))]
    return [shape(use.node.inp), *use.args.values(), shape(use.node.out), *cost]


def whose(places: list[Use]) -> str:
    """Whose numbers a drawing of all uses tells, where it has to tell some; nothing for one."""
    first, same = places[0], len({tuple(_cells(use)) for use in places}) == 1
    if len(places) == 1:
        return ""
    if same:
        return f"in each of {len(places)} uses:"
    return f"in {first.path}, the first of {len(places)} uses:"
