"""Scaling a whole network: every width by a factor, every repeat by another.

Both are found by their role, never by their value: the widths of convolutions and linear
layers, the numbers of `x4`, and the parameters that end up there. `classes` and `in` are no
such numbers, so they stay what they are, even where a width happens to equal them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from dsl.changing.mapping import mapped
from dsl.models.changes import Depth, Width
from dsl.models.factors import factor, name_in
from dsl.models.layers import Call, Conv, Layer, Split, Step, spellings
from dsl.models.model import BLOCK_SECTIONS, Model
from dsl.models.ramp import Ramp
from dsl.models.scalars import MOST
from dsl.models.shares import names_of
from dsl.models.spec import Block, Spec, walk
from dsl.reading.alike import agree, alike
from dsl.text.memory import Memory
from dsl.text.problems import Report, Span

Rescale = Callable[[Step], dict[str, Any]]
"""The fields of a step that change, with their new values."""


M = TypeVar("M", bound=Model)
SCALED: Memory[Any] = Memory(16384)
"""Steps and blocks by what was made of their numbers: a sweep comes to most of them again."""
ROLES: Memory[dict[str, set[str]]] = Memory(64)
"""The parameters of a spec's blocks that are scaled."""


def widened(spec: Spec, width: Width, span: Span, report: Report) -> Spec:
    """The spec with its widths scaled; `span` is where that is asked for."""
    return _Widths(spec, width, span, report, _Limits(span, report)).applied()


def deepened(spec: Spec, depth: Depth, span: Span, report: Report) -> Spec:
    """The spec with its repeats scaled; `span` is where that is asked for."""
    return _Repeats(spec, depth, span, report, _Limits(span, report)).applied()


@dataclass
class _Limits:
    """What no scaling may pass: what a spec can't say, it couldn't be written back with."""

    span: Span
    report: Report
    passed: bool = False

    def kept(self, what: str, old: int, new: int) -> int:
        """The scaled number; where it is too large the old one, and that is said once."""
        if new <= MOST:
            return new
        if not self.passed:
            message = f"a {what} of {old:,} would become {new:,}, and {MOST:,} is the most"
            self.report.add("E030", self.span, message, help="take a smaller factor")
        self.passed = True
        return old


@dataclass
class _Scaled(ABC):
    """The spec with all numbers of one kind scaled, parameters that end up there included."""

    spec: Spec
    by: Width | Depth
    span: Span
    report: Report
    limits: _Limits
    any: bool = False
    """Whether there is any such number."""
    numbers: dict[int, int] = field(default_factory=dict)
    """Those that have been scaled, with what they became."""

    what: ClassVar[str]
    """What one is called."""
    field: ClassVar[str]
    """The field of a layer that holds one."""

    @abstractmethod
    def own(self, step: Step) -> dict[str, Any]:
        """The fields of a step that hold such numbers, scaled."""

    @abstractmethod
    def names(self, step: Step) -> set[str]:
        """The names that a step has in their place."""

    @abstractmethod
    def none(self) -> tuple[str, str]:
        """What to say where there is no such number, and some help."""

    def applied(self) -> Spec:
        roles = self.known_roles()
        spec = _rescaled(self.spec, lambda step: self.changed(step, roles), self.span)
        blocks: dict[str, dict[str, Block]] = {key: {} for key in BLOCK_SECTIONS}
        for name, block in spec.blocks.items():
            blocks[spec.section_of(name)][name] = self.defaults(block, roles[name])
        if not self.any:
            message, help = self.none()
            self.report.add("E030", self.span, message, help=help)
        made = spec.model_copy(update=blocks)
        parts = ((getattr(made, key), getattr(spec, key)) for key in BLOCK_SECTIONS)
        return alike(made, spec) if all(agree(*pair) for pair in parts) else made

    def known_roles(self) -> dict[str, set[str]]:
        """The same for every factor; of a spec in which none is something else as well."""
        known = ROLES.get((self.spec,), self.field)
        if known is None:
            known, before = self.roles(), len(self.report.problems)
            for name in known:
                self.refuse_mixed(name, known)
            if len(self.report.problems) == before:
                ROLES.put(known, (self.spec,), self.field)
        return known

    def roles(self) -> dict[str, set[str]]:
        """The parameters of each block that are such numbers, or are passed on as such."""
        found: dict[str, set[str]] = {name: set() for name in self.spec.blocks}
        size = -1
        while size != (size := sum(map(len, found.values()))):
            for name, block in self.spec.blocks.items():
                for step in walk((block.body,)):
                    names = self.names(step) | _passed_on(step, found)
                    found[name] |= names & set(block.params)
        return found

    def changed(self, step: Step, roles: dict[str, set[str]]) -> dict[str, Any]:
        """A step's own numbers, and a call's arguments that are such."""
        update = self.own(step)
        if isinstance(step, Call):
            there = roles.get(step.block, set())
            args = {key: self.scaled(key, value, there) for key, value in step.args.items()}
            update["args"] = args
        return update

    def defaults(self, block: Block, there: set[str]) -> Block:
        """The block with the defaults of its parameters scaled."""
        params = {key: self.scaled(key, value, there) for key, value in block.params.items()}
        return block if params == block.params else renumbered(block, {"params": params}, self.span)

    def scaled(self, key: str, value: Any, there: set[str]) -> Any:
        if isinstance(value, Ramp):
            return Ramp(*(self.scaled(key, end, there) for end in (value.first, value.last)))
        return self.of(value) if key in there and isinstance(value, int) else value

    def of(self, number: int) -> int:
        self.any = True
        found = self.numbers.get(number)
        if found is None:
            found = self.numbers[number] = self.limits.kept(self.field, number, self.by.of(number))
        return found

    def refuse_mixed(self, name: str, roles: dict[str, set[str]]) -> None:
        """Report a parameter that is such a number and something else at once."""
        block = self.spec.blocks[name]
        for step in walk((block.body,)):
            for other, value in _other_fields(step, self.field, roles):
                if value in roles[name]:
                    message = (
                        f"can't scale the {self.what}: {value} of block {name} also sets {other}"
                    )
                    help = "give the block two parameters, one for each"
                    notes = ((block.at.of(f"params.{value}"), f"{value} is a parameter"),)
                    self.report.add("E030", self.span, message, help=help, notes=notes)


