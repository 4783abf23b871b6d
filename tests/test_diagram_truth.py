"""Drawings say what is so: what a box stands for, what is added up, whose numbers they are."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from compiler import diagram
from compiler.diagram.kernels import Rows, by_size, strip
from compiler.diagram.naming import listing, subtitle
from compiler.diagram.rows import cards
from compiler.diagram.ruler import WIDE
from compiler.diagram.style import HEAT, STRIP
from compiler.diagram.text import ending_of, term, width
from compiler.diagram.uses import uses
from compiler.ir.network import Network
from compiler.ir.symbols import Sym, quotient, total
from compiler.lowering.lower import lower
from compiler.ops.words import CONVS
from compiler.picture import Sheet
from compiler.picture.ink import MUTED, PAPER, TEXT
from compiler.picture.metrics import fit_list, room
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
    assert [note.partition(" ")[2] for note in notes[4:]] == [
        "3×3 4 bias", "3×3 4 linear nobias", "3×3 4 norm=none nobias"
    ]  # fmt: skip


def test_widths_are_written_as_in_papers() -> None:
    w, n1, inp = (Sym.named(48, name) for name in ("w", "n1", "in_channels"))
    assert width(w * 2 + 16) == "2w + 16"
    assert width(inp + n1 * -2) == "in \u2212 2·n1"
    assert width(quotient(inp, 8)) == "in/8"
    assert width(quotient(w * 3 + 1, 4)) == "(3w + 1)/4"
    assert width(quotient(w, 5) * 2) == "2·(w/5)", "what is rounded before"
    assert width(quotient(w, 2) * 3) == "3w/2"
    assert width(total([quotient(w, 4), quotient(w, 8), quotient(w, 8), 1])) == "w/2 + 1"
    assert term(total([quotient(w, 4), quotient(w, 2), w * -1])) == "-w/4"
    assert width(quotient(w * 3 + 1, 4)) == "(3w + 1)/4"


def test_groups_and_kernels_are_written_as_widths_are() -> None:
    steps = "[3x3 in groups=in/4, 3x3 w*2 groups=w, 3xk w*2 groups=w*2, shuffle w]"
    body = "body: [a: B w=4 k=3, 1x1 16, b: B w=8 k=5]"
    block = f"inception:\n  B: {{params: [w, k], do: {steps}}}"
    drawing = diagram.detail(lower(loads(f"{HEAD}stem: [3x3 8]\n{block}\n{body}")), "B")
    assert words(drawing)[1:4] == ["3×3 in g(in/4)", "3×3 2w gw", "depthwise 3×k 2w"]
    assert words(drawing)[4].startswith("shuffle w")


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
    assert "block17 repeat_1.7 1088 × 17 × 17" in said
    assert not any("× scale" in text for text in said)
    assert "residual × 0.2 identity + 2080 × 8 × 8" in said
    nested = words(sheet("inception_unet", "full"))
    assert "A u.branch2.2.branch2.1 n=128 96 × 32 × 32" in nested


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
    assert shown(last) == "ReLU not in step block8 2080 × 8 × 8"
    assert last.outline == "dashed"


def test_uses_that_differ_alike_are_told_together_and_only_by_what_differs() -> None:
    said = words(sheet("xception_aligned", "sep"))
    assert said[1:3] == [
        "depthwise 3×3 in /s ReLU in block5.conv1 and 2 more",
        "1×1 w ReLU in block5.conv1 and 2 more w × H′ × W′",
    ]


def test_one_branch_is_no_concat() -> None:
    drawing = diagram.detail(network("nested"), "single")
    assert not any("concat" in text for text in words(drawing))


def of(name: str, step: str) -> Rows:
    return strip(next(node for node in shelf(name).nodes if node.name == step))


def told_rows(rows: Rows) -> list[list[tuple[int, str]]]:
    return [[(each.channels, ", ".join(each.kernels)) for each in row] for row in rows]


def test_a_sum_is_a_strip_for_each_term_as_wide_as_the_output() -> None:
    assert told_rows(of("xception", "middle")) == [[(728, "3×3")], [(728, "identity")]]
    assert told_rows(of("xception", "block2")) == [[(256, "3×3")], [(256, "1×1")]]
    (made,), past = of("inception_resnet_v2", "repeat")
    assert told_rows([past]) == [[(320, "identity")]]
    assert (made.channels, made.bucket, made.kernels) == (320, "mixed", ("1×1", "3×3"))
    asides = {card.title: card.aside for card in cards(shelf("inception_resnet_v2"))}
    assert (asides["repeat"], asides["block8"], asides["mixed_5b"]) == ("block35, +", "+", "A")


def branches(text: str) -> Rows:
    (split,) = lower(loads(f"{HEAD}stem: [{text}]")).nodes
    return strip(split)


def test_a_branch_with_branches_is_coloured_by_all_that_it_is_made_of() -> None:
    ends = branches("{concat: [1x1 4, [1x1 4, {concat: [5x5 4, 3x3 8]}]]}")
    assert [(part.channels, part.bucket) for part in ends[0][1].parts] == [(4, "5×5"), (8, "3×3")]
    (_, mixed) = branches("{concat: [1x1 4, [{concat: [5x5 4, 3x3 8]}, 1x1 40]]}")[0]
    assert (mixed.channels, mixed.kernels, mixed.parts) == (40, ("1×1", "3×3", "5×5"), ())
    one = branches("{concat: [1x1 4, [1x1 4, {concat: [1x3 4, 3x1 8]}]]}")[0][1]
    assert (one.bucket, one.kernels, one.parts) == ("1×3", ("1×3", "3×1"), ())


def test_what_follows_a_concat_makes_the_output() -> None:
    assert [row[0].channels for row in branches("{concat: [1x1 4, 3x3 4], then: 1x1 24}")] == [24]
    kept = branches("{concat: [1x1 4, 3x3 4], then: [relu, maxpool 3x3]}")
    assert told_rows(kept) == [[(4, "1×1"), (4, "3×3")]]


def test_one_branch_has_no_strip() -> None:
    assert branches("{concat: [[1x1 4, 3x3 4]]}") == []


def test_kernels_are_called_by_their_sides_and_sorted_by_them() -> None:
    (row,) = branches("{concat: [3x5 4, 1x11 4, [7x1 4, 1x7 4]]}")
    assert [each.kernels for each in row] == [("3×5",), ("1×11",), ("1×7", "7×1")]
    assert sorted(["1×11", "1×9", "3×3"], key=by_size) == ["3×3", "1×9", "1×11"]


@pytest.mark.parametrize("name", SPECS)
def test_every_card_says_what_it_holds_and_every_strip_adds_up(name: str) -> None:
    for card in cards(shelf(name))[1:]:
        assert card.strip or card.name or card.path in card.title.split(), card.title
        for row in card.strip:
            assert sum(each.channels for each in row) == int(card.out.channels), card.title
            for each in row:
                assert sum(part.channels for part in each.colours) == each.channels


@pytest.mark.parametrize("name", ["inception_v3", "inception_v4", "googlenet"])
def test_a_branch_has_the_same_colour_in_strips_bars_and_boxes(name: str) -> None:
    """Every branch of the last concat, whose kernels' colours are those of boxes above it."""
    cells = {tile.name: tile.label for tile in sheet(name, "overview").tiles}
    steps = [node.name for node in shelf(name).trunk if any(len(row) > 1 for row in strip(node))]
    assert len(steps) >= 8
    for step in steps:
        fills = [cell.fill for line in cells[step] for cell in line.cells if cell.fill]
        card = [fill for fill in fills if fill not in HEAT]
        detail = sheet(name, step)
        *_, bar = (tile for tile in detail.tiles if tile.name.endswith(".concat"))
        assert [cell.fill for cell in bar.label[1].cells if cell.fill] == card, step
        assert {*card} <= {tile.look.fill for tile in detail.tiles}, step


