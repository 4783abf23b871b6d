"""Every layer kind of the language: one frozen model each, with its short form.

A layer's short form (`1x7 192 /2`) is read and written from its fields: each field's
annotation says how it is spelled. Adding a layer kind is adding a model here, its
op in `compiler.ops` and its rule in `compiler.lowering.rules`; a user adds one from outside
by a plugin.
"""

from typing import Annotated

from dsl.models.activation_layer import Activation
from dsl.models.fields import (
    ACTIVATION_WORDS,
    RESAMPLING,
    Channels,
    Flag,
    InitText,
    Number,
    Reference,
    Resampling,
    Share,
)
from dsl.models.kernels import Enlargement, Kernel
from dsl.models.model import (
    Call,
    Layer,
    Model,
    Places,
    Residual,
    Sequence,
    Spelled,
    Split,
    Step,
    spellings,
)
from dsl.models.norm_layers import (
    LRN,
    BatchNorm,
    GroupNorm,
    InstanceNorm,
    L2Norm,
    LayerNorm,
    Norm,
)
from dsl.models.ramp import Ramp
from dsl.models.windows import AVG_OR_MAX, AvgPool, Conv, Deconv, Filter, MaxPool, Pool, SepConv

__all__ = [
    "ACTIVATION_WORDS",
    "FOREIGN",
    "KINDS",
    "LAYERS",
    "LRN",
    "OPTIONS",
    "Activation",
    "AdaptivePool",
    "AvgPool",
    "BatchNorm",
    "Call",
    "Conv",
    "Deconv",
    "DropPath",
    "Dropout",
    "Filter",
    "Flatten",
    "GlobalPool",
    "GroupNorm",
    "Identity",
    "InstanceNorm",
    "L2Norm",
    "Layer",
    "LayerNorm",
    "LayerScale",
    "Linear",
    "MaxPool",
    "Model",
    "Norm",
    "Places",
    "Pool",
    "Ramp",
    "Residual",
    "SepConv",
    "Sequence",
    "Shuffle",
    "Softmax",
    "Spelled",
    "Split",
    "Step",
    "Upsample",
    "spellings",
]


class GlobalPool(Layer):
    """`globalpool avg`: one number a channel, whatever the grid."""

    keyword = "globalpool"
    example = "globalpool avg"
    auto = "pool"
    mode: Annotated[Reference, Spelled(words=AVG_OR_MAX, key="mode")] = "avg"
    """`avg` or `max`, or `mode=NAME` of a parameter that says so."""


class AdaptivePool(Layer):
    """`adaptivepool avg 4x4`: a fixed grid, whatever comes in."""

    keyword = "adaptivepool"
    example = "adaptivepool avg 4x4"
    auto = "pool"
    mode: Annotated[Reference, Spelled(words=AVG_OR_MAX, key="mode")] = "avg"
    """`avg` or `max`, or `mode=NAME` of a parameter that says so."""
    size: Annotated[Kernel, Spelled(place=True)]
    """The grid that comes out, one number an axis."""


class Upsample(Layer):
    """`upsample 2`: twice as many positions along each axis, each repeated or between two.

    `linear` is for series, `bilinear` for images, `trilinear` for clips, each with corners as
    any pixel (torch's `align_corners=False`).
    """

    keyword = "upsample"
    example = "upsample 2"
    auto = "upsample"
    factor: Annotated[Enlargement, Spelled(place=True)]
    """How many times as many positions, along all axes or along each."""
    mode: Annotated[Resampling, Spelled(words={word: word for word in RESAMPLING})] = "nearest"
    """How new positions come about."""


class Linear(Layer):
    """`fc 1024`, `fc classes`: fully connected; a map that comes in is flattened first."""

    keyword = "fc"
    example = "fc classes"
    auto = "fc"
    weighted = True
    width: Annotated[Channels, Spelled(place=True)]
    """How many features come out: a number, a parameter, or `classes`, perhaps with a factor."""
    bias: Annotated[Flag, Spelled(words={"bias": True, "nobias": False})] = True
    """`bias` or `nobias`."""
    init: Annotated[InitText | None, Spelled(key="init")] = None
    """How weights are drawn: `init=normal:0.01`."""


class Flatten(Layer):
    """`flatten`: (C, H, W) as one vector."""

    keyword = "flatten"
    example = "flatten"
    auto = "flatten"


class Dropout(Layer):
    """`dropout 0.4`: the probability that an element is zeroed while training."""

    keyword = "dropout"
    example = "dropout 0.4"
    auto = "dropout"
    p: Annotated[Share, Spelled(place=True)]
    """The probability, from 0 to 1."""


class DropPath(Layer):
    """`droppath 0.1`: the probability that a whole sample is zeroed while training.

    As the last step of what a residual sum adds it leaves that out: stochastic depth.
    """

    keyword = "droppath"
    example = "droppath 0.1"
    auto = "droppath"
    p: Annotated[Share, Spelled(place=True)]
    """The probability, from 0 to 1."""


class Softmax(Layer):
    """`softmax` over the channels."""

    keyword = "softmax"
    example = "softmax"
    auto = "softmax"


class LayerScale(Layer):
    """`scale 1e-6`: a learned factor for each channel, which begins at that value.

    What ConvNeXt and its kin call layer scale; a checkpoint's name for it is often `gamma`.
    """

    keyword = "scale"
    example = "scale 1e-6"
    auto = "scale"
    weighted = True
    value: Annotated[Number, Spelled(place=True)]
    """What each factor begins at."""


class Shuffle(Layer):
    """`shuffle 2`: the channels of so many groups in turn (ShuffleNet, arXiv:1707.01083)."""

    keyword = "shuffle"
    example = "shuffle 2"
    auto = "shuffle"
    groups: Annotated[Channels, Spelled(place=True)]
    """How many groups; they divide the channels that come in."""


class Identity(Layer):
    """`identity`: the shortcut of an `add`."""

    keyword = "identity"
    example = "identity"
    auto = "identity"


LAYERS: dict[str, type[Layer]] = {
    kind.keyword: kind
    for kind in (
        SepConv,
        Deconv,
        MaxPool,
        AvgPool,
        Pool,
        GlobalPool,
        AdaptivePool,
        Upsample,
        Linear,
        Flatten,
        Dropout,
        DropPath,
        Activation,
        Softmax,
        BatchNorm,
        LayerNorm,
        GroupNorm,
        InstanceNorm,
        LayerScale,
        L2Norm,
        LRN,
        Shuffle,
        Identity,
    )
}
"""Layer kinds by the word they start with; a convolution starts with its kernel."""

KINDS: tuple[type[Layer], ...] = (Conv, *LAYERS.values())
"""Every layer kind but calls."""
STEPS: tuple[type[Step], ...] = (*KINDS, Call, Sequence, Split)
"""All that can be a step."""
AUTOMATIC = frozenset(kind.auto for kind in STEPS)
"""What a step without a name is called by, before it is numbered."""
OPTIONS = frozenset(word for kind in KINDS for _, mark in spellings(kind) for word in mark.words)
"""Words that mean something behind a layer."""
FOREIGN: dict[str, type[Layer]] = {}
"""Kinds from outside the language that are in use, by their word; `dsl.models.plugins` has more."""
