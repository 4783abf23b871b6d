"""One step from its op-string, for programs; with advice in Python rather than in YAML."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dsl.models.activations import SLOPED
from dsl.models.faults import expect
from dsl.models.layers import Layer, Places
from dsl.reading import opstring
from dsl.text.problems import Problem, Report, Span, SpecError
from dsl.text.values import Scalar

FILE = "<text>"
NAMED = re.compile(r"([A-Za-z][A-Za-z0-9_]*):\s*(\S.*)", re.DOTALL)
"""A step under its name, as a file would say it."""
SLOPES = tuple(f"{word}:" for word in SLOPED)
"""How an activation with its slope may begin, which is no step under a name."""
NESTED = re.compile(r"\s*([\[{]|-\s)")
"""How a list, a mapping or a list's item begins."""


def step(source: str, name: str | None = None) -> Layer:
    """One step from its op-string: `step("3x3 64 /2", name="conv1")`. Raises `SpecError`."""
    expect(source, (str,), "step takes one op-string, such as '3x3 64 /2'", _nested(source))
    span = Span(FILE, 1, 1, len(source))
    named = None if source.startswith(SLOPES) else NAMED.fullmatch(source)
    if NESTED.match(named[2] if named else source):
        _refuse(source, "step takes one op-string, not YAML", _nested(()))
    if named:
        help = f"write `dsl.step({named[2]!r}, name={named[1]!r})`"
        _refuse(source, "step takes the op-string alone, and its name beside it", help)
    report = Report(texts={FILE: source})
    found = opstring.parse(Scalar(source, span), report, stands="python")
    report.stop_if_any()
    assert found is not None, "no step, and no problem either"
    return type(found)(**{**found.__dict__, "name": name}).placed(Places())


def _refuse(source: str, message: str, help: str) -> None:
    problem = Problem("E012", Span(FILE, 1, 1, len(source)), message, help=help)
    raise SpecError([problem], {FILE: source})


def _nested(source: object) -> str:
    """How steps in order and branches are written; with the caller's own where they are texts."""
    items = source if isinstance(source, Sequence) else ()
    texts = [item for item in items if isinstance(item, str)] or ["1x1 64", "3x3 96"]
    steps = ", ".join(f"dsl.step({text!r})" for text in texts)
    inside = f"[{steps}]"
    return (
        f"in order: `dsl.models.layers.Sequence(steps={inside})`; side by side: "
        f"`dsl.models.layers.Split(branches={inside})`"
    )