def test_what_a_bar_says_nothing_of_has_no_colour() -> None:
    """Nor has a term that is made of several kernels."""
    bars = [tile for tile in sheet("inception_resnet_v2", "block17").tiles if tile.kind == "join"]
    assert [cell.fill for cell in bars[-1].label[1].cells if cell.runs] == [PAPER, STRIP["other"]]
    (last,) = (t for t in sheet("xception", "middle").tiles if t.name.endswith(".sum"))
    assert all(cell.runs for cell in last.label[1].cells if cell.fill)


def test_letters_with_a_prime_are_explained() -> None:
    """Where uses of a block differ in size; those of one size have numbers."""
    spec = """strided:
  D: {params: [n], concat: [3x3 n /2, maxpool 3x3 /2]}
body: [a: D n=4, b: D n=8]
"""
    drawing = diagram.sheet_of(lower(loads(HEAD + spec)), "D")
    assert "H′ × W′ = the size of the output" in head(drawing)
    assert "in × H × W" in " ".join(words(drawing))
    assert "size of the output" not in head(sheet("inception_v3", "A_to_B"))


def test_a_step_keeps_its_name_in_a_column() -> None:
    body = "body: [out: 1x1 4 linear, both: {concat: [{add: [3x3 4, 1x1 4]}, [1x1 4, 3x3 4]]}]"
    drawing = diagram.overview(lower(loads(f"{HEAD}{body}")), diagram.Wishes(layout="column"))
    assert any("conv 1×1 linear out" in text for text in words(drawing))
    assert any("both concat, +" in text for text in words(drawing))


def test_a_list_is_cut_behind_an_item() -> None:
    text = "conv 3×3, max pool 3×3, conv 1×1"
    assert fit_list(text, 9, room(text, 9)) == text
    assert fit_list(text, 9, room(text, 9) - 1) == "conv 3×3, max pool 3×3, …"
    assert fit_list(text, 9, 60) == "conv 3×3, …"
    assert fit_list(text, 9, 30).startswith("con") and fit_list(text, 9, 30).endswith("…")


