"""Reading steps and blocks: op-strings, lists in order, splits, names."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, TypeVar

from dsl.models.fields import JOIN_WORDS, enumerated
from dsl.models.model import BESIDE, Places, Residual, Sequence, Split, Step
from dsl.models.shares import are_shares
from dsl.models.spec import Block
from dsl.reading import opstring
from dsl.reading.building import build
from dsl.reading.filler import Filler, place, places_of
from dsl.reading.names import param_advice, param_fault
from dsl.text.problems import Fix, Report, Span, closest, shown
from dsl.text.values import Entry, Mapping, Scalar, Value, plain
from dsl.text.values import Sequence as List

if TYPE_CHECKING:
    from dsl.reading.mending import Stands

BODIES = (*JOIN_WORDS, "do")
"""Keys that say what a block is made of."""
BLOCK_KEYS = ("params", *JOIN_WORDS, *BESIDE, "do")
S = TypeVar("S", bound=Step)


class StepReader(Filler):
    """Reads whatever stands in a sequence; `blocks` are the names that can be called."""

    def __init__(self, report: Report, blocks: Collection[str] = ()) -> None:
        super().__init__(report)
        self.blocks = blocks

    def steps(self, value: Value) -> tuple[Step, ...]:
        """Steps in order; one alone needs no list."""
        found = self.listed(value) if isinstance(value, List) else [self.step(value)]
        return tuple(step for step in found if step is not None)

    def listed(self, value: List) -> list[Step | None]:
        """The steps of a list."""
        stands: Stands = "flow" if value.flow else "listed"
        return [self.step(item, stands=stands) for item in _whole(value.items)]

    def step(self, value: Value, name: str | None = None, stands: Stands = "alone") -> Step | None:
        """One step, of whichever form; `name` is what the author calls it."""
        match value:
            case Scalar():
                stands = "quoted" if not value.plain else "named" if name is not None else stands
                layer = opstring.parse(value, self.report, self.blocks, stands)
                return _called(layer, name)
            case List() if value.items:
                steps = self.steps(value)
                places = Places(value.span)
                return _called(Sequence(steps=steps).placed(places), name) if steps else None
            case List():
                self.report.add("E012", value.span, "a layer is missing here: the list is empty")
                return None
            case Mapping():
                return self.mapping(value, name)

    def mapping(self, value: Mapping, name: str | None) -> Step | None:
        """`{concat: …}` or `{name: step}`."""
        keys = value.keys()
        if any(key in JOIN_WORDS for key in keys):
            return _called(self.split(value), name)
        if (shares := value.get("split")) and self.joinless(shares, value):
            return None
        if "do" in keys and "residual" in keys:
            return _called(self.summed(value), name)
        if len(keys) != 1:
            self.many(value)
            return None
        entry = value.entries[0]
        if self.misplaced(entry, value, name):
            return None
        if name is not None:
            message = f"the step is named twice: {name} and {shown(entry.key.text)}"
            self.report.add("E014", entry.key.span, message, help="keep one of the two names")
            return None
        step = self.step(entry.value, self.name(entry.key))
        if step is not None and step.name is not None:
            step.placed(Places(step.at.span, {**step.at.fields, "name": entry.key.span}))
        return step

    def misplaced(self, entry: Entry, value: Mapping, name: str | None) -> bool:
        """Report `{A: {c7: 8}}` and `{do: […]}`, which other languages would have."""
        key, inner = entry.key.text, entry.value
        if key in self.blocks and isinstance(inner, Mapping):
            args = [(arg.key.text, arg.value) for arg in inner.entries]
            if any(name in JOIN_WORDS or not isinstance(arg, Scalar) for name, arg in args):
                return False
            call = " ".join([key, *(f"{name}={plain(arg)}" for name, arg in args)])
            message = f"a call of {key} is one op-string, not a mapping"
            self.advise("E012", entry.key.span, message, value, call)
            return True
        if isinstance(inner, Scalar) and (step := self.uncoloned(key, inner.text)):
            message = "a layer's word and what follows are one op-string, without a colon"
            self.advise("E012", entry.key.span, message, value, step)
            return True
        if key == "residual" and isinstance(inner, Mapping):
            message = "a residual sum stands beside the steps or branches that it goes around"
            help = "as in `{do: [3x3 in, 3x3 in linear], residual: {}}`"
            self.report.add("E012", entry.key.span, message, help=help)
            return True
        if key == "do" and isinstance(inner, List):
            message = "steps in order are a list; `do` stands in blocks, auxiliary heads and beside"
            message += " a residual sum"
            self.advise("E012", entry.key.span, message, value, inline(inner))
            return True
        return False

    def uncoloned(self, word: str, rest: str) -> str:
        """`dropout: 0.4` as one op-string; empty where the word is a name, or that is none."""
        known = opstring.Grammar(self.blocks)
        step = f"{word} {rest}"
        named = not known.names(word) or known.reads(rest)
        return step if not named and known.reads(step) else ""

    def advise(self, code: str, span: Span, message: str, value: Value, write: str) -> None:
        """Report a problem that writing something else for the whole value mends."""
        fix = Fix(value.span, write) if isinstance(value, Mapping) and value.flow else None
        self.report.add(code, span, message, help=f"write `{write}`", fix=fix)

    def many(self, value: Mapping) -> None:
        """Report a mapping that holds several steps, or none."""
        keys = ", ".join(shown(key) for key in value.keys()[:3])
        message = f"one step is expected here, and this holds {len(value.entries)}: {keys}"
        help = "begin each step with a dash, `- name: layer`; in one line, write [a: …, b: …]"
        if (
            value.flow
            and value.entries
            and not any(isinstance(v, Scalar) and v.text for v in _values(value))
        ):
            write = f"[{', '.join(value.keys())}]"
            self.advise("E012", value.span, "a list stands in square brackets", value, write)
            return
        if not value.entries:
            message, help = "a layer is missing here: the mapping is empty", opstring.EXAMPLES
        self.report.add("E012", value.span, message, help=help)

    def joinless(self, shares: Value, value: Mapping) -> bool:
        """Report shares of channels that no branches stand beside; whether there are any.

        `{split: 3x3 64}` is a step that is called so.
        """
        if len(value.entries) == 1 and not are_shares(plain(shares)):
            return False
        key = next(entry.key for entry in value.entries if entry.key.text == "split")
        joins = enumerated(JOIN_WORDS, "or")
        message = f"split says what share of the channels each branch gets, beside {joins}"
        help = "as in `{split: equal, concat: [identity, 3x3 in/2]}`"
        self.report.add("E012", key.span, message, help=help)
        return True

    def split(self, value: Mapping) -> Split | None:
        """`{concat: [...], then: ..., residual: ...}`."""
        entries = self.entries(value, (*JOIN_WORDS, *BESIDE)) or []
        joins = [entry for entry in entries if entry.key.text in JOIN_WORDS]
        if len(joins) != 1:
            self.report.add(
                "E012", value.span, f"a split has exactly one of {enumerated(JOIN_WORDS)}"
            )
            return None
        return self.split_of(joins[0], entries, value.span)

    def split_of(self, join: Entry, entries: list[Entry], span: Span) -> Split | None:
        """A split from its join and the entries that may stand beside it."""
        others = {entry.key.text: entry for entry in entries}
        values: dict[str, Any] = {"join": join.key.text, "branches": self.branches(join.value)}
        if shares := others.get("split"):
            values["split"] = plain(shares.value)
        if then := others.get("then"):
            values["then"] = self.step(then.value)
        if residual := others.get("residual"):
            values["residual"] = self.residual(residual.value)
        if not values["branches"]:
            return None
        places = {key: place(entry) for key, entry in others.items()}
        if shares:
            places |= places_of([shares])
        split: Split | None = build(Split, values, Places(span, places), self.report)
        return split

    def residual(self, value: Value) -> Residual | None:
        """`{shortcut: 1x1 64 /2 linear, scale: 0.1, act: relu}`."""
        residual: Residual | None = self.fill(Residual, value, {"shortcut": self.step})
        return residual

    def summed(self, value: Mapping) -> Sequence | None:
        """`{do: [...], residual: ...}`: steps in order with a residual sum around them."""
        entries = self.entries(value, ("do", "residual")) or []
        steps = next(entry for entry in entries if entry.key.text == "do")
        return self.summed_of(self.in_order(steps.value), entries, value.span)

    def summed_of(self, body: Sequence | None, entries: list[Entry], span: Span) -> Sequence | None:
        """The steps with the sum around them that stands among the entries, if one does."""
        found = next((entry for entry in entries if entry.key.text == "residual"), None)
        residual = self.residual(found.value) if found else None
        if body is None or found is None:
            return body
        places = Places(span, {"residual": place(found)})
        made: Sequence | None = build(
            Sequence, {"steps": body.steps, "residual": residual}, places, self.report
        )
        return made

    def branches(self, value: Value) -> tuple[Step, ...]:
        """The branches of a split: a list, one item each."""
        if not isinstance(value, List) or not value.items:
            message = "a list of branches is expected here"
            help = "one item a branch, as in `concat: [1x1 64, [1x1 48, 5x5 64]]`"
            self.report.add("E012", value.span, message, help=help)
            return ()
        return tuple(step for step in self.listed(value) if step is not None)

    def block(self, value: Value) -> Block | None:
        """A named block: `params`, and `do` or a split; a list alone is its steps."""
        before = len(self.report.problems)
        places = Places(value.span)
        params: dict[str, Any] = {}
        body: Step | None = None
        if not isinstance(value, Mapping):
            body = self.in_order(value)
        else:
            entries = self.entries(value, BLOCK_KEYS) or []
            fields = {entry.key.text: entry.key.span for entry in entries}
            if given := value.get("params"):
                params = self.params(given, fields)
            places = Places(value.span, fields)
            body = self.body(value, entries)
        if body is None or len(self.report.problems) > before:
            return None
        values = {"params": params, "body": body}
        block: Block | None = build(Block, values, places, self.report)
        return block

    def body(self, value: Mapping, entries: list[Entry]) -> Step | None:
        """What a block is made of."""
        bodies = [entry for entry in entries if entry.key.text in BODIES]
        if len(bodies) != 1:
            message = f"a block has exactly one of {enumerated(BODIES)}"
            if not bodies:
                message = f"a block needs its layers: {enumerated(BODIES, 'or')}"
            keys = (entry.key.text for entry in value.entries)
            unknown = [key for key in keys if key not in BLOCK_KEYS]
            if bodies or not any(
                closest(key, BLOCK_KEYS) in (*JOIN_WORDS, "do") for key in unknown
            ):
                self.report.add("E012", value.span, message)
            return None
        if bodies[0].key.text != "do":
            return self.split_of(bodies[0], entries, bodies[0].key.span)
        for entry in entries:
            if entry.key.text in BESIDE and entry.key.text != "residual":
                joins = enumerated(JOIN_WORDS, "or")
                message = f"{entry.key.text} belongs to {joins}, and this block has do"
                self.report.add("E010", entry.key.span, message)
        steps = self.in_order(bodies[0].value)
        return self.summed_of(steps, entries, steps.at.span if steps else value.span)

    def in_order(self, value: Value) -> Sequence | None:
        """A block's steps as one sequence."""
        if isinstance(value, List) and not value.items:
            self.step(value)
        steps = self.steps(value)
        return Sequence(steps=steps).placed(Places(value.span)) if steps else None

    def params(self, value: Value, fields: dict[str, Span]) -> dict[str, Any]:
        """A block's parameters: a list of names, or a mapping to their defaults."""
        given: list[tuple[Value, Value | None]] = []
        match value:
            case List():
                given = [(item, None) for item in value.items]
            case Mapping():
                given = [(entry.key, entry.value) for entry in value.entries]
            case _:
                message = "params is a list of names, as in `params: [c7, pool]`"
                self.report.add("E012", value.span, message)
        found: dict[str, Any] = {}
        for key, default in given:
            self.param(key, default, found, fields)
        return found

    def param(
        self, key: Value, default: Value | None, found: dict[str, Any], fields: dict[str, Span]
    ) -> None:
        """One parameter and its default; an empty one is none, as in `{c7: , act: relu}`."""
        if not isinstance(key, Scalar):
            help = "defaults are given in a mapping: `params: {c7: 128}`"
            self.report.add("E012", key.span, "a parameter's name is expected here", help=help)
            return
        if key.text in found:
            self.report.add("E014", key.span, f"parameter {key.text} is declared twice")
        if fault := param_fault(key.text):
            self.report.add("E014", key.span, fault, hint=param_advice(key.text))
        if isinstance(default, Scalar) and default.plain and not default.text:
            default = None
        found[self.name(key)] = plain(default) if default is not None else None
        fields[f"params.{key.text}"] = key.span
        fields[f"params.{key.text}="] = default.span if default is not None else key.span


