"""Drawings say what is so: what a box stands for, what is added up, whose numbers they are."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from compiler import diagram
from compiler.diagram.text import ending_of, width
from compiler.diagram.uses import listing, subtitle, uses
from compiler.ir.network import Network
from compiler.ir.symbols import Sym, quotient
from compiler.lowering.lower import lower
from compiler.picture import Sheet
from dsl import load, loads
from tests.networks import network, shown

SPECS = [path.stem for path in (Path(__file__).parent.parent / "specs").glob("*.yaml")]
HEAD = "name: a\ninput: [3, 32, 32]\nclasses: 3\n"


@cache
def shelf(name: str) -> Network:
    return lower(load(name))


@cache
def sheet(name: str, part: str) -> Sheet:
    return diagram.sheet_of(shelf(name), part)


def words(drawing: Sheet) -> list[str]:
    return [shown(tile) for tile in drawing.tiles]


def head(drawing: Sheet) -> str:
    runs = [run for line in drawing.heading for cell in line.cells for run in cell.runs]
    return " / ".join(run.text for run in runs)


def told(drawing: Sheet, box: str) -> list[str]:
    """The lines that the pointer tells of a box."""
    return next(tile.tooltip for tile in drawing.tiles if tile.name == box).split("\n")


@pytest.mark.parametrize(
    ("name", "brought"),
    [
        ("googlenet", "convolution, batch norm, ReLU"),
        ("googlenet_96", "convolution, bias, ReLU"),
        ("inception_v1", "convolution, bias, batch norm, ReLU"),
    ],
)
def test_blocks_that_look_alike_are_told_apart_by_what_a_convolution_brings(
    name: str, brought: str
) -> None:
    assert f"conv = {brought}" in head(sheet(name, "v1"))
    assert f"conv = {brought}" in head(sheet(name, "overview"))


@pytest.mark.parametrize("name", SPECS)
def test_linear_is_no_layer_and_every_drawing_of_convolutions_says_what_they_bring(
    name: str,
) -> None:
    drawings = diagram.drawings(shelf(name))
    for part, drawing in drawings.items():
        convs = any(tile.kind in ("pointwise", "conv", "factorised") for tile in drawing.tiles)
        assert ("conv = convolution" in head(drawing)) or not convs, part
        assert not any(text.startswith("linear") for text in words(drawing))
        assert "in_channels" not in " ".join(words(drawing)) and " * " not in " ".join(
            words(drawing)
        )
    assert any(text.startswith("fc ") for text in words(drawings["overview"])) or name in (
        "i3d",
        "inception_unet",
        "s3d",
    )


def test_a_bias_is_told_where_it_is_unlike_the_others() -> None:
    steps = "[3x3 4, 3x3 4, 3x3 4, 3x3 4 bias, 3x3 4 linear nobias, 3x3 4 norm=none nobias]"
    drawing = diagram.stem(lower(loads(f"{HEAD}stem: {steps}")))
    notes = [text.split(" 4 × ")[0] for text in words(drawing)]
    assert notes[4:] == ["3×3 4 bias", "3×3 4 linear nobias", "3×3 4 norm=none nobias"]


def test_widths_are_written_as_in_papers() -> None:
    w, n1, inp = (Sym.named(48, name) for name in ("w", "n1", "in_channels"))
    assert width(w * 2 + 16) == "2w + 16"
    assert width(inp + n1 * -2) == "in \u2212 2·n1"
    assert width(quotient(inp, 8)) == "in/8"
    assert width(quotient(w * 3 + 1, 4)) == "(3w + 1)/4"
    assert width(quotient(w, 5) * 2) == "2·(w/5)"


def test_a_parameter_of_two_uses_belongs_to_both() -> None:
    about = subtitle(uses(shelf("inception_v3"))["B"])
    assert about.startswith("×4: mixed_6b with c7=128; mixed_6c, mixed_6d with c7=160; mixed_6e")


def test_how_often_a_block_is_used_is_told_whatever_its_place_is_called() -> None:
    assert subtitle(uses(shelf("xception"))["middle"]) == "×8"


def test_uses_inside_blocks_are_called_by_their_paths() -> None:
    found = uses(shelf("inception_unet"))
    assert subtitle(found["middle"]) == "u.branch2.2"
    assert [use.path for use in found["A"]][:2] == ["u.branch2.1", "u.branch2.2.branch2.1"]
    mixers = listing(uses(shelf("inception_next"))["mixer"])
    assert mixers[1][0] == "stage1.0-2.token_mixer"


def test_a_row_of_several_uses_says_that_each_costs_that_much() -> None:
    rows = listing(uses(shelf("inception_resnet_v2"))["block17"])
    assert rows[1][0] == "repeat_1 ×20"
    assert rows[1][-1].startswith("20 × ")


@pytest.mark.parametrize("name", SPECS)
def test_no_list_of_uses_is_cut(name: str) -> None:
    for block, places in uses(shelf(name)).items():
        drawing = diagram.detail(shelf(name), block)
        listed = any(tile.name == "uses" for tile in drawing.tiles)
        assert listed or subtitle(places) in head(drawing)


def test_a_sum_is_one_notation_and_what_goes_past_is_a_line() -> None:
    for name, part in (("xception", "middle"), ("inception_resnet_v2", "block17")):
        drawing = sheet(name, part)
        assert not {"identity", "add"} & set(words(drawing))
        bar = next(tile for tile in drawing.tiles if tile.name.endswith(".sum"))
        assert " + " in shown(bar) and "identity" in shown(bar)
        assert any(e.tail.tile == "input" and e.head.tile == bar.name for e in drawing.edges)


def test_what_goes_past_a_concat_is_a_line_too() -> None:
    drawing = sheet("inception_next", "mixer")
    assert "identity" not in words(drawing)
    assert words(drawing)[-2].startswith("identity in \u2212 3n square n row n column n concat")


def test_full_tells_paths_and_numbers() -> None:
    said = words(sheet("inception_resnet_v2", "full"))
    assert "repeat_1.7 block17 1088 × 17 × 17" in said
    assert not any("scale" in text for text in said)
    assert "× 0.2 identity + 2080 × 8 × 8" in said
    nested = words(sheet("inception_unet", "full"))
    assert "u.branch2.2.branch2.1 A 96 × 32 × 32" in nested


def test_a_long_path_is_told_by_its_end() -> None:
    assert ending_of("a" * 50) == "…" + "a" * 39
    assert ending_of("stem." + "branch2." * 6 + "0").startswith("….branch2.")


def test_tooltips_say_whose_numbers_they_are() -> None:
    several = told(sheet("inception_v3", "B"), "B.branch2.0")
    assert several[1] == "in mixed_6b, the first of 4 uses:"
    alike = told(sheet("xception", "middle"), "middle.rep.1")
    assert alike[1] == "in each of 8 uses:"
    alone = told(sheet("xception", "first"), "first.rep.0")
    assert alone[1] == "64 × 147 × 147 → 128 × 147 × 147"


def test_a_bar_tells_what_it_joins() -> None:
    lines = told(sheet("inception_resnet_v2", "block8"), "block8.concat")
    assert lines[0] == "block8.concat: concat of 2 branches"
    assert lines[2] == "192 × 8 × 8, 256 × 8 × 8 → 448 × 8 × 8"
    assert told(sheet("inception_resnet_v2", "block8"), "block8.sum")[2].endswith("→ 2080 × 8 × 8")


def test_a_step_that_one_use_lacks_says_so() -> None:
    drawing = sheet("inception_resnet_v2", "block8")
    (last,) = (tile for tile in drawing.tiles if tile.name == "block8.act")
    assert shown(last) == "ReLU not in block8 2080 × 8 × 8"
    assert last.outline == "dashed"


def test_one_branch_is_no_concat() -> None:
    drawing = diagram.detail(network("nested"), "single")
    assert not any("concat" in text for text in words(drawing))
