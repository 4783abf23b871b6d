"""Every layer kind of the language: one frozen model each, with its short form.

A layer's short form (`1x7 192 /2`) is read and written from its fields: each field's
annotation says how it is spelled. Adding a layer kind is adding a model here and its
lowering rule in `compiler.ops`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SerializeAsAny, model_validator

from dsl.fields import (
    Argument,
    Count,
    Flag,
    Identifier,
    InitText,
    Kernel,
    Number,
    Padding,
    Positive,
    Reference,
    Share,
    Stride,
    Whole,
)
from dsl.problems import NOWHERE, Span


@dataclass(frozen=True)
class Spelled:
    """How a field is written in an op-string.

    `place`: bare, in the order of the fields; `words`: each bare word and the value that
    it stands for; `prefix`: behind a mark, as in `/2`; `key`: as `key=value`.
    """

    place: bool = False
    words: Mapping[str, Any] = field(default_factory=dict)
    prefix: str = ""
    key: str = ""


@dataclass(frozen=True)
class Places:
    """Where a model stands in its file, and where each of its fields does."""

    span: Span = NOWHERE
    fields: Mapping[str, Span] = field(default_factory=dict)

    def of(self, name: str) -> Span:
        """The place of one field, or of the whole where it isn't written out."""
        return self.fields.get(name, self.span)


class Model(BaseModel):
    """A frozen piece of a spec. Places are no part of its value: equality ignores them."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)
    _at: Places = PrivateAttr(default_factory=Places)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]  # specs hold dicts

    @property
    def at(self) -> Places:
        """Where it stands in the file it was read from."""
        return self._at

    def placed(self, places: Places) -> Self:
        """Remember where it came from; returns itself."""
        self._at = places
        return self


class Step(Model):
    """Anything that can stand in a sequence; `name` is the author's own, if any."""

    name: Identifier | None = None
    auto: ClassVar[str] = "step"
    """What an unnamed one is called."""


class Layer(Step):
    """A step written as an op-string; `x4` repeats it."""

    keyword: ClassVar[str]
    repeat: Annotated[Count, Spelled(prefix="x")] = 1


ACTIVATION_WORDS = ("relu", "relu6", "silu", "gelu", "sigmoid", "tanh")
"""Activations that may stand bare behind a convolution or `fc`, and as steps."""
SAME = {word: word for word in ("same", "tf_same", "valid")}
ACTS = {word: word for word in ACTIVATION_WORDS}


class Conv(Layer):
    """A convolution with its norm and activation: `1x7 192 /2 valid`.

    What is left out comes from the spec's `defaults`. `linear` means no norm, no
    activation, and a bias. `depthwise` gives each input channel its own filters; the
    width may then be left out.
    """

    keyword = ""
    auto = "conv"
    kernel: Annotated[Kernel, Spelled(place=True)]
    width: Annotated[Whole | None, Spelled(place=True)] = None
    stride: Annotated[Stride, Spelled(prefix="/")] = (1, 1)
    padding: Annotated[Padding | None, Spelled(words=SAME, key="pad")] = None
    dilation: Annotated[Stride, Spelled(key="dil")] = (1, 1)
    groups: Annotated[Whole, Spelled(key="groups")] = 1
    depthwise: Annotated[Flag, Spelled(words={"depthwise": True})] = False
    linear: Annotated[Flag, Spelled(words={"linear": True})] = False
    bias: Annotated[Flag | None, Spelled(words={"bias": True, "nobias": False})] = None
    norm: Annotated[Reference | None, Spelled(key="norm")] = None
    act: Annotated[Reference | None, Spelled(words=ACTS, key="act")] = None
    eps: Annotated[Positive | None, Spelled(key="eps")] = None
    momentum: Annotated[Share | None, Spelled(key="momentum")] = None
    init: Annotated[InitText | None, Spelled(key="init")] = None

    @model_validator(mode="after")
    def _whole_story(self) -> Self:
        if self.width is None and not self.depthwise:
            raise ValueError("needs its width, the number of output channels: 3x3 64")
        if self.depthwise and self.groups != 1:
            raise ValueError("depthwise already sets the groups")
        return self


class SepConv(Conv):
    """A depthwise separable convolution: each channel alone, then 1x1 (arXiv:1610.02357).

    Norm and activation follow the 1x1 only: `sepconv 3x3 128`.
    """

    keyword = "sepconv"
    auto = "sepconv"


class MaxPool(Layer):
    """`maxpool 3x3 /2`; `ceil` lets the last window hang over the edge (Caffe's rule)."""

    keyword = "maxpool"
    auto = "pool"
    kernel: Annotated[Kernel, Spelled(place=True)]
    stride: Annotated[Stride, Spelled(prefix="/")] = (1, 1)
    padding: Annotated[Padding | None, Spelled(words=SAME, key="pad")] = None
    ceil: Annotated[Flag, Spelled(words={"ceil": True})] = False


