"""TikZ: a paper takes it in as it is, whatever a spec calls things, and TeX compiles it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from compiler import diagram
from compiler.cli import run
from compiler.lowering.lower import lower
from compiler.picture import Picture, RenderError, Sheet
from compiler.picture.labels import Cell, Run, line, strong
from compiler.picture.tex import ACCENTS, DEFINED, MARKS, OTHER, tex
from compiler.picture.tikz import as_tex, as_tikz
from dsl import load
from tests.networks import TEXTS, network

HOSTILE = [
    r"\input{/etc/passwd} \write18{id} \end{document} \\ ^^5cinput ^^M",
    "100% # & _ ~ ^ $x$ {a} }{ <b> | \" ` ' `` '' -- --- ,, << >> ?` !`",
    "\\",
    "  two  spaces  \n\tand lines\r\n %",
    "É ñ ü ç ø ł ß æ 名前 العربية 🎉 γ ≤ ⋮ \x00 \ud800",
    "[x] (y); \\node",
]


def latex() -> str:
    """What compiles it. Skips where there is no TeX, or one without TikZ."""
    program, finder = shutil.which("pdflatex"), shutil.which("kpsewhich")
    if not (program and finder):
        pytest.skip("no TeX on this machine: apt install texlive-latex-base texlive-pictures")
    if subprocess.run([finder, "tikz.sty"], capture_output=True, check=False).returncode:
        pytest.skip("the TeX on this machine has no TikZ: apt install texlive-pictures")
    return program


def compiled(text: str, folder: Path) -> bytes:
    """The PDF that TeX makes of a document; with `-halt-on-error` any fault ends it."""
    (folder / "x.tex").write_text(text, encoding="ascii")
    command = [latex(), "-no-shell-escape", "-halt-on-error", "-interaction=nonstopmode", "x.tex"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=100)
    assert ran.returncode == 0, ran.stdout.decode(errors="replace")[-2000:]
    assert b"Output written on x.pdf (1 page," in ran.stdout
    return (folder / "x.pdf").read_bytes()


@pytest.mark.parametrize("name", TEXTS)
def test_every_box_and_text_is_there(name: str) -> None:
    for sheet in [*diagram.drawings(network(name)).values(), diagram.full(network(name))]:
        text = as_tikz(sheet)
        assert text.isascii()
        boxes = [tile for tile in sheet.tiles if tile.outline != "none"]
        named = re.findall(r"\\node\[draw=.*?\] \(([\w-]+)\) at ", text)
        assert len(named) == len(set(named)) == len(boxes)
        lines = [*sheet.heading, *(line for tile in sheet.tiles for line in tile.label)]
        runs = [run for line in lines for cell in line.cells for run in cell.runs if run.text]
        assert [*map(tex, (each.text for each in runs))] == re.findall(
            r"\\color\{c[0-9a-f]{6}\}(.*?)\}(?=\{\\fontsize|\};$)", text, re.MULTILINE
        )
        assert len(re.findall(r"-- cycle;", text)) == len(sheet.edges)


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_stands_in_a_spec_is_text(text: str) -> None:
    """Of commands there are only those that we write, and of signs none that TeX obeys."""
    found = tex(text)
    assert found.isascii() and "\n" not in found
    ours = {*MARKS.values(), *(rf"\{mark}" for mark in ACCENTS.values()), rf"\{OTHER}"}
    known = {word for each in ours for word in re.findall(r"\\(?:[A-Za-z]+|.)", each)}
    assert set(re.findall(r"\\(?:[A-Za-z]+|.)", found)) <= known
    left = re.sub(r"\\(?:[A-Za-z]+|.)", "", found)
    assert not set("%#&_") & set(left)
    assert left.count("{") == left.count("}") and left.count("$") % 2 == 0
    assert not re.search(r"--|''|,,|``|<|>|\^\^", left)


def test_a_document_compiles_and_is_as_large_as_the_drawing(tmp_path: Path) -> None:
    sheet = diagram.overview(lower(load("inception_v3")))
    bare = "\\pdfcompresslevel=0 \\pdfobjcompresslevel=0\n"
    pdf = compiled(bare + as_tex(sheet), tmp_path)
    (box,) = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    sides = [sheet.width + 36, sheet.height + 36]
    assert [*map(float, box)] == pytest.approx(sides, abs=0.1)


def test_hostile_text_compiles(tmp_path: Path) -> None:
    """With all that we ever write, and every sign of ASCII."""
    texts = [*HOSTILE, *MARKS, *(f"e{mark}" for mark in ACCENTS), "".join(map(chr, range(33, 127)))]
    lines = tuple(line(Cell(400, 20, (Run(text), strong(text)), "start")) for text in texts)
    sheet = Sheet("x", " ".join(texts), "\n".join(texts), lines)
    assert DEFINED in as_tikz(sheet)
    compiled(as_tex(sheet), tmp_path)


def test_a_paper_takes_it_in_beside_others(tmp_path: Path) -> None:
    """In columns, scaled, twice, in another size of type; and draws on."""
    sheet = diagram.detail(network("small"), "A")
    (tmp_path / "a.tikz").write_text(as_tikz(sheet), encoding="ascii")
    paper = r"""
    \documentclass[twocolumn,11pt]{article}
    \usepackage[T1]{fontenc}
    \usepackage{tikz}
    \begin{document}
    \begin{figure}\resizebox{\columnwidth}{!}{\input{a.tikz}}\end{figure}
    Text, and \resizebox{5cm}{!}{\input{a.tikz}}.
    \end{document}
    """
    compiled(paper, tmp_path)
    drawn_on = as_tikz(sheet).replace(
        r"\end{tikzpicture}", "\\draw (input.south) -- (A-branch2-0.north);\n\\end{tikzpicture}"
    )
    compiled(as_tex(sheet).replace(as_tikz(sheet), drawn_on), tmp_path)


def test_what_tex_can_t_measure_is_refused() -> None:
    tall = Picture(diagram.full(lower(load("se_inception_resnet_v2"))))
    for form in ("tex", "tikz"):
        with pytest.raises(RenderError, match=r"26,\d\d\d points, which TeX can't measure"):
            tall.made(form)


def test_the_command_writes_both(tmp_path: Path) -> None:
    for ending in ("tex", "TIKZ"):
        file = str(tmp_path / f"x.{ending}")
        assert run(["draw", "googlenet", "--what", "v1", "--mono", "-o", file]) == 0
    document, picture = ((tmp_path / f"x.{each}").read_text() for each in ("tex", "TIKZ"))
    assert picture in document
    assert document.startswith("\\RequirePackage")
    colours = re.findall(r"HTML\}\{(\w\w)(\w\w)(\w\w)\}", picture)
    assert colours and all(len(set(each)) == 1 for each in colours)
