"""The forms in which findings can be written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from compiler.checking import as_annotations, as_json, as_junit, as_sarif, as_text
from compiler.checking.examining import Examined

Writer = Callable[[Sequence[Examined]], str]
FORMS: Mapping[str, Writer] = {
    "text": as_text.written,
    "json": as_json.written,
    "github": as_annotations.written,
    "sarif": as_sarif.written,
    "junit": as_junit.written,
}
"""By what the command line calls them."""
