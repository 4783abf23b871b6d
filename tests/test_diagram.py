"""Diagrams: complete, in order, straight, legible, safe, and the same every time."""

from __future__ import annotations

import re
import shutil
import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree as ET

import pygraphviz  # type: ignore[import-untyped]  # ships no types
import pytest
from PIL import ImageFont

from compiler import diagram, picture
from compiler.cost import cost, measure
from compiler.diagram import drawing
from compiler.diagram.facts import deviation, usual
from compiler.diagram.heat import Heat
from compiler.diagram.kernels import Piece, bucket, strip
from compiler.diagram.naming import subtitle
from compiler.diagram.rows import cards, rows
from compiler.diagram.style import HEAT
from compiler.diagram.text import si
from compiler.diagram.uses import uses
from compiler.ir.measures import Amount, Counted
from compiler.lowering.lower import lower
from compiler.picture import Sheet, as_dot, as_svg, rendering
from compiler.picture.labels import Line, Run, room_for
from compiler.picture.metrics import fit, room, width
from compiler.picture.sheet import MARGIN, Tile
from compiler.picture.svg import _inks
from dsl import load, loads
from tests.networks import TEXTS, crosses, dots, network, shown

SVG = "{http://www.w3.org/2000/svg}"
SHELF = sorted((Path(__file__).parent.parent / "specs").glob("*.yaml"))


def all_drawings() -> dict[str, Sheet]:
    networks = {name: network(name) for name in TEXTS}
    networks |= {path.stem: lower(load(path)) for path in SHELF}
    sets = {name: {**diagram.drawings(n), "full": diagram.full(n)} for name, n in networks.items()}
    return {f"{name}.{key}": sheet for name, set_ in sets.items() for key, sheet in set_.items()}


DRAWINGS = all_drawings()
BENT = ["inception_unet.overview"]
"""What comes up again."""


DOTS = {name: as_dot(sheet) for name, sheet in DRAWINGS.items()}


def words_of(name: str) -> list[str]:
    """What each box of a drawing says."""
    return [shown(tile) for tile in DRAWINGS[name].tiles]


def box(name: str, words: str) -> Tile:
    """The box of a drawing that says this."""
    return next(tile for tile in DRAWINGS[name].tiles if shown(tile) == words)


