"""A public network as the lints see it: a port that is kept as a spec, or a model, imported."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from compiler.checking.examining import examined
from compiler.importing import spec_of
from compiler.lowering.prepare import Where

PORTS = Path(__file__).parent.parent.parent / "tests" / "ports"

MODELS = (
    *(f"torchvision:{name}" for name in (
        "alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "googlenet", "inception_v3",
        "mnasnet0_5", "mnasnet1_0", "mobilenet_v2", "mobilenet_v3_large", "r2plus1d_18", "r3d_18",
        "regnet_y_400mf", "resnet18", "resnet50", "resnext50_32x4d", "s3d", "shufflenet_v2_x1_0",
        "squeezenet1_0", "squeezenet1_1", "vgg16_bn",
    )),
    *(f"timm:{name}" for name in (
        "convmixer_768_32", "cspdarknet53", "darknet53", "densenet121", "efficientnetv2_s",
        "ese_vovnet19b_dw", "ese_vovnet39b", "fbnetc_100", "gernet_s", "ghostnet_100",
        "hardcorenas_a", "hgnet_tiny", "inception_next_tiny", "inception_resnet_v2",
        "inception_v3", "inception_v4", "lcnet_050", "legacy_seresnet18", "legacy_xception",
        "mixnet_s", "mobilenetv1_100", "mobilenetv2_100", "mobilenetv3_large_100",
        "mobilenetv4_conv_small", "regnetx_002", "repghostnet_050", "repvgg_a0", "resnet18d",
        "resnet26d", "resnetv2_50", "resnext50_32x4d", "selecsls42b", "semnasnet_075",
        "seresnet18", "spnasnet_100", "tf_efficientnet_b0", "tf_mobilenetv3_small_075",
        "tinynet_a", "vgg16", "wide_resnet50_2", "xception41", "xception65", "xception65p",
        "xception71",
    )),
)  # fmt: skip
"""Convolutional networks of both libraries that can be imported: this family's, and others'."""


@dataclass(frozen=True)
class Looked:
    """The findings of one network: how many of each code, and what a person reads."""

    name: str
    codes: Counter[str]
    told: str


def looked_at(name: str) -> Looked:
    """What the lints find in a port, by its name, or in a model."""
    found = examined(_where(name))
    errors = [problem for problem in found.problems if problem.severity == "error"]
    assert not errors, errors
    told = "\n".join(each.render(found.texts.get(each.span.file)) for each in found.problems)
    return Looked(name, Counter(problem.code for problem in found.problems), told)


def _where(name: str) -> Where:
    if ":" not in name:
        return str(PORTS / f"{name}.yaml")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return spec_of(name)


def ports() -> list[str]:
    """The names of the ports."""
    return sorted(path.stem for path in PORTS.glob("*.yaml"))
