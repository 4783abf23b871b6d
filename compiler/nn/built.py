"""The IR's nodes as torch modules: performs the constructor calls that the ops hold."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from compiler.ir.nodes import Leaf, Node, Parallel, Series, Tap
from compiler.ir.op import Call
from compiler.ir.plugged import kind_of
from compiler.nn import ranks, runtime

FOLDS: dict[str, Callable[..., Tensor]] = {"+": operator.add, "*": operator.mul}
"""A join's operator by its sign; without one all branches are joined at the end."""


class Joined(nn.Module):
    """Branches joined, then `then`, then the residual sum: `act(x + scale * f(x))`."""

    def __init__(self, node: Parallel) -> None:
        super().__init__()
        self._fold = FOLDS.get(node.join.sign)
        self._names = [branch.name for branch in node.branches]
        self._then = node.then.name if node.then else None
        self._shares = [int(share) for share in node.shares]
        self._scale = float(node.residual.scale) if node.residual else None
        self._act = node.residual.act.name if node.residual and node.residual.act else None
        for child in (*node.branches, *_after(node)):
            self.add_module(child.name, build_node(child))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H', W')."""
        y = self._joined(x)
        if self._then is not None:
            y = self._modules[self._then](y)  # type: ignore[misc]  # never None: added above
        if self._scale is not None:
            y = torch.add(x, y, alpha=self._scale)
        if self._act is not None:
            y = self._modules[self._act](y)  # type: ignore[misc]  # never None: added above
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


def _after(node: Parallel) -> Iterable[Node]:
    """What a parallel runs behind its join."""
    if node.then:
        yield node.then
    if node.residual and node.residual.act:
        yield node.residual.act


def build_node(node: Node) -> nn.Module:
    """The module of one node of the IR."""
    match node:
        case Leaf():
            return layer(node)
        case Series():
            return _sequential(node.nodes)
        case Tap():
            return _sequential(node.body.nodes)
        case Parallel():
            return Joined(node)


def _sequential(nodes: tuple[Node, ...]) -> nn.Sequential:
    return nn.Sequential(OrderedDict((node.name, build_node(node)) for node in nodes))


def layer(leaf: Leaf) -> nn.Module:
    """The module of one layer: a class of torch's, one of ours, or a plugin's."""
    call, kind = leaf.op.call(leaf.inp), kind_of(leaf.op)
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
