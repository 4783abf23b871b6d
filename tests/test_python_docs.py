"""docs/python.md does what it says, and objects show what a person wants to see."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import chdir
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import dsl
from compiler.cli import run
from compiler.cost import cost
from compiler.cost.render import as_text
from compiler.diagram import Wishes, draw
from compiler.diff import diff
from compiler.ir.nodes import leaves
from compiler.lowering.lower import lower
from compiler.source import emit
from dsl.models import shelf

TEXT = (Path(__file__).parent.parent / "docs" / "python.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What its code leaves behind, names and a file."""
    folder = tmp_path_factory.mktemp("docs")
    found: dict[str, Any] = {}
    with chdir(folder):
        for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL):
            exec(block, found)
    return found | {"saved": (folder / "block_b.svg").read_text(encoding="utf-8")}


def test_its_python_runs(made: dict[str, Any]) -> None:
    assert made["saved"] == made["draw"](made["network"], "B").svg
    assert "class InceptionV3(nn.Module)" in made["source"]
    assert made["slim"].classes == 10
    assert "by: 0.5" not in made["text"]
    assert len(set(made["sizes"].values())) == 5
    assert made["wide"]
    assert lower(made["tiny"]).out == (10,)


def test_the_python_of_the_page_on_diagrams_runs(tmp_path: Path) -> None:
    text = (Path(__file__).parent.parent / "docs" / "diagrams.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert blocks
    with chdir(tmp_path):
        for block in blocks:
            exec(block, {})


def test_a_spec_shows_its_yaml() -> None:
    spec = dsl.load("googlenet")
    assert repr(spec) == str(spec) == dsl.dump(spec)


def test_a_report_shows_its_table_and_gives_its_rows() -> None:
    report = cost(lower(dsl.load("googlenet_96")))
    assert repr(report) == str(report) == as_text(report)
    rows = report.records()
    assert [row["path"] for row in rows] == [row.path for row in report.layers]
    assert sum(row["macs"] for row in rows) == report.total.macs
    assert len(report.records(layers=False)) == len(report.blocks)
    plain = (int, float, str, list, type(None))
    assert all(isinstance(value, plain) for row in rows for value in row.values())


def test_a_notebook_shows_pictures_and_tables() -> None:
    """By the methods that IPython asks for."""
    network = lower(dsl.load("googlenet_96"))
    assert network._repr_svg_() == draw(network).svg == draw(network)._repr_svg_()
    assert re.fullmatch(r"Picture\(googlenet_96\.v1, \d+ × \d+ pt\)", repr(draw(network, "v1")))
    report = cost(network)
    table = ET.fromstring(f"<div>{report._repr_html_()}</div>")
    rows = [[cell.text or "" for cell in row] for row in table.iter("tr")]
    lines = [re.split(r" {2,}", line.strip()) for line in as_text(report).splitlines()]
    for row in rows:
        assert [text for text in row if text] in lines, row
    assert len(rows) == len(report.blocks) + 2


def test_a_table_holds_a_title_as_text() -> None:
    network = replace(lower(dsl.load("googlenet_96")), title="<script>&\"'</b>")
    html = cost(network)._repr_html_()
    assert "<script" not in html
    caption = ET.fromstring(f"<div>{html}</div>").find("table/caption")
    assert caption is not None and (caption.text or "").startswith(network.title)


def test_a_diff_shows_its_text() -> None:
    found = diff(lower(dsl.load("googlenet")), lower(dsl.load("googlenet", "torchvision")))
    assert repr(found) == str(found) == found.as_text()


def test_a_network_shows_every_node_once() -> None:
    network = lower(dsl.load("googlenet"))
    lines = repr(network).splitlines()
    paths = [line.split()[0] for line in lines[1:]]
    for path, _ in leaves(network.nodes):
        assert paths.count(path) == 1, path
    assert lines[0] == "googlenet: 3x224x224 -> 1000, 7,005,832 parameters"
    assert [line for line in lines if not line.startswith(" ")][1:] == ["stem", "body", "head"]
    (conv,) = (line.split() for line in lines if line.split()[0] == "conv1.conv")
    assert " ".join(conv) == (
        "conv1.conv Conv2d(3, 64, 7, stride=2, padding=3, bias=False) 3x224x224 -> 64x112x112 9,408"
    )


def test_a_node_shows_what_is_in_it() -> None:
    node = next(n for n in lower(dsl.load("inception_v3")).nodes if n.name == "mixed_6b")
    first, *rest = str(node).splitlines()
    assert first.startswith("mixed_6b  ") and "block B c7=128, concat of 4" in first
    assert all(line.startswith("  ") for line in rest)
    assert "/" not in str(node)  # No places: they say nothing of what it is.


def test_residuals_and_heads_say_what_they_are() -> None:
    text = repr(lower(dsl.load("inception_resnet_v2")))
    assert "then, residual ×0.17" in text
    assert "auxiliary head from inception_4a, weight 0.3" in repr(lower(dsl.load("googlenet")))


def test_the_command_prints_the_tree_or_a_part(capsys: pytest.CaptureFixture[str]) -> None:
    network = lower(dsl.load("googlenet"))
    assert run(["ir", "googlenet"]) == 0
    assert capsys.readouterr().out == f"{network!r}\n"
    assert run(["ir", "googlenet", "inception_3a.b5"]) == 0
    part = capsys.readouterr().out
    assert part.startswith("inception_3a.b5  ") and "inception_3a.b5.1.conv" in part
    assert run(["ir", "googlenet", "inception_3a.b6"]) == 2
    error = capsys.readouterr().err
    assert "there is no inception_3a.b6" in error and "Did you mean inception_3a.b" in error


def odd(value: object) -> Any:
    """A value of another type than is asked for."""
    return value


WRONG: list[tuple[Callable[[], Any], str]] = [
    (lambda: draw(odd(3)), "draw takes a Network, a Spec, a path, or a name on the shelf, not int"),
    (lambda: draw("googlenet", odd(3)), "what is drawn goes by its name, not int"),
    (lambda: draw("googlenet", "v1", odd({"shapes": True})), "wishes are a Wishes, not dict"),
    (lambda: draw("none.yaml"), "can't read none.yaml"),
    (lambda: Wishes(fit=odd(17)), "17 is no width"),
    (
        lambda: draw("googlenet", "v1").toned(odd("drak")),
        "a tone is one of auto, light, dark",
    ),
    (lambda: draw("googlenet", "v1").made("png", scale=0), "a scale is pixels a point, a number"),
    (lambda: draw("googlenet", "v1").made("png", scale=odd("2")), "from 0.1 on: '2'"),
    (lambda: draw("googlenet", "v1").made("png", scale=float("nan")), "from 0.1 on: nan"),
    (lambda: lower(odd("googlenet")), "lower takes a Spec, not str"),
    (lambda: cost(odd(dsl.load("googlenet"))), "cost takes a Network, not Spec"),
    (lambda: emit(odd(dsl.load("googlenet"))), "emit takes a Network, not Spec"),
]


@pytest.mark.parametrize(("call", "told"), WRONG, ids=[told for _, told in WRONG])
def test_what_a_stranger_passes_is_refused_in_words(call: Callable[[], Any], told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        call()


def test_what_is_drawn_may_be_a_name_a_path_or_a_spec() -> None:
    drawn = draw(lower(dsl.load("googlenet")), "v1")
    for given in ("googlenet", shelf.find("googlenet"), str(shelf.find("googlenet"))):
        assert draw(given, "v1") == drawn
