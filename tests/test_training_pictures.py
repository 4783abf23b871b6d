"""What is drawn of runs and of evaluations: curves, and what is taken for what."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from compiler.cli import run
from compiler.picture import FORMS, Picture, as_dot, as_svg
from compiler.picture.ink import CONTRAST, contrast
from compiler.picture.strokes import Stroke, pieces
from compiler.training.axes import axis_for, whole_ticks
from compiler.training.curves import FINE, LEFT, RUNS, WIDE, learning_curves
from compiler.training.evaluating import Evaluation
from compiler.training.folder import CURVES, METRICS, RunFolder
from compiler.training.mistaken import confusion_matrix, mistakes
from compiler.training.records import Record, Scores, as_csv, from_csv

MADE = [form for form in FORMS if form not in ("pdf", "png")]
"""Forms that need no Graphviz."""


def records(count: int, **said: Any) -> list[Record]:
    """A run in which each epoch is a little better."""
    return [
        replace(
            Record(epoch, 9 * epoch, 0.1 / epoch, 2 / epoch, 1 - 0.5 / epoch, 2.5 / epoch,
                   1 - 0.7 / epoch, 2.2 / epoch, 1 - 0.6 / epoch, 1.0, float(epoch)),
            **said,
        )
        for epoch in range(1, count + 1)
    ]  # fmt: skip


def evaluation(names: tuple[str, ...], confusion: tuple[tuple[int, ...], ...]) -> Evaluation:
    return Evaluation(Scores(0.5, 0.75, 1.0), names, confusion)


def texts(svg: str) -> list[str]:
    return re.findall(r">([^<>]+)</text>", svg)


@pytest.mark.parametrize("values", [[0.0], [0.5], [3.0, 3.0], [1e-7, 2.0], [0.9, 0.92], [12.0, 7e4],
                                    [0.001, 0.002, 0.1, 0.1], [-1.0, 2.0]])  # fmt: skip
@pytest.mark.parametrize("most", [None, 1.0])
def test_all_values_have_a_place_on_their_axis(values: list[float], most: float | None) -> None:
    values = [min(value, most) if most else value for value in values]
    axis = axis_for(values, most)
    assert all(-1e-9 <= axis.place(value) <= 1 + 1e-9 for value in values)
    assert 2 <= len(axis.ticks) <= 8
    assert list(axis.ticks) == sorted(set(axis.ticks))
    assert axis.place(axis.low) == 0
    assert axis.place(axis.high) == 1


def test_epochs_are_whole() -> None:
    assert whole_ticks(1) == (1,)
    assert whole_ticks(4) == (1, 2, 3, 4)
    assert whole_ticks(300) == (1, 50, 100, 150, 200, 250, 300)


def test_curves_go_through_what_was_measured() -> None:
    """The test's curve of accuracies: its points, worked back from where they are drawn."""
    run = records(5)
    sheet = learning_curves({"small": run})
    solid = [stroke for stroke in sheet.strokes if len(stroke.points) == 5]
    assert [stroke.dash for stroke in solid[:3]] == ["dotted", "dashed", "solid"]
    grid = [stroke.points[0][1] for stroke in sheet.strokes if stroke.points[1][0] == LEFT + WIDE
            and len(stroke.points) == 2]  # fmt: skip
    high, low = min(grid), max(y for y in grid if y < min(grid) + 200)
    for record, (x, y) in zip(run, solid[2].points, strict=True):
        assert x == pytest.approx(LEFT + WIDE * (record.epoch - 1) / 4)
        assert (low - y) / (low - high) == pytest.approx(record.test_top1, abs=1e-9)
    svg = as_svg(sheet)
    assert "86 % right at best, in epoch 5 of 5" in svg  # Of those that were held out.
    said = texts(svg)
    assert {"trained on 90 %", "held out 86 %", "test 88 %", "test 0.44"} <= set(said)


def test_curves_of_what_there_is() -> None:
    """No image was held out, a loss was no number, and one epoch alone is a dot."""
    bare = [replace(one, held_loss=None, held_top1=None) for one in records(4)]
    bare[2] = replace(bare[2], test_loss=math.nan)
    svg = as_svg(learning_curves({"a <b> & c": bare}))
    assert not any("held out" in text for text in texts(svg))
    assert "nan" not in svg
    assert "a &lt;b&gt; &amp; c" in svg
    assert as_svg(learning_curves({"one": records(1)})).count('stroke-width="6"') == 7
    with pytest.raises(ValueError, match="none has no epoch to draw yet"):
        learning_curves({"none": []})


def test_long_runs_keep_their_peaks() -> None:
    run = records(5000)
    run[3777] = replace(run[3777], test_loss=77.0)
    sheet = learning_curves({"long": run})
    assert max(len(stroke.points) for stroke in sheet.strokes) <= FINE + 4
    _, losses, _ = (each for each in sheet.strokes if each.dash == "solid" and len(each.points) > 2)
    peak = min(losses.points, key=lambda point: point[1])
    assert peak[0] == pytest.approx(LEFT + WIDE * 3777 / 4999)


def test_runs_side_by_side() -> None:
    several = {f"run{i}": records(3 + i) for i in range(len(RUNS))}
    svg = as_svg(learning_curves(several))
    assert f"{len(RUNS)} runs" in texts(svg)
    assert all(ink.light in svg for ink in RUNS)
    with pytest.raises(ValueError, match=f"{len(RUNS)} runs can be told apart"):
        learning_curves({**several, "more": records(1)})


