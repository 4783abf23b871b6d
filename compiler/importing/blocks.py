"""Units of equal structure as one block, with parameters for what differs between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from compiler.importing.naming import block_name
from compiler.importing.slots import Slot, Value, filled, role, slots, structure
from compiler.importing.strands import Chain
from compiler.importing.units import Unit


@dataclass
class Pattern:
    """A block to be: its uses, and what each parameter is in each of them."""

    role: str
    units: list[Unit] = field(default_factory=list)
    name: str = ""
    params: dict[str, Value | None] = field(default_factory=dict)
    arguments: list[dict[str, Value]] = field(default_factory=list)
    body: Chain = ()

    def settle(self) -> None:
        """Find the parameters, and the body that names them."""
        uses = [list(slots(unit.items)) for unit in self.units]
        columns = list(zip(*uses, strict=True))
        widths = tuple(unit.channels for unit in self.units)
        groups: dict[tuple[Value, ...], list[Slot]] = {}
        for column in columns:
            values = tuple(slot.value for slot in column)
            if _fixed(column, widths) is None:
                groups.setdefault(values, []).append(column[0])
        named = dict(zip(groups, _names(list(groups.values())), strict=True))
        self.arguments = [
            {name: values[use] for values, name in named.items()} for use in range(len(uses))
        ]
        fixed = (_fixed(column, widths) for column in columns)
        wanted = [
            named[tuple(slot.value for slot in column)] if value is None else value
            for column, value in zip(columns, fixed, strict=True)
        ]
        self.body = filled(self.units[0].items, iter(wanted))
        self._defaults({name: groups[values][0].kind for values, name in named.items()})

    def _defaults(self, kinds: dict[str, str]) -> None:
        """Give scales and activations their most frequent value, so that calls say widths."""
        for name, kind in kinds.items():
            values = Counter(each[name] for each in self.arguments)
            self.params[name] = None if kind == "width" else values.most_common(1)[0][0]
            if kind != "width":
                self.arguments = [
                    {k: v for k, v in each.items() if k != name or v != self.params[name]}
                    for each in self.arguments
                ]


def _fixed(column: Sequence[Slot], widths: tuple[int, ...]) -> Value | None:
    """What stands in a slot without a parameter: a constant, or `in`; None for a parameter."""
    values = tuple(slot.value for slot in column)
    same = len(set(values)) == 1
    if values == widths and (column[0].closing or not same):
        return "in"
    return values[0] if same else None


def _names(groups: list[list[Slot]]) -> list[str]:
    """Each parameter's name; a letter behind those that come again."""
    if len(groups) == 1 and groups[0][0].kind == "width" and role(groups[0]) != "pool":
        wanted = [role(groups[0]) if role(groups[0])[1:] not in ("1", "") else "width"]
    else:
        wanted = [role(group) for group in groups]
    seen: Counter[str] = Counter()
    found = []
    for name in wanted:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name}{_letter(seen[name])}")
    return found


def _letter(number: int) -> str:
    return chr(ord("a") + number - 1) if number <= 26 else f"_{number}"


def patterns(units: Iterable[Unit]) -> tuple[list[Pattern], dict[int, tuple[Pattern, int]]]:
    """The blocks in the order of their first use, and each unit's block and use by its id."""
    found: dict[Any, Pattern] = {}
    places: dict[int, tuple[Pattern, int]] = {}
    for unit in units:
        pattern = found.setdefault((unit.role, structure(unit.items)), Pattern(unit.role))
        places[id(unit)] = pattern, len(pattern.units)
        pattern.units.append(unit)
    taken: set[str] = set()
    for number, pattern in enumerate(found.values()):
        pattern.settle()
        pattern.name = block_name(pattern.units[0].kind or _letter(number + 1).upper(), taken)
        taken.add(pattern.name)
    return list(found.values()), places