class AvgPool(MaxPool):
    """`avgpool 3x3`; `countpad` / `nopad` says whether the padding counts in the mean."""

    keyword = "avgpool"
    count_padding: Annotated[
        Flag | None, Spelled(words={"countpad": True, "nopad": False})
    ] = None


MODES = {"avg": "avg", "max": "max"}


class GlobalPool(Layer):
    """`globalpool avg`: one number a channel, whatever the grid."""

    keyword = "globalpool"
    auto = "pool"
    mode: Annotated[Reference, Spelled(words=MODES)] = "avg"


class AdaptivePool(Layer):
    """`adaptivepool avg 4x4`: a fixed grid, whatever comes in."""

    keyword = "adaptivepool"
    auto = "pool"
    mode: Annotated[Reference, Spelled(words=MODES)] = "avg"
    size: Annotated[Kernel, Spelled(place=True)]


class Linear(Layer):
    """`fc 1024`, `fc classes`: fully connected; a map that comes in is flattened first."""

    keyword = "fc"
    auto = "fc"
    width: Annotated[Whole, Spelled(place=True)]
    bias: Annotated[Flag, Spelled(words={"bias": True, "nobias": False})] = True
    init: Annotated[InitText | None, Spelled(key="init")] = None


class Flatten(Layer):
    """`flatten`: (C, H, W) as one vector."""

    keyword = "flatten"
    auto = "flatten"


class Dropout(Layer):
    """`dropout 0.4`: the probability that an element is zeroed while training."""

    keyword = "dropout"
    auto = "dropout"
    p: Annotated[Share, Spelled(place=True)]


class Activation(Layer):
    """`relu`, `silu`…: a nonlinearity as a step of its own."""

    keyword = "act"
    auto = "act"
    kind: Annotated[Reference, Spelled(place=True)]


class Softmax(Layer):
    """`softmax` over the channels."""

    keyword = "softmax"
    auto = "softmax"


class BatchNorm(Layer):
    """`batchnorm`: the norm as a step of its own."""

    keyword = "batchnorm"
    auto = "norm"
    eps: Annotated[Positive | None, Spelled(key="eps")] = None
    momentum: Annotated[Share | None, Spelled(key="momentum")] = None


class LRN(Layer):
    """`lrn 5`: local response normalisation over neighbouring channels (GoogLeNet, 2014)."""

    keyword = "lrn"
    auto = "norm"
    size: Annotated[Count, Spelled(place=True)]
    alpha: Annotated[Positive, Spelled(key="alpha")] = 1e-4
    beta: Annotated[Positive, Spelled(key="beta")] = 0.75
    k: Annotated[Positive, Spelled(key="k")] = 1.0


class Identity(Layer):
    """`identity`: the shortcut of an `add`."""

    keyword = "identity"
    auto = "identity"


class Call(Layer):
    """A block used by name, with keyword arguments: `B c7=160 x2`."""

    keyword = ""
    auto = "block"
    block: Identifier
    args: dict[str, Argument] = Field(default_factory=dict)


class Residual(Model):
    """The sum around a split: `act(x + scale * f(x))`."""

    scale: Number = 1.0
    act: Reference | None = None


class Sequence(Step):
    """Steps in order."""

    auto = "seq"
    steps: tuple[SerializeAsAny[Step], ...]


class Split(Step):
    """Branches side by side on one input, joined by `concat` or `add`.

    `then` works on the joined tensor; `residual` adds the input at the end.
    """

    auto = "split"
    join: Annotated[Reference, Field(pattern="^(concat|add)$")] = "concat"
    branches: tuple[SerializeAsAny[Step], ...] = Field(min_length=1)
    then: SerializeAsAny[Step] | None = None
    residual: Residual | None = None


LAYERS: dict[str, type[Layer]] = {
    kind.keyword: kind
    for kind in (
        SepConv,
        MaxPool,
        AvgPool,
        GlobalPool,
        AdaptivePool,
        Linear,
        Flatten,
        Dropout,
        Activation,
        Softmax,
        BatchNorm,
        LRN,
        Identity,
    )
}
"""Layer kinds by the word they start with; a convolution starts with its kernel."""


def spellings(kind: type[Layer]) -> Iterator[tuple[str, Spelled]]:
    """Each field of a layer kind that an op-string can write, in order."""
    fields = [name for name in kind.model_fields if name != "repeat"]
    for name in [*fields, "repeat"]:
        for mark in kind.model_fields[name].metadata:
            if isinstance(mark, Spelled):
                yield name, mark
