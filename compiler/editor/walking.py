"""A walk over the tree of a text, which may be half a spec: it needs no models, and marks all."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from compiler.editor.marks import Holder, Mark
from compiler.editor.marks import Kind as Sort
from compiler.editor.recipes import RecipeStepper
from compiler.editor.stepping import OUT, TRUNK
from compiler.editor.words import Word, words
from dsl.models import shelf
from dsl.models.changes import CHANGES, PLACES
from dsl.models.extent import side_names
from dsl.models.fields import JOIN_WORDS
from dsl.models.model import BESIDE, BLOCK_SECTIONS, Residual
from dsl.reading.kinds import Kind, kind_of
from dsl.text.values import Entry, Mapping, Scalar, Sequence, Value


def marks(root: Mapping | None, blocks: Collection[str] = ()) -> list[Mark]:
    """Every mark of a text, in order; `blocks` are those that it inherits."""
    if root is None:
        return []
    walker = Walker({*blocks, *own_blocks(root)})
    match kind_in(root):
        case "recipe":
            walker.recipe(root)
        case "sweep":
            walker.sweep(root)
        case "spec":
            walker.spec(root)
    return sorted(walker.found, key=lambda mark: (mark.span.line, mark.span.column))


def kind_in(root: Mapping) -> Kind:
    """What a text is, as far as it says; it may be half written."""
    base = root.get("extends")
    named = isinstance(base, Scalar) and base.text in shelf.recipes()
    return kind_of(root.keys()) or ("recipe" if named else "spec")


def own_blocks(root: Mapping) -> dict[str, Entry]:
    """The blocks that a text defines, by name."""
    sections = (root.get(key) for key in BLOCK_SECTIONS)
    found = (section for section in sections if isinstance(section, Mapping))
    return {entry.key.text: entry for section in found for entry in section.entries}


class Walker(RecipeStepper):
    """Gathers the marks of a whole text."""

    def spec(self, root: Mapping) -> None:
        """The whole text."""
        for entry in self.keys(root, "Spec"):
            key, value = entry.key.text, entry.value
            if key in TRUNK:
                self.step(value)
            elif key in CHANGES:
                self.change(key, value)
            elif key in NAMED:
                kind, read = NAMED[key]
                items = value.items if isinstance(value, Sequence) else (value,)
                for item in items:
                    self.named(item, kind, partial(read, self))
            elif key == "extends" and isinstance(value, Scalar):
                self.mark("base", value)
            elif key == "training":
                self.recipe(value, (), entry.key)
            elif key != "meta":
                self.field(key, value, "Spec")

    def field(self, key: str, value: Value, holder: Holder) -> None:
        """The value of a key that is one of a model's plain fields."""
        inner: dict[str, Holder] = {"defaults": "Defaults", "expect": "Expect", "input": "Extent"}
        if isinstance(value, Mapping) and (found := inner.get(key)):
            for entry in self.keys(value, found):
                name = entry.key.text
                if found == "Expect" and name.startswith(OUT):
                    self.part(entry.key, len(OUT), "tap")
                self.field(name, entry.value, found)
        elif isinstance(value, Scalar) and key in inner and holder in ("Spec", "Variant"):
            self.mark("key" if key != "input" else "number", value, inner[key])
        elif isinstance(value, Scalar):
            texts = ("title", "paper", "name")
            self.mark("text" if key in texts else "word", value, holder, key)
        for item in value.items if isinstance(value, Sequence) else ():
            if isinstance(item, Scalar):
                self.mark("number", item)

    def block_body(self, entry: Entry) -> None:
        outer, self.block = self.block, entry.key.text
        value = entry.value
        if isinstance(value, Scalar):
            self.op_string(value, "Block")
        elif not isinstance(value, Mapping):
            self.step(value)
        for inner in self.keys(value, "Block") if isinstance(value, Mapping) else ():
            if inner.key.text == "params":
                self.params(inner.value)
            else:
                self.beside(inner)
        self.block = outer

    def params(self, value: Value) -> None:
        """What declares parameters: a list of names, or a mapping to their defaults."""
        for item in value.items if isinstance(value, Sequence) else ():
            if isinstance(item, Scalar):
                self.mark("param", item)
        if not isinstance(value, Mapping):
            return
        for entry in value.entries:
            self.key("param", entry, value.keys())
            if isinstance(entry.value, Scalar) and entry.value.text:
                self.mark("word", entry.value, first="params")

    def head(self, entry: Entry) -> None:
        for inner in self.keys(entry.value, "Aux"):
            if inner.key.text == "do":
                self.step(inner.value)
            elif isinstance(inner.value, Scalar):
                tap = inner.key.text == "from"
                self.mark("tap" if tap else "number", inner.value)

    def variant(self, entry: Entry) -> None:
        for inner in self.keys(entry.value, "Variant"):
            if inner.key.text in CHANGES:
                self.change(inner.key.text, inner.value)
            else:
                self.field(inner.key.text, inner.value, "Variant")

    def change(self, key: str, value: Value) -> None:
        """What stands under one of the keys that say what changes."""
        if key in ("width", "depth"):
            self.scaling(key, value)
            return
        items = value.items if isinstance(value, Sequence) else (value,)
        for item in items:
            if isinstance(item, Scalar):
                self.address(item)
            elif key == "insert" and isinstance(item, Mapping):
                self.insertion(item)
            elif key == "set" and isinstance(item, Mapping):
                for inner in item.entries:
                    self.setting(inner)

    def scaling(self, key: str, value: Value) -> None:
        """A factor, or a mapping of it and what holds it back."""
        if isinstance(value, Scalar):
            self.mark("number", value)
            return
        for inner in self.keys(value, "Width" if key == "width" else "Depth"):
            if isinstance(inner.value, Scalar):
                self.mark("number", inner.value)

    def insertion(self, item: Mapping) -> None:
        for inner in item.entries:
            if inner.key.text in PLACES:
                self.key("key", inner, item.keys(), "Insert")
                if isinstance(inner.value, Scalar):
                    self.address(inner.value)
            else:
                self.key("step", inner, item.keys())
                self.step(inner.value)

    def setting(self, entry: Entry) -> None:
        """`address: value`: the value is read as what stands at the address."""
        self.address(entry.key)
        path, value = entry.key.text.split("."), entry.value
        outer, self.block = self.block, self.block
        if len(path) > 1 and path[0] in BLOCK_SECTIONS:
            self.block = path[1]
            if len(path) == 2:
                self.block_body(Entry(Scalar(path[1], entry.key.span), value))
                self.block = outer
                return
        if path[0] == "defaults" and len(path) == 2:
            self.field(path[1], value, "Defaults")
        elif path[0] == "training":
            self.recipe(value, tuple(path[1:]), entry.key)
        elif path[0] in ("input", "classes", "title", "paper"):
            self.field(path[0], value, "Spec")
        elif isinstance(value, Scalar) and not isinstance(first_of(value.text, self.blocks), Word):
            self.values(value)
        elif path[-1] == "residual" and isinstance(value, Mapping):
            self.beside(Entry(Scalar("residual", entry.key.span), value))
        else:
            self.step(value)
        self.block = outer

    def axis(self, address: Scalar) -> None:
        """An address in the spec that a sweep is of; `width` and `depth` are none."""
        if address.text not in CHANGES:
            self.address(address)

    def address(self, scalar: Scalar) -> None:
        """Each part of an address."""
        self.parts(scalar, "address", ())

    def parts(self, scalar: Scalar, kind: Sort, before: tuple[str, ...]) -> None:
        start = 0
        names = before
        for name in scalar.text.split("."):
            names = (*names, name)
            span = scalar.at(start, len(name))
            mark = Mark(kind, span, name, self.block, address=names, whole=scalar)
            self.found.append(mark)
            start += len(name) + 1

    def patterns(self, entry: Entry) -> None:
        """Names of ours in a map of names; those inside a block stand under its name."""
        value = entry.value
        if isinstance(value, Scalar):
            self.mark("text", value)
        for inner in value.entries if isinstance(value, Mapping) else ():
            nested = isinstance(inner.value, Mapping)
            if nested:
                self.mark("call", inner.key, first=inner.key.text)
                for deeper in inner.value.entries if isinstance(inner.value, Mapping) else ():
                    self.parts(deeper.key, "pattern", (inner.key.text, ""))
            else:
                self.parts(inner.key, "pattern", ())


def first_of(text: str, blocks: Collection[str]) -> Word | None:
    """The first word of an op-string, where a text is one rather than a single value."""
    found = list(words(text, blocks))
    if not found or (len(found) == 1 and found[0].kind not in ("call", "layer")):
        return None
    return found[0]


NAMED: dict[str, tuple[Sort, Callable[[Walker, Entry], None]]] = {
    **dict.fromkeys(BLOCK_SECTIONS, ("block", Walker.block_body)),
    "aux": ("head", Walker.head),
    "variants": ("variant", Walker.variant),
    "weights": ("source", Walker.patterns),
}
"""Keys that hold things under names that their author gives them, and how each is read."""
KEYS: dict[Holder, tuple[str, ...]] = {
    "Split": (*JOIN_WORDS, "do", *BESIDE),
    "Block": ("params", *JOIN_WORDS, "do", *BESIDE),
    "Residual": tuple(Residual.model_fields),
    "Insert": PLACES,
    "Extent": side_names((0, 0, 0)),
}
"""The keys of what isn't a model of its own."""
