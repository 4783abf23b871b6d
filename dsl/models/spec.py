"""The spec: what one network's YAML says, as pydantic models.

These models are the one definition of the language. `dsl.load` fills them from a file;
a program can build or change them and write them back with `dsl.dump`.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    field_validator,
    model_validator,
)

from dsl.models.activations import Act, Argument
from dsl.models.changes import Changes
from dsl.models.fields import (
    Count,
    Counting,
    Epsilon,
    Extent,
    FileName,
    Flag,
    Identifier,
    InitText,
    Named,
    Norm,
    PaddingMode,
    Portion,
    Sizes,
    Text,
    Total,
    Weight,
    named,
)
from dsl.models.model import (
    BLOCK_SECTIONS,
    BlockSection,
    Filled,
    Layer,
    Model,
    OneStep,
    Section,
    Sequence,
    SomeSteps,
    Split,
    Step,
    Steps,
)
from dsl.models.weights import NameMap
from dsl.text.numbers import NUMBER, is_number
from dsl.text.problems import shown
from dsl.text.source import hidden


class Defaults(Model):
    """What every convolution and pooling does unless its step says otherwise."""

    norm: Norm = "batch"
    act: Act = "relu"
    bias: Flag | None = None
    """None: a convolution has a bias exactly where no norm follows."""
    eps: Epsilon = 1e-5
    momentum: Portion = 0.1
    """torch's: the share of the new batch in the running statistics."""
    gamma: Flag = True
    """Whether batch norm scales; TF-slim's and Keras's Inceptions only shift."""
    padding: PaddingMode = "same"
    avgpool: Counting = "countpad"
    init: InitText = "torch"


class Block(Model):
    """A named block: its parameters (None: no default) and what it is made of."""

    params: Annotated[dict[Identifier, Argument | None], Named] = Field(default_factory=dict)
    body: OneStep

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
    steps: SomeSteps = Field(alias="do")

    model_config = ConfigDict(populate_by_name=True)


class Expect(Model):
    """A contract, checked at every compile: totals of the cost, and shapes at steps."""

    params: Total | None = None
    params_with_aux: Total | None = None
    trainable: Total | None = None
    buffers: Total | None = None
    keras_total: Total | None = None
    macs: Total | None = None
    activations: Total | None = None
    out: Annotated[dict[str, Sizes], Named] = Field(default_factory=dict)


class Variant(Changes):
    """A network made from its spec by naming what changes."""

    title: Text = ""
    expect: Annotated[Expect, Filled] = Field(default_factory=Expect)


def _free(value: Any) -> Any:
    """The author's notes: text, numbers, lists and mappings, as YAML can hold them."""
    named(value)
    _check_free(value)
    return value


def _check_free(value: Any) -> None:
    match value:
        case dict():
            for key, item in value.items():
                if not key or key == "<<" or not isinstance(key, str):
                    raise ValueError("must have words for its keys")
                _check_free(key)
                _check_free(item)
        case list():
            for item in value:
                _check_free(item)
        case str() if not hidden(value):
            pass
        case _ if not is_number(value) or not NUMBER.fullmatch(repr(value)):
            raise ValueError(f"must hold text, numbers, lists and mappings, not {shown(value)}")


class Spec(Model):
    """One network."""

    name: FileName
    title: Text = ""
    paper: Text = ""
    input: Extent
    """(C, H, W) of an image, (C, L) of a series, (C, T, H, W) of a clip."""
    classes: Count
    defaults: Annotated[Defaults, Filled] = Field(default_factory=Defaults)
    stem: Steps = ()
    inception: Annotated[dict[Identifier, Block], Named] = Field(default_factory=dict)
    reduction: Annotated[dict[Identifier, Block], Named] = Field(default_factory=dict)
    strided: Annotated[dict[Identifier, Block], Named] = Field(default_factory=dict)
    body: Steps = ()
    head: Steps = ()
    aux: tuple[Aux, ...] = ()
    weights: Annotated[dict[Identifier, NameMap], Named] = Field(default_factory=dict)
    """What public sources call the weights."""
    variants: Annotated[dict[Identifier, Variant], Named] = Field(default_factory=dict)
    expect: Annotated[Expect, Filled] = Field(default_factory=Expect)
    meta: Annotated[dict[str, Any], BeforeValidator(_free)] = Field(default_factory=dict)

    _texts: dict[str, str] = PrivateAttr(default_factory=dict)

    def __str__(self) -> str:
        """YAML, as `dsl.dump` writes it."""
        from dsl.writing.dumping import dump  # Writing builds upon what a spec is.

        return dump(self)

    __repr__ = __str__

    @model_validator(mode="after")
    def _something_to_do(self) -> Self:
        if not (self.stem or self.body or self.head):
            raise ValueError("a network needs steps: a stem, a body or a head")
        return self

    @property
    def texts(self) -> dict[str, str]:
        """The files that it was read from, by name: what errors quote from."""
        return self._texts

    def read_from(self, texts: dict[str, str]) -> Self:
        """Remember the files that it was read from; returns itself."""
        self._texts = texts
        return self

    @property
    def blocks(self) -> Mapping[str, Block]:
        """Every named block, under whichever key it is defined."""
        return {**self.inception, **self.reduction, **self.strided}

    def section_of(self, block: str) -> BlockSection:
        """The key under which a block is defined; a `LookupError` where there is none."""
        return next(key for key in BLOCK_SECTIONS if block in getattr(self, key))

    def sections(self) -> Iterator[tuple[Section, Steps]]:
        """The trunk in order: stem, body, head."""
        yield "stem", self.stem
        yield "body", self.body
        yield "head", self.head


def inner_steps(step: Step) -> tuple[Step, ...]:
    """The steps directly inside a sequence or split, with that on the shortcut around it."""
    if not isinstance(step, (Sequence, Split)):
        return ()
    inside = step.steps if isinstance(step, Sequence) else step.branches
    if isinstance(step, Split) and step.then:
        inside = (*inside, step.then)
    beside = step.residual.shortcut if step.residual else None
    return (*inside, beside) if beside else inside


def walk(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Every step, outermost first."""
    for step in steps:
        yield step
        yield from walk(inner_steps(step))
