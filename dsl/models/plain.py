"""Plain data as a tree of values, for what a program rather than a file says."""

from __future__ import annotations

from typing import Any

from dsl.text.problems import NOWHERE, Span, shown
from dsl.text.values import Entry, Mapping, Scalar, Sequence, Value


def tree(data: Any, span: Span = NOWHERE) -> Value:
    """The data as if it had been read at `span`; a ValueError for what no file can say."""
    if isinstance(data, dict):
        if not all(isinstance(key, str) for key in data):
            raise ValueError("must have words for its keys")
        entries = (Entry(Scalar(k, span), tree(v, span)) for k, v in data.items())
        return Mapping(tuple(entries), span)
    if isinstance(data, (list, tuple)):
        return Sequence(tuple(tree(item, span) for item in data), span)
    return Scalar(_written(data), span)


def _written(data: Any) -> str:
    """A plain value as a spec would write it."""
    if isinstance(data, bool):
        return str(data).lower()
    if not isinstance(data, (str, int, float)):
        wanted = "must say what a file would, in text, numbers, lists and mappings"
        raise ValueError(f"{wanted} (a layer as '3x3 64'), not {shown(data)}")
    return data if isinstance(data, str) else repr(data)
