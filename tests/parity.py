"""What the comparisons with other people's networks share.

Weights and batch-norm statistics are drawn at random, since most faults of a port (a wrong
eps, a swapped 1x7 and 7x1, a missing ReLU) leave fresh networks looking alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

import dsl
from compiler.nn.module import CompiledNetwork, compile_spec
from dsl.models.spec import Spec, Variant

CLASSES = 11
OTHER_NORMS = (
    nn.LayerNorm,
    nn.GroupNorm,
    nn.InstanceNorm1d,
    nn.InstanceNorm2d,
    nn.InstanceNorm3d,
)
TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-5}


def randomise(model: nn.Module) -> None:
    """Weights that keep the signal alive, and statistics far from their defaults."""
    for module in model.modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.normal_(module.bias, std=0.3)
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d):
            assert module.running_mean is not None and module.running_var is not None
            nn.init.normal_(module.running_mean, std=0.3)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            nn.init.normal_(module.bias, std=0.3)
            if "weight" in dict(module.named_parameters()):
                nn.init.uniform_(module.weight, 0.5, 1.5)
        elif isinstance(module, OTHER_NORMS) and module.weight is not None:
            nn.init.uniform_(module.weight, 0.5, 1.5)
            if module.bias is not None:
                nn.init.normal_(module.bias, std=0.3)


CHANCES = ("p", "drop_rate", "drop_prob", "drop_path_rate")
"""What modules call the chance that they leave something out by."""


def still(*models: nn.Module) -> None:
    """Nothing is left to chance: no dropout, and no path dropped."""
    for module in (module for model in models for module in model.modules()):
        for name in CHANCES:
            if isinstance(getattr(module, name, None), float):
                setattr(module, name, 0.0)


def error(ours: Tensor, theirs: Tensor) -> float:
    """The largest difference, relative to the largest value where that is above 1."""
    assert ours.shape == theirs.shape
    assert bool(torch.isfinite(theirs).all())
    scale = max(1.0, float(theirs.detach().abs().max()))
    return float((ours - theirs).detach().abs().max()) / scale


def agree(ours: Tensor, theirs: Tensor) -> None:
    """Equal to the tolerance of the type."""
    assert error(ours, theirs) <= TOLERANCE[theirs.dtype]


def differ(batch: Tensor) -> None:
    """The output depends on the input, so that agreement means something."""
    assert float((batch[0] - batch[1]).abs().max()) > 1e-3 * float(batch.abs().max())


def images(size: tuple[int, int], dtype: torch.dtype) -> Tensor:
    """Two images of (H, W), the same at every call."""
    generator = torch.Generator().manual_seed(2)
    return torch.randn(2, 3, *size, generator=generator, dtype=torch.float64).to(dtype)


def with_fault(name: str | Spec, variant: str | None, fault: dict[str, Any]) -> CompiledNetwork:
    """A network, by its name on the shelf or its spec, with one thing wrong, in float64."""
    spec = dsl.choose(dsl.load(name) if isinstance(name, str) else name, variant)
    spec = spec.model_copy(update={"variants": {"wrong": Variant(set=fault)}})
    return compile_spec(spec, "wrong", num_classes=CLASSES, aux=False).double().eval()


def norms(model: nn.Module) -> Iterator[tuple[str, nn.BatchNorm2d]]:
    """Every batch norm with its place."""
    for place, module in model.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            yield place, module


# --- Names ---


def pattern(table: dict[str, str]) -> Callable[[str], str | None]:
    """A map of names: the first pattern that a whole name matches says the other one."""

    def translate(name: str) -> str | None:
        for wanted, target in table.items():
            if re.fullmatch(wanted, name):
                return re.sub(wanted, target, name)
        return None

    return translate


def translated(state: dict[str, Tensor], places: Callable[[str], str | None]) -> dict[str, Tensor]:
    """A state dict of theirs under our names; `places` maps the layers'."""
    found: dict[str, Tensor] = {}
    for key, value in state.items():
        match = re.fullmatch(r"(.+?)\.((conv\.|bn\.)?\w+)", key)
        assert match is not None
        name = places(match[1])
        assert name is not None, f"{key} has no counterpart"
        found[f"{name}.{match[2]}"] = value
    assert len(found) == len(state), "two of their layers go to one of ours"
    return found


A, A_TO_B, B = r"Mixed_(5.)\.branch", r"Mixed_6a\.branch", r"Mixed_(6[b-e])\.branch"
B_TO_C, C = r"Mixed_7a\.branch", r"Mixed_(7[bc])\.branch"
V3_PLACES = {
    r"Conv2d_(..)_.x.": r"conv_\1",
    r"fc": "fc",
    r"AuxLogits\.conv0": "aux.conv1",
    r"AuxLogits\.conv1": "aux.conv2",
    r"AuxLogits\.fc": "aux.fc",
    A + "1x1": r"mixed_\1.branch1",
    A + "5x5_1": r"mixed_\1.branch2.0",
    A + "5x5_2": r"mixed_\1.branch2.1",
    A + "3x3dbl_1": r"mixed_\1.branch3.0",
    A + "3x3dbl_2": r"mixed_\1.branch3.1",
    A + "3x3dbl_3": r"mixed_\1.branch3.2",
    A + "_pool": r"mixed_\1.branch4.1",
    A_TO_B + "3x3": "mixed_6a.branch1",
    A_TO_B + "3x3dbl_1": "mixed_6a.branch2.0",
    A_TO_B + "3x3dbl_2": "mixed_6a.branch2.1",
    A_TO_B + "3x3dbl_3": "mixed_6a.branch2.2",
    B + "1x1": r"mixed_\1.branch1",
    B + "7x7_1": r"mixed_\1.branch2.0",
    B + "7x7_2": r"mixed_\1.branch2.1",
    B + "7x7_3": r"mixed_\1.branch2.2",
    B + "7x7dbl_1": r"mixed_\1.branch3.0",
    B + "7x7dbl_2": r"mixed_\1.branch3.1",
    B + "7x7dbl_3": r"mixed_\1.branch3.2",
    B + "7x7dbl_4": r"mixed_\1.branch3.3",
    B + "7x7dbl_5": r"mixed_\1.branch3.4",
    B + "_pool": r"mixed_\1.branch4.1",
    B_TO_C + "3x3_1": "mixed_7a.branch1.0",
    B_TO_C + "3x3_2": "mixed_7a.branch1.1",
    B_TO_C + "7x7x3_1": "mixed_7a.branch2.0",
    B_TO_C + "7x7x3_2": "mixed_7a.branch2.1",
    B_TO_C + "7x7x3_3": "mixed_7a.branch2.2",
    B_TO_C + "7x7x3_4": "mixed_7a.branch2.3",
    C + "1x1": r"mixed_\1.branch1",
    C + "3x3_1": r"mixed_\1.branch2.0",
    C + "3x3_2a": r"mixed_\1.branch2.1.branch1",
    C + "3x3_2b": r"mixed_\1.branch2.1.branch2",
    C + "3x3dbl_1": r"mixed_\1.branch3.0",
    C + "3x3dbl_2": r"mixed_\1.branch3.1",
    C + "3x3dbl_3a": r"mixed_\1.branch3.2.branch1",
    C + "3x3dbl_3b": r"mixed_\1.branch3.2.branch2",
    C + "_pool": r"mixed_\1.branch4.1",
}
INCEPTION_V3 = pattern(V3_PLACES)
"""Inception-v3 as torchvision names it, and timm after it."""
