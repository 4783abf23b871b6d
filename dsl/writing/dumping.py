"""A spec as YAML, written the way a person would; reading it back gives the spec again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from dsl.models.extent import channels_last, side_names
from dsl.models.faults import expect
from dsl.models.layers import Layer, Model, Sequence, Split, Step
from dsl.models.model import BLOCK_SECTIONS
from dsl.models.promises import Expect
from dsl.models.shares import written
from dsl.models.spec import Aux, Block, Spec, Variant
from dsl.models.spelling import write
from dsl.text.numbers import NUMBER

WIDTH = 100


class Flow(list[Any]):
    """A list to be written on one line."""


class Inline(dict[str, Any]):
    """A mapping to be written on one line."""


class Raw(str):
    """Text of the language's own grammar, which never needs quotes."""

    __slots__ = ()


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Dumper(yaml.SafeDumper):
    """Block style outside, flow style where a person would write one line."""

    def ignore_aliases(self, data: Any) -> bool:
        """Never write anchors: the language has none."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        """Indent lists inside mappings."""
        return super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    """Free text; quoted where it would read as a number."""
    style = "'" if NUMBER.fullmatch(value) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _raw(dumper: yaml.SafeDumper, value: object) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", _plain(value))


def _flow(dumper: yaml.SafeDumper, value: Any) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)


def _inline(dumper: yaml.SafeDumper, value: Any) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=True)


_Dumper.yaml_implicit_resolvers = {}  # the language's own grammars read scalars, not YAML's
for kind in (Raw, int, float, bool):
    _Dumper.add_representer(kind, _raw)
_Dumper.add_representer(str, _text)
_Dumper.add_representer(Flow, _flow)
_Dumper.add_representer(Inline, _inline)


def dump(spec: Spec) -> str:
    """The spec as YAML text, ending with one newline; `dsl.loads` of it equals the spec.

    The fields are validated, which `model_copy` doesn't do; raises `SpecError`.
    """
    expect(spec, (Spec,), "dump writes a Spec")
    spec = Spec(**{name: getattr(spec, name) for name in Spec.model_fields})
    chunks = [_yaml({key: value}) for key, value in _top(spec)]
    return "\n".join(_spaced(chunks))


def _yaml(data: Any) -> str:
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, width=WIDTH, allow_unicode=True)
    return text.rstrip("\n")


def _spaced(chunks: list[str]) -> Iterator[str]:
    """A blank line around whatever takes several lines."""
    for place, chunk in enumerate(chunks):
        if place and ("\n" in chunk or "\n" in chunks[place - 1]):
            yield ""
        yield chunk
    yield ""


def _top(spec: Spec) -> Iterator[tuple[str, Any]]:
    yield "name", Raw(spec.name)
    for key in ("title", "paper"):
        if text := getattr(spec, key):
            yield key, text
    yield "input", _extent(spec.input)
    yield "classes", spec.classes
    if changed := _changed(spec.defaults):
        yield "defaults", Inline(changed)
    if spec.stem:
        yield "stem", [_step(step) for step in spec.stem]
    for key in BLOCK_SECTIONS:
        if blocks := getattr(spec, key):
            yield key, {name: _block(block) for name, block in blocks.items()}
    for key in ("body", "head"):
        if steps := getattr(spec, key):
            yield key, [_step(step) for step in steps]
    yield from _rest(spec)


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
    if spec.meta:
        yield "meta", spec.meta


def _changed(model: Model) -> dict[str, Any]:
    """A model's fields that differ from their defaults."""
    fields = type(model).model_fields
    values = {name: getattr(model, name) for name in fields}
    return {name: _value(v) for name, v in values.items() if v != fields[name].default}


def _value(value: Any) -> Any:
    return Raw(value) if isinstance(value, str) else value


def _step(step: Step) -> Any:
    """A step under its name, if it has one."""
    if not step.name:
        return _bare(step)
    return _fitting({step.name: _bare(step)})


def _bare(step: Step) -> Any:
    if isinstance(step, Layer):
        return Raw(write(step))
    if isinstance(step, Sequence) and step.residual:
        return _fitting(_summed(step))
    if isinstance(step, Sequence):
        return _fitting([_step(inner) for inner in step.steps])
    assert isinstance(step, Split), type(step)
    return _fitting(_split(step))


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
    changed = _changed(step.residual)
    if step.residual.shortcut:
        changed["shortcut"] = _step(step.residual.shortcut)
    return {"residual": Inline(changed)}


def _fitting(data: Any) -> Any:
    """On one line where it is short; one step a line otherwise."""
    flow = Flow(data) if isinstance(data, list) else Inline(data)
    short = len(yaml.dump(flow, Dumper=_Dumper, sort_keys=False, width=10_000)) < WIDTH - 30
    nested = isinstance(data, dict)
    return flow if short and not nested else data


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
        return {name: Raw() if value is None else _value(value) for name, value in params.items()}
    return Inline({name: _value(value) for name, value in params.items()})


def _aux(head: Aux) -> dict[str, Any]:
    steps = _fitting([_step(step) for step in head.steps])
    return {"from": Raw(head.source), "weight": head.weight, "do": steps}


def _variant(variant: Variant) -> dict[str, Any]:
    found: dict[str, Any] = {"title": variant.title} if variant.title else {}
    for key in ("width", "depth"):
        if factor := getattr(variant, key):
            found[key] = Inline(_changed(factor))
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
        return _fitting([_data(item) for item in value])
    return _value(value)


def _expect(expect: Expect) -> dict[str, Any]:
    found = {key: value for key, value in _changed(expect).items() if key != "out"}
    return found | {f"out.{name}": Flow(shape) for name, shape in expect.out.items()}
