"""Specs and recipes as YAML, written the way a person would; what is read back is the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dsl.models.extent import channels_last, side_names
from dsl.models.faults import expect
from dsl.models.layers import Layer, Sequence, Split, Step
from dsl.models.model import BLOCK_SECTIONS
from dsl.models.promises import Expect
from dsl.models.recipe import Recipe
from dsl.models.shares import written
from dsl.models.spec import Aux, Block, Spec, Variant
from dsl.models.spelling import write
from dsl.text.memory import Memory
from dsl.writing.flowing import (
    Below,
    Flow,
    Inline,
    Raw,
    below,
    differing,
    fitting,
    text_of,
    value_of,
)
from dsl.writing.recipes import recipe_data


def dump(what: Spec | Recipe) -> str:
    """A spec or a recipe as YAML text, ending with one newline; read again it is the same.

    The fields are validated, which `model_copy` doesn't do; raises `SpecError`.
    """
    expect(what, (Spec, Recipe), "dump writes a Spec or a Recipe")
    again = type(what)(**{name: getattr(what, name) for name in type(what).model_fields})
    return text_of(_top(again) if isinstance(again, Spec) else recipe_data(again).items())


def _top(spec: Spec) -> Iterator[tuple[str, Any]]:
    yield "name", Raw(spec.name)
    for key in ("title", "paper"):
        if text := getattr(spec, key):
            yield key, text
    yield "input", _extent(spec.input)
    yield "classes", spec.classes
    if changed := differing(spec.defaults):
        yield "defaults", Inline(changed)
    if spec.stem:
        yield "stem", _listed(spec.stem)
    for key in BLOCK_SECTIONS:
        if blocks := getattr(spec, key):
            yield key, Below(_said(block, name) for name, block in blocks.items())
    for key in ("body", "head"):
        if steps := getattr(spec, key):
            yield key, _listed(steps)
    yield from _rest(spec)


SAID: Memory[str] = Memory(2048)
"""Steps and blocks as they were written: most of a spec that changed is what it was."""


def _listed(steps: Iterable[Step]) -> Below:
    return Below(map(_said, steps))


def _said(what: Step | Block, name: str = "") -> str:
    """A step as an item of a list, a block under its name."""
    found = SAID.get((what,), name)
    if found is None:
        found = below({name: _block(what)} if isinstance(what, Block) else [_step(what)])
        SAID.put(found, (what,), name)
    return found


def _extent(extent: tuple[int, ...]) -> Any:
    """A list, or the sides by name where a list would be taken for channels last."""
    if channels_last(extent):
        return Inline(zip(side_names(extent), extent, strict=True))
    return Flow(extent)


def _rest(spec: Spec) -> Iterator[tuple[str, Any]]:
    if spec.aux:
        yield "aux", [{head.name: _aux(head)} for head in spec.aux]
    if spec.weights:
        yield "weights", {name: found.file or found.plain for name, found in spec.weights.items()}
    if spec.variants:
        yield "variants", {name: _variant(item) for name, item in spec.variants.items()}
    if expect := _expect(spec.expect):
        yield "expect", expect
    if spec.training:
        yield "training", recipe_data(spec.training)
    if spec.meta:
        yield "meta", spec.meta


def _step(step: Step) -> Any:
    """A step under its name, if it has one."""
    if not step.name:
        return _bare(step)
    return fitting({step.name: _bare(step)})


def _bare(step: Step) -> Any:
    if isinstance(step, Layer):
        return Raw(write(step))
    if isinstance(step, Sequence) and step.residual:
        return fitting(_summed(step))
    if isinstance(step, Sequence):
        return fitting([_step(inner) for inner in step.steps])
    assert isinstance(step, Split), type(step)
    return fitting(_split(step))


def _split(step: Split) -> dict[str, Any]:
    shares = written(step.split)
    found: dict[str, Any] = {"split": Flow(shares) if isinstance(shares, list) else Raw(shares)}
    found = found if step.split else {}
    found[step.join] = [_step(branch) for branch in step.branches]
    if step.then:
        found["then"] = _step(step.then)
    return found | _residual(step)


def _summed(step: Sequence) -> dict[str, Any]:
    """Steps in order, with the residual sum around them."""
    return {"do": [_step(inner) for inner in step.steps]} | _residual(step)


def _residual(step: Sequence | Split) -> dict[str, Any]:
    if not step.residual:
        return {}
    changed = differing(step.residual)
    if step.residual.shortcut:
        changed["shortcut"] = _step(step.residual.shortcut)
    return {"residual": Inline(changed)}


def _block(block: Block) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if block.params:
        found["params"] = _params(block.params)
    if isinstance(block.body, Split):
        return found | _split(block.body)
    assert isinstance(block.body, Sequence), type(block.body)
    return found | _summed(block.body)


def _params(params: Mapping[str, Any]) -> Any:
    """A list of names where none has a default; one a line where some have none."""
    if all(default is None for default in params.values()):
        return Flow(map(Raw, params))
    if None in params.values():  # On one line, the empty value would need quotes.
        return {name: Raw() if value is None else value_of(value) for name, value in params.items()}
    return Inline({name: value_of(value) for name, value in params.items()})


def _aux(head: Aux) -> dict[str, Any]:
    steps = fitting([_step(step) for step in head.steps])
    return {"from": Raw(head.source), "weight": head.weight, "do": steps}


def _variant(variant: Variant) -> dict[str, Any]:
    found: dict[str, Any] = {"title": variant.title} if variant.title else {}
    for key in ("width", "depth"):
        if factor := getattr(variant, key):
            found[key] = Inline(differing(factor))
    if variant.remove:
        found["remove"] = Flow(map(Raw, variant.remove))
    if variant.insert:
        found["insert"] = [Inline(_data(item)) for item in variant.insert]
    if variant.set:
        found["set"] = {address: _data(value) for address, value in variant.set.items()}
    if expect := _expect(variant.expect):
        found["expect"] = expect
    return found


def _data(value: Any) -> Any:
    """Plain data of a `set`: text in it is the language's own."""
    if isinstance(value, dict):
        return {key: _data(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return fitting([_data(item) for item in value])
    return value_of(value)


def _expect(expect: Expect) -> dict[str, Any]:
    found = {key: value for key, value in differing(expect).items() if key != "out"}
    return found | {f"out.{name}": Flow(shape) for name, shape in expect.out.items()}
