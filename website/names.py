"""What names in the packages mean, and how types that are made of them are shown.

Types are as they are written, where Python would spell each union out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import griffe

from website.published import Chapter

ONLY_FIRST = {"Annotated", "SerializeAsAny"}
"""What pydantic is told of a type is nothing that who reads it needs."""
PARTS = "dsl.models."
"""Where classes are that a reader of another one's fields will look for."""


class Names:
    """The packages of a folder, read by griffe: nothing of them is run.

    `public` is what the reference calls what it has, by its place; `wanted` what types were found
    to be made of and it hasn't yet.
    """

    def __init__(self, root: Path, chapters: tuple[Chapter, ...]) -> None:
        self._loader = griffe.GriffeLoader(search_paths=[root])
        for package in ("dsl", "compiler"):
            self._loader.load(package)
        self.wanted: dict[str, griffe.Object] = {}
        self.public: dict[str, str] = {}
        for chapter in chapters:
            for name, found in self.offered(chapter):
                self.public.setdefault(found.canonical_path, name)

    def at(self, place: str) -> griffe.Object | None:
        """What stands there, through any number of imports; None for what isn't ours."""
        try:
            found = self._loader.modules_collection.get_member(place)
            return found.final_target if isinstance(found, griffe.Alias) else found
        except (KeyError, griffe.AliasResolutionError):
            return None

    def offered(self, chapter: Chapter) -> Iterator[tuple[str, griffe.Object]]:
        """What a chapter has of our own, by the names that it has it under."""
        module = self.at(chapter.module)
        assert module, chapter.module
        names = chapter.only or [str(each) for each in module.exports or ()]
        for name in (*(f"{chapter.module}.{each}" for each in names), *chapter.more):
            if found := self.at(name):
                yield name, found

    def shown(self, found: str | griffe.Expr | None) -> str:
        """A type as its reader needs it."""
        match found:
            case None:
                return ""
            case griffe.ExprSubscript(left=left, slice=inner) if str(left) in ONLY_FIRST:
                first = inner.elements[0] if isinstance(inner, griffe.ExprTuple) else inner
                return self.shown(first)
            case griffe.ExprSubscript(left=left, slice=inner) if str(left) == "Literal":
                return f"Literal[{', '.join(self._words(inner))}]"
            case griffe.ExprSubscript(left=left, slice=inner):
                return f"{self.shown(left)}[{self.shown(inner)}]"
            case griffe.ExprTuple(elements=elements):
                return ", ".join(map(self.shown, elements))
            case griffe.ExprList(elements=elements):
                return f"[{', '.join(map(self.shown, elements))}]"
            case griffe.ExprBinOp(left=left, operator=operator, right=right):
                return f"{self.shown(left)} {operator} {self.shown(right)}"
            case griffe.ExprName():
                return self._named(found)
            case _:
                return str(found)

    def _words(self, found: str | griffe.Expr) -> Iterator[str]:
        """Each word of a choice, and those of a choice that it takes in."""
        if isinstance(found, griffe.ExprTuple):
            for each in found.elements:
                yield from self._words(each)
        elif isinstance(found, griffe.ExprName):
            choice = self.at(place_of(found))
            assert isinstance(choice, griffe.Attribute), found
            assert isinstance(choice.value, griffe.ExprSubscript), found
            yield from self._words(choice.value.slice)
        else:
            yield str(found)

    def _named(self, name: griffe.ExprName) -> str:
        found = self.at(place_of(name))
        if found is None or not isinstance(found, griffe.Attribute | griffe.Class):
            return name.name
        if isinstance(found, griffe.Attribute):
            if told(found.value):
                return self.shown(found.value)
            if not is_type(found):
                return name.name
        place = found.canonical_path
        if place not in self.public and (place.startswith(PARTS) or not found.is_class):
            self.public[place] = place
            self.wanted[place] = found
        return self.public.get(place, name.name)


def place_of(expression: str | griffe.Expr) -> str:
    """Where what it names is defined, or imported."""
    return expression if isinstance(expression, str) else expression.canonical_path


def told(value: str | griffe.Expr | None) -> bool:
    """Whether it is a type with something for pydantic beside it."""
    return isinstance(value, griffe.ExprSubscript) and str(value.left) in ONLY_FIRST


def is_type(found: griffe.Attribute) -> bool:
    """Whether it is another name of a type."""
    if str(found.annotation) in ("TypeAlias", "type"):
        return True
    written = isinstance(found.value, griffe.ExprSubscript | griffe.ExprBinOp)
    return written and found.annotation is None
