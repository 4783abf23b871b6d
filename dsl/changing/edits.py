"""Single edits of a spec, each at one address: what all share, `insert` and `remove`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import partial
from shlex import quote
from typing import Any

from dsl.changing.address import SECTIONS, is_beside, parts, path_of, rebuilt
from dsl.models.changes import CHANGES
from dsl.models.layers import FOREIGN, Call, Model, Residual, Step
from dsl.models.model import BLOCK_SECTIONS
from dsl.models.spec import Aux, Block, Spec
from dsl.reading.alike import agree, alike
from dsl.reading.reader import Reader
from dsl.text.memory import Memory, Things
from dsl.text.numbers import NUMBER
from dsl.text.problems import Span, did_you_mean
from dsl.text.values import Scalar, Value, plain

EDITED: Memory[Any] = Memory(4096)
"""Parts by what edits made of them: a sweep over several axes makes most edits again."""


@dataclass(kw_only=True, eq=False)
class Edit(ABC):
    """One change at one address."""

    address: Scalar
    reader: Reader
    blocks: Mapping[str, Block] = field(init=False, default_factory=dict)

    def apply(self, spec: Spec) -> Spec:
        """The spec with the change; a problem leaves it as it was."""
        self.blocks = spec.blocks
        inside = self.parts(spec)
        changed: Spec = self.change(spec, path_of(inside, self.address.text), inside)
        return changed

    @property
    def of_recipe(self) -> bool:
        """Whether it changes how the network is trained."""
        return self.address.text.partition(".")[0] == "training"

    def parts(self, owner: Any) -> dict[str, Any]:
        """What can be addressed; of a call also the parameters that it leaves to the block."""
        block = self.blocks.get(owner.block) if isinstance(owner, Call) else None
        return {**(block.params if block else {}), **parts(owner)}

    def change(self, owner: Any, path: tuple[str, ...], inside: dict[str, Any]) -> Any:
        """`owner`, which has `inside`, with the change made at `path` in it."""
        name, rest = path[0], path[1:]
        if name not in inside:
            self.unknown(path, inside, owner)
            return owner
        part = self.within(inside[name], rest) if rest else None
        if not isinstance(owner, Model) or isinstance(owner, Spec):
            return self.remade(owner, name, inside, part)
        if not rest:
            return self.again((owner,), name, partial(self.remade, owner, name, inside, part))
        if not isinstance(part, Model):
            return self.remade(owner, name, inside, part)
        return self.again((owner, part), name, partial(self.remade, owner, name, inside, part))

    def remade(self, owner: Any, name: str, inside: dict[str, Any], part: Any) -> Any:
        """`owner` with the part `name` changed: already made, or yet to be made here."""
        now = self.made(owner, name, inside) if part is None else {**inside, name: part}
        if now is None:
            return owner
        touched = self.touched(name) if part is None else name
        new = rebuilt(owner, touched, now, self.said, self.reader.report)
        if isinstance(new, Model):
            # What was read is a number in the model only.
            said = self.parts(new) if part is None else now
            if agree(inside.get(touched), said.get(touched)):
                alike(new, owner)
        return owner if new is None else new

    def again(self, things: Things, name: str, make: Callable[[], Any]) -> Any:
        """What such an edit made before of the same part, or makes now without a problem."""
        asked = (type(self), name, self.key, frozenset(self.blocks), *FOREIGN)
        known, before = EDITED.get(things, asked), len(self.reader.report.problems)
        if known is None:
            known = make()
            if known is not None and len(self.reader.report.problems) == before:
                EDITED.put(known, things, asked)
        return known

    @property
    def key(self) -> Hashable:
        """All that the edit says."""
        return self.address

    def target(self, spec: Spec) -> tuple[str, ...]:
        """The place whose value is set, by its whole path; empty where none is."""
        return ()

    def moves(self, spec: Spec) -> bool:
        """Whether steps that have no name may go by another one afterwards."""
        return True

    def within(self, owner: Any, path: tuple[str, ...]) -> Any:
        """`owner` with the change made at `path` inside it."""
        return self.change(owner, path, self.parts(owner))

    @abstractmethod
    def made(self, owner: Any, name: str, inside: dict[str, Any]) -> dict[str, Any] | None:
        """What is inside `owner` once the part `name` has been changed; None for a problem."""

    def touched(self, name: str) -> str:
        """The part that is new or gone where the edit is made at `name`."""
        return name

    @property
    def said(self) -> Value:
        """The text that says what is new."""
        return self.address

    def refuse(self, message: str, help: str = "") -> None:
        """Report a change that can't be made."""
        self.reader.report.add("E030", self.address.span, message, help=help)

    def unknown(self, path: tuple[str, ...], inside: dict[str, Any], owner: Any) -> None:
        """Report an address that leads nowhere, with what stands there instead."""
        there = ", ".join(inside)
        help = f"there is: {there}" if there else "nothing inside it can be addressed"
        help = "that isn't there yet, and can be set as a whole" if owner is None else help
        address = self.address.text
        before = address.removesuffix(".".join(path))
        message = f"there is no {path[0] or 'empty name'} in {before[:-1] or 'the spec'}"
        if not before and path[0] in CHANGES:
            help = beside_set(path[0], getattr(self, "value", None), self.address.span)
        span = self.address.at(len(before), len(path[0]))
        hint = self.full_address(path, inside) or did_you_mean(path[0], _nearby(inside))
        self.reader.report.add("E026", span, message, hint=hint, help=help)

    def full_address(self, path: tuple[str, ...], inside: dict[str, Any]) -> str:
        """Advice where the address lacks its section: `v1.b5` for `inception.v1.b5`."""
        if self.address.text != ".".join(path):
            return ""
        for section in (*BLOCK_SECTIONS, "aux"):
            if path[0] in inside.get(section, ()):
                there = self.leads(inside[section], path)
                return f"did you mean {section}.{self.address.text if there else path[0]}?"
        return ""

    def leads(self, owner: Any, path: tuple[str, ...]) -> bool:
        """Whether something stands at `path` inside `owner`."""
        for name in path:
            inside = self.parts(owner)
            if name not in inside:
                return False
            owner = inside[name]
        return True


