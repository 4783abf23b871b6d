"""Two networks drawn side by side: aligned, every difference once, what is alike in one line."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

import dsl
from compiler.cli import run
from compiler.diagram import draw_diff
from compiler.diagram.fitting import LEAST, room_of, smallest
from compiler.diagram.pairs import MARKS
from compiler.diagram.sides import AMOUNTS, sides
from compiler.diagram.versus import Told, told
from compiler.diagram.wishes import Wishes
from compiler.diff import Diff, diff
from compiler.diff.wording import shown as shown_value
from compiler.ir.network import Network
from compiler.lowering.lower import lower
from compiler.picture import FORMS
from compiler.picture.sheet import Sheet, Tile
from tests.networks import BASE, TEXTS, network, shown
from tests.test_diagram_wishes import hold

PAIRS = [
    ("googlenet", "googlenet@torchvision"), ("inception_v3", "inception_v4"),
    ("inception_resnet_v1", "inception_resnet_v2"), ("small", "residual"),
    ("inception_next", "inception_next@small"), ("residual", "nested"),
]  # fmt: skip


def of(name: str) -> Network:
    if name in TEXTS:
        return network(name)
    spec, _, variant = name.partition("@")
    return lower(dsl.load(spec, variant or None))


def compared(one: str, other: str) -> Diff:
    return diff(of(one), of(other), (one, other))


def cards(sheet: Sheet, side: str) -> dict[float, Tile]:
    return {tile.top: tile for tile in sheet.tiles if tile.name.startswith(f"{side}.")}


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_what_belongs_together_stands_at_one_height(one: str, other: str) -> None:
    found = compared(one, other)
    sheet = sides(found)
    hold(sheet)
    mine, theirs = cards(sheet, "one"), cards(sheet, "other")
    rows = [row for row in told(found) if not row.is_folded]
    assert sorted({*mine, *theirs}) == sorted(mine | theirs)
    assert len({*mine, *theirs}) == len(rows)
    for row, top in zip(rows, sorted({*mine, *theirs}), strict=True):
        assert (top in mine) == bool(row.ones or row.is_whole)
        assert (top in theirs) == bool(row.others or row.is_whole)
        if top in mine and top in theirs:
            assert mine[top].height == theirs[top].height
            assert len(mine[top].label) == len(theirs[top].label)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_every_step_is_there_once_and_the_amounts_add_up(one: str, other: str) -> None:
    found = compared(one, other)
    rows = told(found)
    for side, whole in enumerate(found.networks):
        steps = Counter(
            node.name.partition(".")[0]
            for row in rows
            for node in (row.ones, row.others)[side]
        )  # fmt: skip
        assert [*steps] == [node.name for node in whole.nodes]
    summed(found)


def summed(found: Diff) -> None:
    for _, amount in AMOUNTS:
        totals = [sum(map(amount, each.trunk)) for each in found.networks]
        more = sum(row.more(amount) for row in told(found) if not row.aside)
        assert more == totals[1] - totals[0]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_every_difference_is_told_where_it_is(one: str, other: str) -> None:
    """A step that is on one side only by its card, all else by a line on either side."""
    found = compared(one, other)
    rows = told(found)
    for change in found.common()[1]:
        (row,) = (row for row in rows if has(row, change.place.one, change.place.other))
        if change.what == "step" and row.fate in ("added", "removed"):
            assert row.fate == change.kind
            continue
        sides = [(entry.one, entry.other)[change.new is not None] for entry in row.entries]
        value = str(shown_value(change.new if change.new is not None else change.old))
        assert any(value.replace("×", "x") in side.replace("×", "x") for side in sides), change
    for row in rows:
        assert len({*row.entries}) == len(row.entries)


def has(row: Told, one: str, other: str) -> bool:
    """Whether it is the row of a place: that of both its steps."""
    if not one.strip(".") and not other:
        return row.is_whole
    pairs = ((row.ones, one), (row.others, other))
    return all(
        not path or any(f"{path}.".startswith(f"{node.name}.") for node in nodes)
        for nodes, path in pairs
    ) and bool((one and row.ones) or (other and row.others))


def drawn(edits: dict[str, object]) -> tuple[list[Told], str]:
    base = dsl.loads(BASE)
    found = diff(lower(base), lower(dsl.change(base, edits)))
    sheet = sides(found)
    hold(sheet)
    return told(found), "\n".join(map(shown, sheet.tiles))


@pytest.mark.parametrize(
    ("edits", "fate", "texts"),
    [({"conv1": "5x5 16 /2"}, "changed", ["~ kernel 3×3", "~ kernel 5×5"]),
     ({"a.n": 9}, "changed", ["~ b1: width 8", "~ b1: width 9"]),
     ({"inception.A.b2.1.groups": 2}, "changed", ["~ b2.1 in 3 steps: groups 2"]),
     ({"head.dropout": 0.1}, "changed", ["~ rate 0.4", "~ rate 0.1"]),
     ({"aux": []}, "removed", ["auxiliary head from row"]),
     ({"classes": 7}, "changed", ["~ classes 10", "~ classes 7"])],
)  # fmt: skip
def test_a_difference_is_told_where_it_is(
    edits: dict[str, object], fate: str, texts: list[str]
) -> None:
    rows, text = drawn(edits)
    assert next(row.fate for row in rows if row.fate != "alike") == fate
    for each in texts:
        assert each in text.replace("  ", " ")


def test_the_same_two_are_one_line_and_their_heads() -> None:
    rows, text = drawn({})
    assert [(row.fate, row.aside) for row in rows] == [
        ("alike", False), ("alike", True), ("alike", False)
    ]  # fmt: skip
    assert "no difference in structure" in text


@pytest.mark.parametrize("up", [False, True])
def test_heads_that_are_alike_stand_beside_the_trunk(up: bool) -> None:
    """On either side, on a dashed line of their own; the trunk goes past them."""
    sheet = sides(compared("googlenet", "googlenet@torchvision"), Wishes(up=up))
    hold(sheet)
    tiles = {tile.name: tile for tile in sheet.tiles}
    for side in ("one", "other"):
        trunk, head = tiles[f"{side}.inception_4a"], tiles[f"{side}.aux1"]
        assert head.left > trunk.left
        (into,) = (edge for edge in sheet.edges if edge.head.tile == head.name)
        assert into.dashed
        assert into.tail.tile == trunk.name
        assert not any(edge.tail.tile == head.name for edge in sheet.edges)
        (on,) = (e for e in sheet.edges if e.tail.tile == trunk.name and not e.dashed)
        assert on.head.tile == f"{side}.inception_4b"
        assert on.points[0][0] == on.points[-1][0] < head.left
        assert (on.points[0][1] > on.points[-1][1]) == up


@pytest.mark.parametrize("fit", ["17cm", "12cm", "slide"])
def test_it_comes_out_as_wide_as_it_is_wanted(fit: str) -> None:
    found = compared("small", "residual") if fit != "slide" else compared("small", "small")
    sheet = sides(found, Wishes(fit=fit))
    hold(sheet)
    room = room_of(fit)
    assert sheet.page[0] == pytest.approx(room.width)
    assert sheet.scale * smallest(sheet) >= LEAST - 1e-6


def test_title_and_legend_can_be_left_out_and_what_is_not_meant_is_refused() -> None:
    found = compared("inception_v3", "inception_v4")
    assert not sides(found, Wishes(title=False, legend=False)).head_height > 10
    with pytest.raises(ValueError, match="it fits in"):
        sides(found, Wishes(fit="5cm"))
    for odd in (Wishes(shapes=True), Wishes(fold=True), Wishes(layout="wide")):
        with pytest.raises(ValueError, match="two networks side by side takes no"):
            sides(found, odd)


def test_changes_and_products_have_signs_of_their_own() -> None:
    """No arrow of two characters, no letter for a product, no hyphen before a number."""
    pairs = [("inception_v3", "inception_v4"), ("inception_resnet_v1", "inception_resnet_v2"),
             ("googlenet", "i3d")]  # fmt: skip
    for one, other in pairs:
        for tile in sides(compared(one, other)).tiles:
            for text in (shown(tile), tile.tooltip):
                assert not re.search(r"->|(?<!\w)\d+x\d|\d x |(^|\s|\()-[\d.]", text), text


LONG = """
name: long
input: [3, 8, 8]
classes: 2
body: [{}]
head: [globalpool avg, fc classes]
aux: [{{helper: {{from: s130, weight: 0.3, do: [globalpool avg, fc classes]}}}}]
"""


def test_what_is_too_long_is_trimmed_and_counted() -> None:
    one, other = (
        lower(dsl.loads(LONG.format(", ".join(f"s{i}: 3x3 {first + i % 3}" for i in range(180)))))
        for first in (8, 16)
    )
    found = diff(one, other)
    sheet = sides(found)
    hold(sheet)
    rows = told(found)
    assert sum(len(row.ones) for row in rows) == len(one.nodes)
    gone = next(len(row.ones) for row in rows if row.fate == "left out")
    summed(found)
    assert any(f"⋮ {gone} more steps, left out" in shown(tile) for tile in sheet.tiles)


def test_it_is_told_without_colours() -> None:
    """Every mark has a sign and an outline of its own."""
    sheet = sides(compared("inception_v3", "inception_v4"))
    boxes = [tile for side in ("one", "other") for tile in cards(sheet, side).values()]
    outlines = {tile.kind: tile.outline for tile in boxes}
    assert len({*outlines.values()}) == len(outlines) == 3
    signs = {shown(tile) for tile in sheet.tiles if tile.name.startswith("sign")}
    assert signs == {MARKS["changed"].sign, MARKS["added"].sign, MARKS["removed"].sign}


def test_python_draws_two_specs() -> None:
    picture = draw_diff(dsl.load("googlenet"), dsl.load("googlenet", "torchvision"))
    assert picture.sheet.title == "GoogLeNet → GoogLeNet (torchvision)"
    assert "inception_3a" in picture.svg


def test_the_command_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "d.SVG"
    wished = ["--fit", "17cm", "--up", "--no-legend"]
    assert run(["diff", "googlenet", "googlenet@torchvision", *wished, "-o", str(out)]) == 0
    assert "googlenet → googlenet@torchvision" in out.read_text(encoding="utf-8")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("args", "said"),
    [(["googlenet", "xception", "-o", "d.gif"], "ends in"),
     (["googlenet", "xception", "-o", "d.svg", "--format", "json"], "--format"),
     (["--git", "HEAD", "-o", "d.svg"], "--git"), (["googlenet", "xception", "--mono"], "-o"),
     (["googlenet", "xception", "--no-title"], "--no-title"),
     (["googlenet", "xception", "--dpi", "300"], "--dpi"),
     (["googlenet", "xception", "-o", "d.svg", "--dpi", "300"], ".svg has no pixels"),
     (["googlenet", "xception", "-o", "d.svg", "--fit", "5cm"], "it fits in"),
     (["googlenet", "xception", "-o", "d.svg", "--fold"], "of draw"),
     (["googlenet", "xception", "-o", "d.svg", "--width", "17cm"], "--fit 17cm")],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused(
    args: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert run(["diff", *args]) == 2
    assert said in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]


def test_help_names_every_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "--help"]) == 0
    told = capsys.readouterr().out
    assert all(f".{form}" in told for form in FORMS)
