"""Tones and pixels: the same drawing in other colours, and PNGs that know how large they are."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from PIL import Image

from compiler.cli import run
from compiler.diagram import draw, drawings, overview
from compiler.diagram.kernels import MIXED
from compiler.diagram.style import HATCHES, STRIP
from compiler.files import png
from compiler.lowering.lower import lower
from compiler.picture import FORMS, TONES, RenderError, Sheet, Tone, as_dot, as_svg, toned
from compiler.picture.hatching import Hatch, hatched, stretches
from compiler.picture.ink import Ink
from compiler.picture.labels import Cell, Run
from compiler.picture.svg import _inks
from compiler.picture.tones import grey
from dsl import load
from tests.networks import network

FIXED: list[Tone] = [tone for tone in TONES if tone != "auto"]
SHEETS = {name: {"overview": overview(network(name)), **drawings(network(name))}
          for name in ("small", "residual", "gated")}  # fmt: skip
ALL = [(name, what) for name, sheets in SHEETS.items() for what in sheets]


def colours(text: str) -> set[str]:
    return set(re.findall(r'"(#[0-9a-f]{6})"', text))


def light(colour: str) -> float:
    """Relative luminance, as WCAG 2 has it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def plain(sheet: Sheet) -> str:
    """A sheet's SVG without its colours and hatching, its style sheet and its name."""
    drop = r'<style>.*?</style>\n|<g class="hatch">.*?</g>\n'
    svg = re.sub(drop, "", as_svg(sheet), flags=re.DOTALL)
    return re.sub(r"#[0-9a-f]{6}", "", svg).replace(sheet.name, "")


@pytest.mark.parametrize(("name", "what"), ALL)
@pytest.mark.parametrize("tone", FIXED)
def test_a_tone_changes_colours_and_nothing_else(name: str, what: str, tone: Tone) -> None:
    sheet = SHEETS[name][what]
    other = toned(sheet, tone)
    assert plain(other) == plain(sheet)
    assert "<style>" not in as_svg(other)
    inks = [*_inks(sheet)]
    wanted = {"light": {ink.light for ink in inks}, "dark": {ink.dark for ink in inks},
              "mono": {grey(ink.light) for ink in inks}}[tone]  # fmt: skip
    for text in (as_svg(other), as_dot(other)):
        assert colours(text) <= wanted
    assert other.paper.light == {"light": "#ffffff", "dark": "#10161d", "mono": "#ffffff"}[tone]


def test_auto_leaves_the_choice_to_the_reader() -> None:
    sheet = SHEETS["small"]["overview"]
    assert toned(sheet, "auto") is sheet
    assert "prefers-color-scheme: dark" in as_svg(sheet)


def test_tones_can_stand_in_one_page() -> None:
    svgs = [as_svg(toned(SHEETS["small"]["A"], tone)) for tone in TONES]
    ids = [set(re.findall(r' id="([^"]+)"', svg)) for svg in svgs]
    assert sum(map(len, ids)) == len(set().union(*ids))


def test_greys_are_as_light_as_their_colours() -> None:
    """So text keeps its contrast, up to what a level of grey in 256 is."""
    for ink in {ink for sheets in SHEETS.values() for sheet in sheets.values()
                for ink in _inks(sheet)}:  # fmt: skip
        assert light(grey(ink.light)) == pytest.approx(light(ink.light), abs=0.005)
    assert grey("#000000") == "#000000"
    assert grey("#808080") == "#808080"


def image(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(("scale", "dpi"), [(None, 144), (1, 72), (3.5, 252)])
def test_a_png_says_how_large_it_is(scale: float | None, dpi: int) -> None:
    picture = draw(network("small"), "A")
    data = picture.made("png", scale=scale)
    assert png.intact(data)
    found = image(data)
    assert found.info["dpi"] == pytest.approx((dpi, dpi), abs=0.02)
    points = [72 * side / dpi for side in found.size]
    sides = [picture.sheet.width + 36, picture.sheet.height + 36]
    assert points == pytest.approx(sides, abs=3), "as large on paper as the other forms"


def test_a_resolution_that_was_there_is_replaced_and_a_changed_one_told() -> None:
    first = draw(network("small"), "A").made("png", scale=1)
    again = png.finish(png.bare(first), "digraph {}", 300)
    assert again.count(b"pHYs") == 1
    assert image(again).info["dpi"] == pytest.approx((300, 300), abs=0.02)
    assert png.intact(again)
    at = again.index(b"pHYs") + 7
    assert not png.intact(again[:at] + b"\x00" + again[at + 1 :])


def test_what_a_form_can_t_do_is_refused() -> None:
    picture = draw(load("googlenet"), "full")
    with pytest.raises(RenderError, match=r"32,767 pixels a side.* largest scale is [\d.]+"):
        picture.made("png", scale=100)
    with pytest.raises(ValueError, match=r"a \.pdf has none"):
        picture.made("pdf", scale=2)
    with pytest.raises(ValueError, match=r"as \.svg, .*, not as gif"):
        picture.made("gif")


@pytest.mark.parametrize("tone", FIXED)
def test_the_command_has_a_flag_for_each_tone(tone: Tone, tmp_path: Path) -> None:
    file = tmp_path / "x.SVG"
    assert run(["draw", "googlenet", "--what", "v1", f"--{tone}", "-o", str(file)]) == 0
    assert file.read_text() == draw(load("googlenet"), "v1").toned(tone).svg


def test_the_command_scales_pixels_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["draw", "googlenet", "--what", "v1", "-o"]
    assert run([*command, str(tmp_path / "a.png"), "--dpi", "216"]) == 0
    assert run([*command, str(tmp_path / "b.png"), "--scale", "3"]) == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert run([*command, str(tmp_path / "c.png"), "--scale", "3", "--dpi", "216"]) == 2
    assert "say the same" in capsys.readouterr().err
    assert run([*command, str(tmp_path / "c.pdf"), "--scale", "3"]) == 2
    assert "a .pdf has no pixels" in capsys.readouterr().err
    assert run(["draw", "googlenet", "--what", "full", "--scale", "20",
                "-o", str(tmp_path / "c.png")]) == 1  # fmt: skip
    assert "the largest scale is" in capsys.readouterr().err
    assert run([*command, str(tmp_path / "c.png"), "--dpi", "nan"]) == 2
    assert "not a valid number" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "b.png"}