def beside_set(key: str, value: Value | None, span: Span) -> str:
    """Where one of `CHANGES` belongs that was taken for an address, as its author writes it."""
    said = plain(value) if value is not None else "…"
    if span.file.startswith("--"):
        new = quote(said) if isinstance(said, str) else "…"
        return f"it is an option of its own: `--{key} {new}`"
    if not span.line:
        number = isinstance(said, str) and NUMBER.fullmatch(said)
        new = f"{key}={said if number else repr(said)}"
        return (
            f"write `dsl.change(spec, dsl.Changes({new}))`; what is set goes into its `set={{…}}`"
        )
    return f"{key} is a key beside `set`, in a variant or a spec that extends another"


def _nearby(inside: dict[str, Any]) -> list[str]:
    """The names that may have been meant: of a spec, its steps too."""
    steps = [name for key in SECTIONS if isinstance(inside.get(key), dict) for name in inside[key]]
    return [*inside, *steps]


REMOVABLE = (Step, Aux, Block, Residual)


def _stands(owner: Any, name: str, part: Any) -> bool:
    """Whether a part is one of several steps, that others can stand beside."""
    return isinstance(part, Step) and not is_beside(owner, name)


@dataclass(kw_only=True, eq=False)
class Remove(Edit):
    """The step, branch, block or auxiliary head at an address goes."""

    def made(self, owner: Any, name: str, inside: dict[str, Any]) -> dict[str, Any] | None:
        old = inside[name]
        if is_beside(owner, name) and name == "split" and old:
            return {**inside, name: None}
        if not isinstance(old, REMOVABLE):
            what = "a section" if isinstance(old, dict) else "a value"
            message = f"{self.address.text} is {what}, which can't be removed"
            if old is None:
                message = f"there is no {name} to remove at {self.address.text}"
            help = (
                "steps, branches, blocks and auxiliary heads can be removed; `set` changes values"
            )
            self.refuse(message, help)
            return None
        if is_beside(owner, name):
            return {**inside, name: None}
        rest = {key: part for key, part in inside.items() if key != name}
        steps = [part for key, part in rest.items() if _stands(owner, key, part)]
        if isinstance(owner, Model) and not steps:
            self.refuse(f"{self.address.text} is all that there is in its place: nothing is left")
            return None
        return rest


@dataclass(kw_only=True, eq=False)
class Insert(Edit):
    """A new step beside another one, at the `address`."""

    name: Scalar
    value: Value
    before: bool

    @property
    def key(self) -> Hashable:
        return self.address, self.name, self.value, self.before

    def touched(self, name: str) -> str:
        return self.name.text

    def made(self, owner: Any, name: str, inside: dict[str, Any]) -> dict[str, Any] | None:
        if not _stands(owner, name, inside[name]) or isinstance(owner, Call):
            self.refuse(f"{self.address.text} is no step that another can stand beside")
            return None
        if self.name.text in inside:
            message = f"the name {self.name.text} is already taken"
            self.reader.report.add("E014", self.name.span, message)
            return None
        step = self.reader.step(self.value, self.reader.name(self.name))
        if step is None:
            return None
        items = list(inside.items())
        at = list(inside).index(name) + (not self.before)
        return dict([*items[:at], (self.name.text, step), *items[at:]])
