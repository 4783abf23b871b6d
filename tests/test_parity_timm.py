"""timm's Inception networks and Xception give the same numbers as ours with their weights.

`tests.parity` says how weights and statistics are drawn, and what counts as equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
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
    error,
    images,
    norms,
    randomise,
    still,
    translated,
    with_fault,
)
from tests.peers import timm

Place = Callable[[str], str | None]

V4_STAGES = [
    *("conv_1a", "conv_2a", "conv_2b", "mixed_3a", "mixed_4a", "mixed_5a"),
    *(f"inception_a.{n}" for n in range(4)),
    "reduction_a",
    *(f"inception_b.{n}" for n in range(7)),
    "reduction_b",
    *(f"inception_c.{n}" for n in range(3)),
]


def inception_v4(place: str) -> str | None:
    """`features.20.branch2_3a` -> `inception_c.1.branch2.3.a`."""
    if place == "last_linear":
        return "fc"
    match = re.fullmatch(r"features\.(\d+)(.*)", place)
    if not match:
        return None
    inside = re.sub(r"_(\d)([ab])$", r".\1.\2", match[2])
    return V4_STAGES[int(match[1])] + re.sub(r"_(\d)$", r".\1", inside)


def xception(place: str) -> str | None:
    """`block5.rep.4.pointwise` -> `middle.1.rep.2.pointwise`."""
    if match := re.fullmatch(r"(conv|bn)([12])", place):
        return f"conv{match[2]}.{match[1]}"
    if match := re.fullmatch(r"(?:conv|bn)([34])\.?(.*)", place):
        return f"conv{match[1]}.{PARTS[match[2]]}"
    if not (match := re.fullmatch(r"block(\d+)\.(.+)", place)):
        return "fc" if place == "fc" else None
    number, inside = int(match[1]), match[2]
    block = f"middle.{number - 4}" if 4 <= number <= 11 else f"block{number}"
    if inside.startswith("skip"):
        return f"{block}.skip.{'bn' if inside == 'skipbn' else 'conv'}"
    _, at, *part = inside.split(".")  # ReLU, separable convolution, norm; the first has no ReLU
    unit = int(at) // 3 if number == 1 else (int(at) + 2) // 3
    return f"{block}.rep.{unit}.{PARTS['.'.join(part)]}"


def inception_next(place: str) -> str | None:
    """`stages.2.blocks.0.token_mixer.dwconv_hw` -> `stage3.0.token_mixer.square`."""
    if place.startswith(("stem.", "head.")):
        return place.removeprefix("head.")
    if not (match := re.fullmatch(r"stages\.(\d)\.(\w+)\.(\d+)\.?(.*)", place)):
        return None
    number, kind, at, inside = int(match[1]) + 1, *match.groups()[1:]
    if kind == "downsample":
        return f"down{number}.{at}"
    return f"stage{number}.{at}.{INSIDE.get(inside, inside)}"


INSIDE = {
    "token_mixer.dwconv_hw": "token_mixer.square",
    "token_mixer.dwconv_w": "token_mixer.row",
    "token_mixer.dwconv_h": "token_mixer.column",
    "mlp.fc1": "fc1.conv",
    "mlp.fc2": "fc2",
    "": "scale",
}


def aligned(middle: int, entry: tuple[str, ...]) -> Place:
    """`blocks.3.stack.conv1.bn_dw` -> `middle.0.conv1.depthwise.bn`; `middle` counts them."""
    flow = (*entry, *(f"middle.{n}" for n in range(middle)), "block4", "block5")

    def place(theirs: str) -> str | None:
        if theirs in ("stem.0", "stem.1"):
            return f"conv{int(theirs[-1]) + 1}"
        if not (match := re.fullmatch(r"blocks\.(\d+)\.(.+)", theirs)):
            return "fc" if theirs == "head.fc" else None
        inside = re.sub(r"(conv|bn)_dw$", r"depthwise.\1", match[2])
        inside = re.sub(r"(conv|bn)_pw$", r"pointwise.\1", inside)
        return f"{flow[int(match[1])]}.{inside.removeprefix('stack.')}"

    return place


PARTS = {"conv1": "depthwise", "pointwise": "pointwise", "": "bn"}


@dataclass(frozen=True)
class Pair:
    """A network of ours, timm's, and how timm's layers are called in ours."""

    ours: tuple[str, str | None]
    theirs: str
    places: Place
    faults: tuple[dict[str, Any], ...]
    """Slips that leave shapes and counts alone, each of which must show."""


PAIRS = {
    "inception_v3": Pair(
        ("inception_v3", None),
        "inception_v3",
        INCEPTION_V3,
        (
            {"defaults.avgpool": "nopad"},
            {"inception.C.branch3.1.act": "none"},
        ),
    ),
    "inception_v4": Pair(
        ("inception_v4", None),
        "inception_v4",
        inception_v4,
        (
            {"defaults.avgpool": "countpad"},
            {"inception.A.branch3.0": "maxpool 3x3"},
        ),
    ),
    "inception_resnet_v2": Pair(
        ("inception_resnet_v2", None),
        "inception_resnet_v2",
        lambda place: place,
        (
            {"inception.block17.residual.scale": 0.1001},
            {"body.block8.act": "relu"},
        ),
    ),
    "xception": Pair(
        ("xception", "timm"),
        "legacy_xception",
        xception,
        (
            {"defaults.padding": "tf_same"},
            {"defaults.eps": 0.001},
        ),
    ),
    **{
        theirs: Pair(
            ("inception_next", variant),
            theirs,
            inception_next,
            (
                {"head.norm.eps": 0.001},
                {"inception.unit.norm.eps": 0.001},
                {"inception.unit.fc1.act": "relu"},
            ),
        )
        for theirs, variant in {"inception_next_tiny": None, "inception_next_atto": "atto"}.items()
    },
    "xception_aligned": Pair(
        ("xception_aligned", None),
        "xception65",
        aligned(16, ("block1", "block2", "block3")),
        (
            {"inception.last.conv3.act": "none"},
            {"inception.middle.act1": "identity"},
            {"defaults.padding": "tf_same"},
        ),
    ),
    "xception41": Pair(
        ("xception_aligned", "xception41"),
        "xception41",
        aligned(8, ("block1", "block2", "block3")),
        ({"defaults.eps": 1e-5},),
    ),
    "xception71": Pair(
        ("xception_aligned", "xception71"),
        "xception71",
        aligned(16, ("block1", "block1b", "block2", "block2b", "block3")),
        ({"strided.sep.depthwise.act": "relu"},),
    ),
}


@dataclass(frozen=True)
class Built:
    """Both networks, with the same random weights and statistics."""

    pair: Pair
    ours: CompiledNetwork
    theirs: nn.Module

    @property
    def wanted(self) -> dict[str, Tensor]:
        """Their state dict under our names."""
        return translated(self.theirs.state_dict(), self.pair.places)


def learned_factors(model: nn.Module) -> None:
    """Factors of layer scales that let what they scale be seen, and don't let sums grow."""
    for name, weight in model.named_parameters():
        if name.endswith(".gamma"):
            nn.init.uniform_(weight, 0.05, 0.15)


