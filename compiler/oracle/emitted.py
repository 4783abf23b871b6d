"""The emitted source as a user has it: loaded by itself, with the compiled module's weights."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from compiler.ir.network import Network
from compiler.ir.plugged import plugged
from compiler.nn.module import CompiledNetwork, build

M = TypeVar("M", bound=nn.Module)
REACH = {*sys.stdlib_module_names, "torch"}
"""What an emitted file may import: it needs torch alone, and our packages least of all."""


def load(text: str, also: Iterable[str] = ()) -> type[nn.Module]:
    """The network's class from the bytes of an emitted file, run as a module of its own.

    Raises whatever the file raises; `ImportError` where it asks for more than torch and the
    packages that it may import `also`.
    """
    guard = {"__import__": _importing({*REACH, *also})}
    names: dict[str, Any] = {"__name__": "emitted", "__builtins__": {**vars(builtins), **guard}}
    exec(compile(text.encode(), "<emitted>", "exec"), names)  # noqa: S102  # it is our own text
    kind: type[nn.Module] = names[names["__all__"][0]]
    return kind


def _importing(reach: Collection[str]) -> Callable[..., Any]:
    """Python's import, of nothing but these packages."""

    def imported(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] not in reach:
            raise ImportError(f"{name} is neither Python's own nor torch")
        return builtins.__import__(name, *args, **kwargs)

    return imported


Draw = tuple[object, ...]


class Draws(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch leaves it untyped
    """What fills new weights, in order: the function, the tensor's shape, the numbers."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self.seen: list[Draw] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Note what writes in place, and do it."""
        if func.name().partition(".")[0].endswith("_"):
            self.seen.append((func.name().removeprefix("aten::"), tuple(args[0].shape), *args[1:]))
        return func(*args, **(kwargs or {}))


@dataclass(frozen=True)
class Pair:
    """The compiled module and the emitted one, without data yet."""

    ours: CompiledNetwork
    theirs: nn.Module
    draws: tuple[list[Draw], list[Draw]]


def pair(network: Network, text: str) -> Pair:
    """Both on `meta`. Raises whatever the emitted file raises."""
    ours, mine = _drawn(lambda: build(network))
    kept = (kind for kind in plugged(network.nodes) if not kind.copied)
    theirs, others = _drawn(load(text, [kind.module.partition(".")[0] for kind in kept]))
    return Pair(ours, theirs, (mine, others))


def _drawn(make: Callable[[], M]) -> tuple[M, list[Draw]]:
    draws = Draws()
    with torch.device("meta"), draws:
        model = make()
    return model, draws.seen


def randomise(model: nn.Module) -> None:
    """Give a model on `meta` weights, the same each time, that let every part show.

    Signals keep their size through any depth, and no scale, shift or statistic is at its
    default, where most defects would hide.
    """
    generator = torch.Generator().manual_seed(0)
    model.to_empty(device="cpu")
    with torch.no_grad():
        for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
            if tensor.dim() > 1:
                bound = (6 / tensor[0].numel()) ** 0.5
                tensor.uniform_(-bound, bound, generator=generator)
            elif not tensor.is_floating_point():
                tensor.zero_()
            elif name.endswith(("weight", "running_var")):
                tensor.uniform_(0.5, 1.5, generator=generator)
            else:
                tensor.uniform_(-0.3, 0.3, generator=generator)


def give(ours: nn.Module, theirs: nn.Module) -> None:
    """The emitted module gets the weights, strictly; statistics are copies, since both move them.

    Raises `RuntimeError` for names or shapes that differ.
    """
    buffers = {name for name, _ in ours.named_buffers()}
    state = {
        key: value.clone() if key in buffers else value for key, value in ours.state_dict().items()
    }
    theirs.load_state_dict(state, strict=True, assign=True)
    for key, value in ours.named_buffers():
        if key not in state:  # Constants of plugins, which no state dict holds.
            owner, _, name = key.rpartition(".")
            setattr(theirs.get_submodule(owner), name, value.clone())


def images(network: Network, grid: tuple[int, ...], batch: int) -> Tensor:
    """Noise, the same each time."""
    return noise((batch, int(network.input.channels), *grid), seed=1)


def noise(shape: tuple[int, ...], seed: int) -> Tensor:
    """A tensor of normal values that depend on the seed alone."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))
