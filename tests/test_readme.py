"""The README does what it says: its specs, its error, its Python."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import dsl
from compiler.checking.examining import examined
from compiler.cli.group import COMMANDS
from compiler.cli.summary import measured
from compiler.findings.frame import framed
from compiler.lowering.prepare import Piped, prepare

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_it_opens_with_lines_of_the_spec_that_it_shows() -> None:
    opening, _, _ = blocks("text")
    assert opening in (ROOT / "specs" / "googlenet.yaml").read_text(encoding="utf-8")


def test_the_spec_with_its_variant_and_contract_compiles(tmp_path: Path) -> None:
    spec, _, variant, expect = blocks("yaml")
    path = tmp_path / "my_net.yaml"
    path.write_text(f"{spec}\n{variant}\n{expect}")
    plain, wide = prepare(path), prepare(path, "wide")
    assert measured(plain).total.params < measured(wide).total.params


def test_the_network_made_from_another_is_half_of_it() -> None:
    made = prepare(dsl.loads(blocks("yaml")[1]))
    base, small = (measured(p).total.params for p in (prepare("inception_v3"), made))
    assert small < base / 3.5
    assert made.spec.classes == 10


def test_the_error_is_what_one_gets() -> None:
    _, shown, _ = blocks("text")
    wrong = blocks("yaml")[0].replace("mixed_2: A width", "mixed_2: A wdth")
    with pytest.raises(dsl.SpecError) as caught:
        dsl.loads(wrong, "my_net.yaml")
    assert str(caught.value).splitlines()[:-1] == shown.splitlines()


def test_the_findings_are_what_one_gets() -> None:
    _, _, shown = blocks("text")
    text = framed(
        "name: my_port\ninput: [3, 64, 64]\nclasses: 10\ndefaults: {bias: true}\n"
        "stem: [3x3 32 /2, 3x3 64]\nhead: [globalpool avg, fc classes, softmax]"
    )
    found = examined(Piped(text, "my_port.yaml")).problems
    assert "".join(f"{each.render(text)}\n" for each in found) == shown


def test_the_python_runs(capsys: pytest.CaptureFixture[str]) -> None:
    first, second, third = blocks("python")
    exec(first, found := {})  # type: ignore[var-annotated]  # the README's own names
    assert found["logits"].shape == (2, 10)
    exec(second, found)
    assert "name: small_v3" in capsys.readouterr().out
    exec(third, found)
    assert found["draw"](found["small"], "B").svg.startswith("<svg")


def test_every_command_and_every_extra_of_users_has_its_row() -> None:
    rows = re.findall(r"^\| `… (\w+)", TEXT, re.MULTILINE)
    assert sorted(["compile", *rows]) == sorted(COMMANDS)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ours = {"bench", "browser", "dev", "docs", "lint", "test"}
    extras = project["optional-dependencies"].keys() - ours
    assert extras == set(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE))


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (ROOT / target).exists(), target