@pytest.mark.parametrize("name", ["inception_v3", "inception_resnet_v2", "inception_unet"])
def test_heat_is_below_numbers_alone_so_cards_have_one_ink(name: str) -> None:
    """Strips keep their colours on white, and what a card says is as dark on each of them."""
    tiles = [tile for tile in sheet(name, "overview").tiles if tile.kind.startswith("heat")]
    assert {tile.look.fill for tile in tiles} == {PAPER}
    for tile in tiles:
        cells = [cell for line in tile.label for cell in line.cells]
        assert {run.ink for c in cells if not c.fill for run in c.runs} <= {TEXT, MUTED}
        chips = [cell for cell in cells if cell.fill in HEAT]
        assert len(chips) == (tile.kind != "heat0") and all(cell.runs for cell in chips)
        assert all(cell.width >= 4 for cell in cells if cell.outline), "each colour can be seen"
    assert len({tile.kind for tile in tiles}) >= 5


@pytest.mark.parametrize("name", ["inception_resnet_v2", "xception_aligned", "inception_next"])
def test_no_cell_of_a_sum_is_empty_and_widths_are_as_dark_as_names(name: str) -> None:
    for drawing in diagram.drawings(shelf(name)).values():
        for tile in drawing.tiles:
            if tile.kind == "join" and " + " in f" {shown(tile)} ":
                ported = [cell for cell in tile.label[1].cells if cell.port]
                assert ported and all(cell.runs for cell in ported), tile.name
            if tile.kind in CONVS:
                runs = [run for line in tile.label for cell in line.cells for run in cell.runs]
                assert len({run.ink for run in runs if run.text.strip()}) == 1, tile.name


def test_a_bar_names_all_of_its_branches_or_none() -> None:
    """Where one has no room for a name, the others would seem to be what they aren't."""
    text = "body: [{concat: [[1x1 4, 3x3 444 /2], [1x1 8, maxpool 3x3 /2], maxpool 3x3 /2]}]"
    network = lower(loads(HEAD + text))
    for fit, most in (("", 3), ("4.5cm", 0)):
        drawing = diagram.sheet_of(network, network.trunk[0].name, diagram.Wishes(fit=fit))
        (bar,) = (shown(tile) for tile in drawing.tiles if tile.name.endswith(".concat"))
        assert bar.count("branch") == most, bar


def test_a_label_tells_what_comes_in_and_what_goes_out() -> None:
    drawing = sheet("inception_v3", "overview")
    labels = [shown(tile) for tile in drawing.tiles if tile.outline == "none"]
    assert labels == ["299 → 35", "35 → 17", "17 → 8", "8 → 1"]


def test_a_stage_is_of_one_size_and_tells_all_of_its_widths() -> None:
    column = diagram.Wishes(layout="column")
    xception = words(diagram.overview(shelf("xception"), column))
    assert [text for text in xception if " down" in text] == [
        "602 M down block2 256 × 37 × 37", "1.06 G down block3 728 × 19 × 19",
        "540 M down block12 1024 × 10 × 10",
    ]  # fmt: skip
    third = words(diagram.overview(shelf("inception_v3"), column))
    assert any("3 × A" in text and text.endswith("256\u2013288 × 35 × 35") for text in third)


def test_a_card_does_not_say_twice_what_it_is() -> None:
    said = words(sheet("inception_v3", "overview"))
    assert [text for text in said if text.split()[0] in ("global", "dropout", "fc")] == [
        "global avg pool 2048 × 1 × 1", "dropout 0.5 2048 × 1 × 1", "fc 1000 2.05 M"
    ]  # fmt: skip


def test_legends_speak_of_largest_kernels_where_a_branch_has_several() -> None:
    assert "its largest kernel" in head(sheet("inception_v3", "A"))
    for name, part in (("xception", "middle"), ("se_inception_v3", "SE")):
        assert "its largest kernel" not in head(sheet(name, part))


def test_layers_are_found_by_their_names_outside_of_branches() -> None:
    assert words(sheet("inception_v3", "stem"))[-2:] == [
        "conv_4a 3×3 192 V 192 × 71 × 71", "pool_5a max pool 3×3 s2 V 192 × 35 × 35"
    ]  # fmt: skip
    whole = words(sheet("inception_v3", "full"))
    assert "conv_4a 3×3 192 V 192 × 71 × 71" in whole and "fc 1000 1000" in whole
    assert "1×1 192" in whole, "a branch has no names of layers"
    narrow = diagram.sheet_of(shelf("inception_v3"), "stem", diagram.Wishes(fit="4.6cm"))
    assert not any("conv_4a" in text for text in words(narrow))


@pytest.mark.parametrize("name", ["inception_v3", "inception_unet"])
def test_nothing_is_wider_than_it_has_to_be(name: str) -> None:
    """Boxes of a trunk end somewhere, and a frame is around what is in it, in the middle."""
    drawing = sheet(name, "full")
    boxes = {tile.name: tile for tile in drawing.tiles}
    frames = [tile for tile in drawing.tiles if tile.outline == "frame"]
    lone = [tile for tile in drawing.tiles if tile.kind in CONVS]
    assert max(tile.width for tile in lone) <= WIDE < drawing.width
    assert len({frame.width for frame in frames}) >= 3
    for frame in frames:
        title = boxes[frame.name.removesuffix(".frame")]
        assert title.left - frame.left == pytest.approx(8)
