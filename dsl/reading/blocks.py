"""Reading blocks: their parameters and what they are made of."""

from __future__ import annotations

from typing import Any

from dsl.models.fields import JOIN_WORDS, enumerated
from dsl.models.model import BESIDE, Places, Step
from dsl.models.spec import Block
from dsl.reading.building import build
from dsl.reading.names import param_advice, param_fault
from dsl.reading.steps import StepReader
from dsl.text.problems import Span, closest
from dsl.text.values import Entry, Mapping, Scalar, Value, plain
from dsl.text.values import Sequence as List

BODIES = (*JOIN_WORDS, "do")
"""Keys that say what a block is made of."""
BLOCK_KEYS = ("params", *JOIN_WORDS, *BESIDE, "do")


class BlockReader(StepReader):
    """Reads the blocks that steps call."""

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
