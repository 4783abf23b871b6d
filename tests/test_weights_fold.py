"""torchvision's `transform_input` in the first layer: the same outputs, or a refusal."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

import dsl
from compiler import compile_spec, load_weights
from compiler.nn.module import CompiledNetwork
from tests.test_source import randomise

START = "name: net\ninput: [3, 16, 16]\nclasses: 4\n"
END = "\nhead: [globalpool avg, fc classes]"


def compiled(stem: str, end: str = END) -> CompiledNetwork:
    torch.manual_seed(0)
    model = compile_spec(dsl.loads(f"{START}stem: [{stem}]{end}")).eval()
    randomise(model)
    return model


def folded(model: CompiledNetwork) -> None:
    load_weights(model, dict(model.state_dict()), transform_input=True)


def two_ways() -> tuple[Tensor, Tensor]:
    """Images scaled to [-1, 1], and the same normalised as torchvision's."""
    scaled = torch.rand(2, 3, 16, 16) * 2 - 1
    std = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
    return scaled, ((scaled + 1) / 2 - mean) / std


@pytest.mark.parametrize("end", [END, ""])
@pytest.mark.parametrize(
    "stem",
    [
        "3x3 8 valid",
        "1x1 8 norm=none",
        "3x3 8 /2 valid linear",
        "3x3 9 valid groups=3",
        "[1x1 8 norm=none nobias linear], [batchnorm, relu]",
    ],
)
def test_outputs_are_the_same(stem: str, end: str) -> None:
    model = compiled(stem, end)
    scaled, usual = two_ways()
    with torch.no_grad():
        wanted = model(scaled)
        folded(model)
        assert not torch.allclose(model(scaled), wanted, rtol=0.01, atol=0.01)
        torch.testing.assert_close(model(usual), wanted)


BRANCHES = "the input goes to several branches, those of fork"
PADDED = "conv.conv is padded, and its padding would no longer be 0"
OTHER = "pool, is neither a convolution nor fully connected"
NO_BIAS = "conv has no bias, and no batch norm alone reads what it gives"


@pytest.mark.parametrize(
    ("stem", "why"),
    [
        ("fork: {concat: [1x1 8, 1x1 8]}", BRANCHES),
        ("fork: {add: [1x1 3, identity]}", BRANCHES),
        ("conv: 3x3 8", PADDED),
        ("conv: 2x2 8 /2 tf_same", PADDED),  # Not for this size, but for others.
        ("pool: maxpool 2x2 /2", OTHER),
        ("conv: 1x1 3 norm=none nobias linear, {add: [batchnorm, identity]}", NO_BIAS),
        ("conv: 1x1 3 norm=none nobias linear, {do: [batchnorm], residual: {}}", NO_BIAS),
        ("conv: 1x1 3 norm=none nobias linear, relu, batchnorm", NO_BIAS),
    ],
)
def test_refused_where_they_would_not_be(stem: str, why: str) -> None:
    model = compiled(stem)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(dsl.SpecError) as caught:
        folded(model)
    assert caught.value.problems[0].message.endswith(why)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_refused_where_a_head_reads_what_a_norm_would_take_back() -> None:
    aux = "aux: [{side: {from: c, weight: 0.3, do: [globalpool avg, fc classes]}}]\n"
    stem = "stem: [c: 1x1 3 norm=none nobias linear, batchnorm]"
    model = compile_spec(dsl.loads(f"{START}{aux}{stem}{END}"))
    with pytest.raises(dsl.SpecError, match="c has no bias"):
        folded(model)


def test_refused_of_other_images() -> None:
    model = compile_spec(dsl.loads(f"{START}stem: [1x1 3]{END}".replace("[3,", "[4,")))
    with pytest.raises(dsl.SpecError, match="images have 3 channels, the input has 4"):
        folded(model)


def test_refused_without_layers() -> None:
    model = compile_spec(dsl.loads(START + "head: [globalpool avg]"))
    with pytest.raises(dsl.SpecError, match="is neither a convolution"):
        folded(model)
