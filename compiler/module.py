"""From the IR to a `torch.nn.Module`: performs the constructor calls that the ops hold.

State-dict keys are the paths of the IR, which are the names in the spec.
"""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.fx._symbolic_trace import is_fx_symbolic_tracing

from compiler import runtime
from compiler.fit import misfit
from compiler.inits import init_call
from compiler.ir import Leaf, Network, Node, Parallel, Series, Tap, own_inits
from compiler.lower import LIMIT
from compiler.op import Call, Init
from compiler.prepare import Overrides, prepare
from dsl.spec import Spec


class Joined(nn.Module):
    """Branches joined, then `then`, then the residual sum: `act(x + scale * f(x))`."""

    def __init__(self, node: Parallel) -> None:
        super().__init__()
        self._join = node.join.word
        self._names = [branch.name for branch in node.branches]
        self._then = node.then.name if node.then else None
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
        if self._join == "concat":
            return torch.cat([branch(x) for branch in branches], dim=1)  # type: ignore[misc]
        total: Tensor = branches[0](x)  # type: ignore[misc]  # never None: added above
        for branch in branches[1:]:
            total = total + branch(x)  # type: ignore[misc]  # never None: added above
        return total


def _after(node: Parallel) -> Iterable[Node]:
    """What a parallel runs behind its join."""
    if node.then:
        yield node.then
    if node.residual and node.residual.act:
        yield node.residual.act


@cache
def output_type(name: str, heads: tuple[str, ...]) -> type[Any]:
    """The named tuple that a network gives in training: `logits`, then each head by name."""
    made = namedtuple(name, ["logits", *heads])  # type: ignore[misc]  # noqa: PYI024  # dynamic
    made.__reduce__ = _reduced  # type: ignore[method-assign, assignment]  # else pickle seeks its name
    return made


def _reduced(output: Any) -> tuple[Any, ...]:
    return _output, (type(output).__name__, output._fields[1:], tuple(output))


def _output(name: str, heads: tuple[str, ...], values: tuple[Tensor, ...]) -> Any:
    return output_type(name, heads)(*values)


class CompiledNetwork(nn.Module):
    """A network compiled from a spec.

    `forward` takes (N, C, H, W) and gives logits (N, classes); in training, with auxiliary
    heads, a named tuple of `logits` and each head by name. `network` is the IR behind it.
    """

    def __init__(self, network: Network, *, aux: bool = True) -> None:
        super().__init__()
        self.network = network
        self._steps = [node.name for node in network.nodes if not isinstance(node, Tap)]
        self._taps = {tap.name: tap.weight for tap in network.taps} if aux else {}
        self._order = [node.name for node in network.nodes if self._has(node)]
        for node in network.nodes:
            if self._has(node):
                self.add_module(node.name, build_node(node))
        self._fits: dict[tuple[Any, ...], str] = {}
        self._make_output()
        self.reset_parameters()

    def _has(self, node: Node) -> bool:
        return not isinstance(node, Tap) or node.name in self._taps

    def _make_output(self) -> None:
        self._output = output_type(f"{self.network.name}_output", tuple(self._taps))

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the output's type, which is made anew: pickle can't find it by name."""
        return {key: value for key, value in self.__dict__.items() if key != "_output"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self._make_output()

    def forward(self, x: Tensor) -> Any:
        """(N, C, H, W) -> (N, classes), or the named tuple in training with heads.

        Raises `ValueError` naming what was expected for an input that can't be taken.
        """
        if not _tracing():
            self._check(x)
        heads: list[Tensor] = []
        for name in self._order:
            module: Any = self._modules[name]
            if name not in self._taps:
                x = module(x)
            elif self.training:
                heads.append(module(x))
        return self._output(x, *heads) if heads else x

    def _check(self, x: Tensor) -> None:
        key = (x.shape[1:], self.training)
        if key not in self._fits:
            with_heads = self.training and bool(self._taps)
            self._fits[key] = misfit(self.network, tuple(x.shape), with_heads)
        if self._fits[key]:
            raise ValueError(self._fits[key])

    def reset_parameters(self) -> None:
        """Draw all weights as the spec says, from torch's global generator."""
        if self.network.init:
            for module in self.modules():
                if isinstance(module, nn.Conv2d | nn.Linear):
                    _draw(self.network.init, module.weight)
        for path, init in own_inits(self.network):
            if path.split(".", 1)[0] in self._modules:
                _draw(init, self.get_parameter(f"{path}.weight"))

    def loss(
        self,
        output: Any,
        target: Tensor,
        criterion: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
    ) -> Tensor:
        """The training loss of what `forward` gave: each head counts with the spec's weight.

        `target` goes to `criterion` with the logits, and with each head's.
        """
        if isinstance(output, Tensor):
            return criterion(output, target)
        total = criterion(output.logits, target)
        for name, weight in self._taps.items():
            total = total + weight * criterion(getattr(output, name), target)
        return total


def _tracing() -> bool:
    """Whether a tracer is at work, for which sizes are not plain numbers."""
    jit: Any = torch.jit  # its stubs lack is_tracing
    return jit.is_tracing() or is_fx_symbolic_tracing() or torch.compiler.is_compiling()


def _draw(init: Init, weight: Tensor) -> None:
    call = init_call(init)
    getattr(nn.init, call.name.removeprefix("nn.init."))(weight, **call.kwargs)


def build_node(node: Node) -> nn.Module:
    """The module of one node of the IR."""
    match node:
        case Leaf():
            return construct(node.op.call(node.inp))
        case Series():
            return _sequential(node.nodes)
        case Tap():
            return _sequential(node.body.nodes)
        case Parallel():
            return Joined(node)


def _sequential(nodes: tuple[Node, ...]) -> nn.Sequential:
    return nn.Sequential(OrderedDict((node.name, build_node(node)) for node in nodes))


def construct(call: Call) -> nn.Module:
    """Perform a constructor call; symbols become plain numbers."""
    source: Any = nn if call.name.startswith("nn.") else runtime
    kind = getattr(source, call.name.removeprefix("nn."))
    module: nn.Module = kind(
        *(_plain(value) for value in call.args),
        **{key: _plain(value) for key, value in call.kwargs.items()},
    )
    return module


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


def build(network: Network, *, aux: bool = True) -> CompiledNetwork:
    """The module of a lowered network, on torch's current default device."""
    return CompiledNetwork(network, aux=aux)


def compile_spec(
    spec: Spec | str | Path,
    variant: str | None = None,
    num_classes: int | None = None,
    in_channels: int | None = None,
    aux: bool = True,
    *,
    limit: int = LIMIT,
) -> CompiledNetwork:
    """Compile a spec (a model, a path, or a name on the shelf) to a module.

    `num_classes` and `in_channels` override the spec's; without `aux` the auxiliary heads
    are left out. Raises `dsl.SpecError` for a spec that can't be compiled.

    >>> model = compile_spec("inception_v3", num_classes=10)
    """
    overrides = Overrides(num_classes, in_channels, aux=aux)
    return build(prepare(spec, variant, overrides=overrides, limit=limit).network)
