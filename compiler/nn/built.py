"""The IR's nodes as torch modules: performs the constructor calls that the ops hold."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from compiler.ir.nodes import Leaf, Node, Parallel, Residual, Series, Tap, children
from compiler.ir.op import Call
from compiler.ir.plugged import kind_of
from compiler.nn import ranks, runtime

FOLDS: dict[str, Callable[..., Tensor]] = {"+": operator.add, "*": operator.mul}
"""A join's operator by its sign; without one all branches are joined at the end."""


class Summed(nn.Module):
    """Steps in order, then the residual sum: `act(shortcut(x) + scale * f(x))`."""

    def __init__(self, node: Series | Parallel) -> None:
        super().__init__()
        self._scale = float(node.residual.scale) if node.residual else None
        self._act, self._shortcut = _names(node.residual)
        self._names = [] if isinstance(node, Parallel) else [each.name for each in node.nodes]
        for child in children(node):
            self.add_module(child.name, build_node(child))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H', W')."""
        y = self._inside(x)
        if self._scale is not None:
            y = torch.add(self._beside(x), y, alpha=self._scale)
        if self._act is not None:
            y = self._modules[self._act](y)  # type: ignore[misc]  # never None: added above
        return y

    def _inside(self, x: Tensor) -> Tensor:
        """What is added to the shortcut."""
        for name in self._names:
            x = self._modules[name](x)  # type: ignore[misc]  # never None: added above
        return x

    def _beside(self, x: Tensor) -> Tensor:
        """The shortcut: what comes in, as it is or through a layer."""
        if self._shortcut is None:
            return x
        given: Tensor = self._modules[self._shortcut](x)  # type: ignore[misc]  # never None
        return given


def _names(residual: Residual | None) -> tuple[str | None, str | None]:
    """What a sum's activation and its shortcut are called, those that there are."""
    if residual is None:
        return None, None
    act, shortcut = residual.act, residual.shortcut
    return act.name if act else None, shortcut.name if shortcut else None


class Joined(Summed):
    """Branches joined, then `then`, then the residual sum."""

    def __init__(self, node: Parallel) -> None:
        super().__init__(node)
        self._fold = FOLDS.get(node.join.sign)
        self._names = [branch.name for branch in node.branches]
        self._then = node.then.name if node.then else None
        self._shares = [int(share) for share in node.shares]

    def _inside(self, x: Tensor) -> Tensor:
        y = self._joined(x)
        if self._then is not None:
            y = self._modules[self._then](y)  # type: ignore[misc]  # never None: added above
        return y

    def _joined(self, x: Tensor) -> Tensor:
        branches = [self._modules[name] for name in self._names]
        parts = torch.split(x, self._shares, 1) if self._shares else [x] * len(branches)
        if self._fold is None:
            outs = [branch(parts[i]) for i, branch in enumerate(branches)]  # type: ignore[misc]
            return torch.cat(outs, dim=1)
        so_far: Tensor = branches[0](parts[0])  # type: ignore[misc]  # never None: added above
        for i, branch in enumerate(branches[1:], 1):
            so_far = self._fold(so_far, branch(parts[i]))  # type: ignore[misc]  # never None
        return so_far


def build_node(node: Node) -> nn.Module:
    """The module of one node of the IR."""
    match node:
        case Leaf():
            return layer(node)
        case Series(residual=None):
            return _sequential(node.nodes)
        case Series():
            return Summed(node)
        case Tap():
            return _sequential(node.body.nodes)
        case Parallel():
            return Joined(node)


def _sequential(nodes: tuple[Node, ...]) -> nn.Sequential:
    return nn.Sequential(OrderedDict((node.name, build_node(node)) for node in nodes))


def layer(leaf: Leaf) -> nn.Module:
    """The module of one layer: a class of torch's, one of ours, or a plugin's."""
    call, kind = leaf.call, kind_of(leaf.op)
    if kind is None or call.name.startswith("nn."):
        return construct(call)
    from compiler.nn.foreign import made

    args, kwargs = _arguments(call)
    return made(kind, call, *args, **kwargs)


def construct(call: Call) -> nn.Module:
    """Perform a constructor call; symbols become plain numbers."""
    args, kwargs = _arguments(call)
    module: nn.Module = _class(call.name)(*args, **kwargs)
    return module


def _arguments(call: Call) -> tuple[list[Any], dict[str, Any]]:
    return [*map(_plain, call.args)], {key: _plain(v) for key, v in call.kwargs.items()}


def _class(name: str) -> Any:
    """A class of torch's, by `nn.` and its name, or one of those that torch lacks."""
    if name.startswith("nn."):
        return getattr(nn, name.removeprefix("nn."))
    return next(getattr(room, name) for room in (runtime, ranks) if hasattr(room, name))


def _plain(value: Any) -> Any:
    """A number without its symbol."""
    match value:
        case bool() | str() | None:
            return value
        case int():
            return int(value)
        case float():
            return float(value)
        case tuple():
            return tuple(_plain(part) for part in value)
    raise TypeError(f"no constructor takes {value!r}")
