"""Parts of a network that training leaves alone, their running statistics included."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn

from compiler.ir.network import Network
from compiler.training.faults import TrainingFault
from dsl.text.problems import did_you_mean


def frozen_parts(model: nn.Module, network: Network, paths: Iterable[str]) -> list[nn.Module]:
    """The modules at some paths: a step, something inside one, or a section of the trunk.

    Raises `TrainingFault` for a path that leads nowhere.
    """
    known = dict(model.named_modules())
    found = []
    for path in paths:
        names = _section(network, path) or [path]
        if names[0] not in known:
            hint = did_you_mean(path, [*SECTIONS, *(name for name in known if name)])
            raise TrainingFault(f"freeze: {network.name} has no {path}", hint)
        found += [known[name] for name in names]
    return found


SECTIONS = ("stem", "body", "head")


def _section(network: Network, path: str) -> list[str]:
    return [name for name, section in network.sections.items() if section == path]


def freeze(parts: Iterable[nn.Module]) -> None:
    """Let gradients leave them alone."""
    for part in parts:
        part.requires_grad_(False)


def rest(parts: Iterable[nn.Module]) -> None:
    """Put them into evaluation, so that batch norm there keeps its statistics."""
    for part in parts:
        part.eval()