@pytest.fixture(scope="module", params=PAIRS)
def built(request: pytest.FixtureRequest) -> Built:
    pair = PAIRS[request.param]
    torch.manual_seed(0)
    theirs = timm().create_model(pair.theirs, num_classes=CLASSES).double()
    randomise(theirs)
    learned_factors(theirs)
    ours = compile_spec(*pair.ours, num_classes=CLASSES, aux=False).double()
    found = Built(pair, ours, theirs)
    ours.load_state_dict(found.wanted, strict=True)
    still(ours, theirs)
    return found


SIZES = [(75, 98), (120, 107)]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_evaluation(built: Built, dtype: torch.dtype) -> None:
    ours, theirs = built.ours.to(dtype).eval(), built.theirs.to(dtype).eval()
    for size in SIZES:
        x = images(size, dtype)
        with torch.no_grad():
            got, wanted = ours(x), theirs(x)
        differ(wanted)
        agree(got, wanted)


def test_evaluation_shows_a_fault(built: Built) -> None:
    """The comparison bites: none of these changes a shape or a count."""
    x = images((96, 98), torch.float64)
    with torch.no_grad():
        wanted = built.theirs.double().eval()(x)
        for fault in built.pair.faults:
            wrong = with_fault(*built.pair.ours, fault)
            wrong.load_state_dict(built.wanted, strict=True)
            assert error(wrong(x), wanted) > 1e-6, fault


def test_training(built: Built) -> None:
    """Logits from batch statistics, and the running statistics afterwards."""
    ours, theirs = built.ours.double().train(), built.theirs.double().train()
    ours.load_state_dict(built.wanted, strict=True)
    x = images((113, 130), torch.float64)
    with torch.no_grad():
        got, wanted = ours(x), theirs(x)
    differ(wanted)
    agree(got, wanted)
    after = ours.state_dict()
    for key, value in built.wanted.items():
        agree(after[key].double(), value.double())


def test_constants_of_batch_norm(built: Built) -> None:
    ours = dict(norms(built.ours))
    for place, norm in norms(built.theirs):
        mine = ours[next(iter(translated({f"{place}.bias": norm.bias}, built.pair.places)))[:-5]]
        assert (mine.eps, mine.momentum) == (norm.eps, norm.momentum), place


DROPPED = {"tiny": 0.1, "small": 0.3, "base": 0.4, "atto": 0.1}
"""The rates of the authors' training scripts."""


def drops(model: nn.Module) -> list[Any]:
    """What leaves paths out at random, in order."""
    return [module for module in model.modules() if type(module).__name__ == "DropPath"]


@pytest.mark.parametrize("size", DROPPED)
def test_paths_of_inception_next_are_dropped_as_its_authors_did(size: str) -> None:
    """Evenly more from the first block to the last, whatever the stage."""
    with torch.device("meta"):
        theirs = timm().create_model(f"inception_next_{size}", drop_path_rate=DROPPED[size])
        ours = compile_spec("inception_next", None if size == "tiny" else size)
    first, *others = drops(ours)
    assert first.p == 0  # timm has none there.
    assert [each.p for each in others] == pytest.approx(
        [each.drop_prob for each in drops(theirs)], abs=5e-5
    )


def test_paths_of_inception_next_are_dropped_as_timm_does() -> None:
    torch.manual_seed(0)
    theirs = timm().create_model("inception_next_atto", num_classes=CLASSES, drop_path_rate=0.5)
    ours = compile_spec("inception_next", "atto", num_classes=CLASSES).double().train()
    randomise(theirs.double().train())
    learned_factors(theirs)
    ours.load_state_dict(translated(theirs.state_dict(), inception_next), strict=True)
    for one, other in zip(drops(ours)[1:], drops(theirs), strict=True):
        one.p = other.drop_prob
    found = []
    for seed, model in ((1, ours), (1, theirs), (2, ours)):
        torch.manual_seed(seed)
        with torch.no_grad():
            found.append(model(images((64, 66), torch.float64)))
    agree(*found[:2])
    assert error(found[0], found[2]) > 1e-3
