"""What specs are made of: models that know their places, steps, and how steps combine."""

from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from inspect import get_annotations
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SerializeAsAny,
    ValidationError,
)

from dsl.models.activations import ActOrName, Given
from dsl.models.faults import invalid
from dsl.models.fields import Identifier, Join, Named, Number, Whole
from dsl.models.shares import Shares
from dsl.text.problems import NOWHERE, Problem, Span, SpecError, shown


@dataclass(frozen=True)
class Spelled:
    """How a field is written in an op-string.

    `place`: bare, in the order of the fields; `words`: each bare word and the value that
    it stands for; `settable`: those behind which a number may follow, as in `leakyrelu:0.1`;
    `prefix`: behind a mark, as in `/2`; `key`: as `key=value`. With both the key is for names.
    `behind`: the field that it is written behind, where that isn't the one declared before it.
    """

    place: bool = False
    words: Mapping[str, Any] = field(default_factory=dict)
    settable: Container[str] = ()
    prefix: str = ""
    key: str = ""
    behind: str = ""

    def says(self, value: str) -> bool:
        """Whether a bare word stands for the value, and so no name does."""
        return value in self.words.values()


@dataclass(frozen=True)
class Places:
    """Where a model stands in its file, and where each of its fields does."""

    span: Span = NOWHERE
    fields: dict[str, Span] = field(default_factory=dict)
    changes: tuple[Span, ...] = ()
    """What scaled its numbers afterwards."""
    called: str = ""
    """What addresses call a step while its spec is being changed; empty for by its place."""

    def of(self, name: str) -> Span:
        """The place of one field, or of the whole where it isn't written out."""
        return self.fields.get(name, self.span)

    def without(self, keys: Iterable[str]) -> Self:
        """The same, less what stands at or inside any of the `keys`."""
        gone = tuple(keys)
        inside = tuple(f"{key}." for key in gone)
        fields = {
            key: span
            for key, span in self.fields.items()
            if key not in gone and not key.startswith(inside)
        }
        return replace(self, fields=fields)

    def changed(self, span: Span) -> Self:
        """The same places, of numbers that a change at `span` has scaled."""
        return type(self)(self.span, self.fields, (*self.changes, span), self.called)


def _by_words(value: Any) -> Any:
    if isinstance(value, dict) and not all(isinstance(key, str) for key in value):
        raise ValueError("must have words for its keys")
    return value


Filled = BeforeValidator(_by_words)
"""A model that may also come as a mapping of its fields."""


@contextmanager
def _in_our_words(model: type[Any]) -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        raise invalid(model, error) from None


class Model(BaseModel):
    """A frozen piece of a spec. Places are no part of its value: equality ignores them.

    Values that it can't have raise `SpecError`, wherever they come from.
    """

    # Where models are defined, annotations are no strings (no `from __future__`): pydantic would
    # compile them again for each kind that inherits them, and a command should answer at once.

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        arbitrary_types_allowed=True,
        defer_build=True,  # A command needs few of the kinds.
    )
    _at: Places = PrivateAttr(default_factory=Places)

    def __init__(self, /, *bare: Any, **data: Any) -> None:
        if bare:
            message = f"{type(self).__name__} takes its fields by name"
            help = "as in `Conv(kernel=(3, 3), width=64)`; `dsl.step('3x3 64')` reads an op-string"
            raise SpecError([Problem("E012", NOWHERE, message, help=help)])
        with _in_our_words(type(self)):
            super().__init__(**data)

    @classmethod
    def model_validate(cls, obj: Any, **how: Any) -> Self:
        """A model from a mapping of its fields, as pydantic makes it. Raises `SpecError`."""
        with _in_our_words(cls):
            return super().model_validate(obj, **how)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]  # specs hold dicts

    @property
    def at(self) -> Places:
        """Where it stands in the file it was read from."""
        kept = self.__pydantic_private__  # Its own way to `_at` takes ten times as long.
        found: Places = kept["_at"] if kept else self._at
        return found

    def placed(self, places: Places) -> Self:
        """Remember where it came from; returns itself."""
        kept = self.__pydantic_private__
        if kept:
            kept["_at"] = places
        else:
            self._at = places
        return self


class Document(Model):
    """What a file says as a whole: a spec, a recipe or a sweep."""

    _texts: dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def texts(self) -> dict[str, str]:
        """The files that it was read from, by name: what errors quote from."""
        return self._texts

    def read_from(self, texts: dict[str, str]) -> Self:
        """Remember the files that it was read from; returns itself."""
        self._texts = texts
        return self


def own_first(model: type[Model]) -> list[str]:
    """The fields of a model, those in front that it doesn't share with its kin."""
    owners = [get_annotations(owner) for owner in model.__mro__]
    ranks = {name: rank for rank, own in reversed([*enumerate(owners)]) for name in own}
    return sorted(model.model_fields, key=lambda name: ranks[name])


