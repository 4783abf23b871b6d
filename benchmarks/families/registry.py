"""The families of networks that torchvision and timm define, by their own registries.

A family is what one file of a library registers under one name, sizes apart:
`resnet18` and `resnet50d` are of timm's `resnet`, `vgg11_bn` is of its `vgg_bn`.
"""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from compiler.importing.sources import load
from tests.peers import timm, torchvision_models

SIZE = re.compile(
    "x*(zepto|atto|femto|pico|nano|tiny|mini|micro|small|medium|base|big|large|huge|giant|gigantic|"
    "enormous|betwixt|little|wee|plus|ti|e?[a-z])"
)
"""A word for how large a member is, also behind `x`es; a letter is one too."""


@dataclass(frozen=True, order=True)
class Family:
    """One family: its library, the file that defines it, what its members' names share."""

    library: str
    file: str
    name: str

    def __str__(self) -> str:
        return f"{self.library}:{self.name}"


def families() -> dict[Family, list[str]]:
    """Each family's members, in the order of their names."""
    found = defaultdict[Family, list[str]](list)
    for library, file, name in _registered():
        found[Family(library, file, stem(name))].append(name)
    return dict(sorted(found.items()))


def _registered() -> Iterator[tuple[str, str, str]]:
    """All that can be imported: library, file, name; timm's own tests of itself left out."""
    models: Any = torchvision_models()
    for module in (models, models.video):
        for name in models.list_models(module=module):
            yield "torchvision", _file(models.get_model_builder(name)), name
    registry: Any = timm()
    for name in registry.list_models(exclude_filters="test_*"):
        yield "timm", _file(registry.models.model_entrypoint(name)), name


def _file(build: Any) -> str:
    """The file that a builder is in, as its last name."""
    return str(build.__module__).rpartition(".")[2]


def stem(name: str) -> str:
    """What the name of a member has in common with others of its family.

    >>> [stem(name) for name in ("resnet50d", "vgg11_bn", "mobilenetv3_small_100", "res2net50")]
    ['resnet', 'vgg_bn', 'mobilenetv3', 'res2net']
    """
    words = [_word(word) for word in name.partition("_patch")[0].split("_")]
    return "_".join(word for word in words if word) or name


def _word(word: str) -> str:
    """A part of a name without sizes; empty if it says nothing else."""
    kind = re.split(r"(?<!v)\d(?![a-z]{3})", word)[0]
    return "" if SIZE.fullmatch(kind) else kind


def size_of(source: str) -> tuple[str, int]:
    """A model with how many parameters it has: as torchvision says, or built without data."""
    import torch

    library, _, name = source.partition(":")
    if library == "torchvision":
        return source, torchvision_models().get_model_weights(name).DEFAULT.meta["num_params"]
    with torch.device("meta"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, _ = load(source, {})
    return source, sum(weight.numel() for weight in model.parameters())
