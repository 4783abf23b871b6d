"""Data as YAML text as a person would lay it out, for whatever writes specs and recipes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from dsl.models.model import Model
from dsl.text.numbers import NUMBER

WIDTH = 100


class Flow(list[Any]):
    """A list to be written on one line."""


class Inline(dict[str, Any]):
    """A mapping to be written on one line."""


class Raw(str):
    """Text of the language's own grammar, which never needs quotes."""

    __slots__ = ()


class Below(tuple[str, ...]):
    """What stands below a key, written already: items of a list, or keys of a mapping."""

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


def text_of(top: Iterable[tuple[str, Any]]) -> str:
    """Keys with their values as YAML text, ending with one newline."""
    return "\n".join(_spaced([_chunk(key, value) for key, value in top]))


def _chunk(key: str, value: Any) -> str:
    return "\n".join([f"{key}:", *value]) if isinstance(value, Below) else _yaml({key: value})


def below(data: dict[str, Any] | list[Any]) -> str:
    """The lines of some data below whatever key."""
    return _yaml({"key": data}).partition("\n")[2]


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


def differing(model: Model) -> dict[str, Any]:
    """A model's fields that differ from their defaults."""
    fields = type(model).model_fields
    values = {name: getattr(model, name) for name in fields}
    return {name: value_of(v) for name, v in values.items() if v != fields[name].default}


def value_of(value: Any) -> Any:
    """A field's value, in which text is a word of the language."""
    return Raw(value) if isinstance(value, str) else value


def fitting(data: Any) -> Any:
    """On one line where it is short; one step a line otherwise."""
    flow = Flow(data) if isinstance(data, list) else Inline(data)
    short = len(yaml.dump(flow, Dumper=_Dumper, sort_keys=False, width=10_000)) < WIDTH - 30
    nested = isinstance(data, dict)
    return flow if short and not nested else data


def on_one_line(value: Any) -> str:
    """A value as YAML on one line."""
    if isinstance(value, (dict, list)):
        value = Inline(value) if isinstance(value, dict) else Flow(value)
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=10_000, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")


def brief(data: dict[str, Any]) -> dict[str, Any]:
    """A mapping on one line where it fits behind its key; a key a line otherwise."""
    return Inline(data) if len(on_one_line(data)) < WIDTH - ROOM else data


ROOM = 15
"""What stands in front of a mapping: how far in it is, and its key."""
