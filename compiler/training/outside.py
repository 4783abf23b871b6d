"""Transforms of torchvision's, for those who have it: by their names and arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from enum import Enum
from functools import cache
from importlib import import_module
from typing import Any, get_args, get_type_hints

import torch
from torch import Tensor

from compiler.importing.peers import torchvision_models
from compiler.missing import advice
from compiler.training.augmenting import floats
from compiler.training.faults import TrainingFault
from dsl.models.augmenting import OUTSIDE, Augment
from dsl.text.problems import did_you_mean

Transform = Callable[[Tensor], Tensor]
Options = tuple[tuple[str, int | float | str], ...]
TRUTHS = {"true": True, "false": False}
"""Words for what is or isn't so."""


def transformed(augment: Augment, images: Tensor, seeds: Sequence[int]) -> Tensor:
    """Images, each changed with what is drawn from its own seed; floats (N, C, H, W).

    The state of torch's own generator stays as it was. Raises `TrainingFault` where the transform
    isn't there, or won't do.
    """
    transform = _made(augment.word.removeprefix(OUTSIDE), tuple(augment.options.items()))
    images = floats(images)
    try:
        with torch.random.fork_rng(devices=()):
            changed = []
            for image, seed in zip(images, seeds, strict=True):
                torch.default_generator.manual_seed(seed)  # Images are on the CPU.
                changed.append(transform(image))
        found = torch.stack(changed)
    except Exception as error:  # Whatever a transform thinks of an image.
        why = str(error) or type(error).__name__
        help = "leave it out, or give it other arguments"
        raise TrainingFault(f"{augment} can't be applied: {why}", help) from error
    if found.dim() != images.dim() or found.dtype != images.dtype:
        message = f"{augment} makes {found.dtype} of shape {tuple(found.shape[1:])} of an image"
        raise TrainingFault(message, "leave it out: images come to the network as it takes them")
    return found


@cache
def _made(name: str, options: Options) -> Transform:
    """A transform by its name. Raises `TrainingFault` where torchvision has none, or not so."""
    module = _module()
    kinds: dict[str, Any] = {
        key: kind
        for key, kind in vars(module).items()
        if inspect.isclass(kind) and issubclass(kind, module.Transform)
    }
    if name not in kinds:
        message = f"torchvision has no transform {OUTSIDE}{name}"
        raise TrainingFault(message, did_you_mean(name, kinds))
    try:
        made: Transform = kinds[name](**_typed(kinds[name], options))
    except Exception as error:  # Whatever its constructor thinks of an argument.
        raise TrainingFault(f"{OUTSIDE}{name} can't be made: {error}") from error
    return made


def _module() -> Any:
    """torchvision's transforms of the second version."""
    try:
        torchvision_models()  # They load then, too, where its compiled library doesn't.
        return import_module("torchvision.transforms.v2")
    except ImportError as error:
        message = f"{OUTSIDE}… are transforms of torchvision's: {advice(error) or error}"
        raise TrainingFault(message) from error


def _typed(kind: type, options: Options) -> dict[str, Any]:
    """Arguments as a transform wants them: a text may be one of an enumeration, or a truth."""
    hints = get_type_hints(kind.__init__)  # type: ignore[misc]  # It is that of a class in hand.
    return {name: _value(value, hints.get(name)) for name, value in options}


def _value(value: float | str, hint: Any) -> Any:
    if not isinstance(value, str):
        return value
    for each in (hint, *get_args(hint)):
        if inspect.isclass(each) and issubclass(each, Enum):
            return each(value)
    return TRUTHS.get(value.lower(), value)
