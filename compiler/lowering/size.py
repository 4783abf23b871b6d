"""How many layers a spec resolves to, counted before anything is lowered."""

from __future__ import annotations

from compiler.lowering.scope import Scope, Stop
from dsl.models.layers import Call, Layer, Step
from dsl.models.spec import inner_steps

MOST_LAYERS = 5_000
"""Inception-ResNet-v2 has 352. Building and cross-checking takes torch about 10 ms a layer."""


class Counter:
    """Counts steps with their repeats; each block once."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.blocks: dict[str, int] = {}

    def count(self, step: Step) -> int:
        """Layers that a step resolves to."""
        if isinstance(step, Call):
            return step.repeat * self.block(step.block)
        if isinstance(step, Layer):
            return step.repeat
        return 1 + sum(self.count(inner) for inner in inner_steps(step))

    def block(self, name: str) -> int:
        """Layers of one block."""
        if name not in self.blocks:
            self.blocks[name] = self.count(self.scope.spec.blocks[name].body)
        return self.blocks[name]

    def check(self) -> None:
        """Report that the network is too large, at its largest step."""
        spec = self.scope.spec
        sections = (*(steps for _, steps in spec.sections()), *(h.steps for h in spec.aux))
        counts = [(self.count(step), step) for steps in sections for step in steps]
        total = sum(count for count, _ in counts)
        if total > MOST_LAYERS:
            self.refuse(*max(counts, key=lambda found: found[0]), total)

    def refuse(self, count: int, step: Step, total: int) -> None:
        """Report it and stop."""
        message = f"the network resolves to {_size(total)} layers, the limit is {MOST_LAYERS:,}"
        hint = f"{_size(count)} of them here"
        self.scope.tell("E140", step.at.of("repeat"), message, hint=hint, help="repeat less")
        raise Stop


def _size(count: int) -> str:
    return f"{count:,}" if count < 10**9 else f"{count:.1e}"
