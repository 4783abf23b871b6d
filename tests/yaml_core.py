"""Specs as a schema gets them: YAML 1.2 scalars made numbers, booleans and nulls.

Our reader leaves scalars as text; what validates by a schema has made values of them before. The
patterns are those of YAML 1.2's core schema, section 10.3.2.
"""

from __future__ import annotations

import re
from typing import Any

from dsl.text.parsing import parse
from dsl.text.values import Mapping, Scalar, Sequence, Value

NULL = re.compile(r"null|Null|NULL|~|")
TRUE = re.compile(r"true|True|TRUE")
FALSE = re.compile(r"false|False|FALSE")
INTEGER = re.compile(r"[-+]?[0-9]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def loaded(text: str) -> Any:
    """A spec's text as plain data."""
    return _typed(parse(text, "<text>"))


def _typed(value: Value) -> Any:
    match value:
        case Scalar():
            return _scalar(value.text) if value.plain else value.text
        case Sequence():
            return [_typed(item) for item in value.items]
        case Mapping():
            return {entry.key.text: _typed(entry.value) for entry in value.entries}


def _scalar(text: str) -> Any:
    if NULL.fullmatch(text):
        return None
    if TRUE.fullmatch(text) or FALSE.fullmatch(text):
        return bool(TRUE.fullmatch(text))
    if INTEGER.fullmatch(text):
        return int(text)
    return float(text) if FLOAT.fullmatch(text) else text
