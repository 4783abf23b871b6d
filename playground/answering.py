"""What the page asks of the compiler, answered in the words of the command line.

This runs in the visitor's browser, in a worker, and knows `dsl` and `compiler` alone. Questions and
answers are JSON, so that nothing of Python is held on the other side.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, cast, get_args

import dsl
from compiler.checking import as_json, as_text
from compiler.checking.examining import Examined, examined, looked_through
from compiler.checking.explaining import every_code, explanation
from compiler.checking.likeness import named
from compiler.checking.mending import applied
from compiler.checking.policy import Policy
from compiler.cli.summary import recipe_summary, summary, sweep_summary
from compiler.cost import Report, cost
from compiler.cost.measuring import heat_of
from compiler.cost.render import as_json as cost_json
from compiler.cost.rows import Row
from compiler.ir.measures import Amount
from compiler.ir.nodes import nodes
from compiler.lowering.prepare import Piped, Prepared, prepare
from compiler.picture import Picture
from dsl.models import shelf
from dsl.text.problems import SpecError

KEPT = 4
"""Texts of which is remembered what they came to: the last ones, in one variant or another."""
FORMS = ("svg", "dot", "tex", "tikz")
"""What a picture can be written as without Graphviz."""


class Refused(Exception):
    """A question that has no answer, in words for whoever asked."""


@lru_cache(KEPT)
def _tried(text: str, file: str, variant: str) -> Prepared | SpecError:
    """The network of a text, or why there is none: that is remembered as well."""
    try:
        return prepare(Piped(text, file, file), variant or None)
    except SpecError as error:
        return error


def prepared(text: str, file: str, variant: str) -> Prepared:
    """The network of a text, or of one of its variants. Raises `SpecError`."""
    found = _tried(text, file, variant)
    if isinstance(found, SpecError):
        raise found.with_traceback(None)
    return found


@lru_cache(KEPT)
def _examined(text: str, file: str) -> Examined:
    """What `check` finds; no project says what it wants told here.

    What was built for a picture isn't built again.
    """
    where = Piped(text, file, file)
    built = _tried(text, file, "") if named(where) == "spec" else None
    found = looked_through(built, file) if isinstance(built, Prepared) else examined(where)
    return Policy().applied(found)


@lru_cache(KEPT)
def _cost(text: str, file: str, variant: str) -> Report:
    return cost(prepared(text, file, variant).network)


def check(*, text: str, file: str) -> dict[str, Any]:
    """What is wrong with a text, and what it comes to."""
    found = _examined(text, file)
    said = ""
    if found.prepared:
        said = summary(found.prepared, _cost(text, file, ""))
    elif found.recipe:
        said = recipe_summary(found.recipe)
    elif found.sweep:
        said = sweep_summary(found.sweep)
    known = every_code()
    return {
        "json": as_json.written([found]),
        "text": as_text.written([found]),
        "summary": said,
        "builds": found.prepared is not None,
        "variants": [*found.prepared.spec.variants] if found.prepared else [],
        "means": {each.code: known.get(each.code, "") for each in found.problems},
    }


SHOWN = ("path", "kind", "out", "params", "macs", "activations")
"""What the page's table has of a row."""
TOTAL = ("params", "macs", "activations", "peak_bytes")


def _rows(rows: Iterable[Row]) -> list[dict[str, Any]]:
    return [{name: getattr(row, name) for name in SHOWN} for row in rows]


def count(*, text: str, file: str, variant: str, form: str = "rows") -> dict[str, Any]:
    """What a network costs: as `json`, which the command writes, or as `rows` of the page's table.

    With rows goes where in the text each part of the network is said.
    """
    if form not in ("rows", "json"):
        raise Refused("costs are told as rows or as json")
    found = prepared(text, file, variant)
    report = _cost(text, file, variant)
    if form == "json":
        return {"json": cost_json(report)}
    places = {
        path: (node.span.line, node.span.column, node.span.length)
        for path, node in nodes(found.network.nodes)
        if node.span.line and node.span.file == file
    }
    return {
        "total": {name: getattr(report.total, name) for name in TOTAL},
        "blocks": _rows(report.blocks),
        "layers": _rows(report.layers),
        "places": places,
    }


