"""What the playground's page is answered, held against the command line; and what it is made of."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args
from zipfile import ZipFile

import pytest

from compiler.ir.measures import Amount
from dsl.models import shelf
from playground.answering import ASKED, answer
from playground.building import LEFT_OUT, index
from playground.licences import bundled, of_packages, of_wheels, written
from playground.wheels import BROWSER, PINS, unpack
from tests.commanding import commands, complained, complaints, questions, refusals, texts
from tests.test_rooms import ROOT, TORCH

BAD = sorted((ROOT / "tests" / "bad").glob("*.yaml"))
PAGE = ROOT / "playground" / "page"


def ask(word: str, **given: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer(json.dumps({"ask": word, **given})))
    return found


@pytest.mark.parametrize("name", ["googlenet", "inception_time"])
def test_answers_are_those_of_the_command_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of the shelf is asked in a browser, by `make browser-test`."""
    monkeypatch.chdir(tmp_path)
    text, file = shelf.find(name).read_text(encoding="utf-8"), f"{name}.yaml"
    Path(file).write_text(text, encoding="utf-8")
    asked = [json.loads(answer(json.dumps(each))) for each in questions(text, file, "googlenet")]
    assert texts(asked) == commands(file, "googlenet")


@pytest.mark.parametrize("path", BAD[::12], ids=lambda path: path.stem)
def test_complaints_are_those_of_the_command_line(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = path.read_text(encoding="utf-8")
    Path(path.name).write_text(text, encoding="utf-8")
    asked = [json.loads(answer(json.dumps(each))) for each in complaints(text, path.name)]
    assert refusals(asked) == complained(path.name)


TYPO = "name: net\ninput: [3, 64, 64]\nclasses: 10\nstem: [3x3 16 /2, maxpol 3x3 /2]\nhead: [globalpool avg, fc classes]\n"  # noqa: E501  # one line a key


def test_a_fault_is_mended_as_advised() -> None:
    own = {"text": TYPO, "file": "net.yaml"}
    (problem,) = json.loads(ask("check", **own)["json"])["problems"]
    assert (problem["line"], problem["fix"]["text"]) == (4, "maxpool")
    mended = ask("fix", **own, place=0)["text"]
    assert mended == TYPO.replace("maxpol", "maxpool")
    assert json.loads(ask("check", text=mended, file="net.yaml")["json"])["problems"] == []
    assert "refused" in ask("fix", **own, place=1)
    assert "refused" in ask("fix", **own, place=-1)


def test_an_editor_is_told_what_could_stand_there_and_what_does() -> None:
    own = {"text": TYPO, "file": "net.yaml"}
    found = ask("complete", **own, line=3, character=21)["items"]
    (maxpool,) = [each for each in found if each["label"] == "maxpool"]
    assert (maxpool["text"], maxpool["start"]) == ("maxpool", [3, 18])
    assert "convolution" in ask("hover", **own, line=3, character=8)["said"]
    assert ask("hover", **own, line=3, character=0)["said"]
    assert ask("hover", **own, line=99, character=0) == {"said": ""}


def test_what_cannot_be_asked_is_refused_in_words() -> None:
    text = shelf.find("googlenet").read_text(encoding="utf-8")
    of = {"text": text, "file": "googlenet.yaml", "variant": ""}
    drawn = {"what": "overview", "heat": "macs", "form": "svg"}
    coloured = {"what": "inception_3a", "heat": "params"}  # An overview alone has colours.
    for wrong in ({"what": "nothing"}, {"heat": "love"}, {"form": "png"}, coloured):
        (refused,) = ask("draw", **of, **{**drawn, **wrong}).values()
        assert refused
    for variant in ("nobody", "__class__"):
        assert variant in ask("cost", **{**of, "variant": variant})["refused"]
    assert "refused" in ask("explain", code="X999")
    assert "nobody" in ask("diff", **of, base="nobody")["refused"]


def test_rows_of_the_table_are_those_of_the_command_line() -> None:
    """The page is given less of each row, and the same."""
    text = shelf.find("googlenet").read_text(encoding="utf-8")
    of = {"text": text, "file": "googlenet.yaml", "variant": ""}
    shown, whole = ask("cost", **of), json.loads(ask("cost", **of, form="json")["json"])
    for part in ("blocks", "layers"):
        assert len(shown[part]) == len(whole[part]) > 1
        for row, one in zip(shown[part], whole[part], strict=True):
            assert row == {name: one[name] for name in row}
    assert shown["total"] == {name: whole["total"][name] for name in shown["total"]}
    assert "refused" in ask("cost", **of, form="csv")


def test_that_a_spec_is_wrong_is_told_from_what_cannot_be_asked() -> None:
    """The page says the first once, of the costs, and not again in each view."""
    of = {"file": "net.yaml", "variant": "", "what": "overview", "form": "svg"}
    assert ask("draw", text=TYPO, **of)["wrong"]
    sound = TYPO.replace("maxpol", "maxpool")
    assert "wrong" not in ask("draw", text=sound, **{**of, "what": "nothing"})


def test_places_lead_from_a_layer_to_its_words() -> None:
    text = shelf.find("googlenet").read_text(encoding="utf-8")
    places = ask("cost", text=text, file="googlenet.yaml", variant="")["places"]
    line, column, length = places["inception_3a"]
    said = text.split("\n")[line - 1][column - 1 :][:length]
    assert said.startswith("v1 ")
    emitted = ask("source", text=text, file="googlenet.yaml", variant="")
    lines = emitted["source"].split("\n")
    made = [lines[int(n) - 1] for n, paths in emitted["lines"].items() if "inception_3a" in paths]
    assert any("self.inception_3a = " in each for each in made)


def test_pins_are_those_that_all_is_tested_with() -> None:
    """A browser runs the versions that the rest of the tests run."""
    pinned = dict(
        line.split(" ")[0].split("==") for line in _lines(PINS) if not line.startswith("#")
    )
    known = dict(line.split("==") for line in _lines(ROOT / "constraints.txt") if "==" in line)
    known = {name.lower().replace("-", "_"): version for name, version in known.items()}
    assert pinned == {name: known.get(name) for name in pinned}
    assert all("--hash=sha256:" in line for line in _lines(PINS) if not line.startswith("#"))


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_rooms_left_out_are_those_that_need_torch() -> None:
    rooms = {room.split("/")[1] for room in TORCH}
    assert rooms - {"nn"} <= {*LEFT_OUT}


def test_of_a_wheel_for_another_machine_the_python_is_taken(tmp_path: Path) -> None:
    names = ("yaml/__init__.py", "yaml/_yaml.so", "yaml/_yaml.pyx", "yaml.dist-info/LICENSE")
    for ending, taken in (("linux", names[::3]), (BROWSER, (names[0], names[1], names[3]))):
        wheel, out = tmp_path / f"yaml-{ending}.whl", tmp_path / ending
        with ZipFile(wheel, "w") as archive:
            for name in names:
                archive.writestr(name, "")
        unpack(wheel, out)
        found = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
        assert found == {*taken}


def test_what_brings_no_licence_is_not_shipped(tmp_path: Path) -> None:
    paths = ("page/main.js", "node_modules/@one/two/dist/index.js", "node_modules/three/index.js")
    meta: dict[str, Any] = {"inputs": {path: {} for path in paths}}
    names = bundled(meta)
    assert names == {"@one/two", "three"}
    for name in names:
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "package.json").write_text('{"version": "1.2"}', encoding="utf-8")
    (tmp_path / "three" / "LICENSE.md").write_text("Do as you like.", encoding="utf-8")
    assert "three 1.2" in written(of_packages(tmp_path, ["three"]))
    assert "Do as you like." in written(of_packages(tmp_path, ["three"]))
    with pytest.raises(LookupError, match="@one/two"):
        written(of_packages(tmp_path, names))
    wheel = tmp_path / "four-2-py3-none-any.whl"
    with ZipFile(wheel, "w") as archive:
        archive.writestr("four/LICENSE", "Of something in it.")
    with pytest.raises(LookupError, match="four"):
        written(of_wheels([wheel]))


def test_the_page_asks_what_there_is_and_names_no_other_place() -> None:
    scripts = "".join(path.read_text(encoding="utf-8") for path in PAGE.glob("*.js"))
    page = (PAGE / "index.html.j2").read_text(encoding="utf-8")
    words = set(re.findall(r"(?:answered|ask)\('(\w+)'", scripts))
    assert words == {*ASKED}
    assert not re.findall(r"https?:", scripts + page)
    offered = re.search(r'<select id="heat">(.*?)</select>', index("assets"))
    assert offered
    assert re.findall(r'value="(\w+)"', offered[1]) == [*get_args(Amount)]
    assert "innerHTML" not in scripts


def test_no_pin_names_a_registry() -> None:
    """Whoever builds the page has the packages from where their own clients get them."""
    lock = json.loads((ROOT / "playground" / "package-lock.json").read_text(encoding="utf-8"))
    assert not [each for each in lock["packages"].values() if "resolved" in each]
    assert all(each.get("integrity") for name, each in lock["packages"].items() if name)
