"""Editing: what an editor waits for, from a change sent over a pipe to the server's answer.

Milliseconds, not ratios: a person waits for them. Of several series the least counts, since what
else the machine does can only add to them; the others and its load are shown beside it, and what
the server itself had of a processor, which the load changes least.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from dsl.models import shelf
from tests.speaking import Editor, editor

SPEC = "inception_v3"
AIM = 0.1
"""Seconds from an edit to what is wrong with the text."""
EDITS = 30
BURST = 20
"""Edits in a row, each with the questions that an editor asks of itself."""
PLACE = "3x3 32"
"""The layer whose width is typed anew."""


class Session:
    """An editor with the spec open, and the place in it where it types."""

    def __init__(self, speaker: Editor) -> None:
        self.speaker = speaker
        self.version = 1
        text = (shelf.folder() / f"{SPEC}.yaml").read_text(encoding="utf-8")
        lines = text.split("\n")
        self.line = next(number for number, line in enumerate(lines) if PLACE in line)
        self.column = lines[self.line].index(PLACE) + PLACE.index(" ") + 1
        speaker.open(f"{SPEC}.yaml", text)

    def _change(self) -> dict[str, Any]:
        """Another width of two digits in the same place."""
        self.version += 1
        start = {"line": self.line, "character": self.column}
        end = {"line": self.line, "character": self.column + 2}
        return {"range": {"start": start, "end": end}, "text": str(20 + self.version % 70)}

    def edit(self) -> list[dict[str, Any]]:
        """One edit, and all that is wrong with the text then: the spec's promises are broken."""
        change = self._change()
        return self.speaker.change(f"{SPEC}.yaml", self.version, change)

    def burst(self) -> None:
        """Many edits with what is asked behind each, then a completion, which is waited for."""
        document = {"uri": self.speaker.uri(f"{SPEC}.yaml")}
        whole = {"start": {"line": 0, "character": 0}, "end": {"line": 999, "character": 0}}
        for _ in range(BURST):
            change = self._change()
            params = {"textDocument": {**document, "version": self.version}}
            self.speaker.notify("textDocument/didChange", {**params, "contentChanges": [change]})
            asked = {"textDocument": document, "range": whole}
            self.speaker.ask("textDocument/inlayHint", asked)
        began = time.perf_counter()
        place = self.speaker.at(f"{SPEC}.yaml", self.line, self.column + 2)
        self.speaker.result("textDocument/completion", place)
        self.waited = time.perf_counter() - began
        self.speaker.problems(f"{SPEC}.yaml", self.version)
        self.speaker.kept.clear()

    def answered(self) -> float:
        """Seconds until an edit is answered."""
        began = time.perf_counter()
        self.edit()
        return time.perf_counter() - began

    def completed(self) -> float:
        """Seconds until a completion behind a burst is answered."""
        self.burst()
        return self.waited


def series(measure: Callable[[], float], *, count: int, rounds: int) -> list[float]:
    """The medians of several series, in order of time."""
    return [median(measure() for _ in range(count)) for _ in range(rounds)]


def report(*, quick: bool) -> Iterator[str]:
    """What an edit and a completion take, over a pipe, from a server of its own."""
    rounds = 3 if quick else 9
    with TemporaryDirectory() as folder, editor(Path(folder)) as speaker:
        speaker.begin()
        session = Session(speaker)
        session.edit()
        before = spent(speaker.process.pid)
        edits = series(session.answered, count=EDITS, rounds=rounds)
        yield _line(f"an edit of {SPEC} and its problems", edits, AIM)
        if before is not None:
            own = (spent(speaker.process.pid) or 0) - before
            yield f"  the server's own time: {own / EDITS / rounds * 1000:.0f} ms an edit"
        bursts = series(session.completed, count=5, rounds=rounds)
        yield _line(f"a completion behind {BURST} edits at once", bursts)
    if hasattr(os, "getloadavg"):
        yield f"load of the machine {os.getloadavg()[0]:.1f}, on {os.cpu_count()} cores"


def spent(process: int) -> float | None:
    """Seconds of a processor that a process has had; None where the system doesn't say."""
    stat = Path(f"/proc/{process}/stat")
    if not stat.exists():
        return None
    user, system = stat.read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _line(what: str, medians: list[float], aim: float | None = None) -> str:
    """The least median, whether it meets an aim, and the others."""
    least = min(medians)
    met = "" if aim is None else f", aim {aim * 1000:.0f} ms: {'yes' if least <= aim else 'no'}"
    others = " ".join(f"{each * 1000:.0f}" for each in medians)
    return f"{what}: {least * 1000:.0f} ms{met} (medians of series: {others})"
