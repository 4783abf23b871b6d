"""The layers that slide a kernel over the map: convolutions and pools."""

from typing import Annotated, Any, Self

from pydantic import model_validator

from dsl.models.activations import SLOPED, ActOrName
from dsl.models.fields import (
    ACTIVATION_WORDS,
    MODES,
    Channels,
    Flag,
    InitText,
    NormOrName,
    Positive,
    Reference,
    Share,
)
from dsl.models.kernels import PADDINGS, Kernel, Padding, Stride
from dsl.models.model import Layer, Spelled
from dsl.models.norm_layers import GAMMA
from dsl.text.numbers import Misfit

SAME = {word: word for word in PADDINGS}
AVG_OR_MAX = {word: word for word in MODES}
ACTS = {word: word for word in ACTIVATION_WORDS}


def _on_every_axis(layer: Any) -> None:
    """A stride and dilation that are left out are 1 on each of the kernel's axes."""
    if (rank := len(layer.kernel)) != 2:
        for name in {"stride", "dilation"}.intersection(layer.__dict__):
            if name not in layer.model_fields_set:
                layer.__dict__[name] = (1,) * rank


class Filter(Layer):
    """What the convolutions share: a kernel, a width, and the norm and activation behind."""

    weighted = True
    kernel: Annotated[Kernel, Spelled(place=True)]
    """The window, one number an axis: height x width of an image, as in `1x7`."""
    width: Annotated[Channels | None, Spelled(place=True)] = None
    """How many channels come out: a number or a name such as `in`, perhaps with a factor."""
    stride: Annotated[Stride, Spelled(prefix="/")] = (1, 1)
    """How far the window moves: `/2` for all axes, `/2x1` for height and width."""
    padding: Annotated[Padding | None, Spelled(words=SAME, key="pad")] = None
    """Zeros around the map: `same`, `tf_same`, `valid`, or as many as `pad=1`, `pad=0x3` says."""
    dilation: Annotated[Stride, Spelled(key="dil")] = (1, 1)
    """How far apart the window's places are: `dil=2`, `dil=2x1`."""
    linear: Annotated[Flag, Spelled(words={"linear": True})] = False
    """No norm, no activation, and a bias; what stands beside it wins."""
    bias: Annotated[Flag | None, Spelled(words={"bias": True, "nobias": False})] = None
    """`bias` or `nobias`. Left out, there is one exactly where no norm follows."""
    norm: Annotated[NormOrName | None, Spelled(key="norm")] = None
    """The norm behind it: `norm=layer`, `norm=group:32`, `norm=none`."""
    gamma: Annotated[Flag | None, Spelled(words=GAMMA)] = None
    """Whether the norm scales: `gamma` or `nogamma`."""
    act: Annotated[ActOrName | None, Spelled(words=ACTS, settable=SLOPED, key="act")] = None
    """The activation behind it: its word alone, or `act=none`, or `act=NAME` of a parameter."""
    eps: Annotated[Positive | None, Spelled(key="eps")] = None
    """The norm's epsilon: `eps=0.001`."""
    momentum: Annotated[Share | None, Spelled(key="momentum")] = None
    """Batch norm's momentum, the share of the new batch: `momentum=0.01`."""
    init: Annotated[InitText | None, Spelled(key="init")] = None
    """How weights are drawn: `init=normal:0.01`."""

    @model_validator(mode="after")
    def _has_width(self) -> Self:
        _on_every_axis(self)
        if self.width is None and not getattr(self, "depthwise", False):
            message = f"needs its width (the number of output channels), as in `{self.example}`"
            raise Misfit(message, code="E011")
        return self


class Conv(Filter):
    """A convolution with its norm and activation: `1x7 192 /2 valid`.

    What is left out comes from the spec's `defaults`. `linear` means no norm, no
    activation, and a bias. `depthwise` gives each input channel its own filters; the
    width may then be left out.
    """

    keyword = ""
    example = "3x3 64"
    auto = "conv"
    groups: Annotated[Channels, Spelled(key="groups")] = 1
    """In how many groups channels are convolved apart: `groups=32`. They divide both widths."""
    depthwise: Annotated[Flag, Spelled(words={"depthwise": True}, behind="dilation")] = False
    """Each input channel has filters of its own; the width may be left out."""

    @model_validator(mode="after")
    def _one_grouping(self) -> Self:
        if self.depthwise and self.groups != 1:
            raise ValueError("can't take groups= beside depthwise, which already sets the groups")
        return self


class SepConv(Filter):
    """A depthwise separable convolution: each channel alone, then 1x1 (arXiv:1610.02357).

    Norm and activation follow the 1x1 only: `sepconv 3x3 128`.
    """

    keyword = "sepconv"
    example = "sepconv 3x3 64"
    auto = "sepconv"


class Deconv(Filter):
    """A transposed convolution with its norm and activation: `deconv 2x2 64 /2`.

    `same` makes the grid as many times larger as the stride says.
    """

    keyword = "deconv"
    example = "deconv 2x2 64 /2"
    auto = "deconv"
    groups: Annotated[Channels, Spelled(key="groups")] = 1
    """In how many groups channels are convolved apart: `groups=32`. They divide both widths."""


class MaxPool(Layer):
    """`maxpool 3x3 /2`; `ceil` lets the last window hang over the edge (Caffe's rule)."""

    keyword = "maxpool"
    example = "maxpool 3x3 /2"
    auto = "pool"
    kernel: Annotated[Kernel, Spelled(place=True)]
    """The window, one number an axis: height x width of an image."""
    stride: Annotated[Stride, Spelled(prefix="/")] = (1, 1)
    """How far the window moves: `/2` for all axes, `/2x1` for height and width; 1 unless said."""
    padding: Annotated[Padding | None, Spelled(words=SAME, key="pad")] = None
    """Padding around the map: `same`, `tf_same`, `valid`, or as much as `pad=1` says."""
    ceil: Annotated[Flag, Spelled(words={"ceil": True})] = False
    """The last window may hang over the edge: Caffe's rule."""

    @model_validator(mode="after")
    def _per_axis(self) -> Self:
        _on_every_axis(self)
        return self


class AvgPool(MaxPool):
    """`avgpool 3x3`; `countpad` / `nopad` says whether the padding counts in the mean."""

    keyword = "avgpool"
    example = "avgpool 3x3"
    count_padding: Annotated[Flag | None, Spelled(words={"countpad": True, "nopad": False})] = None
    """Whether padded zeros count in the mean: `countpad` or `nopad`."""


class Pool(AvgPool):
    """`pool 3x3 max`: a `maxpool` or an `avgpool`, as a parameter may say: `pool 3x3 mode=p`."""

    keyword = "pool"
    example = "pool 3x3 max"
    mode: Annotated[Reference, Spelled(words=AVG_OR_MAX, key="mode")]
    """`avg` or `max`, or `mode=NAME` of a parameter that says so."""

    @model_validator(mode="after")
    def _averages(self) -> Self:
        if self.mode == "max" and self.count_padding is not None:
            raise ValueError("can't take countpad or nopad beside max, which averages nothing")
        return self
