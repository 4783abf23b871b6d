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
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from dsl.models.activations import Act, Argument
from dsl.models.changes import Changes
from dsl.models.faults import NO_STEPS
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
    Text,
    Weight,
    named,
)
from dsl.models.model import (
    BLOCK_SECTIONS,
    BlockSection,
    Document,
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
from dsl.models.promises import Expect
from dsl.models.recipe import Recipe
from dsl.models.weights import NameMap
from dsl.text.numbers import NUMBER, is_number
from dsl.text.problems import shown
from dsl.text.source import hidden


class Defaults(Model):
    """What every convolution and pooling does unless its step says otherwise."""

    norm: Norm = "batch"
    """The norm behind every convolution."""
    act: Act = "relu"
    """The activation behind every convolution."""
    bias: Flag | None = None
    """Whether convolutions have a bias. Left out, one has it exactly where no norm follows."""
    eps: Epsilon = 1e-5
    """The epsilon of every norm, above 0: what is added to the variance."""
    momentum: Portion = 0.1
    """Batch norm's momentum in torch's sense: the new batch's share of the running statistics."""
    gamma: Flag = True
    """Whether norms scale each channel; TF-slim's and Keras's Inceptions only shift it."""
    padding: PaddingMode = "same"
    """How convolutions and poolings are padded."""
    avgpool: Counting = "countpad"
    """Whether an average over a window that hangs into the padding counts the zeros there."""
    init: InitText = "torch"
    """How weights are drawn."""


class Block(Model):
    """A named block: its parameters (None: no default) and what it is made of."""

    params: Annotated[dict[Identifier, Argument | None], Named] = Field(default_factory=dict)
    """What differs between the uses of the block: a list of names, or a mapping from names to
    defaults, in which one without a default stays empty, as in `{c7: , act: relu}`. Each is used.
    """
    body: OneStep
    """Steps in order, instead of branches. A list alone is the same."""

    @field_validator("body")
    @classmethod
    def _as_steps(cls, body: Step) -> Step:
        return Sequence(steps=(body,)).placed(body.at) if isinstance(body, Layer) else body


class Aux(Model):
    """An auxiliary classifier: present in training only.

    `source` is the trunk's step that it taps; its loss counts `weight` times.
    """

    name: Identifier
    """What the head is called."""
    source: Identifier = Field(alias="from")
    """The step of the trunk whose output the head taps."""
    weight: Weight
    """What the head's loss counts for beside that of the network."""
    steps: SomeSteps = Field(alias="do")
    """The head's layers in order."""

    model_config = ConfigDict(populate_by_name=True)


class Variant(Changes):
    """A network made from its spec by naming what changes."""

    title: Text = ""
    """What the variant is called in headers and figures."""
    expect: Annotated[Expect, Filled] = Field(default_factory=Expect)
    """A contract of its own: the spec's doesn't hold for a variant."""


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


class Spec(Document):
    """One network."""

    name: FileName
    """What the network is called: its class and its files. A letter, then letters, digits or _."""
    title: Text = ""
    """Free text for headers and figures."""
    paper: Text = ""
    """Where the network comes from; free text for headers and figures."""
    input: Extent
    """What comes in: `[channels, height, width]` of an image, `[channels, length]` of a series,
    `[channels, frames, height, width]` of a clip; or the same by name.
    """
    classes: Count
    """The number of classes, and so the width of the head's last layer: `fc classes`."""
    defaults: Annotated[Defaults, Filled] = Field(default_factory=Defaults)
    """What every convolution, norm and pooling does unless its step says otherwise."""
    stem: Steps = ()
    """The first steps of the trunk, in order."""
    inception: Annotated[dict[Identifier, Block], Named] = Field(default_factory=dict)
    """Blocks that keep height and width, by name. That is checked at every call."""
    reduction: Annotated[dict[Identifier, Block], Named] = Field(default_factory=dict)
    """Blocks that shrink height and width, by name. That is checked at every call."""
    strided: Annotated[dict[Identifier, Block], Named] = Field(default_factory=dict)
    """Blocks that may keep the grid or change it, as a stride among their parameters says:
    `{params: [w, s], concat: [3x3 w /s, maxpool 3x3 /s]}`.
    """
    body: Steps = ()
    """The trunk's steps between stem and head, in order: mostly calls of blocks."""
    head: Steps = ()
    """The last steps of the trunk: from a map to the logits."""
    aux: tuple[Aux, ...] = ()
    """Auxiliary classifiers, present in training only:
    `- aux1: {from: mixed_6e, weight: 0.4, do: [globalpool avg, fc classes]}`.
    """
    weights: Annotated[dict[Identifier, NameMap], Named] = Field(default_factory=dict)
    """What public sources call the weights, by source: a map from our names to theirs, or a YAML
    file beside the spec that holds it.
    """
    variants: Annotated[dict[Identifier, Variant], Named] = Field(default_factory=dict)
    """Other networks, made from this one by naming what changes."""
    expect: Annotated[Expect, Filled] = Field(default_factory=Expect)
    """A contract, checked at every compile: totals of the cost, and shapes at steps."""
    training: Annotated[Recipe | None, Filled] = None
    """How the network is trained: a recipe, or the name of one."""
    meta: Annotated[dict[str, Any], BeforeValidator(_free)] = Field(default_factory=dict)
    """Your own notes: text, numbers, lists and mappings. `mean` and `std` of images between 0 and 1
    are read by `export`.
    """

    def __str__(self) -> str:
        """YAML, as `dsl.dump` writes it."""
        from dsl.writing.dumping import dump  # Writing builds upon what a spec is.

        return dump(self)

    __repr__ = __str__

    @model_validator(mode="after")
    def _something_to_do(self) -> Self:
        if not (self.stem or self.body or self.head):
            raise PydanticCustomError(NO_STEPS, "a network needs steps: a stem, a body or a head")
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