def draw(
    *, text: str, file: str, variant: str, what: str, form: str, heat: str = "macs"
) -> dict[str, Any]:
    """A drawing; `what` and `heat` are as on the command line, and overviews alone take a heat."""
    from compiler.diagram import Wishes, sheet_of

    if form not in FORMS or heat not in get_args(Amount):
        raise Refused(f"a picture is drawn as {', '.join(FORMS)}, by {', '.join(get_args(Amount))}")
    network = prepared(text, file, variant).network
    try:
        wishes = Wishes(heat=heat_of(network, cast("Amount", heat)))
        sheet = sheet_of(network, what, wishes)
    except (LookupError, ValueError) as error:
        raise Refused(str(error)) from None
    return {"picture": Picture(sheet).made(form).decode(), "name": sheet.name}


def source(*, text: str, file: str, variant: str) -> dict[str, Any]:
    """The network as Python, and which layers each line is about."""
    from compiler.report.source_lines import lines_by_path
    from compiler.source import emit

    found = prepared(text, file, variant)
    written = emit(found.network, found.digest)
    return {"source": written, "lines": lines_by_path(found.network, written)}


def differ(*, text: str, file: str, variant: str, base: str) -> dict[str, Any]:
    """How a network differs from one of the shelf, SPEC or SPEC@VARIANT, told and drawn."""
    from compiler.diagram.sides import sides
    from compiler.diff import diff

    found = prepared(text, file, variant)
    name, of = shelf.split(base)
    named = f"{file}@{variant}" if variant else file
    try:
        begun = prepare(name, of or None)
    except SpecError as error:
        raise Refused(str(error)) from None
    other = diff(begun.network, found.network, (base, named), training=True)
    return {"differs": other.as_text(), "picture": Picture(sides(other)).svg}


def report(*, text: str, file: str, variant: str, output: str) -> dict[str, Any]:
    """Everything of a network as one page."""
    from compiler.report.page import as_html

    return {"page": as_html([prepared(text, file, variant)], output)}


def fix(*, text: str, file: str, place: int) -> dict[str, Any]:
    """The text with what one of its problems advises, by the problem's place in the list."""
    problems = _examined(text, file).problems
    advised = problems[place].fix if 0 <= place < len(problems) else None
    if advised is None or advised.span.file != file:
        raise Refused("there is nothing here that could be written")
    return {"text": applied(text, advised)}


def lay_out(*, text: str, file: str) -> dict[str, Any]:
    """The text in its one layout, as `fmt` writes it."""
    return {"text": dsl.formatted(text, file)}


def explain(*, code: str) -> dict[str, Any]:
    """What a code means."""
    if code not in every_code():
        raise Refused(f"there is no code {code}")
    return {"text": explanation(code)}


def complete(*, text: str, file: str, line: int, character: int) -> dict[str, Any]:
    """What could stand at a place of a text, both numbers from 0, as an editor is told it."""
    from playground import editing

    return editing.complete(text, file, line, character)


def hover(*, text: str, file: str, line: int, character: int) -> dict[str, Any]:
    """What there is to say of a place of a text."""
    from playground import editing

    return editing.hover(text, file, line, character)


ASKED: dict[str, Callable[..., dict[str, Any]]] = {
    "check": check,
    "cost": count,
    "draw": draw,
    "source": source,
    "diff": differ,
    "report": report,
    "fix": fix,
    "format": lay_out,
    "explain": explain,
    "complete": complete,
    "hover": hover,
}
"""Every question by its word."""


def answer(question: str) -> str:
    """The answer to `{"ask": word, …}`, or `{"refused": why}`.

    With `wrong` it is the spec that is wrong, which makes every answer about it the same. Only
    what is our own fault is raised.
    """
    given = json.loads(question)
    try:
        found = ASKED[given.pop("ask")](**given)
    except Refused as error:
        found = {"refused": str(error)}
    except SpecError as error:
        found = {"refused": str(error), "wrong": True}
    return json.dumps(found)
