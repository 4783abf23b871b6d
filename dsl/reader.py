"""From the tree of a YAML text to the spec's models."""

from __future__ import annotations

from typing import Any

from dsl.filler import Read
from dsl.model import Places
from dsl.problems import NOWHERE, Span
from dsl.spec import Aux, Defaults, Expect, Spec, Variant
from dsl.steps import StepReader
from dsl.text import Entry, Mapping, Scalar, Value
from dsl.text import Sequence as List

BLOCK = "A: {concat: [1x1 64, 3x3 64]}"
VARIANT = "slim: {set: {classes: 10}}"


class Reader(StepReader):
    """Reads one spec; problems gather in `report`."""

    def spec(self, root: Mapping) -> Spec | None:
        """The whole spec, or None where a problem was found."""
        self.blocks = _block_names(root)
        fields: dict[str, Read] = {
            "defaults": self.defaults,
            "stem": self.steps,
            "body": self.steps,
            "head": self.steps,
            "inception": self.named(self.block, BLOCK),
            "reduction": self.named(self.block, BLOCK),
            "aux": self.aux,
            "variants": self.named(self.variant, VARIANT),
            "expect": self.expect,
            "meta": self.free,
        }
        spec: Spec | None = self.fill(Spec, root, fields)
        return spec

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
        rest = tuple(entry for entry in others if entry not in shapes)
        out = tuple(Entry(_inner(entry.key), entry.value) for entry in shapes)
        if shapes:
            rest += (Entry(Scalar("out", value.span), Mapping(out, value.span)),)
        filled: Expect | None = self.fill(Expect, Mapping(rest, value.span), {})
        keys = {entry.key.text: entry.key.span for entry in shapes}
        return filled.placed(Places(value.span, filled.at.fields | keys)) if filled else None

    def variant(self, value: Value) -> Variant | None:
        """A named variant; what it sets is read when it is applied, where its address says."""
        fields: dict[str, Read] = {"expect": self.expect}
        variant: Variant | None = self.fill(Variant, value, fields)
        given = value.get("set") if isinstance(value, Mapping) else None
        if variant is not None and isinstance(given, Mapping):
            spans = {f"set.{entry.key.text}": entry.key.span for entry in given.entries}
            variant.placed(Places(variant.at.span, {**variant.at.fields, **spans}))
            variant.remember({entry.key.text: entry.value for entry in given.entries})
        return variant


def _inner(key: Scalar) -> Scalar:
    """`out.mixed_6e` as `mixed_6e`."""
    lead = len("out.")
    return Scalar(key.text[lead:], key.at(lead, len(key.text) - lead), key.plain)


def _block_names(root: Mapping) -> set[str]:
    names: set[str] = set()
    for key in ("inception", "reduction"):
        value = root.get(key)
        if isinstance(value, Mapping):
            names |= set(value.keys())
    return names


def tree(data: Any, span: Span = NOWHERE) -> Value:
    """Plain data as a tree of values, for what a program rather than a file says."""
    if isinstance(data, dict):
        entries = (Entry(Scalar(str(k), span), tree(v, span)) for k, v in data.items())
        return Mapping(tuple(entries), span)
    if isinstance(data, (list, tuple)):
        return List(tuple(tree(item, span) for item in data), span)
    return Scalar(_written(data), span)


def _written(data: Any) -> str:
    """A plain value as a spec would write it."""
    if isinstance(data, bool):
        return str(data).lower()
    return data if isinstance(data, str) else repr(data)