def parse(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # We wrote it ourselves.


@pytest.mark.parametrize("name", DRAWINGS)
def test_no_edge_is_slanted(name: str) -> None:
    edges = DRAWINGS[name].edges
    assert edges
    for edge in edges:
        for (x, y), (further, below) in pairwise(edge.points):
            level = y == below and name.endswith("overview")
            upright = abs(x - further) < 0.01 and (below > y or name in BENT)
            assert level or upright, edge


@pytest.mark.parametrize("name", DRAWINGS)
def test_no_box_lies_on_another_or_on_a_line(name: str) -> None:
    tiles = [tile for tile in DRAWINGS[name].tiles if tile.outline != "frame"]
    for one, other in combinations(tiles, 2):
        apart = one.left + one.width <= other.left or other.left + other.width <= one.left
        assert apart or one.top + one.height <= other.top or other.top + other.height <= one.top
    for edge in DRAWINGS[name].edges:
        for (x, y), (further, below) in pairwise(edge.points):
            ends = (min(x, further), max(x, further), min(y, below), max(y, below))
            assert not any(crosses(tile, *ends) for tile in tiles), edge


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_text_fits_its_cell_and_every_line_its_box(name: str) -> None:
    sheet = DRAWINGS[name]
    for tile in sheet.tiles:
        assert sum(line.height for line in tile.label) <= tile.height + 0.01
        assert all(line.width <= tile.width + 0.01 for line in tile.label), shown(tile)
    lines = [*sheet.heading, *(line for tile in sheet.tiles for line in tile.label)]
    for cell in (cell for line in lines for cell in line.cells):
        assert room_for(cell.runs) <= cell.width + 2.5, cell.runs


FONTS = {"DejaVu Sans": "DejaVuSans{}.ttf", "Liberation Sans": "LiberationSans{}.ttf"}
WEIGHTS = {"DejaVu Sans": ("", "-Bold"), "Liberation Sans": ("-Regular", "-Bold")}


Span = tuple[float, float]


def spans(line: Line, left: float, wide: Callable[[Run], float]) -> list[Span]:
    """Where the texts of a line begin and end, in a font that is so wide."""
    found = []
    for cell in line.cells:
        if any(run.text.strip() for run in cell.runs):
            width = sum(map(wide, cell.runs))
            spare = {"start": 0.0, "middle": (cell.width - width) / 2, "end": cell.width - width}
            found.append((left + spare[cell.align], left + spare[cell.align] + width))
        left += cell.width
    return found


@pytest.mark.parametrize("font", FONTS)
def test_every_text_is_in_its_box_with_fonts_that_may_stand_in(font: str) -> None:
    """Whole, and beside its neighbours, by how wide the fonts themselves say that it is.

    Such a file is on most machines, not on all.
    """
    files = [FONTS[font].format(weight) for weight in WEIGHTS[font]]
    try:
        plain, bold = (ImageFont.truetype(file, 1000) for file in files)
    except OSError:
        pytest.skip(f"no {font} on this machine")

    @cache
    def wide(run: Run) -> float:
        return (bold if run.bold else plain).getlength(run.text) * run.size / 1000

    for name, sheet in DRAWINGS.items():
        boxes = [(tile.label, tile.left, tile.left + tile.width) for tile in sheet.tiles]
        for label, left, right in [(sheet.heading, 0.0, sheet.width + MARGIN), *boxes]:
            for line in label:
                ends = spans(line, left, wide)
                assert all(left <= start and end <= right for start, end in ends), (name, line)
                assert all(end <= start for (_, end), (start, _) in pairwise(ends)), (name, line)


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("bold", [False, True])
def test_there_is_room_for_every_sign_in_fonts_that_may_stand_in(font: str, bold: bool) -> None:
    """So whatever a spec calls things, its names stay in their boxes."""
    try:
        file = ImageFont.truetype(FONTS[font].format(WEIGHTS[font][bold]), 1000)
    except OSError:
        pytest.skip(f"no {font} on this machine")
    for char in [*map(chr, range(0x20, 0x7F)), *"\u00a0×…→′γ·≤"]:
        assert file.getlength(char) <= room(char, 1000, bold=bold) + 0.5, char


PINNED = ["googlenet.v1", "inception_v3.C", "inception_v3.overview", "residual.plain",
          "inception_next.mixer", "inception_resnet_v2.overview", "nested.wide"]  # fmt: skip


@pytest.mark.parametrize("name", PINNED)
def test_graphviz_draws_every_box_where_the_svg_has_it(name: str) -> None:
    """Held by Graphviz's own word on where it put them, up to where it begins to count."""
    sheet = DRAWINGS[name]
    graph = pygraphviz.AGraph(string=as_dot(sheet))
    lines = graph.draw(format="plain", prog="dot").decode().splitlines()
    rows = [line.replace('"', "").split(" ") for line in lines if line.startswith("node ")]
    theirs = {row[1]: tuple(72 * float(n) for n in row[2:6]) for row in rows}
    first = sheet.tiles[0]
    left, top = (theirs[first.name][i] for i in (0, 1))
    for tile in sheet.tiles:
        x, y, width, height = theirs[tile.name]
        across = (tile.left - first.left) + (tile.width - first.width) / 2
        down = (tile.top - first.top) + (tile.height - first.height) / 2
        found = (x - left, top - y, width, height)
        assert found == pytest.approx((across, down, tile.width, tile.height), abs=0.2)


def test_boxes_are_called_by_their_paths() -> None:
    names = {tile.name for tile in DRAWINGS["inception_v3.full"].tiles}
    assert {"input", "mixed_6c", "mixed_6c.branch2.0", "fc"} <= names
    dot = as_dot(DRAWINGS["inception_v3.full"])
    assert re.search(r'"mixed_6c.branch2.0":b0:s -> "mixed_6c.branch2.1":n', dot)


@pytest.mark.parametrize("name", DRAWINGS)
def test_svg_tells_nothing_of_the_machine_and_ids_are_its_own(name: str) -> None:
    svg = as_svg(DRAWINGS[name])
    for foreign in ("graphviz", str(Path.cwd()), "href=", "<image", "<?xml"):
        assert foreign not in svg
    ids = [each.get("id", "") for each in parse(svg).iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(rf"{re.escape(ids[0])}[-\w.]*", each) for each in ids)
    assert parse(svg).find(f"{SVG}title").text  # type: ignore[union-attr]  # there is one
    assert parse(svg).find(f"{SVG}desc") is not None


@pytest.mark.parametrize("name", ["googlenet.overview", "googlenet.v1", "residual.plain"])
def test_gaps_are_kept_by_every_renderer(name: str) -> None:
    """Those of files, such as librsvg, drop a span of spaces, and numbers run into each other."""
    texts = re.findall(r"<text([^>]*)><tspan.*?</text>", as_svg(DRAWINGS[name]))
    assert texts
    assert all('xml:space="preserve"' in attributes for attributes in texts)


def test_drawings_can_stand_in_one_page() -> None:
    shelf = (sheet for name, sheet in DRAWINGS.items() if name.split(".")[0] not in TEXTS)
    ids = [set(re.findall(r' id="([^"]+)"', as_svg(sheet))) for sheet in shelf]
    assert sum(map(len, ids)) == len(set().union(*ids))


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_colour_has_a_counterpart_at_night(name: str) -> None:
    style, _, body = as_svg(DRAWINGS[name]).partition("</style>")
    used = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', body))
    assert used
    lasting = {ink.light for ink in _inks(DRAWINGS[name]) if ink.light == ink.dark}
    assert all(colour in lasting or f'="{colour}"]' in style for colour in used)


def test_no_two_inks_share_a_colour_by_day() -> None:
    nights: dict[str, set[str]] = {}
    for ink in (ink for sheet in DRAWINGS.values() for ink in _inks(sheet)):
        nights.setdefault(ink.light, set()).add(ink.dark)
    assert all(len(dark) == 1 for dark in nights.values())


def test_branches_stand_in_the_order_of_the_spec() -> None:
    tiles = sorted(DRAWINGS["nested.wide"].tiles, key=lambda tile: tile.left)
    columns = [text for tile in tiles if "input" not in (text := shown(tile))]
    first = [text for text in columns if "concat" not in text]
    expected = "1×1 8,3×3 8,5×5 8,7×7 8,1×7 8,7×1 8,max pool 3×3,1×1 8,avg pool 3×3"
    assert sorted(first[6:8]) == ["1×1 8", "max pool 3×3"]
    assert [w for w in first if w != "max pool 3×3"] == [
        w for w in expected.split(",") if w != "max pool 3×3"
    ]


def test_what_opens_a_nested_split_is_as_wide_as_the_split() -> None:
    opening, left, right = (box("nested.expanded", text) for text in ("1×1 8", "1×5 8", "5×1 8"))
    assert opening.left == left.left
    assert opening.left + opening.width == right.left + right.width
    assert box("nested.expanded", "1×1 56").width == left.width


def test_residual_has_a_shortcut_a_scale_and_an_activation() -> None:
    sheet = DRAWINGS["residual.plain"]
    assert words_of("residual.plain")[-2:] == [
        "residual × s identity + 32", "ReLU not in last 32 × 64 × 64"
    ]  # fmt: skip
    ends = {(edge.tail.tile, edge.tail.port, edge.head.port) for edge in sheet.edges}
    assert ("input", "b2", "t1") in ends


def test_a_box_says_only_what_is_unusual() -> None:
    dot = DOTS["residual.plain"]
    assert dot.count("linear") == 2, "the box and the legend"
    assert not any("batch norm" in words for words in words_of("residual.plain"))


def test_detail_speaks_of_the_blocks_own_parameters() -> None:
    dot = DOTS["small.A"]
    assert dot.count(">width<") == 4, "two boxes, a cell, and the head of the table of uses"
    assert "in × H × W" in dot
    assert "(width + 40) × H × W" in dot


def test_a_subtitle_lists_the_uses_and_joins_equal_ones() -> None:
    assert "×3: twice ×2 with s=0.2 act=relu; last with s=1.0 act=none" in DOTS["residual.plain"]
    found = subtitle(uses(network("small"))["A"])
    assert found.startswith("×7: a1 with width=8 in=32; a2 with width=12 in=48; a3 with width=12")
    assert found.endswith("many.0 with width=16 in=164; many.1-3 with width=16 in=56")


def test_uses_that_are_too_many_for_a_line_become_a_table() -> None:
    dot = as_dot(diagram.detail(lower(load("googlenet")), "v1"))
    rows = re.findall(r">(inception_\d\w)<.*?>(\d+ × \d+ × \d+)<", dot)
    assert len(rows) == 9
    assert rows[0] == ("inception_3a", "192 × 28 × 28")


def text_of(dot: str) -> str:
    """What a drawing shows, without markup and tooltips."""
    return " ".join(re.sub(r'<[^<>]*>|tooltip="[^"]*"', " ", dot).replace("\u00a0", " ").split())


ODD = """
name: odd
input: [16, 32, 32]
classes: 7
stem: [s: sepconv 3x3 24 /2, d: 5x5 depthwise, g: 3x3 32 groups=4, m: maxpool 3x3 /2 ceil]
inception:
  K:
    params: [k]
    concat: [wide: 1xk 8, [1x1 8, sepconv kx1 16], 3x3 depthwise]
body:
  - a_step_with_a_name_as_long_as_that: K k=7 x12
  - mixed: K k=5 x2
head: [globalpool avg, fc classes]
"""


@pytest.fixture(scope="module")
def odd() -> dict[str, str]:
    return dots(lower(loads(ODD)))


def test_a_separable_convolution_is_one_box(odd: dict[str, str]) -> None:
    shown = text_of(odd["stem"])
    assert re.search(r"sepconv 3×3 24 s2 24 × 16 × 16 ", shown)
    assert re.search(r"depthwise 5×5 24 24 × 16 × 16 ", shown)
    assert re.search(r" 3×3 32 g4 ", shown) and "g4 = 4 groups" in shown
    assert "g16" not in shown and "g24" not in shown
    assert "sepconv k×1 16" in text_of(odd["K"])
    assert "depthwise 3×3 in" in text_of(odd["K"])


def test_only_a_block_is_in_terms_of_its_parameters(odd: dict[str, str]) -> None:
    assert "1×k" in text_of(odd["K"])
    assert "1×k" not in odd["overview"] and "5×5" in odd["overview"]


def test_an_overview_says_what_its_notes_mean(odd: dict[str, str]) -> None:
    shown = text_of(odd["overview"])
    for told in ("s2 = stride 2", "ceil = size rounded up", "g4 = 4 groups"):
        assert told in shown


def test_a_long_name_is_cut_before_its_repeat_and_its_block(odd: dict[str, str]) -> None:
    assert re.search(r"a_step_wi\w*… ×12 K ", text_of(odd["overview"]))


def test_branches_are_named_as_variants_address_them(odd: dict[str, str]) -> None:
    shown = text_of(odd["K"])
    assert all(name in shown for name in ("wide 8", "branch2 16", "branch3 in"))
    assert "K.branch2.1: depthwise 7×1, 1×1" in odd["K"]


def test_overview_shows_repeats_heads_and_totals() -> None:
    sheet = DRAWINGS["small.overview"]
    (many,) = (text for text in words_of("small.overview") if text.startswith("many"))
    assert many.endswith("56 × 7 × 7 Σ 1.01 M"), "the first of them has another input"
    assert "aux1 train only" in words_of("small.overview")
    written = "".join(run.text for line in sheet.heading for c in line.cells for run in c.runs)
    assert "77.0 k parameters, 6.55 M multiply-accumulates at 3 × 64 × 64 (inference)" in written
    labels = [text for text in words_of("small.overview") if re.fullmatch(r"[\d →×]+", text)]
    assert labels == ["64 → 16", "16 → 7", "7 → 1"]


@pytest.mark.parametrize("name", [name for name in DRAWINGS if name.endswith("overview")])
def test_cards_stand_on_a_grid(name: str) -> None:
    lefts = {round(tile.left) for tile in DRAWINGS[name].tiles if tile.outline != "none"}
    assert len(lefts) <= 7
    steps = sorted(lefts)
    assert len({b - a for a, b in pairwise(steps)}) <= 2


def test_tooltips_say_shapes_costs_and_place() -> None:
    svg = as_svg(DRAWINGS["googlenet.overview"])
    titles = re.findall("<title>(.*?)</title>", svg, re.DOTALL)
    found = next(title for title in titles if title.startswith("inception_3a"))
    lines = found.replace("&#10;", "\n").split("\n")
    assert lines[1] == "192 × 28 × 28 → 256 × 28 × 28"
    assert re.fullmatch(r"128 M MACs, 164,\d+ parameters", lines[2])
    assert re.fullmatch(r"googlenet\.yaml:\d+", lines[3])


HOSTILE = [
    "<b>&amp;\"'</b><FONT>",
    "back\\slash \\N \\G \\",
    "two\nlines\r\n\ttabbed \x00\x1b\ud800",
    "<>",
    "]]> --> <!-- {|} javascript:alert(1)",
    "名前 العربية 🎉" * 30,
]


@pytest.mark.parametrize("title", HOSTILE)
def test_titles_are_only_ever_text(title: str) -> None:
    hostile = replace(network("small"), title=title)
    for sheet in diagram.drawings(hostile).values():
        root = parse(as_svg(sheet))
        shown = "".join(text for each in root.iter(f"{SVG}text") for text in each.itertext())
        start = re.sub(r"\s+", "", title.partition("\n")[0])[:12]
        assert start in re.sub(r"\s+", "", shown)
        assert not list(root.iter(f"{SVG}script"))
        assert not list(root.iter(f"{SVG}a"))


def test_drawings_are_the_same_every_time() -> None:
    assert diagram.drawings(network("nested")) == diagram.drawings(network("nested"))


def test_a_block_called_like_a_drawing_keeps_its_own() -> None:
    free = drawing._free
    assert free("stem", {"stem": "", "overview": ""}) == "stem_"
    assert free("A", {"stem": ""}) == "A"


def test_unknown_parts_are_refused_with_a_hint() -> None:
    with pytest.raises(LookupError, match="uses no block expandet; did you mean expanded"):
        diagram.detail(network("nested"), "expandet")
    with pytest.raises(LookupError, match="no auxiliary head"):
        diagram.aux(network("nested"), "aux")


def test_png_has_twice_the_points() -> None:
    dot = DOTS["small.A"]
    one, two = (picture.render(dot, "png", scale=scale) for scale in (1, None))
    sizes = [struct.unpack(">II", data[16:24]) for data in (one, two)]
    assert sizes[1] == pytest.approx([2 * n for n in sizes[0]], abs=2)


def test_without_graphviz_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(rendering, "find_spec", lambda name: None)
    with pytest.raises(picture.RenderUnavailable, match="pip install pygraphviz"):
        picture.render("digraph {}", "png")


def test_a_fault_in_graphviz_is_an_error_not_a_crash() -> None:
    with pytest.raises(picture.RenderError, match="Graphviz failed"):
        picture.render("digraph { a -> ", "png")


def test_widths_are_helveticas() -> None:
    assert width("Hello", 10) == pytest.approx(22.78)
    assert width("1×1", 10, bold=True) == pytest.approx(16.96)


def test_what_is_too_long_is_cut_to_fit() -> None:
    cut = fit("inception_resnet_with_a_long_name", 12, 80)
    assert cut.endswith("…")
    assert room(cut, 12) <= 80 < room(cut[:-1] + "e_", 12) + 12
    assert fit("short", 12, 80) == "short"


def test_numbers_have_three_digits_and_a_unit() -> None:
    assert [si(n) for n in (0, 999, 999_999, 1_498_000_000)] == ["0", "999", "1.00 M", "1.50 G"]


def test_heat_has_round_steps() -> None:
    heat = Heat.over([0, 1, 350_000_000])
    million = 1_000_000
    assert heat.bounds == (0, *(n * million for n in (20, 50, 100, 200, 500)))
    amounts = (0, 1, 20 * million, 20 * million + 1, 350 * million, 500 * million)
    assert [heat.level(n) for n in amounts] == [0, 1, 1, 2, 5, 5]
    assert Heat.over([]).level(0) == Heat.over([0]).level(0) == 0
    assert [Heat.over([n]).bounds for n in (1, 3, 10)] == [(0, 1), (0, 5), (0, 10)]


def test_a_strip_says_its_kernels_where_they_fit() -> None:
    """The first of two kernels, where that is all that fits; its pool is too narrow."""
    told = words_of("inception_v4.overview")
    assert "inception_b ×7 B 1×1 1×7 1×7 1024 × 17 × 17 7 × 847 M" in told


def test_cards_that_are_left_out_are_as_hot_as_the_hottest_of_them() -> None:
    steps = "".join(f"\n  - s{i}: 3x3 8" for i in range(300))
    text = f"name: a\ninput: [3, 8, 8]\nclasses: 2\nstem: [3x3 8]\nbody:{steps}"
    found = [card for each in rows(lower(loads(text))) for card in each.cards]
    (rest,) = (card for card in found if card.title.endswith(" more"))
    assert (rest.amount, rest.told) == (36_864, "≤ 36.9 k")


def test_heat_tells_steps_apart_where_one_repeat_outweighs_all() -> None:
    amounts = [card.amount for card in cards(lower(load("inception_resnet_v2"))) if card.amount]
    assert len(amounts) == 14 and max(amounts) > 4 * sorted(amounts)[-2]
    levels = Counter(map(Heat.over(amounts).level, amounts))
    assert len(levels) == len(HEAT) - 1 and max(levels.values()) <= 4


def test_heat_shares_a_colour_at_both_ends_where_that_tells_more_apart() -> None:
    heat = Heat.over([3, 15, 40, 90, 150, 90_000, 800_000, 9_000_000])
    assert heat.bounds == (0, 20, 50, 100, 200, 10_000_000)


def test_few_steps_of_heat_are_as_far_apart_as_many() -> None:
    scale = Heat.over([1_100_000, 15_000_000]).scale()
    assert [bound for _, bound in scale] == [0, 2_000_000, 5_000_000, 10_000_000, 20_000_000]
    assert (scale[0][0], scale[-1][0]) == (HEAT[0], HEAT[-1])
    inks = [HEAT.index(ink) for ink, _ in scale]
    assert inks == [0, 2, 3, 4, 5]


def test_an_overview_is_coloured_by_what_is_asked_for() -> None:
    network = lower(load("inception_v4"))
    total = cost(network).total
    found = {each: measure(network, each) for each in get_args(Amount)}
    for each in get_args(Counted):
        assert sum(map(found[each].of, network.trunk)) == getattr(total, each)
    assert max(map(found["memory"].of, network.trunk)) == total.peak_bytes
    told = {
        each: {card.title: card.told for card in cards(network, kind)}["inception_b"]
        for each, kind in found.items()
    }
    assert told["macs"] == "7 × 847 M" and told["params"] == "7 × 2.94 M"
    assert told["memory"].endswith(" MB"), "the most of them, no sum"
    sheet = diagram.overview(network, diagram.Wishes(heat=found["memory"]))
    said = "".join(run.text for line in sheet.heading for c in line.cells for run in c.runs)
    assert "activation bytes alive at once" in said and "≤ 20 MB" in said
    with pytest.raises(ValueError, match="takes no heat; an overview does"):
        diagram.sheet_of(network, "stem", diagram.Wishes(heat=found["params"]))
    with pytest.raises(ValueError, match="memory is nothing that a step has by itself: macs, "):
        diagram.overview(network, diagram.Wishes(heat="memory"))  # type: ignore[arg-type]  # wrong


def test_dropout_is_a_card_and_views_are_none() -> None:
    names = [card.title for card in cards(lower(load("googlenet")))]
    assert names[-3:] == ["global avg pool", "dropout 0.4", names[-1]]


def test_a_repeat_says_that_its_amount_is_a_sum() -> None:
    told = {card.title: card.told for card in cards(lower(load("inception_resnet_v2")))}
    assert (told["repeat"], told["mixed_5b"]) == ("10 × 150 M", "327 M")


def test_what_is_depthwise_has_a_colour_of_its_own() -> None:
    network = lower(loads(ODD))
    kinds = {tile.name: tile.kind for tile in diagram.stem(network).tiles}
    assert (kinds["s"], kinds["d"], kinds["g"]) == ("depthwise", "depthwise", "conv")
    (row,) = next(card.strip for card in cards(network) if card.title == "mixed")
    assert [piece.bucket for piece in row] == ["1×3", "depthwise", "depthwise"]


def test_kernels_share_colours_with_their_like() -> None:
    assert [bucket(n, False) for n in (1, 2, 5, 7, 11)] == ["1×1", "3×3", "5×5", "7×7", "7×7"]
    assert [bucket(n, True) for n in (3, 7, 9)] == ["1×3", "1×7", "1×7"]


def test_a_strip_shows_each_branch_by_its_largest_kernel() -> None:
    text = "stem: [{concat: [[1x1 4, 5x5 6], [1x1 4, 1x7 5, 7x1 7], [maxpool 3x3, 1x1 8], 1x1 9]}]"
    (split,) = lower(loads(f"name: a\ninput: [3, 8, 8]\nclasses: 2\n{text}")).nodes
    assert strip(split) == [
        [
            Piece(6, "5×5", ("5×5",), chosen=True),
            Piece(7, "1×7", ("1×7", "7×1"), chosen=True),
            Piece(8, "pool", ("pool",)),
            Piece(9, "1×1", ("1×1",)),
        ]
    ]


def test_what_is_odd_about_a_convolution_is_said() -> None:
    steps = "[3x3 4, 3x3 4, 3x3 4, 3x3 4 norm=none, 3x3 4 act=tanh, 3x3 4 linear, 3x3 4 nogamma]"
    network = lower(loads(f"name: a\ninput: [3, 8, 8]\nclasses: 2\nstem: {steps}"))
    odd = [deviation(node, usual(network)) for node in network.nodes]
    assert odd[:3] == [(), (), ()]
    assert odd[3:] == [
        ("norm=none",),
        ("tanh",),
        ("linear",),
        ("batch norm, no γ",),
    ]


def test_a_share_alone_has_no_brackets_and_counts_are_numbers() -> None:
    dot = dots(lower(load("inception_next")))["mixer"]
    assert text_of(dot).count("in \u2212 3n") == 2, "above the branch and below it"
    assert "(in " not in text_of(dot)
    assert "× 56 3 × 408 3 × 1.17 M" in text_of(dot), "as a number, however small"


LISTS = """
name: a
input: [3, 16, 16]
classes: 2
stem: [3x3 8]
strided:
  project: {params: [w], do: [1x1 w, 3x3 w]}
  keep: {do: [3x3 in], residual: {}}
body:
  - stage_1: [project w=8, keep]
  - stage_2: [project w=16, keep x2]
  - mixed: {do: [1x1 8, 3x3 8], residual: {shortcut: 1x1 8}}
  - rates: [droppath 0.0666666666667, 1x1 8, maxpool 3x3, 1x1 8, 3x3 8]
"""


def test_a_list_of_steps_says_what_it_holds() -> None:
    network = lower(loads(LISTS))
    told = {"stage_1": "project, keep", "stage_2": "project, keep ×2"}
    assert {row.path: row.kind for row in cost(network).blocks}.items() >= told.items()
    named = {card.title: card.name for card in cards(network)}
    assert named.items() >= told.items()
    assert named["rates"] == "drop path 0.06667, conv 1×1, max pool 3×3, 2 more"


def test_a_block_in_a_list_is_called_by_the_list() -> None:
    network = lower(loads(LISTS))
    assert subtitle(uses(network)["project"]).startswith("×2: stage_1.0 with w=8")
    assert "stage_2.1 ×2" in subtitle(uses(network)["keep"])
    assert all(name in as_dot(diagram.full(network)) for name in ("stage_1.0", "stage_2.1.1"))


SEVERAL = """\
name: several
input: [3, 32, 32]
classes: 3
stem: [3x3 8]
inception:
  deep: {params: [n], do: [3x3 8 repeat=n]}
  wide: {params: [w], do: [3x3 w]}
  pooled: {params: [p], concat: [1x1 8, pool 3x3 mode=p]}
body:
  - a: deep n=2
  - b: deep n=3
  - c: deep n=2
  - wide w=8
  - wide w=16
  - d: pooled p=avg
  - e: pooled p=max
head: [globalpool avg, fc classes]
"""


def test_a_block_that_is_built_in_several_ways_says_which_one_is_drawn() -> None:
    drawn = dots(lower(loads(SEVERAL)))
    assert "drawn as in a, c<" in drawn["deep"]
    assert "avg pool 3×3 max pool 3×3 in e" in text_of(drawn["pooled"])
    assert "drawn as" not in drawn["wide"]