class _Repeats(_Scaled):
    what, field = "repeats", "repeat"

    def own(self, step: Step) -> dict[str, Any]:
        if not isinstance(step, Layer) or not isinstance(step.repeat, int) or step.repeat == 1:
            return {}
        return {"repeat": self.of(step.repeat)}

    def names(self, step: Step) -> set[str]:
        repeat = step.repeat if isinstance(step, Layer) else 1
        return {repeat} if isinstance(repeat, str) else set()

    def none(self) -> tuple[str, str]:
        help = "depth multiplies repeats such as x4; `set` gives a step one, `insert` adds a step"
        return f"no step of {self.spec.name} repeats: it has no depth", help


@dataclass
class _Widths(_Scaled):
    what, field = "widths", "width"
    first: Layer | None = None
    """The layer that sees the image."""

    def applied(self) -> Spec:
        trunk = walk(tuple(step for _, steps in self.spec.sections() for step in steps))
        self.first = next(step for step in trunk if isinstance(step, Layer))
        return super().applied()

    def own(self, step: Step) -> dict[str, Any]:
        """A layer's width, or a split's shares."""
        if isinstance(step, Split):
            shares = (self.of(share) if isinstance(share, int) else share for share in step.split)
            return {"split": tuple(shares)}
        if isinstance(step, Conv) and step.depthwise and step is self.first:
            return {}  # A multiple of the image's channels, which stay what they are.
        width = _width(step)
        return {"width": self.of(width)} if isinstance(width, int) else {}

    def names(self, step: Step) -> set[str]:
        if isinstance(step, Split):
            return {name_in(share) for _, share in names_of(step.split)}
        width = _width(step)
        return {name_in(width)} if isinstance(width, str) else set()

    def none(self) -> tuple[str, str]:
        help = "width multiplies numbers of channels; `in` and `classes` are none"
        return f"no layer of {self.spec.name} has a width of its own", help


def _passed_on(step: Step, roles: dict[str, set[str]]) -> set[str]:
    """The names that a call gives to parameters of such a role."""
    if not isinstance(step, Call):
        return set()
    there = roles.get(step.block, set())
    given = (value for key, value in step.args.items() if key in there)
    return {name_in(value) for value in given if isinstance(value, str)}


def _width(step: Step) -> int | str | None:
    """A layer's width; one of a plugin has a width where it has a field of that name."""
    width: int | str | None = vars(step).get("width")  # Asked of what has none, pydantic searches.
    return width


def _other_fields(step: Step, field: str, roles: dict[str, set[str]]) -> list[tuple[str, Any]]:
    """Every field but this one, with each name in it; of a call, every such argument."""
    if isinstance(step, Split) and field != "width":
        return [("split", name_in(share)) for _, share in names_of(step.split)]
    if not isinstance(step, Layer):
        return []
    found: list[tuple[str, Any]] = []
    if isinstance(step, Call):
        there = roles.get(step.block, set())
        found = [(f"{k} of {step.block}", v) for k, v in step.args.items() if k not in there]
    for name, _ in spellings(type(step)):
        value = getattr(step, name)
        if name != field:
            found += [(name, part) for part in (value if isinstance(value, tuple) else (value,))]
    found = [(name, value) for name, value in found if not _group_size(name, value)]
    return [(name, name_in(value)) for name, value in found if isinstance(value, str)]


def _group_size(name: str, value: Any) -> bool:
    """Whether groups are said by how many channels each has: `groups=n/4` follows a width."""
    found = factor(value)
    return name == "groups" and found is not None and found.divides


def _rescaled(spec: Spec, rescale: Rescale, span: Span) -> Spec:
    """The spec with every step changed; what changed remembers where that was asked for."""

    def change(step: Step, _: str) -> Step:
        update, fields = rescale(step), vars(step)
        for name, value in update.items():
            if fields[name] != value:
                return renumbered(step, update, span)
        return step

    return mapped(spec, change, named=False)


def renumbered(model: M, update: dict[str, Any], span: Span) -> M:
    """A step or block with other numbers, which remembers where that was asked for.

    With the same numbers it is the same object again.
    """
    numbers = tuple(
        (name, tuple(value.items()) if isinstance(value, dict) else value)
        for name, value in update.items()
    )
    things = model, span
    known: M | None = SCALED.get(things, numbers)
    if known is None:
        known = alike(model.model_copy(update=update).placed(model.at.changed(span)), model)
        SCALED.put(known, things, numbers)
    return known
