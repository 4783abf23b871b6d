"""Variants: a network made from its spec by naming what changes, never by position.

An address is a path of names: `classes`, `defaults.eps`, `inception.v1.b5`,
`body.pool4`, `head.dropout`, `aux.aux1.weight`, `stem.conv1.width`. Unnamed branches and
steps go by the name that the compiler gives them (`branch2`, `0`, `conv`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dsl import opstring
from dsl.fields import NUMBER
from dsl.layers import Call, Layer, Model, Places, Residual, Sequence, Split, Step, spellings
from dsl.naming import branch_names, child_names, section_names, sequence_names
from dsl.problems import Report, Span, did_you_mean
from dsl.reader import Reader, tree
from dsl.spec import Aux, Block, Defaults, Spec, Variant
from dsl.text import Entry, Scalar, Value, plain


def apply(spec: Spec, name: str, report: Report) -> Spec | None:
    """The spec with its variant `name` applied; the result has no variants of its own."""
    variant = spec.variants.get(name)
    if variant is None:
        known = ", ".join(spec.variants) or "it has none"
        hint = did_you_mean(name, spec.variants)
        message = f"{spec.name} has no variant {name}"
        span = spec.at.of("variants")
        report.add("E027", span, message, hint=hint, help=f"variants: {known}")
        return None
    before = len(report.problems)
    changed: Any = spec
    reader = Reader(report, spec.blocks)
    for address, value, data in variant.values():
        place = variant.at.fields.get(f"set.{address}", variant.at.span)
        edit = Edit(address, value or tree(data, place), place, reader)
        changed = edit.change(changed, tuple(address.split(".")))
    return _finished(changed, variant) if len(report.problems) == before else None


def _finished(spec: Spec, variant: Variant) -> Spec:
    update: dict[str, Any] = {"variants": {}, "expect": variant.expect}
    if variant.title:
        update["title"] = variant.title
    return spec.model_copy(update=update)


def parts(owner: Any) -> dict[str, Any]:
    """What can be addressed inside a piece of a spec, by name."""
    match owner:
        case Spec():
            sections = dict(owner.sections())
            names = section_names(sections)
            named = {key: dict(zip(names[key], sections[key], strict=True)) for key in sections}
            heads = {"aux": {head.name: head for head in owner.aux}}
            return {**_fields(owner, SPEC_FIELDS), **named, **heads}
        case Block():
            return {"params": owner.params, **_block_steps(owner.body)}
        case Aux():
            steps = dict(zip(child_names(owner.steps), owner.steps, strict=True))
            return {"from": owner.source, "weight": owner.weight, **steps}
        case Sequence():
            return dict(zip(sequence_names(owner.steps), owner.steps, strict=True))
        case Split():
            branches = dict(zip(branch_names(owner.branches), owner.branches, strict=True))
            return {**branches, "then": owner.then, "residual": owner.residual}
        case Call():
            return {**owner.args, "repeat": owner.repeat}
        case Layer():
            return _fields(owner, [name for name, _ in spellings(type(owner))])
        case Defaults() | Residual():
            return _fields(owner, list(type(owner).model_fields))
        case dict():
            return owner
    return {}


SECTIONS = ("stem", "body", "head")
SPEC_FIELDS = ("name", "title", "paper", "input", "classes", "defaults", "inception", "reduction")


def _fields(model: Model, names: Any) -> dict[str, Any]:
    return {name: getattr(model, name) for name in names}


def _block_steps(body: Step) -> dict[str, Any]:
    if isinstance(body, Sequence):
        return dict(zip(child_names(body.steps), body.steps, strict=True))
    return parts(body)


@dataclass
class Edit:
    """One `address: value` of a variant."""

    address: str
    value: Value
    place: Span
    reader: Reader

    def change(self, owner: Any, path: tuple[str, ...]) -> Any:
        """`owner` with what lies at `path` replaced; a problem leaves it as it was."""
        inside = parts(owner)
        name, rest = path[0], path[1:]
        if name not in inside:
            self.unknown(path, inside)
            return owner
        new = self.change(inside[name], rest) if rest else self.read(owner, inside[name])
        made = None if new is None else self.rebuild(owner, name, {**inside, name: new})
        return owner if made is None else made

    def unknown(self, path: tuple[str, ...], inside: dict[str, Any]) -> None:
        """Report an address that leads nowhere, with what stands there instead."""
        there = ", ".join(inside)
        help = f"there is: {there}" if there else "nothing inside it can be set"
        before = self.address.removesuffix(".".join(path))
        message = f"there is no {path[0] or 'empty name'} in {before[:-1] or 'the spec'}"
        exact = self.place.length == len(self.address)
        span = self.place.part(len(before), len(path[0])) if exact else self.place
        hint = self.full_address(path, inside) or did_you_mean(path[0], inside)
        self.reader.report.add("E026", span, message, hint=hint, help=help)

    def full_address(self, path: tuple[str, ...], inside: dict[str, Any]) -> str:
        """Advice where the address lacks its section: `f1.w` for `body.f1.w`."""
        if self.address != ".".join(path):
            return ""
        for section in (*SECTIONS, "inception", "reduction", "aux"):
            if path[0] in inside.get(section, ()):
                return f"did you mean {section}.{self.address}?"
        return ""

    def read(self, owner: Any, old: Any) -> Any:
        """The new value for `old`, read as its kind demands."""
        if isinstance(old, Step) or (old is None and isinstance(owner, Split)):
            return self.step(old)
        if isinstance(old, Block):
            return self.reader.block(self.value)
        if isinstance(old, Aux):
            return self.reader.head(Entry(Scalar(old.name, self.place), self.value))
        if isinstance(owner, Block) and isinstance(old, dict):
            return self.reader.params(self.value, {})
        if isinstance(old, (Residual, Defaults)):
            return self.reader.fill(type(old), self.value, {})
        if isinstance(owner, Spec) and self.address in SECTIONS:
            return self.reader.steps(self.value)
        if isinstance(owner, Spec) and self.address == "aux":
            return self.reader.aux(self.value)
        if isinstance(old, dict) and isinstance(owner, Spec):
            message = f"{self.address} is a whole section; name what changes inside it"
            self.reader.report.add("E026", self.place, message, help=f"inside: {', '.join(old)}")
            return None
        return plain(self.value)

    def step(self, old: Step | None) -> Step | None:
        """A step in the old one's place, under its name; a bare number sets its main value."""
        if isinstance(old, Layer) and self.is_number():
            main = [name for name, mark in spellings(type(old)) if mark.place][-1:]
            if main:
                step: Step | None = self.refilled(old, {main[0]: plain(self.value)})
                return step
        return self.reader.step(self.value, old.name if old else None)

    def is_number(self) -> bool:
        """Whether the value is one bare number."""
        return isinstance(self.value, Scalar) and bool(NUMBER.fullmatch(self.value.text))

    def rebuild(self, owner: Any, name: str, inside: dict[str, Any]) -> Any:
        """`owner` with the parts that it now has."""
        new = inside[name]
        match owner:
            case Spec() if name in (*SECTIONS, "aux"):
                steps = new.values() if isinstance(new, dict) else new
                return owner.model_copy(update={name: tuple(steps)})
            case Block() if name == "params":
                return self.refilled(owner, {"params": new})
            case Block():
                return owner.model_copy(update={"body": self.body(owner.body, name, inside)})
            case Aux() if name not in ("from", "weight"):
                steps = [inside[key] for key in inside if key not in ("from", "weight")]
                return owner.model_copy(update={"steps": tuple(steps)})
            case Aux():
                return self.refilled(owner, {"source" if name == "from" else name: new})
            case Sequence() | Split():
                return self.body(owner, name, inside)
            case Call() if name != "repeat":
                return self.refilled(owner, {"args": {**owner.args, name: new}})
            case Model():
                return self.refilled(owner, {name: new})
        return inside

    def body(self, body: Step, name: str, inside: dict[str, Any]) -> Step:
        """A sequence or split with one of its steps changed."""
        if isinstance(body, Split) and name in ("then", "residual"):
            return body.model_copy(update={name: inside[name]})
        fixed = ("then", "residual", "params") if isinstance(body, Split) else ("params",)
        steps = tuple(step for key, step in inside.items() if key not in fixed)
        field = "branches" if isinstance(body, Split) else "steps"
        return body.model_copy(update={field: steps})

    def refilled(self, model: Model, update: dict[str, Any]) -> Any:
        """A model with other fields, validated again."""
        values = {name: getattr(model, name) for name in type(model).model_fields} | update
        spans = _spans(update, self.value.span)
        places = Places(model.at.span, {**model.at.fields, **spans})
        return opstring.build(type(model), values, places, self.reader.report)


def _spans(update: dict[str, Any], span: Span) -> dict[str, Span]:
    """The place of what is new: a field, or each of a call's arguments."""
    args = update.get("args", {})
    return {**dict.fromkeys(update, span), **{f"args.{key}=": span for key in args}}
