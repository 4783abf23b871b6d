"""Addresses: paths of names to what a spec is made of, and putting something else there.

An address is a path of names, never of positions: `classes`, `defaults.eps`,
`inception.v1.b5`, `body.pool4`, `head.dropout`, `aux.aux1.weight`, `stem.conv1.width`.
Before a step of the trunk its section may be left out: `mixed_6b.c7`. Unnamed branches and
steps go by the name that the compiler gives them (`branch2`, `0`, `conv`). Of a recipe the word of
what is chosen is a name too: `training.optimizer.sgd.momentum`, `training.schedule.steps.0`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, get_args

from dsl.models.alternatives import Alternative
from dsl.models.layers import Call, Layer, Model, Residual, Sequence, Split, Step, spellings
from dsl.models.model import BESIDE, BLOCK_SECTIONS, Section, own_first
from dsl.models.naming import branch_names, child_names, inner_names, named_sections
from dsl.models.spec import Aux, Block, Defaults, Spec
from dsl.reading.building import build
from dsl.reading.filler import places_of
from dsl.text.problems import Report, Span
from dsl.text.values import Entry, Scalar, Value
from dsl.text.values import Mapping as Tree

SECTIONS = get_args(Section)
OWN = ("name", "title", "paper", "input", "classes", "defaults")
SPEC_FIELDS = (*OWN, *BLOCK_SECTIONS)


def is_beside(owner: Any, name: str) -> bool:
    """Whether a name is that of what stands beside the branches or steps, not of one of them."""
    body = owner.body if isinstance(owner, Block) else owner
    if isinstance(body, Residual):
        return name == "shortcut"
    if isinstance(body, Sequence):
        return name == "residual" and bool(body.residual or isinstance(owner, Block))
    if not isinstance(body, Split) or any(branch.name == name for branch in body.branches):
        return False
    return name in BESIDE


def path_of(inside: dict[str, Any], address: str) -> tuple[str, ...]:
    """The names of an address, with the section that was left out; `inside` is in the spec."""
    names = tuple(address.split("."))
    if names[0] in inside:
        return names
    section = next((key for key in SECTIONS if names[0] in inside[key]), None)
    return (section, *names) if section else names


def parts(owner: Any) -> dict[str, Any]:
    """What can be addressed inside a piece of a spec, by name."""
    match owner:
        case Spec():
            return _spec_parts(owner)
        case Block():
            return {"params": owner.params, **_block_steps(owner.body)}
        case Aux():
            steps = _level(child_names(owner.steps), owner.steps)
            return {"from": owner.source, "weight": owner.weight, **steps}
        case Sequence():
            return _in_order(owner)
        case Split():
            branches = _level(branch_names(owner), owner.branches)
            beside = {"then": owner.then, "residual": owner.residual}
            return {"split": owner.split or None, **branches, **beside}
        case Call():
            return {**owner.args, "repeat": owner.repeat}
        case Layer():
            return _fields(owner, [name for name, _ in spellings(type(owner))])
        case Defaults() | Residual():
            return _fields(owner, list(type(owner).model_fields))
        case dict():
            return owner
    return _recipe_parts(owner) if isinstance(owner, Model) else {}


def _recipe_parts(owner: Model) -> dict[str, Any]:
    """What a recipe is made of, in the order in which one writes it."""
    if isinstance(owner, Alternative) and owner.whole:
        return {str(key): item for key, item in getattr(owner, owner.short).items()}
    return {key: _chosen(getattr(owner, key)) for key in own_first(type(owner))}


def _chosen(value: Any) -> Any:
    """One of several ways under its word, as a file has it; any other value as it is."""
    return {value.word: value} if isinstance(value, Alternative) else value


def _called(level: Iterable[tuple[str, Step]]) -> dict[str, Step]:
    """Steps by the names that they go by, or went by before the first change."""
    return {step.at.called or name: step for name, step in level}


def _level(names: Iterable[str], steps: Iterable[Step]) -> dict[str, Step]:
    return _called(zip(names, steps, strict=True))


def _spec_parts(spec: Spec) -> dict[str, Any]:
    sections = named_sections(dict(spec.sections()))
    named: dict[str, Any] = {key: _called(level) for key, level in sections.items()}
    heads = {head.name: head for head in spec.aux}
    return {**_fields(spec, SPEC_FIELDS), **named, "aux": heads, "training": spec.training}


def _fields(model: Model, names: Any) -> dict[str, Any]:
    return {name: getattr(model, name) for name in names}


def _block_steps(body: Step) -> dict[str, Any]:
    return _in_order(body, top=True) if isinstance(body, Sequence) else parts(body)


def _in_order(body: Sequence, top: bool = False) -> dict[str, Any]:
    """Steps in order, and the residual sum around them where there can be one."""
    steps = _level(inner_names(body, top), body.steps)
    return {**steps, "residual": body.residual} if top or body.residual else steps


def rebuilt(owner: Any, name: str, inside: dict[str, Any], said: Value, report: Report) -> Any:
    """`owner` with the parts that it has now, of which `name` is new or gone.

    `said` is the text that says so. None where a problem was found.
    """
    new = inside.get(name)
    match owner:
        case Spec() if name in (*SECTIONS, "aux"):
            steps = tuple(new.values() if isinstance(new, dict) else new or ())
            return owner.model_copy(update={name: steps})
        case Block() if name == "params":
            return refilled(owner, {"params": new}, said, report)
        case Block():
            body = _body(owner.body, name, inside, said, report)
            return body and owner.model_copy(update={"body": body})
        case Aux() if name not in ("from", "weight"):
            inner = tuple(inside[key] for key in inside if key not in ("from", "weight"))
            return owner.model_copy(update={"steps": inner})
        case Aux():
            return refilled(owner, {"source" if name == "from" else name: new}, said, report)
        case Sequence() | Split():
            return _body(owner, name, inside, said, report)
        case Call() if name != "repeat":
            return refilled(owner, {"args": {**owner.args, name: new}}, said, report)
        case Alternative() if owner.whole:
            return refilled(owner, {owner.short: inside}, said, report)
        case Model():
            return refilled(owner, {name: new}, said, report)
    return inside


def _body(body: Step, name: str, inside: dict[str, Any], said: Value, report: Report) -> Any:
    """A sequence or split with one of its steps changed, or what stands beside them."""
    if is_beside(body, name) and name == "split":
        return refilled(body, {"split": inside[name] or ()}, said, report)
    if is_beside(body, name) or (isinstance(body, Sequence) and name == "residual"):
        return body.model_copy(update={name: inside[name]})
    steps = (step for key, step in inside.items() if not is_beside(body, key))
    field = "branches" if isinstance(body, Split) else "steps"
    return body.model_copy(update={field: tuple(step for step in steps if isinstance(step, Step))})


def refilled(model: Model, update: dict[str, Any], said: Value, report: Report) -> Any:
    """A model with other fields, validated again; `said` is the text that they come from."""
    new = {name: getattr(model, name) for name in type(model).model_fields} | update
    values = {_spelt(model, name): value for name, value in new.items()}
    spans = _spans(model, update, said)
    kept = model.at.without(spans).fields
    rescaled = any(name in update for name in ("width", "repeat"))
    changes = () if rescaled else model.at.changes
    places = replace(model.at, fields=kept | spans, changes=changes)
    return build(type(model), values, places, report)


def _spans(model: Model, update: dict[str, Any], said: Value) -> dict[str, Span]:
    """The place of what is new: a field as a file spells it, an argument, a default."""
    found: dict[str, Span] = {}
    for name, value in update.items():
        if name in ("args", "params"):
            found |= _changed(name, getattr(model, name), value, said)
        else:
            found |= places_of([Entry(Scalar(_spelt(model, name), said.span), said)])
    return found


def _spelt(model: Model, name: str) -> str:
    """A field as a file spells it."""
    return type(model).model_fields[name].alias or name


def _changed(name: str, old: dict[str, Any], new: dict[str, Any], said: Value) -> dict[str, Span]:
    """The places of the arguments or parameters that changed: in a mapping, or all in one."""
    entries = said.entries if isinstance(said, Tree) else ()
    inside = places_of(entries)
    keys = {entry.key.text: entry.key.span for entry in entries}
    changed = [key for key, value in new.items() if key not in old or old[key] != value]
    found = {f"{name}.{key}=": inside.get(key, said.span) for key in changed}
    return found | {f"{name}.{key}": keys.get(key, said.span) for key in changed if key not in old}