Section = Literal["stem", "body", "head"]
"""The parts of a trunk, in order."""
BlockSection = Literal["inception", "reduction", "strided"]
"""Under which keys blocks are defined: those that keep the grid, that shrink it, and that may do
either, as a stride among their parameters says."""
BLOCK_SECTIONS: tuple[BlockSection, ...] = get_args(BlockSection)


class Step(Model):
    """Anything that can stand in a sequence; `name` is the author's own, if any."""

    name: Identifier | None = None
    """What the step is called: in addresses, in the state dict, in drawings."""
    auto: ClassVar[str] = "step"
    """What an unnamed one is called."""


class Layer(Step):
    """A step written as an op-string; `x4` repeats it, `repeat=n` as a parameter says."""

    keyword: ClassVar[str]
    example: ClassVar[str]
    """How it is written, for the advice in an error."""
    weighted: ClassVar[bool] = False
    """Whether it has weights, whose keys its name begins."""
    repeat: Annotated[Whole, Spelled(prefix="x", key="repeat")] = 1
    """How often the step stands there in order, each with weights of its own: `x4`, `repeat=n`."""

    @property
    def has_weights(self) -> bool:
        """Whether this one has weights: of some kinds it depends on more than the kind."""
        return self.weighted


@cache
def spellings(kind: type[Layer]) -> tuple[tuple[str, Spelled], ...]:
    """Each field of a layer kind that an op-string can write, in order."""
    fields = [*(name for name in kind.model_fields if name != "repeat"), "repeat"]
    marks = ((name, mark) for name in fields for mark in kind.model_fields[name].metadata)
    return tuple((name, mark) for name, mark in marks if isinstance(mark, Spelled))


class Call(Layer):
    """A block used by name, with keyword arguments: `B c7=160 x2`."""

    keyword = ""
    example = "B c7=128"
    auto = "block"
    weighted = True
    block: Identifier
    """The block that is used."""
    args: Annotated[dict[Identifier, Given], Named] = Field(default_factory=dict)
    """Values for the block's parameters, as `name=value`."""


def _a_step(value: Any) -> Step:
    if not isinstance(value, Step):
        advice = "such as Conv(kernel=(3, 3), width=64) or dsl.step('3x3 64')"
        raise ValueError(f"must be a step, {advice}, not {shown(value)}")
    return value


def _steps(value: Any) -> tuple[Step, ...]:
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"must be a list of steps, not {shown(value)}")
    return tuple(_a_step(item) for item in value)


def _some_steps(value: Any) -> tuple[Step, ...]:
    if not (steps := _steps(value)):
        raise ValueError("must be a list of steps, one at least")
    return steps


OneStep = Annotated[SerializeAsAny[Step], BeforeValidator(_a_step)]
Steps = Annotated[tuple[SerializeAsAny[Step], ...], BeforeValidator(_steps)]
SomeSteps = Annotated[tuple[SerializeAsAny[Step], ...], BeforeValidator(_some_steps)]


class Residual(Model):
    """The sum around steps or a split: `act(shortcut(x) + scale * f(x))`."""

    shortcut: OneStep | None = None
    """What x goes through beside f: a layer or a list. Left out, x itself is added."""
    scale: Number = 1.0
    """What f is multiplied by before the sum: a number, or a parameter of the block."""
    act: ActOrName | None = None
    """The activation of the sum; left out, that of `defaults`."""


class Sequence(Step):
    """Steps in order; `residual` adds the input at the end."""

    auto = "seq"
    steps: SomeSteps
    """Steps in order."""
    residual: Annotated[Residual | None, Filled] = None
    """Adds the input at the end: `act(shortcut(x) + scale * f(x))`, f being what this is beside."""


BESIDE = ("split", "then", "residual")
"""Keys that may stand beside a join, and what addresses call that."""


class Split(Step):
    """Branches side by side on one input, joined by `concat` or `add`.

    With `split` each branch gets some of the channels, in order, not all of them. `then` works
    on the joined tensor; `residual` adds the input at the end.
    """

    auto = "split"
    join: Join = "concat"
    """How the branches come together."""
    branches: SomeSteps
    """The branches, one item each; a list is in order."""
    split: Shares = ()
    """The share of the channels that each branch gets, in order: a list such as
    `[rest, in/8, in/8]`, or `equal`. Left out, each branch gets them all.
    """
    then: OneStep | None = None
    """A step that works on the joined tensor."""
    residual: Annotated[Residual | None, Filled] = None
    """Adds the input at the end: `act(shortcut(x) + scale * f(x))`, f being what this is beside."""


def residual_around(step: Step) -> Residual | None:
    """The residual sum around a step, if there is one."""
    return step.residual if isinstance(step, (Sequence, Split)) else None
