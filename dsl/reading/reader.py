"""From the tree of a YAML text to the spec's models."""

from __future__ import annotations

from functools import partial
from typing import Any, get_args

from dsl.models.changes import CHANGES, Changes, Depth, Width
from dsl.models.model import BLOCK_SECTIONS, Places, Section, Step
from dsl.models.promises import Expect
from dsl.models.recipe import Recipe
from dsl.models.spec import Aux, Defaults, Spec, Variant
from dsl.models.weights import NOTHING, NameMap, read_map
from dsl.reading.blocks import BlockReader
from dsl.reading.building import build
from dsl.reading.filler import Read, places_of
from dsl.reading.recalling import recalled
from dsl.reading.recipes import RecipeReader
from dsl.reading.steps import stands_in, whole
from dsl.text.problems import MOST_SHOWN, closest, shown
from dsl.text.values import Entry, Mapping, Scalar, Value
from dsl.text.values import Sequence as List

BLOCK = "A: {concat: [1x1 64, 3x3 64]}"
VARIANT = "slim: {set: {classes: 10}}"
NAME_MAP = "torchvision: {conv_1a: Conv2d_1a_3x3}"


class Reader(BlockReader):
    """Reads one spec; problems gather in `report`."""

    def spec(self, root: Mapping) -> Spec | None:
        """The whole spec, or None where a problem was found."""
        if misspelt := _misspelt_extends(root):
            message = f"unknown key {shown(misspelt.text)}"
            help = "`extends` names what this spec is made from: a file, or a name on the shelf"
            self.report.add("E010", misspelt.span, message, meant="extends", help=help)
            return None
        self.blocks = _block_names(root)
        for entry in root.entries:
            if entry.key.text in CHANGES:
                message = f"{entry.key.text} changes another spec, and this one extends none"
                help = "say what it changes with `extends:`, or put it into one of `variants:`"
                self.report.add("E010", entry.key.span, message, help=help)
        own = tuple(entry for entry in root.entries if entry.key.text not in CHANGES)
        spec: Spec | None = self.fill(Spec, Mapping(own, root.span), self.fields())
        return spec

    def heirs_changes(self, root: Mapping) -> Changes | None:
        """What a spec that extends another changes in it."""
        entries = self.entries(root, ("extends", *CHANGES, *Spec.model_fields)) or []
        changing = tuple(entry for entry in entries if entry.key.text in CHANGES)
        changes: Changes | None = self.changes(Changes, Mapping(changing, root.span), {})
        return changes

    def heir(self, root: Mapping, base: Spec) -> Spec | None:
        """The base with the keys of a spec that extends it.

        They replace the base's; `defaults` and blocks do so one by one, by name.
        """
        self.blocks = {*base.blocks, *_block_names(root)}
        own = [entry for entry in root.entries if entry.key.text in Spec.model_fields]
        if no_names := next(filter(_no_names, own), None):
            own.remove(no_names)
            base = base.model_copy(update={"weights": {}}).placed(base.at)
        found, faulty = self.values(own, self.fields())
        if defaults := found.get("defaults"):
            found["defaults"] = _merged(base.defaults, defaults)
        values = _inherited(base) | found
        for key in BY_NAME:
            values[key] = {**getattr(base, key), **found.get(key, {})}
        new = [f"{key}.{name}" for key in BY_NAME for name in found.get(key, ())]
        whole = (key for key in found if key not in BY_NAME)
        kept = base.at.without((*NOT_INHERITED, *whole, *new)).fields
        places = Places(root.span, kept | places_of(own))
        spec: Spec | None = build(Spec, values, places, self.report, faulty)
        return spec

    def fields(self) -> dict[str, Read]:
        """How each key of a spec is read that isn't plain."""
        return {
            "defaults": recalled(self, "defaults", self.defaults),
            **dict.fromkeys(get_args(Section), self.section),
            **dict.fromkeys(BLOCK_SECTIONS, self.named(recalled(self, "block", self.block), BLOCK)),
            "aux": recalled(self, "aux", self.aux),
            "weights": self.named(self.weights, NAME_MAP),
            "variants": self.named(self.variant, VARIANT),
            "expect": self.expect,
            "training": self.training,
            "meta": self.free,
        }

    def section(self, value: Value) -> tuple[Step, ...]:
        """The steps of a section, each of which may be what it was."""
        if not isinstance(value, List):
            return self.steps(value)
        stands = stands_in(value)
        read = recalled(self, stands, partial(self.step, stands=stands))
        found = (read(item) for item in whole(value.items))
        return tuple(step for step in found if step is not None)

    def aux(self, value: Value) -> tuple[Aux, ...]:
        """Auxiliary heads: a list of one-key mappings, or one mapping."""
        items = value.items if isinstance(value, List) else (value,)
        entries: list[Entry] = []
        for item in items:
            if isinstance(item, Mapping):
                entries += item.entries
            else:
                form = "`- aux1: {from: mixed_6e, weight: 0.3, do: […]}`"
                help = f"write it like {form}, or `aux: []` for none"
                self.report.add("E012", item.span, "an auxiliary head is expected here", help=help)
        heads = [self.head(entry) for entry in entries]
        return tuple(head for head in heads if head is not None)

    def head(self, entry: Entry) -> Aux | None:
        """One auxiliary head."""
        before = len(self.report.problems)
        extra = {"name": self.name(entry.key)}
        broken = ("name",) if len(self.report.problems) > before else ()
        span = entry.key.span
        head: Aux | None = self.fill(
            Aux, entry.value, {"do": self.steps}, extra, at=span, broken=broken
        )
        return head.placed(Places(span, {**head.at.fields, "name": span})) if head else None

    def weights(self, value: Value) -> NameMap | None:
        """What one public source calls the weights, or the file that says so."""
        return read_map(value, self.report)

    def defaults(self, value: Value) -> Defaults | None:
        """The defaults of the whole spec."""
        filled: Defaults | None = self.fill(Defaults, value, {})
        return filled

    def expect(self, value: Value) -> Expect | None:
        """The contract; `out.NAME` gives the shape at a step."""
        if not isinstance(value, Mapping):
            message = "expected `key: value` here, as in `expect: {params: 23834568}`"
            self.report.add("E012", value.span, message)
            return None
        if entry := value.entry("out"):
            help = "write `out.mixed_6e: [768, 17, 17]`"
            self.report.add("E010", entry.key.span, "unknown key 'out'", help=help)
        shapes = [entry for entry in value.entries if entry.key.text.startswith("out.")]
        others = (entry for entry in value.entries if entry.key.text != "out")
        rest = tuple(entry for entry in others if not entry.key.text.startswith("out."))
        out = tuple(Entry(_inner(entry.key), entry.value) for entry in shapes)
        if shapes:
            rest += (Entry(Scalar("out", value.span), Mapping(out, value.span)),)
        filled: Expect | None = self.fill(Expect, Mapping(rest, value.span), {})
        keys = {entry.key.text: entry.key.span for entry in shapes}
        return filled.placed(Places(value.span, filled.at.fields | keys)) if filled else None

    def training(self, value: Value) -> Recipe | None:
        """How the network is trained."""
        return RecipeReader(self.report).recipe(value)

    def variant(self, value: Value) -> Variant | None:
        """A named variant; what it sets is read when it is applied, where its address says."""
        variant: Variant | None = self.changes(Variant, value, {"expect": self.expect})
        return variant

    def changes(self, model: type[Changes], value: Value, fields: dict[str, Read]) -> Any:
        """What changes, whose addresses are read when they are used."""
        factors = {
            key: self.factor(kind, key) for key, kind in (("width", Width), ("depth", Depth))
        }
        changes: Changes | None = self.fill(model, value, fields | factors)
        if changes is not None and isinstance(value, Mapping):
            changes.remember(value)
        return changes

    def factor(self, model: type[Width | Depth], key: str) -> Read:
        """A reader of `{by: 0.5, …}`; a number alone is `by`, and called by the key before it."""

        def read(value: Value) -> Any:
            if not isinstance(value, Scalar):
                return self.fill(model, value, {})
            by = Mapping((Entry(Scalar("by", value.span), value),), value.span)
            return self.fill(model, by, {}, called={"by": key})

        return read


