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
from compiler.cost import cost
from compiler.cost.render import as_text
from compiler.diagram import drawings
from compiler.findings.subject import Subject
from compiler.ir.network import Network
from compiler.lints import every_lint
from compiler.lowering.prepare import prepare
from compiler.source import emit
from dsl.text.problems import Problem, SpecError
from dsl.text.values import read_stream

MEMORY = 512 << 20
FILE = "mutant.yaml"


def read_back(spec: dsl.Spec, network: Network) -> None:
    """A spec is written so that it reads back as it was."""
    text = dsl.dump(spec)
    again = dsl.loads(text, FILE)
    if again != spec:
        raise AssertionError("what was dumped reads back as something else")


def counted(spec: dsl.Spec, network: Network) -> None:
    """What it costs."""
    as_text(cost(network))


def emitted(spec: dsl.Spec, network: Network) -> None:
    """Source that Python can read."""
    ast.parse(emit(network))


def drawn(spec: dsl.Spec, network: Network) -> None:
    """Its drawings."""
    drawings(network)


def linted(spec: dsl.Spec, network: Network) -> None:
    """What lints say, in words."""
    subject = Subject(network)
    for lint in every_lint():
        for problem in lint.problems(subject):
            problem.render()


STAGES: tuple[Callable[[dsl.Spec, Network], None], ...] = (
    read_back, counted, emitted, drawn, linted,
)  # fmt: skip


def answer(data: bytes) -> dict[str, Any]:
    """What is made of a file's content."""
    start, took, stage = time.process_time(), {}, "read"
    try:
        spec = dsl.loads(read_stream(io.BytesIO(data), FILE), FILE)
        stage = "lowered"
        network = prepare(spec).network
        took["lowered"] = time.process_time() - start
        for step in STAGES:
            stage, before = step.__name__, time.process_time()
            step(spec, network)
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
