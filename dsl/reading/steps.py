"""Reading steps: op-strings, lists in order, splits, residual sums, names."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, TypeVar

from dsl.models.fields import JOIN_WORDS, enumerated
from dsl.models.model import BESIDE, Places, Residual, Sequence, Split, Step
from dsl.models.shares import are_shares
from dsl.reading import opstring
from dsl.reading.building import build
from dsl.reading.filler import Filler, place, places_of
from dsl.reading.strangers import EXAMPLES
from dsl.reading.sums import say_no_sum
from dsl.text.problems import Fix, Report, Span, shown
from dsl.text.values import Entry, Mapping, Scalar, Value, plain
from dsl.text.values import Sequence as List

if TYPE_CHECKING:
    from dsl.reading.mending import Stands

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
        return [self.step(item, stands=stands_in(value)) for item in whole(value.items)]

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
        if "do" in keys and {"residual", *Residual.model_fields}.intersection(keys):
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
        notes = tuple((entry.key.span, "the second stands") for entry in value.entries[1:2])
        if (
            value.flow
            and value.entries
            and not any(isinstance(v, Scalar) and v.text for v in _values(value))
        ):
            write = f"[{', '.join(value.keys())}]"
            self.advise("E012", value.span, "a list stands in square brackets", value, write)
            return
        if not value.entries:
            message, help = "a layer is missing here: the mapping is empty", EXAMPLES
        self.report.add("E012", value.span, message, help=help, notes=notes)

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
            values["residual"] = self.residual(residual)
        if not values["branches"]:
            return None
        places = {key: place(entry) for key, entry in others.items()}
        if shares:
            places |= places_of([shares])
        split: Split | None = build(Split, values, Places(span, places), self.report)
        return split

    def residual(self, entry: Entry) -> Residual | None:
        """`{shortcut: 1x1 64 /2 linear, scale: 0.1, act: relu}`.

        What is written below its key is found at the key: its first line is about something else.
        """
        value = entry.value
        if not isinstance(value, Mapping):
            say_no_sum(value, self.report)
            return None
        residual: Residual | None = self.fill(
            Residual, value, {"shortcut": self.step}, at=None if value.flow else entry.key.span
        )
        return residual

    def summed(self, value: Mapping) -> Sequence | None:
        """`{do: [...], residual: ...}`: steps in order with a residual sum around them."""
        entries = self.entries(value, ("do", "residual")) or []
        steps = next(entry for entry in entries if entry.key.text == "do")
        return self.summed_of(self.in_order(steps.value), entries, value.span)

    def summed_of(self, body: Sequence | None, entries: list[Entry], span: Span) -> Sequence | None:
        """The steps with the sum around them that stands among the entries, if one does."""
        found = next((entry for entry in entries if entry.key.text == "residual"), None)
        residual = self.residual(found) if found else None
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

    def in_order(self, value: Value) -> Sequence | None:
        """The steps of a `do` as one sequence."""
        if isinstance(value, List) and not value.items:
            self.step(value)
        steps = self.steps(value)
        return Sequence(steps=steps).placed(Places(value.span)) if steps else None


def stands_in(value: List) -> Stands:
    """Where the items of a list stand."""
    return "flow" if value.flow else "listed"


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


def whole(items: tuple[Value, ...]) -> list[Value]:
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
