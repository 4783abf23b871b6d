"""torchvision's networks with their weights give the same numbers in ours.

`tests.parity` says how weights and statistics are drawn, and what counts as equal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from compiler.nn.module import CompiledNetwork, compile_spec
from tests.parity import (
    CLASSES,
    INCEPTION_V3,
    agree,
    differ,
    pattern,
    randomise,
    still,
    translated,
)
from tests.peers import torchvision_models

GOOGLENET = pattern(
    {
        r"(conv[123]|fc|aux[12]\.(?:conv|fc1|fc2))": r"\1",
        r"inception(..)\.branch1": r"inception_\1.b1",
        r"inception(..)\.branch2\.(.)": r"inception_\1.b3.\2",
        r"inception(..)\.branch3\.(.)": r"inception_\1.b5.\2",
        r"inception(..)\.branch4\.1": r"inception_\1.pool.1",
    }
)


@dataclass(frozen=True)
class Pair:
    """A network of ours, its peer, and how the peer's layers are called in ours."""

    ours: tuple[str, str | None]
    theirs: str
    places: Callable[[str], str | None]
    heads: dict[str, str]
    mend: Callable[[nn.Module], None] = lambda model: None
    """What undoes the peer's slips, where ours is the paper's."""

    def build(self, dtype: torch.dtype) -> tuple[CompiledNetwork, nn.Module]:
        """Both networks, with the same random weights and statistics."""
        torch.manual_seed(0)
        create = getattr(torchvision_models(), self.theirs)
        theirs = create(
            num_classes=CLASSES, aux_logits=True, init_weights=False, transform_input=False
        )
        assert isinstance(theirs, nn.Module)
        self.mend(theirs)
        theirs = theirs.to(dtype)
        randomise(theirs)
        ours = compile_spec(*self.ours, num_classes=CLASSES).to(dtype)
        ours.load_state_dict(self.translated(theirs.state_dict()), strict=True)
        return ours, theirs

    def translated(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """A state dict of theirs under our names."""
        return translated(state, self.places)


def _as_in_the_paper(model: Any) -> None:
    """torchvision's googlenet without its slips."""
    for module in list(model.modules()):
        if type(module).__name__ == "Inception":
            slip = module.branch3[1].conv
            module.branch3[1].conv = nn.Conv2d(
                slip.in_channels, slip.out_channels, 5, padding=2, bias=False
            )
    model.maxpool4 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
    model.dropout = nn.Dropout(0.4)


GOOGLENET_HEADS = {"aux1": "aux_logits1", "aux2": "aux_logits2"}
PAIRS = {
    "googlenet": Pair(("googlenet", "torchvision"), "googlenet", GOOGLENET, GOOGLENET_HEADS),
    "googlenet_of_the_paper": Pair(
        ("googlenet", None), "googlenet", GOOGLENET, GOOGLENET_HEADS, _as_in_the_paper
    ),
    "inception_v3": Pair(
        ("inception_v3", None), "inception_v3", INCEPTION_V3, {"aux": "aux_logits"}
    ),
}

EVAL = [
    ("googlenet", (15, 15)),
    ("googlenet", (64, 64)),
    ("googlenet", (79, 50)),
    ("googlenet_of_the_paper", (48, 63)),
    ("inception_v3", (75, 75)),
    ("inception_v3", (96, 83)),
]


@cache
def built(name: str, dtype: torch.dtype) -> tuple[CompiledNetwork, nn.Module]:
    return PAIRS[name].build(dtype)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize(("name", "size"), EVAL)
def test_evaluation(name: str, size: tuple[int, int], dtype: torch.dtype) -> None:
    ours, theirs = built(name, dtype)
    x = torch.randn(2, 3, *size, dtype=dtype)
    with torch.no_grad():
        got, wanted = ours.eval()(x), theirs.eval()(x)
    differ(wanted)
    agree(got, wanted)


TRAIN = [
    ("googlenet", (64, 64), torch.float64),
    ("googlenet", (79, 66), torch.float64),
    ("googlenet", (64, 79), torch.float32),
    ("inception_v3", (299, 299), torch.float64),
    ("inception_v3", (300, 302), torch.float32),
]


@pytest.mark.parametrize(("name", "size", "dtype"), TRAIN)
def test_training(name: str, size: tuple[int, int], dtype: torch.dtype) -> None:
    """Logits and every head agree, batch statistics included; dropout draws the same."""
    pair = PAIRS[name]
    ours, theirs = pair.build(dtype)
    x = torch.randn(2, 3, *size, dtype=dtype)
    with torch.no_grad():
        torch.manual_seed(1)
        got = ours.train()(x)
        torch.manual_seed(1)
        wanted = theirs.train()(x)
    assert got._fields == ("logits", *pair.heads)
    differ(wanted.logits)
    agree(got.logits, wanted.logits)
    for head, name_there in pair.heads.items():
        agree(getattr(got, head), getattr(wanted, name_there))
    same_state(pair, ours, theirs)


def same_state(pair: Pair, ours: nn.Module, theirs: nn.Module) -> None:
    """Every weight and statistic agrees."""
    wanted, got = pair.translated(theirs.state_dict()), ours.state_dict()
    assert got.keys() == wanted.keys()
    for key, value in wanted.items():
        if value.is_floating_point():
            agree(got[key], value)
        else:
            assert torch.equal(got[key], value), key


@pytest.mark.parametrize("name", ["googlenet", "googlenet_of_the_paper"])
def test_one_step_of_training(name: str) -> None:
    """After a step with the heads' losses every weight still agrees: so did the gradients."""
    pair = PAIRS[name]
    ours, theirs = pair.build(torch.float64)
    still(ours, theirs)
    x, target = torch.randn(2, 3, 65, 64, dtype=torch.float64), torch.tensor([3, 7])
    step(ours.train(), lambda: ours.loss(ours(x), target))

    def their_loss() -> Tensor:
        out, loss = theirs(x), nn.functional.cross_entropy
        heads = loss(out.aux_logits1, target) + loss(out.aux_logits2, target)
        return loss(out.logits, target) + 0.3 * heads

    step(theirs.train(), their_loss)
    same_state(pair, ours, theirs)


def step(model: nn.Module, loss: Callable[[], Tensor]) -> None:
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01)
    loss().backward()  # type: ignore[no-untyped-call]
    optimiser.step()


