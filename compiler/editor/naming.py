"""What each name in a text stands for: a block, a parameter, a step, a head, a variant.

A name is known by where it belongs in the spec that comes out, not by the file that says it: a
block that an heir replaces is that block still.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from compiler.editor.marks import Mark
from compiler.editor.reading import Reading
from compiler.editor.uses import Spot, spot
from dsl.changing.address import parts, path_of
from dsl.models.layers import Call
from dsl.models.model import BLOCK_SECTIONS, Section, Step
from dsl.models.spec import Spec
from dsl.text.problems import Span

Path = tuple[str, ...]


class Name(NamedTuple):
    """What a name stands for: its kind, and where it belongs in the spec."""

    kind: str
    path: Path

    @property
    def text(self) -> str:
        """The name itself."""
        return self.path[-1]


class Names:
    """Every name that a spec gives, with the place where it does."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.places: dict[Name, Span] = {}
        self.steps: dict[Spot, Name] = {}
        """The steps that have names, by where those are written."""
        for name, block in spec.blocks.items():
            self.places[Name("block", (name,))] = block.at.of("name")
            for param in block.params:
                self.places[Name("param", (name, param))] = block.at.of(f"params.{param}")
            self._inside(block, (spec.section_of(name), name))
        for head in spec.aux:
            self.places[Name("head", (head.name,))] = head.at.of("name")
            self._inside(head, ("aux", head.name))
        for name, variant in spec.variants.items():
            self.places[Name("variant", (name,))] = variant.at.of("name")
        for section, steps in parts(spec).items():
            if section in SECTIONS:
                for name, step in steps.items():
                    self._step(step, (section, name))

    def _inside(self, owner: Any, path: Path) -> None:
        for name, value in parts(owner).items():
            if isinstance(value, Step):
                self._step(value, (*path, name))
            elif name == "residual" and value is not None:
                self._inside(value, (*path, name))

    def _step(self, step: Step, path: Path) -> None:
        name = Name("step", path)
        if step.name:
            self.steps[spot(step.at.of("name"))] = name
        self.places[name] = step.at.of("name")
        self._inside(step, path)

    def at(self, address: Path) -> Name | None:
        """What an address leads to; None for a plain value and for what isn't there."""
        try:
            path = path_of(parts(self.spec), ".".join(address))
        except (KeyError, TypeError):
            return None
        if path[0] in BLOCK_SECTIONS and len(path) > 1:
            return self._in_block(path)
        if path[0] == "aux" and len(path) == 2:
            return self._known(Name("head", path[1:]))
        return self._known(Name("step", path)) or self._argument(path)

    def _in_block(self, path: Path) -> Name | None:
        if len(path) == 2:
            return self._known(Name("block", path[1:]))
        if path[2] == "params" and len(path) == 4:
            return self._known(Name("param", (path[1], path[3])))
        return self._known(Name("step", path)) or self._argument(path)

    def _argument(self, path: Path) -> Name | None:
        """The parameter of a block that the last part sets in a call."""
        owner: Any = self.spec
        for name in path[:-1]:
            owner = parts(owner).get(name)
        return (
            self._known(Name("param", (owner.block, path[-1]))) if isinstance(owner, Call) else None
        )

    def _known(self, name: Name) -> Name | None:
        return name if name in self.places else None

    def trunk(self, step: str) -> Name | None:
        """A step of the trunk by its name alone."""
        found = (Name("step", (section, step)) for section in SECTIONS)
        return next((name for name in found if name in self.places), None)


SECTIONS: tuple[Section, ...] = ("stem", "body", "head")


def names_of(reading: Reading) -> list[Names]:
    """The names of a text's own spec, then of what it extends, as far as they are known."""
    kept = reading.__dict__
    if "_names" not in kept:
        specs = [spec for spec in (reading.known, reading.base) if spec]
        kept["_names"] = [Names(spec) for spec in specs]
    found: list[Names] = kept["_names"]
    return found


def name_at(reading: Reading, mark: Mark) -> Name | None:
    """What a mark's name stands for; None for what names nothing that has a place."""
    match mark.kind:
        case "block" | "call":
            return Name("block", (mark.text,))
        case "head" | "variant":
            return Name(mark.kind, (mark.text,))
        case "param":
            return Name("param", (mark.block, mark.text))
        case "argument":
            return Name("param", (mark.first, mark.text)) if mark.first else None
        case "name" if mark.block:
            name = Name("param", (mark.block, mark.text))
            return name if _declared(reading, name) else None
    return next(_looked_up(reading, mark), None)


def _declared(reading: Reading, name: Name) -> bool:
    """Whether a block declares a parameter, here or in what is extended."""
    own = any(
        mark.kind == "param" and (mark.block, mark.text) == name.path for mark in reading.marks
    )
    return own or any(name in names.places for names in names_of(reading))


def _looked_up(reading: Reading, mark: Mark) -> Iterator[Name]:
    """What a mark names in one of the specs that are known."""
    for names in names_of(reading):
        found: Name | None = None
        if mark.kind == "step":
            line = reading.then(mark.span.line)
            found = names.steps.get((mark.span.file, line, mark.span.column)) if line else None
        elif mark.kind == "tap":
            found = names.trunk(mark.text)
        elif mark.kind == "address":
            found = names.at(mark.address)
        elif mark.kind == "pattern":
            found = _of_pattern(names, mark)
        if found:
            yield found


def _of_pattern(names: Names, mark: Mark) -> Name | None:
    """What a part of a pattern names: inside a block behind its name, else from the trunk."""
    head, *rest = mark.address
    if rest[:1] == [""] and head in names.spec.blocks:
        return names.at((names.spec.section_of(head), head, *rest[1:]))
    if any(head == aux.name for aux in names.spec.aux):
        return names.at(("aux", *mark.address))
    return names.at(mark.address)


def place_of(reading: Reading, name: Name) -> Span | None:
    """Where a name is given: in this text as it is now, or in another file."""
    for mark in reading.marks:
        if mark.kind in GIVING and name_at(reading, mark) == name:
            return mark.span
    for names in names_of(reading):
        span = names.places.get(name)
        if span and span.line:
            if span.file != reading.file:
                return span
            line = reading.now(span.line)
            return Span(span.file, line, span.column, span.length) if line else None
    return None


GIVING = ("block", "param", "step", "head", "variant")
"""Marks of what gives a name."""
