"""The command `check` and what it is made of: formats, levels, allowances, mending, `explain`."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args
from xml.etree import ElementTree as ET

import pytest

import dsl
from compiler.checking import many
from compiler.checking.allowances import UNCLEAR, UNUSED, allowed
from compiler.checking.examining import codes, examined, explained
from compiler.checking.explaining import every_code, explanation
from compiler.checking.forms import FORMS
from compiler.checking.gathering import gathered
from compiler.checking.policy import LEVELS
from compiler.cli import run, terminal
from compiler.findings.frame import framed
from dsl.codes.errors import ERRORS
from dsl.text.problems import SEVERE, Severity

CLEAN = framed("stem: [3x3 32]")
BIASED = framed("stem: [3x3 32 bias]")
SOFT = framed("stem: [3x3 32 bias]\nhead: [globalpool avg, fc classes, softmax]")
WRONG = framed("stem: [3x3 32]\nbody: [Mixd]\ninception: {Mixed: {concat: [1x1 8, 1x1 8]}}")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, which nobody's project is above."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.inception-compile]\n")
    return tmp_path


def put(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def ran(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code = run(["check", *args])
    return code, *capsys.readouterr()


def test_of_one_spec_it_says_what_it_comes_to_and_what_is_wrong(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(folder, soft=SOFT)
    code, out, err = ran(capsys, "soft.yaml")
    assert code == 1
    assert "  parameters " in out
    assert "soft.yaml:1:15: warning[W130]: " in err
    assert "soft.yaml:2:36: warning[W140]: " in err
    assert err.endswith("2 warnings found\n")


def test_a_wrong_spec_says_so_as_ever(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(folder, wrong=WRONG)
    code, out, err = ran(capsys, "wrong.yaml")
    with pytest.raises(dsl.SpecError) as caught:
        dsl.load("wrong.yaml")
    assert (code, out, err) == (1, "", f"{caught.value}\n")


def test_folders_patterns_and_files_are_looked_through_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(folder, clean=CLEAN, soft=SOFT, ci="on: push\njobs: {a: {steps: []}}\n")
    (folder / "deep").mkdir()
    put(folder / "deep", biased=BIASED)
    (folder / ".hidden").mkdir()
    put(folder / ".hidden", soft=SOFT)
    code, out, err = ran(capsys, ".", "deep/*.yaml", "clean.yaml")
    assert code == 1
    assert out == "3 specs checked: 3 warnings\n1 YAML file passed over, which is no spec\n"
    assert err.count("warning[") == 3
    assert gathered(("deep",)).specs == [str(Path("deep") / "biased.yaml")]


def test_nothing_to_check_is_wrong_usage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "empty").mkdir()
    code, _, err = ran(capsys, "empty")
    assert code == 2
    assert "there is no spec in empty" in err


def test_a_spec_that_is_piped_in(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin = SimpleNamespace(buffer=io.BytesIO(BIASED.encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    code, _, err = ran(capsys, "-", "--stdin-name", "net.yaml")
    assert code == 1
    assert err.startswith("net.yaml:1:15: warning[W130]")


@pytest.mark.parametrize(
    ("options", "said", "code"),
    [
        (["--select", "W130"], ["W130"], 1),
        (["--select", "w14"], ["W140"], 1),
        (["--ignore", "W140"], ["W130"], 1),
        (["--ignore", "W1"], [], 0),
        (["--error-on", "error"], ["W130", "W140"], 0),
        (["--error-on", "note"], ["W130", "W140"], 1),
        (["--error-on", "never"], ["W130", "W140"], 0),
    ],
)
def test_what_is_told_and_what_fails(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    said: list[str],
    code: int,
) -> None:
    put(folder, soft=SOFT)
    found, out, _ = ran(capsys, "soft.yaml", "--format", "json", *options)
    assert found == code
    assert [problem["code"] for problem in json.loads(out)["problems"]] == said


@pytest.mark.parametrize(
    ("table", "said", "code"),
    [
        ('ignore = ["W140"]', {"W130": "warning"}, 1),
        ('levels = { W140 = "off", W130 = "note" }', {"W130": "note"}, 0),
        (
            'levels = { W140 = "error" }\nerror-on = "error"',
            {"W130": "warning", "W140": "error"},
            1,
        ),
        ('select = ["W13"]', {"W130": "warning"}, 1),
    ],
)
def test_what_a_project_says(
    folder: Path, capsys: pytest.CaptureFixture[str], table: str, said: dict[str, str], code: int
) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.inception-compile]\n{table}\n")
    (folder / "nets").mkdir()
    put(folder / "nets", soft=SOFT)
    found, out, _ = ran(capsys, "nets/soft.yaml", "--format", "json")
    assert found == code
    problems = json.loads(out)["problems"]
    assert {problem["code"]: problem["severity"] for problem in problems} == said


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("levls = {}", "has no key levls; did you mean levels?"),
        ('levels = { W140 = "bad" }', "W140 must be one of error, warning, note, off, not 'bad'"),
        ('levels = { W14 = "off" }', "there is no finding 'W14'; did you mean W14"),
        ('ignore = ["W999"]', "there is no finding 'W999'"),
        ('ignore = "W140"', 'must be a list of codes, as in ["W112", "I"]'),
        ('select = ["E021"]', "E021 is an error, which is always told as one"),
        ('error-on = "always"', "error-on must be one of error, warning, note, never"),
        ("levels = [", "pyproject.toml: "),
    ],
)
def test_a_project_that_cannot_be_understood(
    folder: Path, capsys: pytest.CaptureFixture[str], table: str, said: str
) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.inception-compile]\n{table}\n")
    put(folder, clean=CLEAN)
    code, _, err = ran(capsys, "clean.yaml")
    assert code == 2
    assert said in err


ALLOWED = {
    "behind it": "stem: [3x3 32 bias]  # lint: allow W130 as published\n",
    "above it": "# lint: allow W130 as published\n\nstem: [3x3 32 bias]\n",
    "above all of it": "stem:  # lint: allow W130,W112 so be it\n  - 3x3 8 bias\n  - 1x1 8 pad=1\n",
    "beside another comment": "stem: [3x3 32 bias]  # wide # lint: allow W130 as published\n",
    "in small letters": "stem: [3x3 32 bias]  # lint: allow w130 as published\n",
}


@pytest.mark.parametrize("where", ALLOWED)
def test_allowances(where: str) -> None:
    found = examined_text(ALLOWED[where])
    assert found.problems == ()
    assert found.allowed


NOT_ALLOWED = {
    "beside another step": (
        "stem: [3x3 32 bias]\nbody: [1x1 8]  # lint: allow W130 no\n",
        "W130 W190",
    ),
    "without a reason": ("stem: [3x3 32 bias]  # lint: allow W130\n", "W130 W191"),
    "of an error": ("stem: [3x3 32]  # lint: allow E021 why not\n", "W191"),
    "of what there isn't": ("stem: [3x3 32]  # lint: allow W999 why not\n", "W191"),
    "in other words": ("stem: [3x3 32 bias]  # lint: disable W130\n", "W130 W191"),
    "for nothing": ("stem: [3x3 32]  # lint: allow W130 as published\n", "W190"),
    "within quotes": ('title: "# lint: allow W130 no"\nstem: [3x3 32 bias]\n', "W130"),
}


@pytest.mark.parametrize("what", NOT_ALLOWED)
def test_what_allows_nothing(what: str) -> None:
    text, said = NOT_ALLOWED[what]
    assert sorted(problem.code for problem in examined_text(text).problems) == said.split()


def examined_text(text: str) -> Any:
    from compiler.lowering.prepare import Piped

    return examined(Piped(framed(text), "net.yaml"))


def test_an_allowance_of_a_variant_alone_is_of_use(folder: Path) -> None:
    text = "stem: [conv: 3x3 32]\nvariants:\n  old: {set: {stem.conv.bias: true}}"
    put(folder, net=framed(text))
    (problem,) = examined("net.yaml").problems
    assert problem.code == "W130"
    assert problem.notes[-1][1] == "in variant old"
    assert examined("net.yaml").prepared is not None
    put(folder, net=framed(f"{text}  # lint: allow W130 the checkpoints have them"))
    assert examined("net.yaml").problems == ()


def test_comments_of_a_base_are_not_the_heirs_fault(folder: Path) -> None:
    put(folder, base=framed("stem: [conv: 3x3 32 bias]  # lint: allow W130 as published"))
    put(folder, same="extends: base.yaml\nname: same\n")
    put(folder, other="extends: base.yaml\nname: other\nset: {stem.conv: 3x3 32}\n")
    assert examined("same.yaml").problems == ()
    assert examined("other.yaml").problems == ()


def test_both_findings_about_allowances_draw_their_examples() -> None:
    for what in (UNUSED, UNCLEAR):
        assert what.code in {problem.code for problem in examined_text(what.before).problems}
        assert examined_text(what.after).problems == ()


def test_where_lines_that_belong_together_end() -> None:
    text = "a:  # lint: allow W130 x\n  b: c\n\n  # d\n  e:\n    f: g\nh: i\n"
    (found,) = allowed({"net.yaml": text}, codes()).allowances
    assert (found.first, found.last) == (1, 6)


def test_fix_writes_what_has_one_answer_and_nothing_else(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = WRONG.replace("body", "#  kept as it is\nbody").replace("\n", "\r\n")
    (folder / "wrong.yaml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    code, _, err = ran(capsys, "wrong.yaml", "--fix")
    assert code == 1
    assert err.endswith("0 problems mended in 0 files\n")
    assert (folder / "wrong.yaml").read_bytes() == b"\xef\xbb\xbf" + text.encode()
    code, out, err = ran(capsys, "wrong.yaml", "--fix", "--guesses", "--diff")
    assert code == 1
    assert "-body: [Mixd]\n+body: [Mixed]\n" in out
    assert "1 problem would be mended in 1 file\n" in err
    assert (folder / "wrong.yaml").read_bytes() == b"\xef\xbb\xbf" + text.encode()
    code, out, err = ran(capsys, "wrong.yaml", "--fix", "--guesses")
    assert (code, out, err) == (0, "", "1 problem mended in 1 file\n")
    mended = text.replace("Mixd", "Mixed")
    assert (folder / "wrong.yaml").read_bytes() == b"\xef\xbb\xbf" + mended.encode()


def test_fix_mends_what_is_beyond_doubt_without_being_asked_twice(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(folder, tabbed=CLEAN.replace("classes: 10", "classes:\t10"))
    code, _, err = ran(capsys, "tabbed.yaml", "--fix")
    assert (code, err) == (0, "1 problem mended in 1 file\n")
    assert (folder / "tabbed.yaml").read_text() == CLEAN


def test_fix_takes_a_dead_bias_away_and_nothing_that_has_an_effect(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(folder, biased=BIASED)
    code, _, err = ran(capsys, "biased.yaml", "--fix")
    assert (code, err) == (0, "1 problem mended in 1 file\n")
    assert (folder / "biased.yaml").read_text() == BIASED.replace("bias", "nobias")
    both = "inception:\n  A: {params: [n], concat: [1x1 8, 3x3 8 bias norm=n]}\n"
    text = framed(f"{both}body: [a: A n=batch, b: A n=none]\n")
    put(folder, both=text)
    code, _, err = ran(capsys, "both.yaml", "--fix", "--select", "W130")
    assert code == 1
    assert err.endswith("0 problems mended in 0 files\n")
    assert (folder / "both.yaml").read_text() == text


def test_fix_takes_allowances_away_that_silence_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One of several codes with its comma, or a comment with its line where that has no more."""
    stem = "stem: [3x3 32 bias]  # lint: allow"
    put(folder, biased=f"# lint: allow W112 x\n{framed(f'{stem} W140, W130, w112 as published')}")
    code, _, err = ran(capsys, "biased.yaml", "--fix")
    assert (code, err) == (0, "3 problems mended in 1 file\n")
    assert (folder / "biased.yaml").read_text() == framed(f"{stem} W130 as published")


