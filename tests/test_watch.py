"""`watch`: real saves, as editors make them, seen by a process of its own."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import dsl
from compiler.checking.examining import AS_WRITTEN
from compiler.cli import run
from compiler.cli.emitting import draw, source
from compiler.cli.watching import Watched, watch
from compiler.lowering.lower import lower
from compiler.picture.forms import endings
from compiler.review.turns import turned
from tests.repositories import SPEC

ROOT = Path(__file__).parent.parent
HEIR = "name: heir\nextends: base.yaml\nset: {mixed.branch1.width: 12}\n"
LONGEST = 60
"""Seconds until a line that is waited for must have come; it comes in a fraction of one."""


def interruptible() -> None:
    """What a shell runs in the background ignores interrupts, and so does all that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Watching:
    """A process that watches, and what it has said since it was asked last."""

    def __init__(self, folder: Path, *words: str) -> None:
        command = [sys.executable, "-m", "compiler", "watch", *words]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=interruptible,  # noqa: PLW1509  # it sets a signal alone
        )
        self.lines: queue.Queue[str] = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.put(line.decode().rstrip("\n"))

    def until(self, pattern: str) -> list[str]:
        """The lines up to one that fits."""
        found: list[str] = []
        deadline = time.monotonic() + LONGEST
        while not (found and re.search(pattern, found[-1])):
            try:
                found.append(self.lines.get(timeout=max(0.01, deadline - time.monotonic())))
            except queue.Empty:
                raise AssertionError(f"no {pattern!r} in {found}") from None
        return found

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        code = self.process.wait(LONGEST)
        self.reader.join(LONGEST)
        return code

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.reader.join(LONGEST)
        assert self.process.stdout
        self.process.stdout.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(SPEC)
    (tmp_path / "heir.yaml").write_text(HEIR)
    return tmp_path


@pytest.fixture
def watching(folder: Path) -> Iterator[Watching]:
    found = Watching(folder, "heir.yaml", "--draw", "heir.dot", "--max-params", "2k")
    try:
        said = found.until("Ctrl-C ends")
        assert "parameters         906" in "\n".join(said)
        assert said[-1] == "watching base.yaml, heir.yaml; Ctrl-C ends"
        yield found
    finally:
        found.close()


def replaced(path: Path, text: str) -> None:
    """A save as many editors make it: another file takes the name."""
    beside = path.with_name(f".{path.name}.swp")
    beside.write_text(text)
    beside.replace(path)


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
def test_a_session_of_saves(watching: Watching, folder: Path) -> None:
    heir, base, picture = (folder / name for name in ("heir.yaml", "base.yaml", "heir.dot"))
    drawn = picture.read_text()

    replaced(heir, HEIR.replace("12", "16"))
    first, second = watching.until("->")
    assert re.match(r"[\d:]{8}  \+80 parameters \(\+8\.8%\), .*bytes at the peak", first)
    assert second == "  ~ mixed.branch1: width 12 -> 16"

    base.write_text(SPEC.replace("3x3 8 /2", "3x3 16 /2"))
    assert watching.until("conv1")[-1] == "  ~ conv1: width 8 -> 16"

    base.write_text(SPEC.replace("3x3 8 /2", "3x3 eight /2"))
    assert "it can't be built" in watching.until("problem found")[0]
    base.unlink()
    watching.until("can't read base.yaml")
    assert watching.until("gone")[-1] == "  1 gone"  # The fault that the base had.
    replaced(base, SPEC.replace("3x3 8 /2", "3x3 16 /2"))
    assert watching.until("no problems any more")[0].endswith("  the same network")

    for width in range(20, 30):  # An editor that saves at each key.
        heir.write_text(HEIR.replace("12", str(width)))
    heir.write_text(HEIR.replace("12", "400"))
    said = watching.until("problem found")
    assert any("the limit of params is <= 2k, the network has" in line for line in said)
    assert len([line for line in said if re.match(r"[\d:]{8}  ", line)]) < 8

    heir.write_text(HEIR.replace("base.yaml", "other.yaml"))
    watching.until("problem found")
    (folder / "other.yaml").write_text(SPEC.replace("10", "11"))
    watching.until("no problems any more")
    replaced(folder / "other.yaml", SPEC.replace("10", "12"))
    assert watching.until("classes")[-1] == "  ~ network: classes 11 -> 12"

    assert picture.read_text() != drawn
    assert watching.end() == 130
    assert "".join(watching.lines.queue) == ""


def test_what_is_half_written_is_no_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = folder / "base.yaml"
    watched = Watched(str(spec), AS_WRITTEN, None)
    assert watched.look().prepared
    for rest in (SPEC, "name: base\n"):
        monkeypatch.setattr("time.sleep", lambda _, rest=rest: spec.write_text(rest))
        spec.write_text(SPEC[: len(SPEC) // 2])
        assert bool(watched.look().prepared) == (rest == SPEC)


def test_what_a_save_changed_in_words() -> None:
    base = dsl.load("googlenet")
    old = lower(base)
    assert turned(old, lower(base)) == ["the same network"]
    figures, *lines = turned(old, lower(dsl.change(base, {"conv3.width": 384})))
    assert figures.startswith("+")
    assert " parameters (+" in figures
    assert " M MACs (+" in figures
    assert lines == ["  ~ conv3: width 192 -> 384"]
    (same, line) = turned(old, lower(dsl.change(base, {"dropout": "dropout 0.1"})))
    assert (same, line) == ("the same cost", "  ~ dropout: rate 0.4 -> 0.1")
    _, *many = turned(old, lower(dsl.load("inception_resnet_v2")))
    assert len(many) == 21
    assert re.fullmatch(r"  … \d+ lines more", many[-1])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-"], "a pipe has only one content"),
        (["googlenet", "--draw", "x.gif"], f"ends in {endings()}"),
        (["googlenet", "--what", "v1"], "--what is of a drawing: say with --draw where it goes"),
        (["googlenet", "--mono"], "--mono is of a drawing"),
        (
            [str(ROOT / "specs" / "recipes" / "digits.yaml"), "--open"],
            "--open shows a network, and a recipe is none",
        ),
        (["googlenet", "--fit", "wide", "--draw", "x.svg"], "--fit"),
        (["googlenet", "--dpi", "90", "--draw", "x.svg"], "a .svg has no pixels"),
        (["googlenet", "--max-params", "many"], "a budget such as"),
    ],
)
def test_what_cannot_be_watched(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["watch", *words]) == 2
    assert said in capsys.readouterr().err


def test_it_draws_as_draw_does(folder: Path) -> None:
    """Every option of a picture is the same one, and comes to the same bytes."""
    drawn, watched = (
        {each.name: each.opts for each in command.params} for command in (draw, watch)
    )
    plain = {each.name for each in source.params}
    assert {name: watched.get(name) for name in set(drawn) - plain} == {
        name: opts for name, opts in drawn.items() if name not in plain
    }
    words = ["--layout", "column", "--dark", "--no-title", "--heat", "memory"]
    found = Watching(folder, "heir.yaml", "--draw", "watched.svg", *words)
    try:
        found.until("Ctrl-C ends")
    finally:
        found.close()
    heir, out = str(folder / "heir.yaml"), folder / "drawn.svg"
    assert run(["draw", heir, "-o", str(out), *words]) == 0
    assert (folder / "watched.svg").read_text() == out.read_text()


def test_watchfiles_is_an_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    assert run(["watch", "googlenet"]) == 1
    assert "pip install 'inception-compile[watch]'" in capsys.readouterr().err
