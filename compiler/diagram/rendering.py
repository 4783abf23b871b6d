"""DOT text to SVG or PNG: with the `dot` program if there is one, else with pygraphviz."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from compiler import png
from compiler.diagram import svg

Format = Literal["svg", "png"]
Job = tuple[str, str, float]
"""DOT text, format, dots per inch."""


class RenderError(RuntimeError):
    """Graphviz was there and failed."""


class RenderUnavailable(RenderError):
    """There is no Graphviz; the message says what to install."""


def render(dot: str, format: Format, *, scale: float | None = None) -> bytes:
    """One drawing. `scale` is 2 for a PNG unless told otherwise, 1 for an SVG.

    Raises `RenderUnavailable` without Graphviz, `RenderError` if Graphviz fails.
    """
    return _run([_job(dot, format, scale)])[0]


def render_all(
    drawings: Mapping[str, str], formats: Iterable[Format], *, scale: float | None = None
) -> dict[tuple[str, str], bytes]:
    """Every drawing in every format, in one process where pygraphviz draws."""
    keys = [(name, format) for format in formats for name in drawings]
    jobs = [_job(drawings[name], format, scale) for name, format in keys]
    return dict(zip(keys, _run(jobs), strict=True))


def _job(dot: str, format: Format, scale: float | None) -> Job:
    return dot, format, 72 * (scale or (2 if format == "png" else 1))


def _run(jobs: list[Job]) -> list[bytes]:
    program = shutil.which("dot")
    outputs = [_with_dot(program, job) for job in jobs] if program else _with_pygraphviz(jobs)
    pairs = zip(jobs, outputs, strict=True)
    finish = {"svg": svg.finish, "png": png.finish}
    return [finish[format](data, dot) for (dot, format, _), data in pairs]


def _with_dot(program: str, job: Job) -> bytes:
    dot, format, dpi = job
    return _call([program, f"-T{format}", f"-Gdpi={dpi:g}"], dot.encode())


def _with_pygraphviz(jobs: list[Job]) -> list[bytes]:
    if find_spec("pygraphviz") is None:
        raise RenderUnavailable(
            "no Graphviz to draw with: `pip install pygraphviz`, or install Graphviz so that "
            "`dot` is on the PATH (apt install graphviz, brew install graphviz)"
        )
    worker = Path(__file__).with_name("_worker.py")
    answer = _call([sys.executable, "-P", os.fspath(worker)], json.dumps(jobs).encode())
    return [base64.b64decode(each) for each in json.loads(answer)]


def _call(command: list[str], text: bytes) -> bytes:
    done = subprocess.run(command, input=text, capture_output=True, check=False)
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise RenderError(f"Graphviz failed: {lines[-1] if lines else done.returncode}")
    return done.stdout
