"""How many layers a spec resolves to, counted before anything is lowered."""

from __future__ import annotations

from compiler.scope import Scope, Stop
from dsl.layers import Call, Layer, Step
from dsl.spec import inner_steps

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
        """Report the step that makes the network too large, if there is one."""
        spec = self.scope.spec
        total = 0
        for steps in (*(steps for _, steps in spec.sections()), *(h.steps for h in spec.aux)):
            for step in steps:
                total += self.count(step)
                if total > MOST_LAYERS:
                    self.refuse(step, total)

    def refuse(self, step: Step, total: int) -> None:
        """Report it and stop."""
        size = f"{total:,}" if total < 10**9 else f"{total:.1e}"
        message = f"the network resolves to {size} layers here, the limit is {MOST_LAYERS:,}"
        self.scope.tell("E140", step.at.of("repeat"), message, help="repeat less")
        raise Stop
