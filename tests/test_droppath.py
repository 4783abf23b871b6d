"""Stochastic depth: what it drops, by whose chance, rates that grow over a repeat, its import."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import dsl
from compiler.importing import import_module
from compiler.ir.nodes import leaves
from compiler.lowering.lower import lower
from compiler.nn.module import compile_spec
from compiler.nn.runtime import DropPath
from compiler.ops.linear import DropPath as Op
from compiler.source import emit
from dsl.models.layers import Call
from dsl.models.ramp import Ramp
from tests import peers
from tests.parity import agree, randomise, still

HEAD = "name: deep\ninput: [3, 12, 14]\nclasses: 5\nstem: [3x3 8]\n"
SPEC = f"""{HEAD}
inception:
  A:
    params: {{p: 0.5, n: 4}}
    concat: [1x1 n, 3x3 n]
    then: [1x1 in linear, droppath p]
    residual: {{act: none}}
body: [a: BODY]
head: [globalpool avg, fc classes]
"""


def deep(call: str) -> dsl.Spec:
    return dsl.loads(SPEC.replace("BODY", call))


def rates(call: str, **changes: Any) -> list[float]:
    network = lower(dsl.change(deep(call), dsl.Changes(**changes)))
    return [float(leaf.op.p) for _, leaf in leaves(network.nodes) if isinstance(leaf.op, Op)]


# --- What is dropped -----------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("shape", [(60, 4), (60, 4, 3), (60, 4, 3, 2), (60, 4, 3, 2, 2)], ids=str)
def test_it_is_timms_and_torchvisions_to_the_bit(p: float, shape: tuple[int, ...]) -> None:
    peers.timm()
    from timm.layers import DropPath as Timms  # type: ignore[attr-defined]  # it lists none
    from torchvision.ops import StochasticDepth  # type: ignore[import-untyped]  # it has no types

    x = torch.randn(shape, requires_grad=True)
    found = []
    for layer in (DropPath(p), Timms(p), StochasticDepth(p, "row")):
        torch.manual_seed(7)
        y = layer.train()(x)
        (grad,) = torch.autograd.grad(y.square().sum(), x)
        found.append((y, grad, torch.rand(3)))
        assert torch.equal(layer.eval()(x), x)
    for other in found[1:]:
        assert all(map(torch.equal, found[0], other))


def test_whole_samples_go_and_the_others_make_up_for_them() -> None:
    torch.manual_seed(0)
    y = DropPath(0.25).train()(torch.ones(40_000, 3, 2))
    each = y.flatten(1)
    assert torch.equal(each, each[:, :1].expand_as(each))
    assert sorted(each.unique().tolist()) == pytest.approx([0, 4 / 3])
    assert abs(float((each[:, 0] == 0).float().mean()) - 0.25) < 0.01


# --- Rates that grow -----------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 3, 5, 12])
def test_a_range_is_torchs_linspace(count: int) -> None:
    wanted = torch.linspace(0, 0.3, count, dtype=torch.float64)
    ours = torch.tensor(rates(f"A p=0..0.3 x{count}"), dtype=torch.float64)
    torch.testing.assert_close(ours, wanted, rtol=1e-11, atol=0)


def test_numbers_between_are_as_a_person_would_write_them() -> None:
    assert rates("A p=0..0.3 x5") == [0, 0.075, 0.15, 0.225, 0.3]
    assert rates("A p=0.4..0.1 x4") == [0.4, 0.3, 0.2, 0.1]
    assert [Ramp(8, 14).at(place, 4) for place in range(4)] == [8, 10, 12, 14]
    assert [type(Ramp(8, 14).at(place, 3)) for place in range(3)] == [int] * 3
    assert Ramp(8, 13).at(1, 3) == 10.5


def test_widths_may_grow_too_and_are_scaled_at_both_ends() -> None:
    def widths(**changes: Any) -> list[int]:
        network = lower(dsl.change(deep("A n=4..8 x3"), dsl.Changes(**changes)))
        inside = (leaf for path, leaf in leaves(network.nodes) if "branch1.conv" in path)
        return [int(leaf.out.channels) for leaf in inside]

    assert widths() == [4, 6, 8]
    assert widths(width=2) == [8, 12, 16]
    with pytest.raises(dsl.SpecError, match=r"width must be a whole number"):
        lower(deep("A n=4..8 x4"))


def test_a_change_sets_a_range_and_depth_follows_it() -> None:
    assert rates("A x3", set={"a.p": "0..0.2"}) == [0, 0.1, 0.2]
    assert rates("A p=0..0.2 x3", depth=2) == [0, 0.04, 0.08, 0.12, 0.16, 0.2]
    assert rates("A p=0.1..0.2 x3", depth=0.3) == [0.1]


def test_a_range_is_written_back() -> None:
    spec = deep("A p=0..0.1 x3")
    assert dsl.loads(dsl.dump(spec)) == spec
    assert "A p=0..0.1 x3" in dsl.dump(spec)
    call = dsl.step("A p=1e-3..0.1 n=4..8 x3", name="a")
    assert isinstance(call, Call) and call.args == {"p": Ramp(0.001, 0.1), "n": Ramp(4, 8)}


def test_emitted_source_gives_each_repeat_its_number() -> None:
    text = emit(lower(deep("A p=0..0.1 x3")))
    made = [line.strip() for line in text.splitlines() if "InceptionA(8" in line]
    assert made == ["InceptionA(8, p=0.0),", "InceptionA(8, p=0.05),", "InceptionA(8, p=0.1),"]


# --- Import --------------------------------------------------------------------------------


class Block(nn.Module):
    """A residual sum whose work is dropped now and then."""

    def __init__(self, drop: nn.Module) -> None:
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 3, padding=1)
        self.drop = drop

    def forward(self, x: Tensor) -> Any:
        return x + self.drop(self.conv(x))


def net(*drops: nn.Module) -> nn.Sequential:
    blocks = (Block(drop) for drop in drops)
    pool = (nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return nn.Sequential(nn.Conv2d(3, 8, 3), *blocks, *pool, nn.Linear(8, 5))


def test_public_ones_come_back() -> None:
    peers.timm()
    from timm.layers import DropPath as Timms  # type: ignore[attr-defined]  # it lists none
    from torchvision.ops import StochasticDepth

    model = net(Timms(0.1), Timms(0.3), StochasticDepth(0.25, "row"), Timms(1.0), DropPath(0.5))
    spec = import_module(model, (3, 12, 14), weights="original")
    found = [leaf.op.p for _, leaf in leaves(lower(spec).nodes) if isinstance(leaf.op, Op)]
    assert found == [0.1, 0.3, 0.25, 1.0, 0.5]
    ours = compile_spec(spec).double()
    randomise(model.double())
    ours.load_state_dict(dict(zip(ours.state_dict(), model.state_dict().values(), strict=True)))
    x = torch.randn(2, 3, 12, 14, dtype=torch.float64)
    for training in (False, True):
        outs = []
        for each in (ours, model):
            torch.manual_seed(3)
            outs.append(each.train(training)(x))
        agree(*outs)
    still(ours, model)
    agree(ours.train()(x), model.train()(x))


class Same(nn.Module):
    """One number for all images, which isn't rescaled, or one for each channel."""

    def __init__(self, sizes: tuple[int, ...], keep: float = 0.5, scaled: float = 0.5) -> None:
        super().__init__()
        self.sizes, self.keep, self.scaled = sizes, keep, scaled

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        sizes = [len(x) if size < 0 else size for size in self.sizes]
        return x * x.new_empty(sizes).bernoulli_(self.keep).div_(self.scaled)


@pytest.mark.parametrize(
    "drop",
    [
        Same((1, 1, 1, 1)),
        Same((-1, 8, 1, 1)),
        Same((-1, 1, 1, 1), 0.5, 1.0),
        Same((-1, 1, 1, 1), 0.5, 0.25),
        Same((1, 1, 10, 1)),
    ],
)
def test_other_chances_are_refused(drop: nn.Module) -> None:
    with pytest.raises(
        dsl.SpecError, match=r"1.drop \(Same\): (draws random|gives a tensor whose)"
    ):
        import_module(net(drop), (3, 12, 14))
    plain = net(Same((-1, 1, 1, 1)))
    assert "droppath 0.5" in dsl.dump(import_module(plain, (3, 12, 14)))