def test_fix_of_what_is_piped_in_goes_on(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(WRONG.encode())))
    code, out, _ = ran(capsys, "-", "--fix", "--guesses")
    assert (code, out) == (0, WRONG.replace("Mixd", "Mixed"))


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["googlenet", "--fix"], "--fix takes files, and googlenet isn't one"),
        (["clean.yaml", "--diff"], "--diff goes with --fix"),
        (["clean.yaml", "--guesses"], "--guesses goes with --fix"),
        (["clean.yaml", "--select", "W9"], "--select: there is no finding 'W9'"),
    ],
)
def test_wrong_usage(
    folder: Path, capsys: pytest.CaptureFixture[str], args: list[str], said: str
) -> None:
    put(folder, clean=CLEAN)
    code, _, err = ran(capsys, *args)
    assert code == 2
    assert said in err


def test_annotations_have_both_columns_and_no_line_ends(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(folder, **{"a,b": SOFT})
    _, out, _ = ran(capsys, str(folder / "a,b.yaml"), "--format", "github")
    first, second = out.splitlines()
    assert first.startswith(
        "::warning file=a%2Cb.yaml,line=1,col=15,endLine=1,endColumn=19,title=W130::"
    )
    assert "%0A" in first
    assert second.startswith("::warning file=a%2Cb.yaml,line=2,col=36,endLine=2,endColumn=43,")


def test_sarif_has_a_rule_for_each_result(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(folder, soft=SOFT, wrong=WRONG)
    _, out, _ = ran(capsys, ".", "--format", "sarif")
    (made,) = json.loads(out)["runs"]
    rules = [rule["id"] for rule in made["tool"]["driver"]["rules"]]
    assert rules == ["E020", "W130", "W140"]
    assert [rules[result["ruleIndex"]] for result in made["results"]] == ["W130", "W140", "E020"]
    region = made["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 1, "startColumn": 15, "endLine": 1, "endColumn": 19}


def test_junit_counts_what_failed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(folder, clean=CLEAN, soft=SOFT)
    _, out, _ = ran(capsys, ".", "--format", "junit")
    suites = ET.fromstring(out.encode())
    assert [(suite.get("tests"), suite.get("failures")) for suite in suites] == [
        ("1", "0"),
        ("2", "2"),
    ]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_holds_names_and_texts_that_are_odd(folder: Path, form: str) -> None:
    """Nothing of a file's name or text can end a line, a tag or a string of a form."""
    name = 'a"b<c>&%0A::error::\u202e.yaml'
    (folder / name).write_text(SOFT.replace("softmax]", "softmax, 'x]]>\\u0007\"<']"))
    said = FORMS[form]([examined(name)])
    if form == "junit":
        ET.fromstring(said.encode())
    elif form in {"json", "sarif"}:
        json.loads(said)
    else:
        assert "\n::error::" not in said


def test_many_specs_side_by_side_are_found_as_one_after_the_other(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, **{f"net{n}": (CLEAN, SOFT, WRONG)[n % 3] for n in range(6)})
    names = [f"net{n}.yaml" for n in range(6)]
    alone = many.examined_all(names)
    monkeypatch.setattr(many, "WORTH", 4)
    together = many.examined_all(names)
    assert [each.problems for each in together] == [each.problems for each in alone]
    assert alone[0].prepared is not None
    assert together[0].prepared is None


def test_a_model_that_is_installed_is_checked_like_a_spec(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "port.py").write_text(
        "from torch import nn\n\n\ndef net():\n    return nn.Sequential(\n"
        "        nn.Conv2d(3, 8, 3, padding=1, bias=True), nn.BatchNorm2d(8), nn.ReLU(),\n"
        "        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4), nn.Softmax(1))\n"
    )
    code, _, err = ran(capsys, "port.py:net", "--select", "W130,W140")
    assert code == 1
    assert err.count("port.py:net:") == 2


def test_the_main_job_mentions_findings_and_how_to_read_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(folder, soft=SOFT)
    job = ["soft.yaml", "--no-verify", "--classes", "5"]
    assert run(job) == 0
    said = capsys.readouterr().err
    assert said == "2 warnings: inception-compile check soft.yaml --classes 5\n"
    (folder / "pyproject.toml").write_text('[tool.inception-compile]\nignore = ["W1"]\n')
    assert run(job) == 0
    assert capsys.readouterr().err == ""
    (folder / "pyproject.toml").write_text("[tool.inception-compile]\nignore = 1\n")
    assert run(job) == 0
    assert capsys.readouterr().err.startswith("warnings weren't looked for: ")


def test_one_that_cannot_be_read_hides_no_other(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, soft=SOFT)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"\xff")))
    code, out, _ = ran(capsys, "nowhere:Net", "-", "none.yaml", "soft.yaml", "--format", "json")
    problems = json.loads(out)["problems"]
    assert code == 1
    assert [each["code"] for each in problems] == ["E160", "E006", "E001", "W130", "W140"]


