"""Rendering: a `dot` that fails gives way to the wheel's own; no picture is too large to read."""

from __future__ import annotations

import re
import shutil
import struct
import sys
import time
from pathlib import Path

import pytest

import dsl
from compiler import diagram, picture
from compiler.cli import run
from compiler.diagram import trimming
from compiler.diagram.rows import CARDS
from compiler.lowering.lower import lower
from compiler.picture import Sheet, as_dot, rendering

DOT = "digraph { a -> b }"
HEAD = "head: [globalpool avg, fc classes]\n"
SPEC = "name: t\ninput: [3, 32, 32]\nclasses: 10\nstem: [{steps}]\n" + HEAD

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the false dots are shell scripts")

FAILING = {
    "crashes": "kill -SEGV $$",
    "has no such format": 'echo "Format: png not recognized" >&2; exit 1',
    "prints garbage": "echo hello",
    "prints nothing": "exit 0",
    "ends halfway": "printf '<svg width='",
    "reads nothing": "exec <&-; exit 3",
    "hangs": "sleep 600 & wait",
}


def false_dot(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = folder / "dot"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return program


@pytest.mark.parametrize("how", FAILING)
def test_a_dot_that_fails_gives_way(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "PATIENCE", 1.0 if how == "hangs" else 20.0)
    program = false_dot(tmp_path, FAILING[how], monkeypatch)
    assert shutil.which("dot") == str(program)
    start = time.monotonic()
    assert picture.render(DOT, "pdf").startswith(b"%PDF-")
    assert picture.render_all({"a": DOT}, ["png"])["a", "png"].startswith(b"\x89PNG")
    assert time.monotonic() - start < 300, "what a hanging dot has started was waited for"


def test_what_a_hanging_dot_has_started_ends_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "PATIENCE", 1.0)
    there = tmp_path / "pid"
    false_dot(tmp_path, f"sleep 60 & echo $! > {there}; wait", monkeypatch)
    picture.render(DOT, "png")
    stat = Path(f"/proc/{there.read_text().strip()}/stat")
    if Path("/proc/self").exists():
        assert not stat.exists() or stat.read_text().split()[2] == "Z"


def test_a_program_that_can_t_be_run_gives_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    false_dot(tmp_path, "", monkeypatch).write_bytes(b"\x00\x01\x02")
    assert picture.render(DOT, "png").startswith(b"\x89PNG")


def test_a_failing_dot_and_no_wheel_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = false_dot(tmp_path, "echo broken >&2; exit 1", monkeypatch)
    monkeypatch.setattr(rendering, "find_spec", lambda name: None)
    with pytest.raises(picture.RenderUnavailable) as caught:
        picture.render(DOT, "png")
    said = str(caught.value)
    assert said == (
        f"{program} doesn't work (Graphviz failed: broken); mend it, or `pip install pygraphviz`"
    )


def test_drawing_what_needs_graphviz_is_then_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(rendering, "find_spec", lambda name: None)
    for form in picture.FORMS:
        file = tmp_path / f"x.{form}"
        drawn = run(["draw", "googlenet", "--what", "v1", "-o", str(file)]) == 0
        assert drawn == file.exists() == (form not in ("pdf", "png")), form
        said = capsys.readouterr().err.splitlines()
        assert len(said) == (not drawn), said
        assert drawn or "pip install pygraphviz" in said[0]


@pytest.mark.parametrize("dot", ["", "echo broken >&2; exit 1"])
def test_the_main_job_then_writes_no_png(
    dot: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if dot:
        false_dot(tmp_path, dot, monkeypatch)
    else:
        monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(rendering, "find_spec", lambda name: None)
    spec = tmp_path / "t.yaml"
    spec.write_text(SPEC.format(steps="3x3 8"))
    assert run([str(spec), "--out", str(tmp_path / "out")]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if "diagrams/" in line)
    assert "no .png: " in line
    assert "pip install pygraphviz" in line
    kinds = {path.suffix for path in (tmp_path / "out/t/diagrams").iterdir()}
    assert kinds == {".dot", ".svg"}


def pixels(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def boxes(sheet: Sheet) -> int:
    return len(sheet.tiles)


@pytest.mark.parametrize("count", [400, 1000])
def test_a_stem_of_many_branches_shows_the_first_and_the_last(count: int) -> None:
    network = lower(dsl.loads(SPEC.format(steps=f"{{concat: [{', '.join(['1x1 1'] * count)}]}}")))
    sheet = diagram.stem(network)
    dot = as_dot(sheet)
    assert boxes(sheet) == trimming.COLUMNS + 3, "input, branches, what is left out, the join"
    assert f"⋮ {count - trimming.COLUMNS:,} more" in dot
    named = re.findall(r"\bbranch\d+\b", re.sub(r"tooltip=\"[^\"]*\"", "", dot))
    assert (named[0], named[-1]) == ("branch1", f"branch{count}")
    width, height = pixels(picture.render(dot, "png"))
    assert width < 12_000
    assert height > 400, "text is drawn at its full size"


@pytest.mark.parametrize("draw", [diagram.stem, diagram.full, diagram.overview])
def test_a_long_network_shows_its_beginning_and_its_end(draw: object) -> None:
    network = lower(dsl.loads(SPEC.format(steps=", ".join(["1x1 2"] * 3000))))
    assert callable(draw)
    sheet = draw(network)
    dot = as_dot(sheet)
    assert re.search(r"⋮ 2,\d\d\d more", dot)
    assert boxes(sheet) <= max(trimming.FULL, CARDS * 7 // 6) + 3
    width, height = pixels(picture.render(dot, "png"))
    assert max(width, height) < rendering.MOST_PIXELS
    assert width > 300


def test_branches_of_branches_count_together() -> None:
    inner = f"{{concat: [{', '.join(['1x1 1'] * 30)}]}}"
    network = lower(dsl.loads(SPEC.format(steps=f"{{concat: [{', '.join([inner] * 30)}]}}")))
    assert boxes(diagram.stem(network)) < 2 * trimming.COLUMNS


def test_what_fits_is_drawn_whole() -> None:
    branches = ", ".join(["1x1 1"] * trimming.COLUMNS)
    network = lower(dsl.loads(SPEC.format(steps=f"{{concat: [{branches}]}}")))
    assert "more" not in as_dot(diagram.stem(network))


def test_a_png_that_would_be_shrunk_is_drawn_smaller_or_refused() -> None:
    wide = "digraph {{ a [shape=box fixedsize=true width={} height=1] }}"
    width, height = pixels(picture.render(wide.format(300), "png"))
    assert 72 * 300 < width < 72 * 310
    assert height < 100
    with pytest.raises(picture.RenderError, match=r"too large for a PNG.*draw it as \.svg"):
        picture.render(wide.format(600), "png")
    assert picture.render(wide.format(600), "pdf").startswith(b"%PDF-")
