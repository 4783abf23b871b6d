"""What the packages offer: every name that programs may use, with what is said of it.

It is read off the source, so what is loaded on first use is there like the rest.
"""

from __future__ import annotations

from ast import literal_eval
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import griffe

from website.names import Names, is_type, place_of
from website.published import FOR_ROOMS, Chapter

Sort = Literal["function", "class", "exception", "type", "data", "method", "property", "attribute"]
LONG = 40
"""Characters of a value that is shown."""


@dataclass(frozen=True)
class Entry:
    """One name: what it is, how it is called or what it is worth, and what is said of it."""

    sort: Sort
    name: str
    says: str
    signature: str = ""
    type: str = ""
    value: str = ""
    home: str = ""
    bases: tuple[str, ...] = ()
    part: bool = False
    members: tuple[Entry, ...] = field(default=(), repr=False)


class Library:
    """The packages of a folder, and what their names are called in the reference."""

    def __init__(self, root: Path, chapters: tuple[Chapter, ...]) -> None:
        self._root = root.resolve()
        self._chapters = chapters
        self._names = Names(self._root, chapters)

    def pages(self) -> Iterator[tuple[Chapter, list[Entry]]]:
        """Each chapter with all of it, and behind that what its types are made of.

        What several are made of is in the first of them.
        """
        for chapter in self._chapters:
            yield chapter, [*self._entries(chapter)]

    def _entries(self, chapter: Chapter) -> Iterator[Entry]:
        for name, each in self._names.offered(chapter):
            yield self._entry(name, each)
        while self._names.wanted:
            place, each = self._names.wanted.popitem()
            yield replace(self._entry(place, each, fields=True), part=True)

    def _entry(self, name: str, found: griffe.Object, *, fields: bool = False) -> Entry:
        assert isinstance(found.filepath, Path), name
        home = found.filepath.relative_to(self._root).as_posix()
        says = found.docstring.value if found.docstring else ""
        if isinstance(found, griffe.Function):
            return Entry("function", name, says, self._signature(found), home=home)
        if isinstance(found, griffe.Class):
            sort: Sort = "exception" if _raised(found) else "class"
            bases = tuple(self._bases(found))
            members = tuple(self._within(found, fields=fields))
            return Entry(sort, name, says, home=home, bases=bases, members=members)
        assert isinstance(found, griffe.Attribute), name
        if is_type(found):
            return Entry("type", name, says, value=self._names.shown(found.value), home=home)
        of = self._names.shown(found.annotation)
        return Entry("data", name, says, type=of, value=_literal(found.value), home=home)

    def _bases(self, found: griffe.Class) -> Iterator[str]:
        for each in found.bases:
            base = self._names.at(place_of(each))
            if base is None:
                yield str(each)
            elif base.canonical_path in self._names.public:
                yield self._names.public[base.canonical_path]
            elif isinstance(base, griffe.Class):
                yield from self._bases(base)

    def _within(self, found: griffe.Class, *, fields: bool = False) -> Iterator[Entry]:
        """The members of a class, behind those of what it is made of and the reference has not.

        With `fields` those that are told of a value that one only writes: what can be said of it.
        """
        for each in found.bases:
            base = self._names.at(place_of(each))
            if isinstance(base, griffe.Class) and base.canonical_path not in self._names.public:
                above = self._within(base, fields=fields)
                yield from (it for it in above if it.name not in found.members)
        hidden = FOR_ROOMS.get(found.canonical_path, set())
        for name, member in found.members.items():
            if name.startswith("_") or name in hidden or isinstance(member, griffe.Alias):
                continue
            if fields and not _filled(member):
                continue
            if entry := self._member(name, member):
                yield entry

    def _member(self, name: str, found: griffe.Object) -> Entry | None:
        says = found.docstring.value if found.docstring else ""
        if isinstance(found, griffe.Function):
            if any(str(each.value) == "once" for each in found.decorators):
                return Entry("property", name, says, type=self._names.shown(found.returns))
            return Entry("method", name, says, self._signature(found))
        if not isinstance(found, griffe.Attribute):
            return None
        if "property" in found.labels:
            return Entry("property", name, says, type=self._names.shown(found.annotation))
        of, value = self._names.shown(found.annotation), _literal(found.value)
        return Entry("attribute", name, says, type=of, value=value) if of or says else None

    def _signature(self, found: griffe.Function) -> str:
        parts: list[str] = []
        starred = False
        for each in found.parameters:
            kind = each.kind
            if each.name in ("self", "cls") and not parts:
                continue
            if kind is griffe.ParameterKind.keyword_only and not starred:
                parts.append("*")
            starred = starred or kind in _AFTER_STAR
            parts += self._parameter(each)
        returns = self._names.shown(found.returns)
        return f"({', '.join(parts)}){f' -> {returns}' if returns else ''}"

    def _parameter(self, each: griffe.Parameter) -> Iterator[str]:
        """How it is written; one for each field of a dict that it stands for."""
        annotation = each.annotation
        if isinstance(annotation, griffe.ExprSubscript) and str(annotation.left) == "Unpack":
            fields = self._names.at(place_of(annotation.slice))
            assert isinstance(fields, griffe.Class)
            for name, member in fields.members.items():
                if isinstance(member, griffe.Attribute):
                    yield f"{name}: {self._names.shown(member.annotation)} = ..."
            return
        stars = _STARS.get(each.kind, "") if each.kind else ""
        said = f"{stars}{each.name}: {self._names.shown(annotation)}"
        yield said if each.default is None or stars else f"{said} = {self._default(each.default)}"

    def _default(self, default: str | griffe.Expr) -> str:
        """A constant as what it is, where that is short."""
        constant = (
            self._names.at(place_of(default)) if isinstance(default, griffe.ExprName) else None
        )
        value = constant.value if isinstance(constant, griffe.Attribute) else None
        return str(default if value is None or len(str(value)) > LONG else value)


_STARS = {
    griffe.ParameterKind.var_positional: "*",
    griffe.ParameterKind.var_keyword: "**",
}
_AFTER_STAR = (griffe.ParameterKind.var_positional, griffe.ParameterKind.keyword_only)


def _filled(found: griffe.Object) -> bool:
    """Whether it is a field that is described, and no fact about its class."""
    return "instance-attribute" in found.labels and bool(found.docstring)


def _literal(value: str | griffe.Expr | None) -> str:
    """A value that says itself; empty for one that is worked out or long."""
    try:
        literal_eval(str(value))
    except (ValueError, SyntaxError):
        return ""
    return str(value) if value is not None and len(str(value)) < LONG else ""


def _raised(found: griffe.Class) -> bool:
    """Whether it is an exception, by how far up it may be."""
    names = [place_of(each) for each in found.bases]
    return any(each.endswith(("Error", "Exception", "Fault")) for each in names)
