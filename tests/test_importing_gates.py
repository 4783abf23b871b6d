"""Products in a model come back as `mul`, however the model writes them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import dsl
from tests.test_importing import Net, same

Product = Callable[[Tensor, Tensor], Tensor]
BEHIND = "{mul: [identity, [globalpool avg, 1x1 4, 1x1 6 sigmoid]]}"
BEFORE = "{mul: [[globalpool avg, 1x1 4, 1x1 6 sigmoid], identity]}"
PRODUCTS: dict[str, tuple[Product, str]] = {
    "x * gate": (lambda x, gate: x * gate, BEHIND),
    "gate * x": (lambda x, gate: gate * x, BEFORE),
    "in place": (lambda x, gate: x.mul_(gate), BEHIND),
    "a function": (torch.mul, BEHIND),
    "a method": (lambda x, gate: gate.mul(x), BEFORE),
    "repeated": (lambda x, gate: x * gate.expand_as(x), BEHIND),
    "repeated by sizes": (lambda x, gate: gate.expand(-1, -1, *x.shape[2:]) * x, BEFORE),
    "repeated in place": (lambda x, gate: x.mul_(gate.expand_as(x)), BEHIND),
    "as large": (
        lambda x, gate: x * torch.sigmoid(x).expand_as(x),
        "{mul: [identity, sigmoid]}",
    ),
    "three": (
        lambda x, gate: x * gate * torch.tanh(x),
        "{mul: [identity, [globalpool avg, 1x1 4, 1x1 6 sigmoid], tanh]}",
    ),
    "three, the last two first": (
        lambda x, gate: x * (gate * torch.tanh(x)),
        "{mul: [identity, {mul: [[globalpool avg, 1x1 4, 1x1 6 sigmoid], tanh]}]}",
    ),
    "a scaled sum": (
        lambda x, gate: F.relu(x + 0.3 * (F.silu(x) * gate)),
        "{mul: [silu, [globalpool avg, 1x1 4, 1x1 6 sigmoid]], residual: {scale: 0.3}}",
    ),
    "of itself": (
        lambda x, gate: x * x * gate,
        "{mul: [identity, identity, [globalpool avg, 1x1 4, 1x1 6 sigmoid]]}",
    ),
}


class Gated(nn.Module):
    """Squeeze and excitation, joined in a way of its own."""

    def __init__(self, join: Product) -> None:
        super().__init__()
        self.squeeze, self.excite = nn.Conv2d(6, 4, 1), nn.Conv2d(4, 6, 1)
        self.join = join

    def forward(self, x: Tensor) -> Tensor:
        pooled = x.mean((2, 3), keepdim=True)
        return self.join(x, torch.sigmoid(self.excite(F.relu(self.squeeze(pooled)))))


@pytest.mark.parametrize("how", PRODUCTS)
def test_products_come_back(how: str) -> None:
    join, written = PRODUCTS[how]
    found = same(Net(Gated(join)))
    wanted = dsl.loads(
        "{name: net, input: [3, 20, 20], classes: 5, "
        f"body: [{written}], head: [globalpool avg, fc classes]}}"
    )
    assert (found.inception["Gated"].body,) == wanted.body
