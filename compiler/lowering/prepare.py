"""From whatever names a spec to a network that is ready for every emitter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from shlex import quote
from typing import Any

import dsl
from compiler.ir.network import Network
from compiler.lowering.logits import follows
from compiler.lowering.lower import LIMIT, lower
from dsl.changing import inherit, options
from dsl.changing.options import Said
from dsl.models import shelf
from dsl.models.extent import kernel_text, side_names
from dsl.models.layers import Dropout
from dsl.models.naming import named_sections
from dsl.models.plain import tree
from dsl.models.spec import Spec
from dsl.text.numbers import is_number
from dsl.text.problems import NOWHERE, Problem, Span, SpecError
from dsl.text.values import Entry, Scalar


@dataclass(frozen=True)
class Overrides:
    """What a caller wants otherwise than the spec.

    `size` is the grid, (H, W) of an image, or that behind the channels: (C, H, W).
    """

    classes: int | None = None
    channels: int | None = None
    size: tuple[int, ...] | None = None
    aux: bool = True
    said: tuple[Said, ...] = ()
    """Changes as the command line writes them, such as `("set", "mixed_6b.c7=96")`."""
    dropout: float | None = None
    """The rate of the head's only dropout, whatever that is called."""

    @property
    def options(self) -> tuple[str, ...]:
        """The same on the command line."""
        found = [f"--classes {self.classes}"] if self.classes else []
        if self.size:
            sides = (self.channels, *self.size) if self.channels else self.size
            found.append(f"--input {'x'.join(map(str, sides))}")
        found += [] if self.aux else ["--no-aux"]
        return (*found, *(f"--{key} {quote(value)}" for key, value in self.said))

    def applied(self, spec: Spec) -> Spec:
        """The spec as it is wanted; changed, it no longer has to meet its `expect`.

        Each wish is a change like those that a spec makes, and all are made together.
        """
        if self == Overrides():
            return spec
        changes, texts = options.changes(self.said, self._settings(spec))
        try:
            return inherit.changed(spec.model_copy().read_from(spec.texts | texts), changes)
        except SpecError as error:
            raise SpecError(map(_unplaced, error.problems), error.texts) from None

    def _settings(self, spec: Spec) -> Iterator[Entry]:
        """The values that have an option of their own, as settings of that option."""
        if self.classes is not None:
            yield _setting("classes", self.classes, "--classes")
        if self.size or self.channels is not None:
            yield _setting("input", self._input(spec), "--input")
        if not self.aux:
            yield _setting("aux", (), "--no-aux")

    def _input(self, spec: Spec) -> tuple[int, ...]:
        """The whole input; a size as long as the spec's own has the channels in front."""
        size, whole = self.size or spec.input[1:], len(spec.input)
        if len(size) == whole and self.channels is None:
            return size
        if len(size) != whole - 1:
            names = " x ".join(side_names(spec.input)[1:])
            said = f"input {kernel_text(size)} is no size of {names}, which {spec.name} takes"
            help = f"its own is {kernel_text(spec.input[1:])}; the channels may stand in front"
            raise SpecError([Problem("E013", NOWHERE, said, help=help)])
        return (spec.input[0] if self.channels is None else self.channels, *size)

    def addressed(self, spec: Spec) -> Overrides:
        """The same in words of the command line: the dropout rate by its address, the whole input.

        Raises `SpecError` where there is no dropout.
        """
        if self.channels and not self.size:
            return replace(self, size=spec.input[1:]).addressed(spec)
        if self.dropout is None:
            return self
        if not (is_number(self.dropout) and 0 <= self.dropout <= 1):
            message = f"dropout must be a number from 0 to 1, not {self.dropout!r}"
            raise SpecError([Problem("E013", NOWHERE, message)])
        head = named_sections(dict(spec.sections()))["head"]
        found = [name for name, step in head if isinstance(step, Dropout)]
        if len(found) != 1:
            count = "several dropouts" if found else "no dropout"
            message = f"{spec.name} has {count} in its head, so its rate can't be set"
            help = f"its head has {', '.join(name for name, _ in head) or 'no steps'}"
            raise SpecError([Problem("E026", spec.at.of("head"), message, help=help)], spec.texts)
        rate = ("set", f"head.{found[0]}={self.dropout}")
        return replace(self, dropout=None, said=(*self.said, rate))


OWN = ("--classes", "--input", "--no-aux")
"""Options of values that have one of their own; the command line checks these itself."""


def _unplaced(problem: Problem) -> Problem:
    """A value that can't be comes from a program, then, which has no use for an option's place."""
    own = problem.code == "E013" and problem.span.file in OWN
    return replace(problem, span=NOWHERE) if own else problem


def _setting(address: str, value: Any, option: str) -> Entry:
    span = Span(option, 1, 1)
    try:
        return Entry(Scalar(address, span), tree(value, span))
    except ValueError as error:  # a program's value that no file could say
        raise SpecError([Problem("E013", NOWHERE, f"{address} {error}")]) from None


@dataclass(frozen=True)
class Prepared:
    """A spec as it will be compiled, its network, and where both came from."""

    spec: Spec
    network: Network

    @cached_property
    def text(self) -> str:
        """The spec as `dsl.dump` writes it, without comments, variants, name maps and recipe."""
        bare: dict[str, Any] = {"variants": {}, "weights": {}, "training": None}
        return dsl.dump(self.spec.model_copy(update=bare))

    @property
    def digest(self) -> str:
        """SHA-256 of `text`."""
        return sha256(self.text.encode()).hexdigest()


NO_OVERRIDES = Overrides()


@dataclass(frozen=True)
class Piped:
    """A spec that came through a pipe: its text, and what errors call it."""

    text: str
    file: str
    origin: str = "-"
    """How the command line names it."""


Where = Spec | Piped | str | Path
"""What names a spec: itself, its text, its file, or its name on the shelf."""


def prepare(
    where: Where,
    variant: str | None = None,
    *,
    overrides: Overrides = NO_OVERRIDES,
    limit: int = LIMIT,
) -> Prepared:
    """Load, choose the variant, override, lower. Raises `dsl.SpecError`."""
    spec = _chosen(where, variant)
    origin = _origin(where, spec)
    heads = () if overrides.aux else tuple(head.name for head in spec.aux)
    overrides = overrides.addressed(spec)
    spec = overrides.applied(spec)
    network = lower(spec, limit=limit, variant=variant)
    if overrides.classes and not follows(network):
        message = f"{spec.name} has no layer that `classes` sizes: it can't have {spec.classes}"
        help = "its head ends without a layer of weights, and gives features"
        raise SpecError([Problem("E113", spec.at.of("head"), message, help=help)], spec.texts)
    named = replace(network, origin=origin, options=overrides.options, heads_left_out=heads)
    return Prepared(spec, named)


def wanted(where: Where, variant: str | None, overrides: Overrides) -> Spec:
    """The spec as it would be compiled. Raises `dsl.SpecError`."""
    spec = _chosen(where, variant)
    return overrides.addressed(spec).applied(spec)


def _chosen(where: Where, variant: str | None) -> Spec:
    match where:
        case Spec():
            return dsl.choose(where, variant)
        case Piped():
            return dsl.loads(where.text, where.file, variant)
        case _:
            return dsl.load(where, variant)


def _origin(where: Where, spec: Spec) -> str:
    """How the command line names a spec: on the shelf by name, else by its file's name."""
    match where:
        case Spec():
            return f"{spec.name}.yaml"
        case Piped():
            return where.origin
    path = shelf.find(where)
    shelved = path.resolve().parent == shelf.folder().resolve()
    return path.stem if shelved else path.name
