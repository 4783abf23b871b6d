"""The U-Net of inception blocks on the shelf, against one that is written by hand in torch."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from compiler.cost import cost
from compiler.lowering.prepare import prepare
from compiler.nn.module import CompiledNetwork, compile_spec
from tests.parity import agree, with_fault
from tests.test_source import randomise

CLASSES = 5


def unit(channels: int, width: int, kernel: int, stride: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(channels, width, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(width), nn.ReLU())


class Mixed(nn.Module):
    """Kernels of 1, 3 and 5 and a pool, side by side."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        quarter, eighth = width // 4, width // 8
        self.one = unit(channels, quarter, 1)
        self.three = nn.Sequential(unit(channels, quarter, 1), unit(quarter, 2 * quarter, 3))
        self.five = nn.Sequential(unit(channels, eighth, 1), unit(eighth, eighth, 5))
        self.pooled = unit(channels, eighth, 1)

    def forward(self, x: Tensor) -> Tensor:
        pooled = self.pooled(F.max_pool2d(x, 3, 1, 1))
        return torch.cat([self.one(x), self.three(x), self.five(x), pooled], 1)


class Level(nn.Module):
    """Half the height and width, what is below, and back to what came in, beside that."""

    def __init__(self, channels: int, extra: int, width: int, below: nn.Module, up: int) -> None:
        super().__init__()
        self.shrink = unit(channels, extra, 3, 2)
        self.before = Mixed(channels + extra, width)
        self.below = below
        last = 2 * width if isinstance(below, Level) else width
        self.after = Mixed(last, width)
        self.grow = nn.ConvTranspose2d(width, up, 2, 2, bias=False)
        self.norm = nn.BatchNorm2d(up)

    def forward(self, x: Tensor) -> Tensor:
        small = torch.cat([self.shrink(x), F.max_pool2d(x, 3, 2, 1)], 1)
        small = self.after(self.below(self.before(small)))
        return torch.cat([x, torch.relu(self.norm(self.grow(small)))], 1)


class ByHand(nn.Module):
    """Three levels, the deepest with two blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = unit(3, 32, 3)
        bottom = Level(128, 64, 256, nn.Identity(), 128)
        middle = Level(64, 32, 128, bottom, 64)
        self.u = Level(32, 32, 64, middle, 32)
        self.mix = Mixed(64, 64)
        self.logits = nn.Conv2d(64, CLASSES, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.logits(self.mix(self.u(self.stem(x))))
        return y


def both() -> tuple[CompiledNetwork, ByHand]:
    """The same weights, in the order in which both have them."""
    ours, theirs = compile_spec("inception_unet", num_classes=CLASSES).double(), ByHand().double()
    randomise(ours)
    values = ours.state_dict().values()
    theirs.load_state_dict(dict(zip(theirs.state_dict(), values, strict=True)))
    return ours, theirs


X = torch.randn(2, 3, 40, 48, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
def test_it_is_the_network_by_hand(training: bool) -> None:
    ours, theirs = both()
    y, expected = ours.train(training)(X), theirs.train(training)(X)
    assert y.shape == (2, CLASSES, 40, 48)
    agree(y, expected)
    if training:
        y.square().mean().backward()
        expected.square().mean().backward()
        for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert one.grad is not None and other.grad is not None
            agree(one.grad, other.grad)
        for moved, wanted in zip(ours.buffers(), theirs.buffers(), strict=True):
            agree(moved.double(), wanted.double())


FAULTS = {
    "another pool": {"inception.A.branch4.0": "avgpool 3x3"},
    "another activation": {"inception.middle.branch2.4.act": "elu"},
    "something on the way past": {"inception.bottom.branch1": "sigmoid"},
    "shrunk otherwise": {"strided.down.branch2": "avgpool 3x3 /2"},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_shows(fault: str) -> None:
    """Nothing of it shows in shapes, all of it in numbers."""
    wrong = with_fault("inception_unet", None, FAULTS[fault])
    ours = compile_spec("inception_unet", num_classes=11).double().eval()
    randomise(ours)
    wrong.load_state_dict(ours.state_dict())
    with pytest.raises(AssertionError):
        agree(wrong(X), ours(X))


def test_each_pixel_has_a_loss() -> None:
    """Cross entropy takes maps of logits, and maps of classes to match."""
    ours, _ = both()
    classes = torch.randint(CLASSES, (2, 40, 48), generator=torch.Generator().manual_seed(3))
    logits = ours.train()(X)
    wanted = F.cross_entropy(logits.movedim(1, -1).reshape(-1, CLASSES), classes.reshape(-1))
    torch.testing.assert_close(ours.loss(logits, classes), wanted)


def test_its_field_is_even_again_where_it_began() -> None:
    field = cost(prepare("inception_unet").network).total.field
    assert field is not None
    assert (field.stride, set(map(type, field.size))) == ((1, 1), {int})


@pytest.mark.parametrize(("size", "fits"), [((8, 16), True), ((12, 16), False), ((7, 8), False)])
def test_sides_are_eights(size: tuple[int, int], fits: bool) -> None:
    ours = compile_spec("inception_unet").eval()
    if fits:
        assert ours(torch.zeros(1, 3, *size)).shape == (1, 21, *size)
        return
    with pytest.raises(ValueError, match="doesn't fit"):
        ours(torch.zeros(1, 3, *size))
