"""The spec: what one network's YAML says, as pydantic models.

These models are the one definition of the language. `dsl.load` fills them from a file;
a program can build or change them and write them back with `dsl.dump`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import Field, PrivateAttr, SerializeAsAny, field_validator, model_validator

from dsl.fields import (
    Argument,
    Count,
    Flag,
    Identifier,
    InitText,
    Padding,
    Positive,
    Reference,
    Share,
    Text,
    Total,
    Weight,
)
from dsl.layers import Layer, Model, Sequence, Split, Step
from dsl.text import Value

Steps = tuple[SerializeAsAny[Step], ...]


class Defaults(Model):
    """What every convolution and pooling does unless its step says otherwise."""

    norm: Reference = "batch"
    act: Reference = "relu"
    bias: Flag | None = None
    """None: a convolution has a bias exactly where no norm follows."""
    eps: Positive = 1e-5
    momentum: Share = 0.1
    """torch's: the share of the new batch in the running statistics."""
    padding: Padding = "same"
    avgpool: Literal["countpad", "nopad"] = "countpad"
    init: InitText = "torch"

    @field_validator("padding")
    @classmethod
    def _a_mode(cls, value: Any) -> Any:
        if not isinstance(value, str):
            raise ValueError("must be same, tf_same or valid")
        return value


class Block(Model):
    """A named block: its parameters (None: no default) and what it is made of."""

    params: dict[Identifier, Argument | None] = Field(default_factory=dict)
    body: SerializeAsAny[Step]

    @field_validator("body")
    @classmethod
    def _as_steps(cls, body: Step) -> Step:
        return Sequence(steps=(body,)).placed(body.at) if isinstance(body, Layer) else body


class Aux(Model):
    """An auxiliary classifier: present in training only.

    `source` is the trunk's step that it taps; its loss counts `weight` times.
    """

    name: Identifier
    source: Identifier = Field(alias="from")
    weight: Weight
    steps: Steps = Field(alias="do", min_length=1)

    model_config = {**Model.model_config, "populate_by_name": True}


class Expect(Model):
    """A contract, checked at every compile: totals of the cost, and shapes at steps."""

    params: Total | None = None
    params_with_aux: Total | None = None
    trainable: Total | None = None
    buffers: Total | None = None
    keras_total: Total | None = None
    macs: Total | None = None
    activations: Total | None = None
    out: dict[str, tuple[Count, ...]] = Field(default_factory=dict)


class Variant(Model):
    """A network made from its spec by naming what changes: address -> new value."""

    title: Text = ""
    set: dict[str, Any] = Field(default_factory=dict)
    expect: Expect = Field(default_factory=Expect)
    _values: dict[str, Value] = PrivateAttr(default_factory=dict)

    def remember(self, values: dict[str, Value]) -> None:
        """Keep the file's own nodes of what is set, so that errors point at them."""
        self._values = values

    def values(self) -> Iterator[tuple[str, Value | None, Any]]:
        """Each address with its node in the file (None where a program made it) and its data."""
        for address, data in self.set.items():
            yield address, self._values.get(address), data


class Spec(Model):
    """One network."""

    name: Identifier
    title: Text = ""
    paper: Text = ""
    input: tuple[Count, Count, Count]
    """(C, H, W)"""
    classes: Count
    defaults: Defaults = Field(default_factory=Defaults)
    stem: Steps = ()
    inception: dict[Identifier, Block] = Field(default_factory=dict)
    reduction: dict[Identifier, Block] = Field(default_factory=dict)
    body: Steps = ()
    head: Steps = ()
    aux: tuple[Aux, ...] = ()
    variants: dict[Identifier, Variant] = Field(default_factory=dict)
    expect: Expect = Field(default_factory=Expect)
    meta: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _something_to_do(self) -> Self:
        if not (self.stem or self.body or self.head):
            raise ValueError("a network needs steps: a stem, a body or a head")
        return self

    @property
    def blocks(self) -> Mapping[str, Block]:
        """Every named block, inception and reduction alike."""
        return {**self.inception, **self.reduction}

    def sections(self) -> Iterator[tuple[str, Steps]]:
        """The trunk in order: stem, body, head."""
        yield "stem", self.stem
        yield "body", self.body
        yield "head", self.head


def inner_steps(step: Step) -> tuple[Step, ...]:
    """The steps directly inside a sequence or split."""
    if isinstance(step, Sequence):
        return step.steps
    if isinstance(step, Split):
        return step.branches + ((step.then,) if step.then else ())
    return ()


def walk(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Every step, outermost first."""
    for step in steps:
        yield step
        yield from walk(inner_steps(step))