def test_every_form_and_tone_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    root = Path(__file__).parent.parent
    page = (root / "docs" / "diagrams.md").read_text(encoding="utf-8")
    rows = (root / "README.md").read_text(encoding="utf-8").splitlines()
    (row,) = (line for line in rows if line.startswith("| `… draw SPEC`"))
    assert run(["draw", "--help"]) == 0
    shown = capsys.readouterr().out
    assert re.findall(r"(?m)^\| `\.(\w+)` \|", page) == [*FORMS]
    assert set(FORMS) <= set(re.findall(r"\w+", row.partition("-o FILE.")[2].partition("`")[0]))
    for told in [*(f".{form}" for form in FORMS), *(f"--{tone}" for tone in FIXED)]:
        assert told in shown
    for tone in FIXED:
        assert f"`--{tone}`" in page and f"`--{tone}`" in row


def test_a_sheet_with_no_colours_of_the_night_has_no_style_sheet() -> None:
    one = Ink("#123456", "#123456")
    assert "<style>" not in as_svg(replace(Sheet("a", "b", "", ()), paper=one))


def test_a_pdf_is_as_large_as_the_svg() -> None:
    picture = draw(network("small"), "A")
    (box,) = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", picture.made("pdf"))
    sides = [picture.sheet.width + 36, picture.sheet.height + 36]
    assert [*map(float, box)] == pytest.approx(sides, abs=1)


def cells(sheet: Sheet) -> list[Cell]:
    return [cell for cell in sheet.cells if cell.mono]


@pytest.mark.parametrize("tone", FIXED)
def test_strips_are_hatched_where_there_are_no_colours(tone: Tone) -> None:
    sheet = overview(lower(load("inception_v3")))
    found = cells(toned(sheet, tone))
    assert {cell.mono for cell in found} == {HATCHES[name] for name in STRIP if name in USED}
    pairs = list(zip(cells(sheet), found, strict=True))
    assert all(old.fill == STRIP[name_of(old)] for old, _ in pairs)
    if tone == "mono":
        assert all(new.hatch == old.mono and new.fill == PAPER_ALONE for old, new in pairs)
        assert len({*re.findall(r'class="hatch"(.*?)/>', as_svg(toned(sheet, tone)))}) > 5
    else:
        assert not any(cell.hatch for _, cell in pairs)
        assert 'class="hatch"' not in as_svg(toned(sheet, tone))


USED = ("1×1", "3×3", "5×5", "1×3", "1×7", "pool")
PAPER_ALONE = Ink("#ffffff", "#ffffff")


def name_of(cell: Cell) -> str:
    return next(name for name, hatch in HATCHES.items() if hatch == cell.mono)


def test_no_two_colours_of_a_strip_are_hatched_alike() -> None:
    assert HATCHES.keys() == {*STRIP, MIXED}
    assert sorted(HATCHES.values()) == sorted(get_args(Hatch))


@pytest.mark.parametrize("hatch", get_args(Hatch))
@pytest.mark.parametrize("size", [(14, 9), (1, 1), (40, 4), (170, 10)])
def test_hatching_fills_its_cell_and_leaves_a_plate_to_a_text(
    hatch: Hatch, size: tuple[int, int]
) -> None:
    width, height = size
    field = hatched(Cell(width + 2, height + 2, outline=PAPER_ALONE, hatch=hatch))
    assert (field.inset, field.width, field.height, field.plate) == (1, width, height, 0)
    assert sum(band.height for band in field.bands) == (height if hatch != "blank" else 0)
    for band in field.bands:
        assert sum(most for most, _ in stretches(band.dash, width)) == width
    text = (Run("3×3", 9),)
    plate = hatched(Cell(width + 2, height + 2, text, outline=PAPER_ALONE, hatch=hatch)).plate
    assert plate == width or ((plate - width) % 2 == 0 and text[0].room <= plate < width - 9)
