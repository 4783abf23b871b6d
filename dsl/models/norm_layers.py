"""The norms as steps of their own."""

from typing import Annotated

from dsl.models.fields import Count, Flag, NotNegative, Positive, Share, Whole
from dsl.models.model import Layer, Spelled

GAMMA = {"gamma": True, "nogamma": False}


class Norm(Layer):
    """What the norms with weights share. What is left out comes from the spec's `defaults`."""

    auto = "norm"
    weighted = True
    gamma: Annotated[Flag | None, Spelled(words=GAMMA)] = None
    """Whether it scales: `gamma` or `nogamma`."""
    eps: Annotated[Positive | None, Spelled(key="eps")] = None
    """The epsilon, above 0: `eps=0.001`."""

    @property
    def has_weights(self) -> bool:
        return self.gamma is not False


class BatchNorm(Norm):
    """`batchnorm`: each channel over the batch and the grid (arXiv:1502.03167)."""

    keyword = "batchnorm"
    example = "batchnorm"
    momentum: Annotated[Share | None, Spelled(key="momentum")] = None
    """The share of the new batch in the running statistics: `momentum=0.01`."""

    @property
    def has_weights(self) -> bool:
        return True


class LayerNorm(Norm):
    """`layernorm`: the channels of each place of a map, or all of a vector (arXiv:1607.06450)."""

    keyword = "layernorm"
    example = "layernorm"


class _Grouped(Layer):
    """Fields of a later base come first, and so the number right behind the word."""

    groups: Annotated[Whole, Spelled(place=True)]
    """How many groups; they divide the channels that come in."""


class GroupNorm(Norm, _Grouped):
    """`groupnorm 32`: that many groups of channels, each over the grid (arXiv:1803.08494)."""

    keyword = "groupnorm"
    example = "groupnorm 32"


class InstanceNorm(Norm):
    """`instancenorm`: each channel of each input by itself (arXiv:1607.08022)."""

    keyword = "instancenorm"
    example = "instancenorm"


class L2Norm(Layer):
    """`l2norm`: each position's channels as a vector of unit length; `eps` is the least divisor."""

    keyword = "l2norm"
    example = "l2norm"
    auto = "norm"
    eps: Annotated[Positive, Spelled(key="eps")] = 1e-12
    """The least divisor."""


class LRN(Layer):
    """`lrn 5`: local response normalisation over neighbouring channels (GoogLeNet, 2014)."""

    keyword = "lrn"
    example = "lrn 5"
    auto = "norm"
    size: Annotated[Count, Spelled(place=True)]
    """Over how many neighbouring channels."""
    alpha: Annotated[NotNegative, Spelled(key="alpha")] = 1e-4
    """What the sum of squares is multiplied by."""
    beta: Annotated[NotNegative, Spelled(key="beta")] = 0.75
    """The exponent."""
    k: Annotated[Positive, Spelled(key="k")] = 1.0
    """What is added to the sum."""