def _values(value: Mapping) -> list[Value]:
    return [entry.value for entry in value.entries]


def inline(value: Value) -> str:
    """A value on one line, as a person writes it."""
    match value:
        case Scalar():
            return value.text if value.plain else f"'{value.text}'"
        case List():
            return f"[{', '.join(map(inline, value.items))}]"
        case Mapping():
            inside = (f"{entry.key.text}: {inline(entry.value)}" for entry in value.entries)
            return f"{{{', '.join(inside)}}}"


def _whole(items: tuple[Value, ...]) -> list[Value]:
    """The items of a list; a call in parentheses that YAML split at its commas as one."""
    found: list[Value] = []
    for item in items:
        last = found[-1] if found else None
        if isinstance(last, Scalar) and isinstance(item, Scalar) and _open(last.text):
            span = last.span
            if span.line == item.span.line:
                end = item.span.column + item.span.length
                span = Span(span.file, span.line, span.column, end - span.column)
            found[-1] = Scalar(f"{last.text}, {item.text}", span, last.plain and item.plain)
        else:
            found.append(item)
    return found


def _open(text: str) -> bool:
    """Whether a parenthesis is not closed."""
    return text.count("(") > text.count(")")


def _called(step: S | None, name: str | None) -> S | None:
    """The step under the name that the author gives it."""
    if step is None or name is None:
        return step
    return step.model_copy(update={"name": name}).placed(step.at)
