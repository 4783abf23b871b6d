"""A network that ends early and gives its feature maps, for detection and segmentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor, nn

from compiler.ir.features import FeatureInfo, described, until
from compiler.ir.network import Network
from compiler.lowering.lower import LIMIT
from compiler.lowering.prepare import Overrides, prepare
from compiler.nn.arguments import whole
from compiler.nn.module import CompiledNetwork
from compiler.nn.trunk import Trunk
from dsl.models.spec import Spec


class FeatureNetwork(Trunk):
    """The feature maps of a network at some of its steps.

    `forward` takes (N, C, H, W) and gives a dict from each step's name to its (N, C', H', W').
    `feature_info` says what they are. Nothing is built past the last of them.
    """

    def __init__(
        self,
        network: Network,
        steps: Sequence[str] | None = None,
        modules: Mapping[str, nn.Module] | None = None,
    ) -> None:
        """Build the steps, or take `modules` that were built before."""
        network, self._wanted = until(network, steps)
        super().__init__(network)
        if modules is None:
            self._build(network.nodes)
            self._init_weights()
        else:
            for node in network.nodes:
                self.add_module(node.name, modules[node.name])

    @property
    def feature_info(self) -> tuple[FeatureInfo, ...]:
        """Each feature map's step, channels and reduction, in the order of the dict."""
        return described(self.network, self._wanted)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """(N, C, H, W) -> each step's (N, C', H', W').

        Raises `ValueError` naming what was expected for an input that can't be taken.
        """
        self._check(x, self.network.nodes)
        found: dict[str, Tensor] = {}
        for node in self.network.nodes:
            x = self._step(node.name, x)
            if node.name in self._wanted:
                found[node.name] = x
        return {name: found[name] for name in self._wanted}


def compile_features(
    spec: Spec | str | Path,
    steps: Sequence[str] | None = None,
    variant: str | None = None,
    in_channels: int | None = None,
    *,
    limit: int = LIMIT,
) -> FeatureNetwork:
    """Compile a spec to a module that gives its feature maps at the named steps.

    Without `steps` it gives the last map of each size, as `feature_info` lists. Raises
    `dsl.SpecError` for a spec that can't be compiled, `ValueError` for a step without a map.

    >>> backbone = compile_features("inception_v3", ["mixed_5d", "mixed_6e", "mixed_7c"])
    """
    channels = None if in_channels is None else whole("in_channels", in_channels, 1)
    overrides = Overrides(channels=channels, aux=False)
    return FeatureNetwork(prepare(spec, variant, overrides=overrides, limit=limit).network, steps)


def feature_extractor(model: CompiledNetwork, steps: Sequence[str] | None = None) -> FeatureNetwork:
    """The feature maps of a model that is there: the same layers, weights shared.

    Raises `ValueError` for a step without a map.

    >>> backbone = feature_extractor(compile_spec("inception_v3"), ["mixed_7c"])
    """
    if not isinstance(model, CompiledNetwork):
        raise ValueError(
            f"features come out of a compiled network, not of a {type(model).__name__}"
        )
    modules = dict(model.named_children())
    made = FeatureNetwork(model.network, steps, modules)
    made.training = model.training  # Its layers are the model's, each in the mode that it is in.
    return made