def test_lines_can_be_seen_by_day_and_by_night() -> None:
    for sheet in (learning_curves({"a": records(3), "b": records(3)}),
                  learning_curves({"a": records(3)})):  # fmt: skip
        for stroke in sheet.strokes:
            if len(stroke.points) > 2:
                assert contrast(stroke.ink.light, sheet.paper.light) >= CONTRAST
                assert contrast(stroke.ink.dark, sheet.paper.dark) >= CONTRAST


def test_dashes_add_up_to_their_line() -> None:
    """6 of 9 points are drawn, round corners too."""
    found = [*pieces(Stroke(((0, 0), (10, 0), (10, 80)), dash="dashed"))]
    lengths = [sum(math.dist(a, b) for a, b in pairwise(part)) for part in found]
    assert lengths == pytest.approx([6.0] * 10)
    assert (10, 0) in found[1]


@pytest.mark.parametrize("form", MADE)
def test_every_form_has_every_curve(form: str) -> None:
    sheet = learning_curves({"small": records(4)})
    text = Picture(sheet).made(form).decode()
    assert "test 0.55" in text or r"test 0.55" in text.replace("~", " ")
    for stroke in sheet.strokes:
        assert stroke.ink.light.lstrip("#") in text
    night = Picture(sheet).toned("dark").made(form).decode()
    assert sheet.strokes[-1].ink.light.lstrip("#") not in night


def test_the_table_is_read_back() -> None:
    run = [*records(2), replace(records(3)[2], held_loss=None, held_top1=None)]
    assert from_csv(as_csv(run)) == run
    with pytest.raises(ValueError, match="its columns aren't epoch, step"):
        from_csv("a,b\n1,2\n")
    for broken in ("1,2\n", "x" + as_csv(run).splitlines()[1] + "\n"):
        with pytest.raises(ValueError, match="line 2 isn't a row of numbers"):
            from_csv(as_csv([]) + broken)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A folder with what the command reads of a run."""
    RunFolder(tmp_path).note(records(3), "small")
    return tmp_path


def test_the_command_draws_runs(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "test 80 %" in (kept / CURVES).read_text(encoding="utf-8")
    output = kept / "both.SVG"
    assert run(["curves", str(kept), str(kept / "."), "-o", str(output)]) == 0
    assert "test 80 %" in output.read_text(encoding="utf-8")
    for words, said, code in (
        ([str(kept / "none"), "-o", "x.svg"], "there is no run in", 1),
        ([str(kept), "-o", "x.gif"], "a picture is a file that ends in .svg", 2),
        ([str(output), "-o", "x.svg"], "is a file", 2),
        ([str(kept), "-o", "x.svg", "--scale", "2"], "--scale and --dpi are of a .png", 2),
    ):
        assert run(["curves", *words]) == code
        assert said in capsys.readouterr().err
    (kept / METRICS).write_bytes(b"\xff\xfe")
    assert run(["curves", str(kept), "-o", str(output)]) == 1
    assert "metrics.csv can't be read" in capsys.readouterr().err


DIGITS = tuple("0123456789")


def test_a_matrix_says_what_was_counted() -> None:
    rows = tuple(
        tuple(1000 + 7 * i if i == j else (i * j) % 5 for j in range(10)) for i in range(10)
    )
    sheet = confusion_matrix(evaluation(DIGITS, rows), "small")
    (tile,) = (tile for tile in sheet.tiles if tile.name == "cells")
    written = [
        [int("".join(run.text for run in cell.runs).replace(",", "") or 0) for cell in line.cells]
        for line in tile.label
    ]
    assert written == [list(row) for row in rows]
    (columns,) = (tile for tile in sheet.tiles if tile.name == "columns")
    assert [cell.runs[0].text for cell in columns.label[0].cells] == list(DIGITS)
    right = [[cell.outline is not None for cell in line.cells] for line in tile.label]
    assert right == [[i == j for j in range(10)] for i in range(10)]


def test_colours_are_shares_of_a_row() -> None:
    """A class of few images looks like one of many that is mistaken as often."""
    sheet = confusion_matrix(evaluation(("a", "b"), ((8, 2), (200, 800))), "small")
    (tile,) = (tile for tile in sheet.tiles if tile.name == "cells")
    (one, two) = ([cell.fill for cell in line.cells] for line in tile.label)
    assert one == two[::-1]
    assert one[0] != one[1]


def test_names_that_do_not_fit_are_numbered() -> None:
    names = ("cat", "a name\nof <many> letters, and of more than any row has room for, & one more")
    svg = as_svg(confusion_matrix(evaluation(names, ((3, 1), (0, 2))), "small"))
    said = texts(svg)
    assert said.count("1") == 3
    assert any(text.startswith("a name of &lt;many") and text.endswith("…") for text in said)


def test_very_many_classes_share_rows() -> None:
    count = 1000
    rows = [[0] * count for _ in range(count)]
    for i in range(count):
        rows[i][i] = 40
    rows[17][944] = 9
    names = tuple(f"n{i:04}" for i in range(count))
    found = evaluation(names, tuple(map(tuple, rows)))
    assert next(mistakes(found)).count == 9
    sheet = confusion_matrix(found, "large")
    said = texts(as_svg(sheet))
    assert "n0000 … n0019" in said
    assert "n0017 for n0944: 9 of 49" in said
    assert len(as_dot(sheet)) < 200_000
    (tile,) = (tile for tile in sheet.tiles if tile.name == "cells")
    assert {round(line.width) for line in tile.label} == {round(tile.width)}


def test_a_matrix_without_mistakes_or_images() -> None:
    for row in (((3, 0), (0, 3)), ((0, 0), (0, 0))):
        svg = as_svg(confusion_matrix(evaluation(("a", "b"), row), "small"))
        assert "taken for" not in svg
