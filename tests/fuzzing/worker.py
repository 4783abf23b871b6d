"""What is done with each spec, in a process of its own: texts come in, answers go out as JSON."""

from __future__ import annotations

import ast
import io
import json
import resource
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO

import dsl
from compiler.checking.examining import examined
from compiler.checking.likeness import named
from compiler.cli.summary import recipe_summary, sweep_summary
from compiler.cost import cost
from compiler.cost.render import as_text
from compiler.diagram import drawings
from compiler.ir.network import Network
from compiler.lowering.prepare import Piped, Prepared, prepare
from compiler.picture import as_dot, as_svg
from compiler.report.page import as_html
from compiler.source import emit
from dsl.changing.sweeping import swept
from dsl.reading.kinds import Kind
from dsl.text.problems import Problem, SpecError
from dsl.text.source import read_stream

MEMORY = 512 << 20
FILE = "mutant.yaml"


def read_back(text: str, spec: dsl.Spec, network: Network) -> None:
    """A spec is written so that it reads back as it was."""
    if dsl.loads(dsl.dump(spec), FILE) != spec:
        raise AssertionError("what was dumped reads back as something else")


def formatted(text: str, spec: dsl.Spec, network: Network) -> None:
    """In its one layout it is the same spec, and stays as it is."""
    made = dsl.formatted(text, FILE)
    if dsl.loads(made, FILE) != spec:
        raise AssertionError("what was formatted reads as something else")
    if dsl.formatted(made, FILE) != made:
        raise AssertionError("what was formatted is formatted anew")


def counted(text: str, spec: dsl.Spec, network: Network) -> None:
    """What it costs."""
    as_text(cost(network))


def emitted(text: str, spec: dsl.Spec, network: Network) -> None:
    """Source that Python can read."""
    ast.parse(emit(network))


def drawn(text: str, spec: dsl.Spec, network: Network) -> None:
    """Its drawings."""
    for sheet in drawings(network).values():
        as_svg(sheet), as_dot(sheet)


def reported(text: str, spec: dsl.Spec, network: Network) -> None:
    """Everything on one page."""
    as_html([Prepared(spec, network)])


def linted(text: str, spec: dsl.Spec, network: Network) -> None:
    """What lints say of it and of its variants, in words."""
    for problem in examined(Piped(text, FILE, FILE)).problems:
        problem.render(text)


STAGES: tuple[Callable[[str, dsl.Spec, Network], None], ...] = (
    read_back, formatted, counted, emitted, drawn, reported, linted,
)  # fmt: skip


def recipe(text: str) -> None:
    """A recipe is read, written and laid out so that it stays what it is."""
    made = dsl.loads_recipe(text, FILE)
    if dsl.loads_recipe(dsl.dump(made), FILE) != made:
        raise AssertionError("what was dumped reads back as something else")
    if dsl.loads_recipe(dsl.formatted(text, FILE), FILE) != made:
        raise AssertionError("what was formatted reads as something else")
    recipe_summary(made)


def sweep(text: str) -> None:
    """A sweep is read, told and laid out, and its axes are looked for in the spec that it is of."""
    made = dsl.loads_sweep(text, FILE)
    swept(made)
    sweep_summary(made)
    again = dsl.formatted(text, FILE)
    dsl.loads_sweep(again, FILE)
    if dsl.formatted(again, FILE) != again:
        raise AssertionError("what was formatted is laid out otherwise a second time")


OTHERS: dict[Kind, Callable[[str], None]] = {"recipe": recipe, "sweep": sweep}
"""What is made of texts that aren't specs."""


def answer(data: bytes) -> dict[str, Any]:
    """What is made of a file's content."""
    start, took, stage = time.process_time(), {}, "read"
    try:
        text = read_stream(io.BytesIO(data), FILE)
        if other := OTHERS.get(named(Piped(text, FILE))):
            other(text)
            return {"took": {"lowered": time.process_time() - start}}
        spec = dsl.loads(text, FILE)
        stage = "lowered"
        network = prepare(spec).network
        took["lowered"] = time.process_time() - start
        for step in STAGES:
            stage, before = step.__name__, time.process_time()
            step(text, spec, network)
            took[stage] = took["lowered"] + time.process_time() - before
    except SpecError as error:
        if stage in ("read", "lowered"):
            str(error)
            took["refused"] = time.process_time() - start
            return {"refused": [_placed(problem) for problem in error.problems], "took": took}
        return _failed(stage, error)
    except BaseException as error:  # noqa: BLE001 - what it is for
        return _failed(stage, error)
    return {"took": took}


def _placed(problem: Problem) -> dict[str, Any]:
    """A problem's code, line and message, and the lines of its notes."""
    notes = [span.line for span, _ in problem.notes if span.file == problem.span.file]
    return {
        "code": problem.code, "line": problem.span.line, "notes": notes, "says": problem.message,
    }  # fmt: skip


def _failed(stage: str, error: BaseException) -> dict[str, Any]:
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f"{last[0].filename.rpartition('/')[2]}:{last[0].lineno}" if last else ""
    said = "".join(traceback.format_exception(error)[-12:])
    return {"failed": f"{stage}: {type(error).__name__} at {where}", "said": said}


def serve(given: BinaryIO, answers: BinaryIO) -> None:
    """Answer until nothing more comes: the length of each text on a line, then the text."""
    while line := given.readline():
        found = answer(given.read(int(line)))
        answers.write(json.dumps(found).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    serve(sys.stdin.buffer, sys.stdout.buffer)
