"""Layers from outside the language: found, read, and told of where something is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import dsl
from compiler.cli import run
from compiler.diagram.style import LOOKS
from compiler.lowering.lower import lower
from compiler.plugins.kinds import OURS
from dsl.models import plugins
from tests.plugging import EXAMPLE, described, install, no_plugins

SPEC = """\
name: gated
input: [3, 32, 24]
classes: 10
stem: [3x3 16 /2]
inception:
  A:
    params: [n, r]
    concat: [1x1 n, [1x1 8, 3x3 n, coordatt r]]
    then: coordatt 4
body: [a: A n=16 r=2 x2, coordatt]
head: [globalpool avg, fc classes]
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(EXAMPLE, tmp_path_factory.mktemp("site"))


@pytest.fixture
def installed(site: Path) -> Iterator[None]:
    with no_plugins(site):
        yield


def complaint(text: str) -> str:
    with pytest.raises(dsl.SpecError) as caught:
        lower(dsl.loads(text, "net.yaml"))
    return str(caught.value)


@pytest.mark.usefixtures("installed")
def test_a_word_of_an_installed_package() -> None:
    spec = dsl.loads(SPEC)
    layer = spec.body[1]
    assert (layer.name, layer.auto, type(layer).__module__) == (
        None,
        "attention",
        "coord_attention",
    )
    assert dsl.loads(dsl.dump(spec)) == spec
    network = lower(spec)
    leaf = network.nodes[2]
    assert leaf.name == "attention"
    assert leaf.out == leaf.inp == (32, 16, 12)
    assert "coordinate attention" not in repr(network)
    assert "CoordinateAttention(16, 2, reduction=2)" in repr(network)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("coordat", "did you mean coordatt?"),
        ("coordat r=3", "did you mean coordatt?"),
        ("coordat 3", "did you mean coordatt?"),
        ("coordatt 0", "reduction must be a whole number from 1"),
        ("coordatt 4 /2", "coordatt doesn't take '/2'"),
        ("coordatt s", "s is not a number, nor the name of a parameter here"),
        ("4 coordatt", "write `coordatt 4`"),
        ("[globalpool avg, flatten, coordatt]", "needs a map, gets a vector of 32"),
    ],
)
def test_slips_are_told_as_those_of_any_layer(wrong: str, told: str) -> None:
    said = complaint(SPEC.replace("x2, coordatt]", f"x2, {wrong}]"))
    assert told in said, said
    assert said.startswith("net.yaml:10:"), said


@pytest.mark.usefixtures("installed")
def test_nothing_is_looked_for_while_the_language_has_the_words() -> None:
    """Nor where a word is a block's: what is installed can't change what a spec means."""
    text = SPEC.replace(", coordatt r]", "]").replace("    then: coordatt 4\n", "")
    block = "  coordatt: [1x1 32]\n"
    text = text.replace("params: [n, r]", "params: [n]").replace(" r=2", "")
    spec = dsl.loads(text.replace("inception:\n", f"inception:\n{block}"))
    assert spec.body[1].auto == "block"
    assert not plugins.GIVEN
    assert not plugins._FOUND


@pytest.mark.usefixtures("installed")
def test_a_block_beside_the_layer_of_its_name() -> None:
    spec = dsl.loads(SPEC)
    block = dsl.loads(SPEC.replace("  A:", "  B:").replace("A n", "B n")).inception["B"]
    twice = spec.model_copy(update={"inception": {**spec.inception, "coordatt": block}})
    with pytest.raises(dsl.SpecError, match="the spec has a plugin's layer of that name"):
        lower(twice)


def broken(folder: Path, code: str, word: str = "gate", value: str = "gates:GATE") -> str:
    """What is told of a spec with a word of a package that holds just this code."""
    (folder / "gates.py").write_text(code, encoding="utf-8")
    described(folder, "gates", "0.1", {plugins.GROUP: {word: value}})
    with no_plugins(folder):
        return complaint(
            SPEC.split("inception:", maxsplit=1)[0] + f"body: [{word}]\nhead: [fc classes]\n"
        )


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import nowhere", "ModuleNotFoundError: No module named 'nowhere'"),
        ("GATE = 1", "is to be a layer of gates 0.1, but gates:GATE is no LayerKind"),
        ("1 / 0", "can't be loaded: ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "can't be loaded: SystemExit: 3"),
        ("x = (", "can't be loaded: SyntaxError"),
        ("y = 2", "AttributeError: module 'gates' has no attribute 'GATE'"),
        ("from compiler.plugins import *\nGATE = LayerKind(1, 2, 3)", "`model` is a subclass of"),
        (
            "from coord_attention import COORDATT as GATE",
            "gates:GATE calls it coordatt",
        ),
    ],
)
def test_a_broken_package_is_one_line(tmp_path: Path, site: Path, code: str, told: str) -> None:
    with no_plugins(site):
        said = broken(tmp_path, f"import sys; sys.path.append({str(site)!r})\n{code}")
    first, *_ = said.splitlines()
    assert first.startswith("net.yaml:5:8: error[E170]: gate is "), said
    assert "gates 0.1" in first
    assert told in said
    assert said.endswith("1 problem found")


def test_what_is_installed_is_listed(
    tmp_path: Path, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A layer that nobody could ever call is told there, since its word means another."""
    entries = {"relu": "gates:RELU", "gate": "gates:GATE"}
    described(tmp_path, "gates", "0.1", {plugins.GROUP: entries})
    with no_plugins(site, tmp_path):
        assert run(["list", "--layers"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "coordatt 32  coord-attention 1.0"
    assert lines[1].startswith("error[E171]: gates 0.1 can't call a layer relu: the word means ")
    assert lines[2].startswith("error[E170]: gate is a layer of gates 0.1, which can't be loaded: ")
    with no_plugins():
        assert run(["list", "--layers"]) == 0
    assert capsys.readouterr().out == "no package that is installed gives any\n"


def test_two_packages_of_one_word(tmp_path: Path, site: Path) -> None:
    described(tmp_path, "others", "3.0", {plugins.GROUP: {"coordatt": "others:KIND"}})
    with no_plugins(tmp_path, site):
        said = complaint(SPEC)
    assert "error[E171]: coordatt is a layer of" in said
    assert "others 3.0" in said
    assert "coord-attention 1.0" in said


def test_no_plugin_can_take_a_colour_that_drawings_have() -> None:
    assert set(OURS) == set(LOOKS)
