"""Names that public sources give to a network's weights: the maps under `weights:`.

An address is a path of the network, as in its state dict: `mixed_5b.branch1`. In it `*`
stands for any one name and `**` for any number of them. What an address names goes by
the public name that stands beside it; what lies behind it keeps its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from dsl.models import shelf
from dsl.models.fields import Text, named
from dsl.models.model import Model, Places
from dsl.text.parsing import parse
from dsl.text.problems import NOWHERE, Problem, Report, Span, SpecError, shown
from dsl.text.source import read as read_file
from dsl.text.values import Entry, Scalar, Sequence, Value, plain
from dsl.text.values import Mapping as Tree

OWN = "own"
"""The source whose names are those of the spec."""
KERAS = "keras"
"""The source whose layers are named, and whose arrays lie, as in Keras."""
NOTHING = "none"
"""Instead of a public name: the source has no such part."""
ADDRESS = re.compile(r"(\w+|\*\*?)(\.(\w+|\*\*?))*", re.ASCII)
PUBLIC = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.#-]{0,199}")
SUFFIXES = (".yaml", ".yml")


def address_fault(address: str) -> str:
    """What is wrong with an address; empty for nothing."""
    if ADDRESS.fullmatch(address):
        return ""
    return f"an address is a path such as mixed_5b.branch1 or **.conv, not {shown(address)}"


def public_fault(name: object) -> str:
    """What is wrong with a public name; empty for nothing."""
    if isinstance(name, str) and PUBLIC.fullmatch(name):
        return ""
    return f"a public name is like Mixed_5b.branch1x1 or conv2d_#, or none, not {shown(name)}"


def file_fault(file: str) -> str:
    """Why a map can't stand in a file of that name; empty where it can."""
    path = Path(file)
    if path.suffix not in SUFFIXES:
        return f"must be a mapping of `ours: theirs`, or a YAML file beside the spec: {EXAMPLE}"
    if path.is_absolute() or ".." in path.parts or "\\" in file or ":" in file:
        return "must be a file in the spec's own folder, or in one below it"
    return ""


EXAMPLE = "weights/v3.yaml"


def _names(value: Any) -> Any:
    for address, public in named(value).items():
        inside = public if isinstance(public, Mapping) else {address: public}
        pairs = inside.items()
        faults = [address_fault(str(key)) or public_fault(name) for key, name in pairs]
        faults.append(address_fault(str(address)))
        if fault := next(filter(None, faults), ""):
            raise ValueError(f"can't be used: {fault}")
    return value


class NameMap(Model):
    """What one source calls the weights: the names themselves, or a `file` that holds them.

    `names` maps addresses to public names, and the name of a block to such a map, which
    holds inside every use of the block. `beyond` are the source's names for what no layer of
    the network has: a list under the word `none`.
    """

    file: Text = ""
    """A YAML file in the spec's folder, or below it, that holds the names."""
    names: Annotated[dict[str, Any], BeforeValidator(_names)] = Field(default_factory=dict)
    """Our addresses with the source's names: `conv_1a: Conv2d_1a_3x3`. `*` stands for any one name
    and `**` for any number; `none` says that the source has no such part; the name of a block takes
    a map of its own, which holds inside every use of it.
    """
    beyond: tuple[str, ...] = ()
    """The source's names for what no layer here has."""

    @field_validator("file")
    @classmethod
    def _beside(cls, file: str) -> str:
        if file and (fault := file_fault(file)):
            raise ValueError(fault)
        return file

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if self.file and (self.names or self.beyond):
            raise ValueError("must hold names, or the file that holds them, not both")
        return self

    @field_validator("beyond")
    @classmethod
    def _public(cls, beyond: tuple[str, ...]) -> tuple[str, ...]:
        if fault := next(filter(None, map(public_fault, beyond)), ""):
            raise ValueError(f"can't be used: {fault}")
        return beyond

    @property
    def plain(self) -> dict[str, Any]:
        """The map as it is written."""
        return {**self.names, **({NOTHING: list(self.beyond)} if self.beyond else {})}

    def place(self, address: str, block: str = "") -> Span:
        """Where an address is written; `block` is the one that it is inside of."""
        return self.at.of(f"{block} {address}" if block else address)


def read_map(value: Value, report: Report) -> NameMap | None:
    """One source's map from its place in a spec; None where a problem was found."""
    if isinstance(value, Scalar):
        if fault := file_fault(value.text):
            report.add("E013", value.span, f"a map of names {fault}")
            return None
        return NameMap(file=value.text).placed(Places(value.span))
    return _read_names(value, report)


def _read_names(value: Value, report: Report) -> NameMap | None:
    if not isinstance(value, Tree):
        message = "expected names here, as in `torchvision: {conv_1a: Conv2d_1a_3x3}`"
        report.add("E012", value.span, message)
        return None
    before = len(report.problems)
    places: dict[str, Span] = {}
    names: dict[str, Any] = {}
    beyond: list[str] = []
    for entry in value.entries:
        if entry.key.text == NOTHING and isinstance(entry.value, Sequence):
            beyond += (_checked(each, each.span, report) for each in entry.value.items)
        elif isinstance(entry.value, Tree):
            block = entry.key.text
            inside = {each.key.text: _public(each, report) for each in entry.value.entries}
            keys = {f"{block} {each.key.text}": each.key.span for each in entry.value.entries}
            names[block], places = inside, places | keys
        else:
            names[entry.key.text] = _public(entry, report)
        places[entry.key.text] = entry.key.span
    if len(report.problems) > before:
        return None
    return NameMap(names=names, beyond=tuple(beyond)).placed(Places(value.span, places))


def _public(entry: Entry, report: Report) -> str:
    """One `address: name`, both checked where they stand."""
    if fault := address_fault(entry.key.text):
        report.add("E013", entry.key.span, fault)
    return _checked(entry.value, entry.key.span, report)


def _checked(value: Value, key: Span, report: Report) -> str:
    """A public name, checked where it stands; an empty one at its `key`."""
    name = value.text if isinstance(value, Scalar) else plain(value)
    if fault := public_fault(name):
        empty = isinstance(value, Scalar) and not name
        report.add("E013", key if empty else value.span, fault)
    return str(name)


def resolve(found: NameMap, read: Callable[[Path], str] = read_file) -> NameMap:
    """The map itself, read from its file where it stands in one. Raises `SpecError`."""
    if not found.file:
        return found
    path = _inside(found)
    source = read(path)
    report = Report(texts={str(path): source})
    names = _read_names(parse(source, str(path)), report)
    report.stop_if_any()
    assert names is not None, "no names, and no problem either"
    return names


def _inside(found: NameMap) -> Path:
    """The map's file: in the folder of the spec that names it, else on the shelf.

    So a spec of the shelf that was written out elsewhere keeps its maps.
    """
    spec = found.at.span
    shelved = shelf.folder() / found.file
    beside = spec is not NOWHERE and (Path(spec.file).parent / found.file).is_file()
    if not beside and shelved.is_file():
        return shelved
    if spec is NOWHERE or not Path(spec.file).is_file():
        message = f"the map of names {found.file} lies beside a spec, and this one has no file"
        raise SpecError([Problem("E001", NOWHERE, message, help="load the spec from its file")])
    folder = Path(spec.file).resolve().parent
    path = folder / found.file
    if not path.resolve().is_relative_to(folder):
        message = f"{found.file} leads out of the spec's folder"
        raise SpecError([Problem("E001", spec, message)])
    return Path(spec.file).parent / found.file
