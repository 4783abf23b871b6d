"""From the IR to a `torch.nn.Module`.

State-dict keys are the paths of the IR, which are the names in the spec.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.utils._pytree import _register_namedtuple

from compiler.ir.ending import endings
from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Tap, own_inits
from compiler.ir.op import Init
from compiler.lowering.classifier import classifier, renewed, with_classes, without_classifier
from compiler.lowering.lower import LIMIT
from compiler.lowering.prepare import Overrides, prepare
from compiler.nn.arguments import flag, rate, whole
from compiler.nn.built import build_node, layer
from compiler.nn.loss import Criterion, criterion_for, weighted
from compiler.nn.trunk import DRAWN, Trunk, draw
from dsl.models.spec import Spec


@cache
def output_type(name: str, heads: tuple[str, ...]) -> type[Any]:
    """The named tuple that a network gives in training: `logits`, then each head by name."""
    made = namedtuple(name, ["logits", *heads])  # type: ignore[misc]  # noqa: PYI024  # dynamic
    made.__reduce__ = _reduced  # type: ignore[method-assign, assignment]  # else pickle seeks its name
    # torch.export.save writes no named tuple that has no such name, and load looks it up.
    _register_namedtuple(made, serialized_type_name=f"compiler.{name}({', '.join(heads)})")
    return made


def _reduced(output: Any) -> tuple[Any, ...]:
    return _output, (type(output).__name__, output._fields[1:], tuple(output))


def _output(name: str, heads: tuple[str, ...], values: tuple[Tensor, ...]) -> Any:
    return output_type(name, heads)(*values)


class CompiledNetwork(Trunk):
    """A network compiled from a spec.

    `forward` takes (N, C, H, W) and gives logits (N, classes); in training, with auxiliary
    heads, a named tuple of `logits` and each head by name. `network` is the IR behind it.
    """

    def __init__(self, network: Network, *, aux: bool = True) -> None:
        super().__init__(network)
        self._taps = {tap.name: tap.weight for tap in network.taps} if aux else {}
        self._build(node for node in network.nodes if self._has(node))
        self._arrange()
        self._init_weights()
        if network.rewritten:
            self.eval()

    def _has(self, node: Node) -> bool:
        return not isinstance(node, Tap) or node.name in self._taps

    def _arrange(self) -> None:
        """Settle what runs when, as the IR says."""
        network = self.network
        self._order = [node.name for node in network.nodes if self._has(node)]
        trunk = [node.name for node in network.trunk]
        self._head = [name for name in trunk if network.sections[name] == "head"]
        self._features = trunk[: len(trunk) - len(self._head)]
        last = classifier(network)
        end = self._head.index(last.name) if last and last.name in self._head else None
        self._pooling = self._head[:end]
        self._endings = endings(network)
        self._fits.clear()
        self._make_output()

    def _make_output(self) -> None:
        self._output = output_type(f"{self.network.name}_output", tuple(self._taps))

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the output's type, which is made anew: pickle can't find it by name."""
        return {key: value for key, value in self.__dict__.items() if key != "_output"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self._make_output()

    @property
    def num_classes(self) -> int:
        """How many logits there are; 0 after `reset_classifier(0)`."""
        return int(self.network.classes)

    @property
    def in_channels(self) -> int:
        """C of the inputs."""
        return int(self.network.input.channels)

    @property
    def num_features(self) -> int:
        """C of what `forward_features` gives."""
        nodes = {node.name: node for node in self.network.trunk}
        return int(nodes[self._features[-1]].out[0]) if self._features else self.in_channels

    def forward(self, x: Tensor) -> Any:
        """(N, C, H, W) -> (N, classes), or the named tuple in training with heads.

        Raises `ValueError` naming what was expected for an input that can't be taken.
        """
        nodes = tuple(node for node in self.network.nodes if self._has(node))
        self._check(x, nodes, heads=self.training and bool(self._taps))
        heads: list[Tensor] = []
        for name in self._order:
            if name not in self._taps:
                x = self._step(name, x)
            elif self.training:
                heads.append(self._modules[name](x))  # type: ignore[misc]  # never None
        return self._output(x, *heads) if heads else x

    def forward_features(self, x: Tensor) -> Tensor:
        """Stem and body alone: (N, C, H, W) -> (N, num_features, H', W').

        Raises `ValueError` for an input that they can't take.
        """
        self._check(x, self._nodes(self._features))
        return self._run(self._features, x)

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """The head on what `forward_features` gives: (N, classes).

        `pre_logits` stops before the classifier: as a rule the pooled features. Raises
        `ValueError` for features that it can't take.
        """
        steps = self._pooling if pre_logits else self._head
        self._check(x, self._nodes(steps))
        return self._run(steps, x)

    def _nodes(self, names: Iterable[str]) -> tuple[Node, ...]:
        """Steps of the trunk by name."""
        known = {node.name: node for node in self.network.trunk}
        return tuple(known[name] for name in names)

    def reset_classifier(self, num_classes: int) -> None:
        """Replace the layers that `num_classes` sizes, in the auxiliary heads too.

        They are drawn as the spec says, on the device and in the type of the rest. With 0
        the classifier and the heads go, and `forward` gives what it took: the features.
        Raises `ValueError` for a number that can't be, where there is no classifier, and but for
        0 where the network was rewritten for inference.
        """
        if num_classes:
            self._refuse_rewritten("its classifier can't be drawn anew")
        network = with_classes(self.network, whole("num_classes", num_classes, 0))
        fresh = renewed(self.network, network)
        self.network = network
        if not num_classes:
            self._taps = {}
        self._keep(node for node in network.nodes if self._has(node))
        like, inits = next(self.parameters(), None), dict(own_inits(network.nodes))
        for path, leaf in fresh.items():
            if path.split(".")[0] in self._modules:
                self._renew(path, leaf, like, inits.get(path, network.init))
        self._arrange()

    def _keep(self, nodes: Iterable[Node]) -> None:
        """Have modules for these nodes and no others."""
        wanted = {node.name: node for node in nodes}
        for name in self._modules.keys() - wanted.keys():
            delattr(self, name)
        for name, node in wanted.items():
            if name not in self._modules:
                self.add_module(name, build_node(node).train(self.training))

    def _renew(self, path: str, leaf: Leaf, like: Tensor | None, init: Init | None) -> None:
        """Put a fresh layer in its place, on the device and in the type of `like`."""
        made = layer(leaf).train(self.training)
        if like is not None:
            made.to(like)
        parent, _, name = path.rpartition(".")
        setattr(self.get_submodule(parent), name, made)
        if init and isinstance(made, DRAWN):
            draw(init, made.weight)

    def loss(self, output: Any, target: Tensor, criterion: Criterion | None = None) -> Tensor:
        """The training loss of what `forward` gave: each head counts with the spec's weight.

        Cross entropy; of a head that ends in a softmax that of its probabilities, and of one
        that ends in a sigmoid binary cross entropy. With a `criterion`, `target` goes to that
        with what each head gave. Raises `ValueError` where no loss follows from a head.
        """
        whole = isinstance(output, Tensor)
        if not whole and getattr(output, "_fields", None) != ("logits", *self._taps):
            wanted = "what forward gave: a tensor, or in training the named tuple"
            raise ValueError(
                f"{self.network.name}.loss takes {wanted}; got {type(output).__name__}"
            )
        heads = ("logits",) if whole else ("logits", *self._taps)
        criteria = {name: self._criterion(name, criterion) for name in heads}
        return weighted(output, target, criteria, self._taps)

    def _criterion(self, head: str, criterion: Criterion | None) -> Criterion:
        owner = self.network.name if head == "logits" else f"{self.network.name}.{head}"
        return criterion or criterion_for(owner, self._endings[head])


def build(network: Network, *, aux: bool = True) -> CompiledNetwork:
    """The module of a lowered network, on torch's current default device."""
    return CompiledNetwork(network, aux=aux)


def compile_spec(
    spec: Spec | str | Path,
    variant: str | None = None,
    num_classes: int | None = None,
    in_channels: int | None = None,
    aux: bool = True,
    dropout: float | None = None,
    *,
    limit: int = LIMIT,
) -> CompiledNetwork:
    """Compile a spec (a model, a path, or a name on the shelf) to a module.

    `num_classes`, `in_channels` and `dropout`, the rate of the head's, override the spec's;
    without `aux` the auxiliary heads are left out, and with 0 classes the classifier too.
    Raises `dsl.SpecError` for a spec that can't be compiled, `ValueError` for a wrong argument.

    >>> model = compile_spec("inception_v3", num_classes=10)
    """
    classes = None if num_classes is None else whole("num_classes", num_classes, 0)
    channels = None if in_channels is None else whole("in_channels", in_channels, 1)
    share = None if dropout is None else rate("dropout", dropout)
    overrides = Overrides(classes or None, channels, aux=flag("aux", aux), dropout=share)
    network = prepare(spec, variant, overrides=overrides, limit=limit).network
    return build(without_classifier(network) if classes == 0 else network)
