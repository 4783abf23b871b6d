"""`resolve` and `new`: a spec written out with its origins, and a file to start from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dsl
from compiler.cli import run
from compiler.lowering.lower import lower
from dsl.models import shelf
from dsl.writing.resolved import resolved
from tests.test_inherit import BASE

COMMENT = re.compile(r" +# .*")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the base in it, and the current directory."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def bare(text: str) -> str:
    return "\n".join(COMMENT.sub("", line) for line in text.split("\n"))


@pytest.mark.parametrize("name", shelf.names())
def test_resolved_specs_are_their_dump_with_a_place_on_every_line(name: str) -> None:
    spec = dsl.load(name)
    text = resolved(spec)
    assert bare(text) == dsl.dump(spec)
    for line in filter(None, text.split("\n")):
        found = re.search(r"\b(\w+)\.yaml:[0-9]+", line)
        if not found:  # lines that hold a key alone, or go on with a text
            assert "- " not in line, line
            continue
        places = re.findall(rf"\b{found[1]}\.yaml:([0-9]+)", line)
        folders = (shelf.folder(), shelf.folder() / "recipes")
        (path,) = (path for each in folders for path in each.glob(f"{found[1]}.yaml"))
        source = path.read_text(encoding="utf-8").split("\n")
        words = re.findall(r"[\w.]+", COMMENT.sub("", line))
        first = max(min(map(int, places)) - 2, 0)
        there = re.findall(r"[\w.]+", " ".join(source[first : max(map(int, places)) + 12]))
        assert {*words[:2]} & {*there}, line  # a step that is set anew keeps its name


def test_what_resolve_prints(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "heir.yaml").write_text(
        "extends: base.yaml\nname: heir\nwidth: 0.5\nset: {row.n: 9, head.dropout: 0.1}\n"
        "remove: aux.helper\n"
    )
    assert run(["resolve", "heir.yaml", "--input", "96x96", "--set", "classes=3"]) == 0
    text = capsys.readouterr().out
    found = {COMMENT.sub("", line).strip(): line.partition("# ")[2] for line in text.split("\n")}
    assert found["name: heir"] == "heir.yaml:2"
    assert found["input: [3, 96, 96]"] == "--input"
    assert found["classes: 3"] == "--set classes=3"
    assert found["- conv1: 3x3 8 /2"] == "base.yaml:9, scaled by heir.yaml:3"
    assert found["params: {n: 8, k: 3}"] == "base.yaml:13, scaled by heir.yaml:3"
    assert found["- row: A n=9 x4"] == "base.yaml:18, heir.yaml:4"
    assert found["- dropout 0.1"] == "base.yaml:20, heir.yaml:4"
    assert found["- pool1: maxpool 3x3 /2"] == "base.yaml:10"
    made = dsl.loads(text)
    assert made.classes == 3
    assert made.aux == ()
    assert run(["resolve", "heir.yaml", "-o", "flat.yaml"]) == 0
    assert dsl.load("flat.yaml") == dsl.load("heir.yaml")


def test_a_line_tells_nothing_of_its_neighbours(folder: Path) -> None:
    """A list's or mapping's place is its first line, whoever stands there now."""
    (folder / "heir.yaml").write_text(
        "extends: base.yaml\nname: heir\ninsert: {before: a, lead: 1x1 in}\n"
        "set: {inception.Outer.out: 3x3 in}\n"
    )
    found = {
        COMMENT.sub("", line).strip(): line.partition("# ")[2]
        for line in resolved(dsl.load("heir.yaml")).split("\n")
    }
    assert found["- lead: 1x1 in"] == "heir.yaml:3"
    assert found["A:"] == "base.yaml:12"
    assert found["- out: 3x3 in"] == "heir.yaml:4"


def test_a_spec_of_wrong_shapes_can_be_resolved(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["resolve", "base.yaml", "--set", "inception.A.b1=1x1 n /2"]) == 0
    assert "- b1: 1x1 n /2" in capsys.readouterr().out


@pytest.mark.parametrize("name", shelf.names())
def test_every_change_in_a_new_file_works_as_it_stands(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["new", "my_net", "--from", name]) == 0
    path = folder / "my_net.yaml"
    text = path.read_text(encoding="utf-8")
    base = dsl.load(name)
    same = {"name": base.name, "title": base.title, "expect": base.expect}
    made = dsl.load(path)
    assert made.model_copy(update=same | {"variants": base.variants}) == base
    awake = re.sub(r"(?m)^# (?=\w+:)|^# (?=  \w)", "", text)
    assert awake.count("\nset:") == 1
    awake = re.sub(r"(?m)^my_net: made.*\n|^  inception-compile.*\n", "", awake)
    path.write_text(awake, encoding="utf-8")
    changed = dsl.load(path)
    assert changed != made
    assert any(step.name == "extra" for step in (*changed.stem, *changed.body))
    lower(changed)
    assert "inception-compile check" in capsys.readouterr().out


def test_new_refuses(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["new", "base"]) == 1
    assert capsys.readouterr().err == "error: base.yaml: there is a file already\n"
    assert run(["new", "class"]) == 2
    assert "the word 'class' is taken" in capsys.readouterr().err
    assert run(["new", "net", "--from", "googlnet"]) == 1
    assert "there is no file googlnet" in capsys.readouterr().err
    assert run(["new", "net", "--from", "base.yaml", "--variant", "od"]) == 1
    assert "did you mean odd?" in capsys.readouterr().err
    assert not (folder / "net.yaml").exists()


def test_new_names_its_base_from_where_it_lies(folder: Path) -> None:
    (folder / "sub").mkdir()
    assert run(["new", "net", "--from", "base.yaml", "--variant", "odd", "-o", "sub/net.yaml"]) == 0
    assert "\nextends: ../base.yaml@odd\n" in (folder / "sub" / "net.yaml").read_text()
    assert dsl.load(folder / "sub" / "net.yaml").classes == 3


LONG = (
    "sepconv 1x1 11 tf_same linear norm=none nogamma relu eps=0.0835 momentum=0.837 init=he_uniform"
)


def test_a_comment_stands_behind_a_text_of_several_lines_and_not_inside(folder: Path) -> None:
    text = BASE.replace("3x3 16 /2", f"{LONG} x2").replace("title: The base", 'title: "A\\nB"')
    (folder / "base.yaml").write_text(text, encoding="utf-8")
    spec = dsl.load("base.yaml")
    lines = resolved(spec).split("\n")
    assert dsl.loads("\n".join(lines)) == spec
    first = next(number for number, line in enumerate(lines) if LONG in line)
    assert "#" not in lines[first]
    assert re.fullmatch(r" +x2 +# base\.yaml:9", lines[first + 1])


def test_new_quotes_a_path_that_yaml_would_misread(folder: Path) -> None:
    (folder / "it's: a #1.yaml").write_text(BASE, encoding="utf-8")
    assert run(["new", "net", "--from", "it's: a #1.yaml"]) == 0
    assert dsl.load("net.yaml").classes == 16
