"""From the tree of a YAML text to the spec's models, with every problem at its place.

The YAML node's kind is looked at first, then one plain model is filled, so that no
trace of a union's alternatives reaches the person who reads the error.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from dsl import opstring
from dsl.fields import NUMBER, WHOLE, is_identifier, shown
from dsl.layers import Places, Residual, Sequence, Split, Step
from dsl.problems import NOWHERE, Report, Span, did_you_mean
from dsl.spec import Aux, Block, Defaults, Expect, Spec, Variant
from dsl.text import Entry, Mapping, Scalar, Value
from dsl.text import Sequence as List

JOINS = ("concat", "add")
S = TypeVar("S", bound=Step)


class Reader:
    """Reads one spec; problems gather in `report`."""

    def __init__(self, report: Report, blocks: Collection[str] = ()) -> None:
        self.report = report
        self.blocks = blocks

    def spec(self, root: Mapping) -> Spec | None:
        """The whole spec, or None where a problem was found."""
        self.blocks = _block_names(root)
        fields: dict[str, Callable[[Value], Any]] = {
            "defaults": self.defaults,
            "stem": self.steps,
            "body": self.steps,
            "head": self.steps,
            "inception": self.named(self.block),
            "reduction": self.named(self.block),
            "aux": self.aux,
            "variants": self.named(self.variant),
            "expect": self.expect,
            "meta": self.meta,
        }
        return self.fill(Spec, root, fields)

    def fill(
        self,
        model: type[Any],
        value: Value,
        fields: dict[str, Callable[[Value], Any]],
        extra: dict[str, Any] | None = None,
    ) -> Any:
        """Construct `model` from a mapping: keys are its fields, special ones read by `fields`."""
        known = [field.alias or name for name, field in model.model_fields.items()]
        known = [name for name in known if name not in (extra or {})]
        entries = self.entries(value, known)
        if entries is None:
            return None
        before = len(self.report.problems)
        values = dict(extra or {})
        for entry in entries:
            values[entry.key.text] = fields.get(entry.key.text, self.plain)(entry.value)
        places = {entry.key.text: self.place(entry) for entry in entries}
        if len(self.report.problems) > before:
            self.missing(model, value, values)
            return None
        return opstring.build(model, values, Places(value.span, places), self.report)

    def missing(self, model: type[Any], value: Value, values: dict[str, Any]) -> None:
        """Name the keys that are missing even where other problems stop the construction."""
        for name, field in model.model_fields.items():
            key = field.alias or name
            if field.is_required() and key not in values:
                self.report.add("E011", value.span, f"{key} is missing")

    def place(self, entry: Entry) -> Span:
        """Where an error about an entry points: its value if that is a scalar, else its key."""
        simple = isinstance(entry.value, Scalar) and entry.value.text
        return entry.value.span if simple else entry.key.span

    def entries(self, value: Value, known: Collection[str]) -> list[Entry] | None:
        """A mapping's entries, without the unknown keys (each a problem)."""
        if not isinstance(value, Mapping):
            keys = ", ".join(known)
            self.report.add("E012", value.span, f"a mapping is expected here: {keys}")
            return None
        for entry in value.entries:
            if entry.key.text not in known:
                message = f"unknown key {shown(entry.key.text)}"
                hint = did_you_mean(entry.key.text, known)
                help = f"known here: {', '.join(known)}"
                self.report.add("E010", entry.key.span, message, hint=hint, help=help)
        return [entry for entry in value.entries if entry.key.text in known]

    def plain(self, value: Value) -> Any:
        """A value as plain data, each scalar as its raw text."""
        match value:
            case Scalar():
                return value.text
            case List():
                return [self.plain(item) for item in value.items]
            case Mapping():
                return {entry.key.text: self.plain(entry.value) for entry in value.entries}

    def meta(self, value: Value) -> Any:
        """Free data: plain numbers become numbers, all else stays text."""
        match value:
            case Scalar() if value.plain and NUMBER.fullmatch(value.text):
                return int(value.text) if WHOLE.fullmatch(value.text) else float(value.text)
            case Scalar():
                return value.text
            case List():
                return [self.meta(item) for item in value.items]
            case Mapping():
                return {entry.key.text: self.meta(entry.value) for entry in value.entries}

    def named(self, read: Callable[[Value], Any]) -> Callable[[Value], Any]:
        """A reader of a mapping from names to what `read` reads."""

        def read_all(value: Value) -> dict[str, Any]:
            if not isinstance(value, Mapping):
                self.report.add("E012", value.span, "a mapping from names is expected here")
                return {}
            found = {}
            for entry in value.entries:
                self.name(entry.key)
                found[entry.key.text] = read(entry.value)
            return found

        return read_all

    def name(self, key: Scalar) -> str:
        """A name that is being given; its grammar is checked here, so that the place is exact."""
        if not is_identifier(key.text):
            rule = "a name is a letter, then letters, digits or _ (64 at most, ASCII)"
            self.report.add("E014", key.span, f"{rule}, not {shown(key.text)}")
        return key.text

    def steps(self, value: Value) -> tuple[Step, ...]:
        """Steps in order; one alone needs no list."""
        items = value.items if isinstance(value, List) else (value,)
        found = [self.step(item) for item in items]
        return tuple(step for step in found if step is not None)

    def step(self, value: Value, name: str | None = None) -> Step | None:
        """One step, of whichever form; `name` is what the author calls it."""
        match value:
            case Scalar():
                layer = opstring.parse(value.text, value.span, self.report, self.blocks)
                return _called(layer, name)
            case List() if value.items:
                step = Sequence(steps=self.steps(value))
                return _called(step.placed(Places(value.span)), name)
            case List():
                self.report.add("E012", value.span, "a layer is missing here: the list is empty")
                return None
            case Mapping():
                return self.mapping(value, name)

    def mapping(self, value: Mapping, name: str | None) -> Step | None:
        """`{concat: …}` or `{name: step}`."""
        keys = value.keys()
        if any(key in JOINS for key in keys):
            return _called(self.split(value), name)
        if len(keys) != 1:
            message = "a step is one name and its layer, or concat / add with its branches"
            help = "a list of steps needs a dash before each; in a line, write [a, b]"
            self.report.add("E012", value.span, message, help=help)
            return None
        entry = value.entries[0]
        if name is not None:
            message = f"the step is named twice: {name} and {shown(entry.key.text)}"
            self.report.add("E014", entry.key.span, message)
            return None
        step = self.step(entry.value, self.name(entry.key))
        if step is not None and step.name is not None:
            step.placed(Places(step.at.span, {**step.at.fields, "name": entry.key.span}))
        return step

    def split(self, value: Mapping) -> Split | None:
        """`{concat: [...], then: ..., residual: ...}`."""
        known = (*JOINS, "then", "residual")
        entries = self.entries(value, known)
        joins = [entry for entry in entries or () if entry.key.text in JOINS]
        if entries is None or len(joins) != 1:
            self.report.add("E012", value.span, "a split has either concat or add, not both")
            return None
        return self.split_of(joins[0], entries, value.span)

    def split_of(self, join: Entry, entries: list[Entry], span: Span) -> Split | None:
        """A split from its join and the entries that may stand beside it."""
        others = {entry.key.text: entry for entry in entries}
        values: dict[str, Any] = {"join": join.key.text, "branches": self.branches(join.value)}
        if then := others.get("then"):
            values["then"] = self.step(then.value)
        if residual := others.get("residual"):
            values["residual"] = self.fill(Residual, residual.value, {})
        if not values["branches"]:
            return None
        places = {key: self.place(entry) for key, entry in others.items()}
        split: Split | None = opstring.build(Split, values, Places(span, places), self.report)
        return split

    def branches(self, value: Value) -> tuple[Step, ...]:
        """The branches of a split: a list, one item each."""
        if not isinstance(value, List) or not value.items:
            message = "a list is expected here, one item a branch"
            self.report.add("E012", value.span, message, help="concat: [1x1 64, [1x1 48, 5x5 64]]")
            return ()
        found = [self.step(item) for item in value.items]
        return tuple(step for step in found if step is not None)

    def block(self, value: Value) -> Block | None:
        """A named block: `params`, and `do` or a split."""
        if not isinstance(value, Mapping):
            return self.block_of(value, {}, Places(value.span))
        entries = self.entries(value, ("params", *JOINS, "then", "residual", "do"))
        bodies = [entry for entry in entries or () if entry.key.text in (*JOINS, "do")]
        if entries is None or len(bodies) != 1:
            message = "a block needs exactly one of concat, add and do"
            self.report.add("E012", value.span, message)
            return None
        params: dict[str, Any] = {}
        places = Places(value.span, {entry.key.text: entry.key.span for entry in entries})
        if given := value.get("params"):
            params, places = self.params(given, places)
        if bodies[0].key.text == "do":
            return self.block_of(bodies[0].value, params, places)
        split = self.split_of(bodies[0], entries, value.span)
        return self.block_made(split, params, places)

    def block_of(self, value: Value, params: dict[str, Any], places: Places) -> Block | None:
        """A block whose body is a sequence of steps."""
        before = len(self.report.problems)
        steps = self.steps(value)
        if len(self.report.problems) > before or not steps:
            return None
        body = Sequence(steps=steps).placed(Places(value.span))
        return self.block_made(body, params, places)

    def block_made(self, body: Step | None, params: Any, places: Places) -> Block | None:
        if body is None:
            return None
        values = {"params": params, "body": body}
        block: Block | None = opstring.build(Block, values, places, self.report)
        return block

    def params(self, value: Value, places: Places) -> tuple[dict[str, Any], Places]:
        """A block's parameters: a list of names, or a mapping to their defaults."""
        match value:
            case List():
                given = [(item, None) for item in value.items]
            case Mapping():
                given = [(entry.key, entry.value) for entry in value.entries]
            case _:
                self.report.add("E012", value.span, "params is a list of names: [c7, pool]")
                return {}, places
        found: dict[str, Any] = {}
        fields = dict(places.fields)
        for key, default in given:
            if not isinstance(key, Scalar):
                self.report.add("E012", key.span, "a parameter's name is expected here")
                continue
            if key.text in found:
                self.report.add("E014", key.span, f"parameter {key.text} is declared twice")
            found[self.name(key)] = self.plain(default) if default is not None else None
            fields[f"params.{key.text}"] = key.span
        return found, Places(places.span, fields)

    def aux(self, value: Value) -> tuple[Aux, ...]:
        """Auxiliary heads: a list of one-key mappings, or one mapping."""
        items = value.items if isinstance(value, List) else (value,)
        entries: list[Entry] = []
        for item in items:
            if isinstance(item, Mapping):
                entries += item.entries
            else:
                help = "- aux1: {from: STEP, weight: 0.3, do: [...]}"
                self.report.add("E012", item.span, "an auxiliary head is expected here", help=help)
        found = []
        for entry in entries:
            extra = {"name": self.name(entry.key)}
            head = self.fill(Aux, entry.value, {"do": self.steps}, extra)
            if head is not None:
                fields = {**head.at.fields, "name": entry.key.span}
                found.append(head.placed(Places(entry.key.span, fields)))
        return tuple(found)

    def defaults(self, value: Value) -> Defaults | None:
        """The defaults of the whole spec."""
        filled: Defaults | None = self.fill(Defaults, value, {})
        return filled

    def expect(self, value: Value) -> Expect | None:
        """The contract; `out.NAME` gives the shape at a step."""
        if not isinstance(value, Mapping):
            self.report.add("E012", value.span, "a mapping is expected here: {params: 23834568}")
            return None
        shapes = [entry for entry in value.entries if entry.key.text.startswith("out.")]
        rest = tuple(entry for entry in value.entries if entry not in shapes)
        out = {entry.key.text.removeprefix("out."): self.plain(entry.value) for entry in shapes}
        filled: Expect | None = self.fill(Expect, Mapping(rest, value.span), {}, {"out": out})
        if filled is not None:
            places = {entry.key.text: entry.key.span for entry in value.entries}
            filled.placed(Places(value.span, places))
        return filled

    def variant(self, value: Value) -> Variant | None:
        """A named variant; what it sets is read when it is chosen, where its address says."""
        fields: dict[str, Callable[[Value], Any]] = {"expect": self.expect}
        variant: Variant | None = self.fill(Variant, value, fields)
        given = value.get("set") if isinstance(value, Mapping) else None
        if variant is not None and isinstance(given, Mapping):
            variant.placed(_set_places(variant.at, given))
            variant.remember({entry.key.text: entry.value for entry in given.entries})
        return variant


def _set_places(places: Places, given: Mapping) -> Places:
    spans = {f"set.{entry.key.text}": entry.key.span for entry in given.entries}
    return Places(places.span, {**places.fields, **spans})


def _called(step: S | None, name: str | None) -> S | None:
    """The step under the name that the author gives it."""
    if step is None or name is None:
        return step
    return step.model_copy(update={"name": name}).placed(step.at)


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
    return Scalar(data if isinstance(data, str) else repr(data), span)
