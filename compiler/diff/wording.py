"""A comparison for people, and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from compiler.cost import cost
from compiler.diff.changes import Beside, Change, Kind, Place
from compiler.diff.differences import side_by_side
from compiler.diff.identity import said
from compiler.ir.fit import least
from compiler.ir.network import Network

FIGURES = {
    "params": "parameters",
    "params_with_aux": "with auxiliary heads",
    "macs": "MACs",
    "activations": "activations",
    "peak_bytes": "peak memory, bytes",
    "weight_bytes": "weights, bytes",
}
UNIFORM = 0.75
"""The share of changed widths from which one factor is said for all of them."""
SPREAD = 4
"""In how many steps, at least: of fewer, each is named."""


class Signs(NamedTuple):
    """How a product and a change are written."""

    times: str
    to: str


TYPED = Signs("x", "->")
PRINTED = Signs("×", "→")


@dataclass(frozen=True, repr=False)
class Diff:
    """Two networks under the names that they were asked for, and what differs."""

    names: tuple[str, str]
    networks: tuple[Network, Network]
    changes: tuple[Change, ...]
    """What differs in structure."""
    rewritten: tuple[Change, ...] = ()
    """What does the same and is written differently; the names of its weights may differ."""
    steps: tuple[Beside, ...] = ()
    """The networks as a whole, then all their steps side by side, with these changes."""

    @property
    def figures(self) -> dict[str, tuple[Any, Any]]:
        """Each figure of the cost in both networks, and the least input."""
        reports = [cost(network) for network in self.networks]
        one, other = (report.total for report in reports)
        found: dict[str, tuple[Any, Any]]
        found = {key: (getattr(one, key), getattr(other, key)) for key in FIGURES}
        if any(network.rewritten for network in self.networks):
            found["launches"] = (reports[0].launches, reports[1].launches)
        sizes = [str(least(network)) for network in self.networks]
        return found | {"least_input": (sizes[0], sizes[1])}

    def as_json(self) -> str:
        """All of it as JSON: `names`, `changes`, `rewritten`, `cost`."""
        data = {
            "names": list(self.names),
            "changes": [_data(change) for change in self.changes],
            "rewritten": [_data(change) for change in self.rewritten],
            "cost": {key: list(pair) for key, pair in self.figures.items()},
        }
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"

    def __repr__(self) -> str:
        """What `inception-compile diff` prints."""
        return self.as_text()

    def as_text(self) -> str:
        """For a terminal: the structure's differences, equal ones together, and the cost."""
        first = f"{self.names[0]} -> {self.names[1]}"
        return "\n".join([first, *self.structure(), "", *self.costs()]) + "\n"

    def structure(self) -> Iterator[str]:
        """The structure's differences, one or several equal ones a line."""
        for name, network in zip(self.names, self.networks, strict=True):
            if network.rewritten:
                yield f"  {name} was rewritten: {', '.join(network.rewritten)}"
        if not self.changes:
            yield "  no difference in structure"
        once, rest = self.common()
        yield from (f"  ~ {words}" for words in once)
        yield from _grouped([*rest, *self.rewritten])

    def common(self, signs: Signs = TYPED) -> tuple[list[str], list[Change]]:
        """What is said once of many layers, and the changes that are left to be named."""
        once = []
        factor, scaled = _common_factor(self.changes)
        if factor is not None:
            widths = sum(map(is_scaled, self.changes))
            by = f"widths {signs.times} {float(factor):g}"
            once.append(f"{by} in {len(scaled)} of the {widths} that differ")
        common = _common_settings(self.changes)
        once += [f"{count} layers: {words}" for words, count in _settings_said(common, signs)]
        of_many = set(scaled)
        rest = [c for c in self.changes if c not in of_many and _setting(c) not in common]
        return once, rest

    def rows(self) -> Iterator[tuple[str, str, str, str]]:
        """The cost's table: a figure's name, both numbers and how far they are apart."""
        yield "cost", *self.names, "change"
        for key, (old, new) in self.figures.items():
            one, other = (f"{n:,}" if isinstance(n, int) else str(n) for n in (old, new))
            yield FIGURES.get(key, key.replace("_", " ")), one, other, percent(old, new)

    def costs(self) -> Iterator[str]:
        """The same in columns."""
        rows = [*self.rows()]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        for row in rows:
            cells = [f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True)]
            yield f"{row[0]:<{widths[0]}}  {'  '.join(cells)}".rstrip()


def diff(
    one: Network, other: Network, names: tuple[str, str] | None = None, *, training: bool = True
) -> Diff:
    """Compare two networks; `training` says whether what only training needs counts."""
    steps = tuple(side_by_side(one, other, training=training))
    found = [change for beside in steps for change in beside.changes]
    changes, rewritten = (
        tuple(change for change in found if (change.what == "form") == only) for only in (0, 1)
    )
    return Diff(names or (one.name, other.name), (one, other), changes, rewritten, steps)


def _data(change: Change) -> dict[str, Any]:
    place = change.place
    found = {"kind": change.kind, "what": change.what, "path": place.one, "other_path": place.other}
    found |= (
        {"block": place.block, "inner": place.inner[0] or place.inner[1]} if place.block else {}
    )
    return found | {"old": change.old, "new": change.new}


