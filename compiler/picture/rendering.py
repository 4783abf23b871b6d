"""DOT text to PNG or PDF: with the `dot` program if one works, else with pygraphviz."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from compiler.files import png

Format = Literal["png", "pdf"]
"""The forms that Graphviz makes."""
Job = tuple[str, str, float]
"""DOT text, format, dots per inch."""

PATIENCE = 20.0
"""Seconds for one drawing: the largest that there is takes one."""
MOST_PIXELS = 32_767
"""A side of a PNG. Cairo shrinks what is larger, text and all, to just that."""
POINTS = 72.0
"""Dots per inch at which a point is a pixel; with fewer, text can't be read."""


class RenderError(RuntimeError):
    """Graphviz was there and failed."""


class RenderUnavailable(RenderError):
    """There is no Graphviz; the message says what to install."""


def render(dot: str, format: Format, *, scale: float | None = None) -> bytes:
    """One drawing. `scale` is 2 for a PNG unless told otherwise; a PDF has no pixels.

    A PNG that would be too large is drawn at a smaller scale, down to 1. Raises
    `RenderUnavailable` without Graphviz, `RenderError` if Graphviz fails.
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
    return dot, format, POINTS * ((scale or 2) if format == "png" else 1)


def _run(jobs: list[Job]) -> list[bytes]:
    outputs = _drawn(jobs)
    large = [place for place, data in enumerate(outputs) if _too_large(jobs[place], data)]
    again = [(jobs[place][0], "png", POINTS) for place in large]
    for place, job, data in zip(large, again, _drawn(again) if again else (), strict=True):
        if _too_large(job, data):
            raise RenderError(
                f"the drawing is too large for a PNG, which ends at {MOST_PIXELS:,} pixels; "
                "draw it as .svg"
            )
        outputs[place] = data
        jobs[place] = job
    pairs = zip(jobs, outputs, strict=True)
    return [
        png.finish(data, dot, dpi) if format == "png" else data
        for (dot, format, dpi), data in pairs
    ]


def _too_large(job: Job, data: bytes) -> bool:
    """Whether a PNG came out smaller than it was asked for."""
    return job[1] == "png" and max(struct.unpack(">II", data[16:24])) >= MOST_PIXELS


def _drawn(jobs: list[Job]) -> list[bytes]:
    """What the first that works draws. Each is asked; what the last one says is told."""
    program = shutil.which("dot")
    fault: RenderError | None = None
    if program:
        try:
            return [_with_dot(program, job) for job in jobs]
        except RenderError as error:
            fault = error
    try:
        return _with_pygraphviz(jobs)
    except RenderUnavailable:
        if fault is None:
            raise
        message = f"{program} doesn't work ({fault}); mend it, or `pip install pygraphviz`"
        raise RenderUnavailable(message) from None


def _with_dot(program: str, job: Job) -> bytes:
    dot, format, dpi = job
    return _picture(_call([program, f"-T{format}", f"-Gdpi={dpi:g}"], dot.encode(), PATIENCE), job)


def _with_pygraphviz(jobs: list[Job]) -> list[bytes]:
    if find_spec("pygraphviz") is None:
        raise RenderUnavailable(
            "no Graphviz to draw with: `pip install pygraphviz`, or install Graphviz so that "
            "`dot` is on the PATH (apt install graphviz, brew install graphviz)"
        )
    worker = Path(__file__).with_name("_worker.py")
    command = [sys.executable, "-P", os.fspath(worker)]
    answer = _call(command, json.dumps(jobs).encode(), PATIENCE * (1 + len(jobs)))
    drawn = [base64.b64decode(each) for each in json.loads(answer)]
    return [_picture(data, job) for data, job in zip(drawn, jobs, strict=True)]


WHOLE = {"pdf": (b"%PDF-", b"%%EOF"), "png": (b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82")}
"""What a picture begins and ends with."""


def _picture(data: bytes, job: Job) -> bytes:
    """What was drawn, if it is that: a program may fail and not know it."""
    start, end = WHOLE[job[1]]
    if not (data.startswith(start) and data.rstrip().endswith(end)):
        raise RenderError(f"Graphviz failed: what it gave is no {job[1].upper()}")
    return data


def _call(command: list[str], text: bytes, patience: float) -> bytes:
    """What a program answers to a text. Raises `RenderError` if it fails or never ends."""
    pipe = subprocess.PIPE
    try:
        # A session of its own, so that what the program has started ends with it.
        process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        )
    except OSError as error:
        raise RenderError(f"Graphviz failed: {error.strerror}") from None
    with process:
        try:
            out, said = process.communicate(text, timeout=patience)
        except subprocess.TimeoutExpired:
            _end(process)
            raise RenderError(f"Graphviz failed: no answer in {patience:g} seconds") from None
        except BaseException:
            _end(process)
            raise
    if process.returncode:
        lines = said.decode(errors="replace").strip().splitlines()
        raise RenderError(f"Graphviz failed: {lines[-1] if lines else process.returncode}")
    return out


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and all that it has started."""
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