def test_of_a_folder_the_count_is_told_even_if_it_holds_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(folder, clean=CLEAN, other="a: b\n")
    code, out, err = ran(capsys, ".")
    said = "1 spec checked: no problems\n1 YAML file passed over, which is no spec\n"
    assert (code, out, err) == (0, said, "")


def test_every_severity_has_a_colour_and_every_level_a_meaning() -> None:
    assert tuple(terminal.COLOURS) == get_args(Severity) == SEVERE
    assert (*SEVERE, "off") == LEVELS


def test_explain_knows_every_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "--list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == list(every_code())
    assert set(every_code()) == {*ERRORS, *codes()}
    assert run(["explain", "e02"]) == 0
    begun = capsys.readouterr().out.splitlines()
    assert begun == [line for line in listed if line.startswith("E02")]
    for code in every_code():
        assert explanation(code).startswith(code)
    for each in explained():
        assert run(["explain", each.name]) == 0
        assert capsys.readouterr().out == f"{explanation(each.code)}\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["W1400"], "there is no code W1400. Did you mean W140?"),
        (["ded-bias"], "there is no code ded-bias. Did you mean dead-bias?"),
        (["quatsch"], "--list has them all"),
        ([], "say a CODE, such as W112, or --list"),
        (["W130", "--list"], "say a CODE, such as W112, or --list"),
    ],
)
def test_explain_of_what_there_is_not(
    args: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["explain", *args]) == 2
    assert said in capsys.readouterr().err