def percent(old: Any, new: Any) -> str:
    """How far two numbers are apart: `+4.2%`, `=`, or nothing where there is no telling."""
    if not isinstance(old, int) or not isinstance(new, int):
        return "" if old != new else "="
    if old == new or not old:
        return "=" if old == new else ""
    return f"{100 * (new - old) / old:+.1f}%"


Setting = tuple[str, Any, Any]
SETTINGS = ("norm", "gamma", "eps", "momentum", "activation", "bias", "init", "count_padding")
"""Facts that a network usually has the same everywhere."""
EVERYWHERE = 8
"""From how many layers on one change of a setting is said once for all of them."""


def _setting(change: Change) -> Setting:
    return change.what, change.old, change.new


def _common_settings(changes: tuple[Change, ...]) -> dict[Setting, int]:
    """The settings that changed in one way wherever they did, and in how many layers."""
    found: Counter[Setting] = Counter()
    for change in changes:
        if change.what in SETTINGS and change.place.one:
            found[_setting(change)] += 1
    ways = Counter(what for what, _, _ in found)
    return {s: n for s, n in found.items() if n >= EVERYWHERE and ways[s[0]] == 1}


def _settings_said(common: dict[Setting, int], signs: Signs) -> Iterator[tuple[str, int]]:
    """Those that changed in equally many layers, together."""
    for count in dict.fromkeys(common.values()):
        said = (Change(s[0], old=s[1], new=s[2]) for s, n in common.items() if n == count)
        yield ", ".join(_said(change, signs) for change in said), count


def is_scaled(change: Change) -> bool:
    """Whether it is a width in numbers on both sides."""
    return change.what == "width" and isinstance(change.old, int) and isinstance(change.new, int)


def _common_factor(changes: tuple[Change, ...]) -> tuple[Fraction | None, tuple[Change, ...]]:
    """The factor that most changed widths share, and those changes; None if there is none."""
    widths = [change for change in changes if is_scaled(change)]
    factors = Counter(Fraction(change.new, change.old) for change in widths)
    if not factors:
        return None, ()
    factor, count = factors.most_common(1)[0]
    scaled = tuple(c for c in widths if Fraction(c.new, c.old) == factor)
    steps = {change.place.one.partition(".")[0] for change in scaled}
    if len(steps) < SPREAD or count < UNIFORM * len(widths):
        return None, ()
    return factor, scaled


def _grouped(changes: list[Change]) -> Iterator[str]:
    """One line for what is said of several places: of a block's layers, of its uses, of steps."""
    places: dict[Place, list[Change]] = {}
    for change in changes:
        places.setdefault(change.place, []).append(change)
    uses: dict[tuple[Any, ...], list[Place]] = {}
    for place, found in places.items():
        where = (place.block, place.inner) if place.block else (place,)
        words = ", ".join(map(_said, found))
        uses.setdefault((where, found[0].kind, words), []).append(place)
    lines: dict[tuple[Kind, str, str, str], list[str]] = {}
    for (_, kind, words), same in uses.items():
        inner = _side(kind, *(same[0].inner if same[0].block else (same[0].one, same[0].other)))
        lines.setdefault((kind, same[0].block, _steps(same), words), []).append(inner)
    for (kind, block, steps, words), paths in lines.items():
        yield f"  {MARKS[kind]} {_where(block, steps, paths)}: {words}"


LABELS = {"p": "rate", "count_padding": "counts padding"}
MARKS: dict[Kind, str] = {"removed": "-", "added": "+", "changed": "~", "rewritten": "="}
MOST_PATHS = 10
MOST_STEPS = 4
"""Of more steps that use a block only the first and last are named."""


def _steps(same: list[Place]) -> str:
    """The steps that use a block."""
    if not same[0].block:
        return ""
    steps = [_path(*place.steps) for place in same]
    if len(steps) > MOST_STEPS:
        return f" ({steps[0]} to {steps[-1]}, {len(steps)} steps)"
    return f" ({', '.join(steps)})"


def _where(block: str, steps: str, paths: list[str]) -> str:
    paths = list(filter(None, paths))
    named = ", ".join(paths)
    if len(paths) > MOST_PATHS:
        named = f"{paths[0]} to {paths[-1]}, {len(paths)} places"
    if not block:
        return named or "network"
    return f"block {block}{' ' * bool(named)}{named}{steps}"


def _side(kind: Kind, one: str, other: str) -> str:
    """The path in the network that has it."""
    return {"removed": one, "added": other}.get(kind) or _path(one, other)


def _path(one: str, other: str) -> str:
    """A path; both where they differ in more than how they are spelt."""
    if not one or not other or said(one) == said(other):
        return one or other
    return f"{one} = {other}"


def _said(change: Change, signs: Signs = TYPED) -> str:
    if change.kind == "rewritten":
        nested = change.old == change.new
        return f"{change.old}, {'nested otherwise' if nested else f'the same as {change.new}'}"
    if change.kind != "changed":
        return str(change.old if change.new is None else change.new)
    return f"{called(change)} {shown(change.old)} {signs.to} {shown(change.new)}"


def called(change: Change) -> str:
    """The name of the fact that differs, as a person says it."""
    return LABELS.get(change.what, change.what.replace("_", " "))


def shown(value: Any) -> str:
    """A fact as a person says it."""
    if isinstance(value, bool) or value is None:
        return "yes" if value else "no" if value is False else "none"
    if isinstance(value, tuple):
        return "x".join(map(shown, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
