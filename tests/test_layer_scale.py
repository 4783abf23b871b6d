"""A learned factor for each channel: what it begins at, what it is called elsewhere, its import."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import dsl
from compiler.importing import import_module
from compiler.lowering.lower import lower
from compiler.nn.module import build, compile_spec
from compiler.source import emit
from compiler.weights import export_weights, load_weights
from compiler.weights.slots import slots
from tests.parity import agree, randomise
from tests.test_source import imported

SPEC = """
name: scaled
input: [3, 12, 10]
classes: 4
stem: [3x3 8]
inception:
  A:
    params: {start: 1e-6}
    concat: [[3x3 in depthwise linear, 1x1 in linear, ls: scale start]]
    residual: {act: none}
body: [a: A x2, b: A start=0.5, last: scale 2]
head: [globalpool avg, fc classes]
weights:
  timm:
    a: stages.0.blocks
    A: {branch1.ls.gamma: gamma, branch1.0: conv_dw, branch1.1: mlp}
    last.gamma: norm.scale
"""


def test_it_begins_as_the_spec_says_and_anew_after_a_reset() -> None:
    network = lower(dsl.loads(SPEC))
    for model in (build(network), imported(network, emit(network)).Scaled()):
        gammas = {name: p for name, p in model.named_parameters() if name.endswith("gamma")}
        begins = {name: set(p.tolist()) for name, p in gammas.items()}
        assert list(gammas)[-1] == "last.gamma"
        nn.init.ones_(gammas["last.gamma"])
        model.reset_parameters()
        assert begins == {name: set(p.tolist()) for name, p in gammas.items()}
        assert {min(each) for each in begins.values()} == {float(torch.tensor(1e-6)), 0.5, 2.0}


def names(text: str) -> dict[str, str]:
    return {slot.path: slot.name for slot in slots(lower(dsl.loads(text)), "timm")}


def test_a_map_reaches_a_single_tensor() -> None:
    found = names(SPEC)
    assert found["a.0.branch1.ls.gamma"] == "stages.0.blocks.0.gamma"
    assert found["a.1.branch1.0.weight"] == "stages.0.blocks.1.conv_dw.weight"
    assert found["b.branch1.ls.gamma"] == "b.gamma"
    assert found["last.gamma"] == "norm.scale"
    spec = dsl.loads(SPEC)
    model, other = (compile_spec(spec) for _ in range(2))
    randomise(model)
    load_weights(other, export_weights(model, "timm"), "timm")
    assert all(map(torch.equal, model.state_dict().values(), other.state_dict().values()))


def test_stars_lead_to_tensors_too_that_are_named() -> None:
    text = SPEC.replace("{branch1.ls.gamma: gamma, ", "{'**.gamma': g_#, ")
    assert names(text)["a.1.branch1.ls.gamma"] == "stages.0.blocks.1.g_0"
    text = SPEC.replace("last.gamma: norm.scale", "last.*: x\n    '**.gamma': all_#")
    found = names(text.replace("branch1.ls.gamma: gamma, ", ""))
    assert found["last.gamma"] == "all_3"


def test_a_misspelt_tensor_is_told() -> None:
    with pytest.raises(dsl.SpecError, match=r"scaled has no last.gama(.|\n)*did you mean gamma"):
        names(SPEC.replace("last.gamma", "last.gama"))


class Block(nn.Module):
    """As timm's ConvNeXt and InceptionNeXt have it: a parameter beside the modules."""

    def __init__(self, start: float) -> None:
        super().__init__()
        self.dw = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.fc = nn.Conv2d(8, 8, 1)
        self.gamma = nn.Parameter(start * torch.ones(8))

    def forward(self, x: Tensor) -> Any:
        return x + self.fc(F.gelu(self.dw(x))).mul(self.gamma.reshape(1, -1, 1, 1))


class Factors(nn.Module):
    """A parameter of some shape that multiplies all that comes."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.factors = nn.Parameter(torch.full(shape, 0.1))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factors


def net(*more: nn.Module) -> nn.Sequential:
    blocks = nn.Sequential(Block(1e-6), Block(1e-6))
    pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return nn.Sequential(nn.Conv2d(3, 8, 3), blocks, *more, pool, nn.Linear(8, 5))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_parameter_that_multiplies_comes_back_with_its_name(dtype: torch.dtype) -> None:
    model = net().to(dtype)
    spec = import_module(model, (3, 12, 14), weights="original")
    assert "scale 1e-06" in dsl.dump(spec)
    ours = compile_spec(spec).double()
    for parameter in model.double().parameters():
        nn.init.normal_(parameter)
    load_weights(ours, model.state_dict(), "original")
    assert export_weights(ours, "original").keys() == model.state_dict().keys()
    x = torch.randn(2, 3, 12, 14, dtype=torch.float64)
    for training in (False, True):
        agree(ours.train(training)(x), model.train(training)(x))


def test_one_that_was_trained_begins_at_the_usual_value() -> None:
    model = net()
    nn.init.normal_(model.get_parameter("1.0.gamma"))
    assert dsl.dump(import_module(model, (3, 12, 14))).count("scale 1e-06") == 1
    with torch.device("meta"):
        assert "scale 1e-06" in dsl.dump(import_module(net(), (3, 12, 14)))


@pytest.mark.parametrize("shape", [(8, 1, 1), (1, 8, 1, 1)])
def test_a_row_of_factors_is_taken_in_any_shape_that_lies_along_the_channels(
    shape: tuple[int, ...],
) -> None:
    """As torchvision's ConvNeXt has it."""
    model = net(Factors(shape)).double()
    spec = import_module(model, (3, 12, 14), weights="original")
    assert "scale 0.1" in dsl.dump(spec)
    for parameter in model.parameters():
        nn.init.normal_(parameter)
    ours = compile_spec(spec).double()
    report = load_weights(ours, model.state_dict(), "original")
    assert f"as {'x'.join(map(str, shape))}" in str(report)
    x = torch.randn(2, 3, 12, 14, dtype=torch.float64)
    for training in (False, True):
        agree(ours.train(training)(x), model.train(training)(x))


def test_a_row_of_another_length_does_not_load() -> None:
    model = net(Factors((8, 1, 1)))
    ours = compile_spec(import_module(model, (3, 12, 14), weights="original"))
    state = model.state_dict()
    for shape in ((4, 1, 1), (8, 1, 2), ()):
        with pytest.raises(dsl.SpecError, match="has another shape"):
            load_weights(ours, state | {"2.factors": torch.ones(shape)}, "original")


@pytest.mark.parametrize("shape", [(1,), (8, 1, 4), (12,), (2, 8, 1, 1)])
def test_other_products_with_a_parameter_are_refused(shape: tuple[int, ...]) -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), Factors(shape))
    with pytest.raises(dsl.SpecError, match=r"1 \(Factors\): "):
        import_module(model, (3, 4, 12 if shape == (12,) else 4))