def _inner(key: Scalar) -> Scalar:
    """`out.mixed_6e` as `mixed_6e`."""
    lead = len("out.")
    return Scalar(key.text[lead:], key.at(lead, len(key.text) - lead), key.plain)


def _misspelt_extends(root: Mapping) -> Scalar | None:
    """A key that was meant to be `extends`, so that nothing else is called missing."""
    known = ("extends", *CHANGES, *Spec.model_fields)
    keys = [entry.key for entry in root.entries if entry.key.text not in known]
    return next((key for key in keys[:MOST_SHOWN] if closest(key.text, known) == "extends"), None)


def _block_names(root: Mapping) -> set[str]:
    names: set[str] = set()
    for key in BLOCK_SECTIONS:
        value = root.get(key)
        if isinstance(value, Mapping):
            names |= set(value.keys())
    return names


def _merged(base: Defaults, own: Defaults) -> Defaults:
    """The base's defaults with those that are given anew."""
    update = {key: getattr(own, key) for key in own.model_fields_set}
    places = Places(own.at.span, {**base.at.fields, **own.at.fields})
    return base.model_copy(update=update).placed(places)


def _no_names(entry: Entry) -> bool:
    """`weights: none`: what the base's checkpoints hold doesn't fit."""
    none = isinstance(entry.value, Scalar) and entry.value.text == NOTHING
    return entry.key.text == "weights" and none


BY_NAME = (*BLOCK_SECTIONS, "weights")
"""Keys of a spec whose entries replace the base's one by one."""
NOT_INHERITED = ("name", "title", "variants", "expect")


def _inherited(base: Spec) -> dict[str, Any]:
    """What a spec that extends `base` takes from it."""
    return {key: getattr(base, key) for key in Spec.model_fields if key not in NOT_INHERITED}
