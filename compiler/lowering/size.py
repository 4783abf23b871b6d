"""How many layers a spec resolves to, counted before anything is lowered."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, NoReturn

from compiler.lowering.scope import Scope, Stop
from dsl.models.factors import factor, name_in
from dsl.models.layers import Call, Layer, Ramp, Step
from dsl.models.spec import inner_steps
from dsl.text.source import MAX_DEPTH

MOST_LAYERS = 5_000
"""Inception-ResNet-v2 has 352. Building and cross-checking takes torch about 10 ms a layer."""
MOST_SEEN = MOST_LAYERS * (MAX_DEPTH + 1)
"""Steps that are looked at. Each makes a layer at least, and a layer is in so many of them at
most, so that more than these are too many layers."""

Names = Mapping[str, Any]
"""What parameters and `classes` are; a width that comes in isn't known yet, and is a name."""


class Counter:
    """Counts steps with their repeats; each block once for all calls with the same arguments."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.blocks: dict[Hashable, int] = {}
        """By name, and by arguments too where a parameter says how often something repeats."""
        self.seen = 0
        self.named = False
        """Whether what was counted last has such a parameter."""

    def count(self, step: Step, names: Names) -> int:
        """Layers that a step resolves to, where the names mean this."""
        self.seen += 1
        if self.seen > MOST_SEEN:
            return MOST_LAYERS + 1
        if not isinstance(step, Layer):
            return 1 + sum(self.count(inner, names) for inner in inner_steps(step))
        times = step.repeat if isinstance(step.repeat, int) else self.times(step, names)
        return self.calls(step, times, names) if isinstance(step, Call) else times

    def times(self, step: Layer, names: Names) -> int:
        """How often a step repeats; what can't be is left to be told where it is lowered."""
        self.named = True
        found = _meaning(step.repeat, names)
        if found == "in":
            self.unknown(step)
        return found if isinstance(found, int) and found > 0 else 1

    def calls(self, step: Call, times: int, names: Names) -> int:
        """Layers of a call with all its repeats, which may differ where a number changes."""
        count = self.block(step, 0, times, names)
        if step.block in self.blocks or not any(isinstance(v, Ramp) for v in step.args.values()):
            return times * count
        return count + sum(self.block(step, place, times, names) for place in range(1, times))

    def block(self, step: Call, place: int, times: int, names: Names) -> int:
        """Layers of the block in one of the repeats of a call."""
        if (known := self.blocks.get(step.block)) is not None:
            return known
        block = self.scope.spec.blocks[step.block]
        given = {
            key: value.at(place, times) if isinstance(value, Ramp) else _meaning(value, names)
            for key, value in step.args.items()
        }
        inside = {**block.params, **given, "classes": names["classes"]}
        key = (step.block, *inside.items())
        if key in self.blocks:
            self.named = True
            return self.blocks[key]
        before, self.named = self.named, False
        count = self.count(block.body, inside)
        self.blocks[key if self.named else step.block] = count
        self.named |= before
        return count

    def check(self) -> None:
        """Report that the network is too large, at its largest step."""
        spec = self.scope.spec
        sections = (*(steps for _, steps in spec.sections()), *(h.steps for h in spec.aux))
        names = {"classes": spec.classes}
        counts = [(self.count(step, names), step) for steps in sections for step in steps]
        total = sum(count for count, _ in counts)
        if total > MOST_LAYERS:
            self.refuse(*max(counts, key=lambda found: found[0]), total)

    def refuse(self, count: int, step: Step, total: int) -> None:
        """Report it and stop."""
        least = "at least " if self.seen > MOST_SEEN else ""
        size = f"{least}{_size(total)} layers, the limit is {MOST_LAYERS:,}"
        hint = f"{least}{_size(count)} of them here"
        message = f"the network resolves to {size}"
        self.scope.tell("E140", step.at.of("repeat"), message, hint=hint, help="repeat less")
        raise Stop

    def unknown(self, step: Layer) -> NoReturn:
        """Report a repeat that would follow from a width, and stop."""
        message = f"repeat can't follow from a width that comes in, and {step.repeat} does here"
        help = "how often a step repeats is known before any width is: give a number"
        self.scope.tell("E013", step.at.of("repeat"), message, help=help)
        raise Stop


def _meaning(given: Any, names: Names) -> Any:
    """What stands for a number or a name; `in` for what follows from a width that comes in."""
    if not isinstance(given, str):
        return given
    found, name = factor(given), name_in(given)
    value = names.get(name, name)
    if found is None or not isinstance(value, int):
        return value
    return value // found.number if found.divides else value * found.number


def _size(count: int) -> str:
    return f"{count:,}" if count < 10**9 else f"{count:.1e}"
