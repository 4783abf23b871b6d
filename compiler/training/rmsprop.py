"""RMSprop as TensorFlow computes it, with which the Inception papers were trained.

torch's own adds epsilon beside the root, begins its means at 0, and multiplies by the rate what the
momentum has gathered. With the papers' epsilon of 1 that is another optimizer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, overload

import torch


class TensorFlowRmsProp(torch.optim.Optimizer):
    """`s = k s + (1 - k) g²; v = m v + rate · g / √(s + ε); w = w - v`, where s begins at 1."""

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        *,
        keep: float = 0.9,
        momentum: float = 0.9,
        epsilon: float = 1.0,
        weight_decay: float = 0.0,
    ) -> None:
        usual = {"lr": lr, "keep": keep, "momentum": momentum, "epsilon": epsilon}
        super().__init__(params, {**usual, "weight_decay": weight_decay})

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], float]) -> float: ...
    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Change every parameter that has a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._change(parameter, group)
        return loss

    def _change(self, parameter: torch.Tensor, group: dict[str, Any]) -> None:
        gradient, state = parameter.grad, self.state[parameter]
        assert gradient is not None, "asked for above"
        if group["weight_decay"]:
            gradient = gradient.add(parameter, alpha=group["weight_decay"])
        if not state:
            state["square"] = torch.ones_like(parameter)
            state["velocity"] = torch.zeros_like(parameter)
        square, velocity = state["square"], state["velocity"]
        square.mul_(group["keep"]).addcmul_(gradient, gradient, value=1 - group["keep"])
        root = square.add(group["epsilon"]).sqrt_()
        velocity.mul_(group["momentum"]).addcdiv_(gradient, root, value=group["lr"])
        parameter.sub_(velocity)