@pytest.mark.parametrize("name", PAIRS)
def test_what_no_output_shows(name: str) -> None:
    """Constants of batch norm and dropout, and how weights are drawn."""
    pair = PAIRS[name]
    ours, theirs = pair.build(torch.float32)
    assert dropouts(ours) == dropouts(theirs)
    layers = dict(ours.named_modules())
    for place, module in theirs.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            mine = layers[f"{pair.places(place.removesuffix('.bn'))}.bn"]
            assert isinstance(mine, nn.BatchNorm2d)
            assert (mine.eps, mine.momentum) == (module.eps, module.momentum), place


def dropouts(model: nn.Module) -> list[float]:
    return sorted(module.p for module in model.modules() if isinstance(module, nn.Dropout))


UNSEEN = "aux.conv2.conv.weight"
"""torchvision asks for 0.01 here, of a module that its loop passes over: it draws with 0.1."""


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_weights_are_drawn_as_torchvision_draws_them(name: str) -> None:
    pair = PAIRS[name]
    torch.manual_seed(0)
    theirs = getattr(torchvision_models(), pair.theirs)(num_classes=CLASSES, init_weights=True)
    drawn = compile_spec(*pair.ours, num_classes=CLASSES).state_dict()
    for key, value in pair.translated(theirs.state_dict()).items():
        if value.dim() > 1:
            meant = value.std() * (0.1 if key == UNSEEN else 1)
            assert abs(drawn[key].std() / meant - 1) < 6 / value.numel() ** 0.5, key
            assert drawn[key].abs().max() <= 2, key
        elif ".bn." in key:
            assert torch.equal(drawn[key], value), key
