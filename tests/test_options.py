"""The command line's own changes, specs that are piped in, and packages that are missing."""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
import threading
import tomllib
from pathlib import Path
from typing import Any

import pytest

import dsl
from compiler.cli import job, run
from compiler.lowering.prepare import Overrides, prepare
from compiler.missing import PACKAGES, advice
from dsl.text.problems import SpecError

HOME = Path(__file__).parent.parent
NET = """\
name: net
input: [3, 32, 32]
classes: 10
stem: [c1: 3x3 16 /2]
inception: {A: {params: [w], concat: [1x1 w, 3x3 w]}}
body: [a: A w=16 x2, b: A w=32]
head: [globalpool avg, fc classes]
aux:
  - h: {from: a, weight: 0.3, do: [globalpool avg, fc classes]}
"""
OPTIONS = ["--width", "0.5", "--depth", "2", "--remove", "b", "--insert", "after: a, c: 3x3 8",
           "--set", "c.width=12", "--classes", "5", "--no-aux"]  # fmt: skip


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.yaml"
    path.write_text(NET, encoding="utf-8")
    return path


def answer(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    """What a command prints, to either stream."""
    found = run(list(words))
    said = capsys.readouterr()
    assert found == code, said.err
    return said.out + said.err


# --- Every change that a spec can make -----------------------------------------------------


def test_options_mean_what_the_keys_of_a_spec_mean(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (net.parent / "heir.yaml").write_text(
        "extends: net.yaml\nname: net\nwidth: 0.5\ndepth: 2\nremove: [b]\n"
        "insert: [{after: a, c: 3x3 8}]\nset: {c.width: 12, classes: 5, aux: [], title: ''}\n",
        encoding="utf-8",
    )
    flat = answer(capsys, "resolve", "heir.yaml")
    said = answer(capsys, "resolve", "net.yaml", *OPTIONS)
    assert dsl.loads(said) == dsl.loads(flat)
    assert "# --insert after: a, c: 3x3 8" in said


@pytest.mark.parametrize("command", ["check", "cost", "source", "draw", "resolve", "weights"])
def test_every_command_that_takes_a_spec_takes_them(
    net: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert answer(capsys, command, "net.yaml", *OPTIONS)


def test_the_emitted_header_repeats_the_command(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = answer(capsys, "source", "net.yaml", *OPTIONS)
    command = re.search(r"regenerate:  inception-compile (.*)", first)
    assert command
    assert answer(capsys, *shlex.split(command[1])) == first


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            ["--width", "x"],
            "--width x:1:8: error[E013]: width must be a number from 0.001 to",
        ),
        (
            ["--width", "{by: 0.5, mn: 3}"],
            "--width {by: 0.5, mn: 3}:1:18: error[E010]: unknown key",
        ),
        (["--depth", "0"], "--depth 0:1:8: error[E013]: depth must be a number"),
        (["--remove", "zz"], "--remove zz:1:9: error[E026]: there is no zz"),
        (["--remove", "[a, zz]"], "--remove [a, zz]:1:13: error[E026]: there is no zz"),
        (["--insert", "x"], "insert must say where, and one named step"),
        (["--insert", "after: zz, c: 3x3 8"], ":1:17: error[E026]: there is no zz"),
        (["--insert", "after: a, c: 3x3 8 9"], "a convolution doesn't take '9'"),
        (["--set", "classes=3", "--set", "classes=4"], "--set classes=4:1:1: error[E004]: classes"),
        (["--set", "a.w=3", "--set", "body.a.w=4"], "first set, as a.w at --set a.w=3:1:1"),
        (["--set", "classes=3", "--classes", "4"], "--classes:1:1: error[E004]: classes is set"),
        (["--set", "aux.h.weight=1", "--no-aux"], "aux replaces aux.h.weight"),
        (["--set", "width=0.5"], "it is an option of its own: `--width 0.5`"),
        (["--set", "remove=[a, b]"], "it is an option of its own"),
        (["--set", "title=a # b"], "a # behind a space begins a comment"),
        (["--width", "0.5 # half"], "a # behind a space begins a comment"),
        (["--insert", "after: a, c: 3x3 8\nimport os"], "the value of --insert must stand on one"),
        (["--set", "input=[3, 16 16, 16]"], "--set input=[3, 16 16, 16]:1:12: error[E013]: input"),
    ],
)
def test_what_is_wrong_with_an_option_is_shown_in_it(
    net: Path, capsys: pytest.CaptureFixture[str], options: list[str], says: str
) -> None:
    assert says in answer(capsys, "check", "net.yaml", *options, code=1)


def test_a_mark_in_quotes_is_no_comment(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "a # b" in answer(capsys, "check", "net.yaml", "--set", 'title="a # b"')
    assert "#b" in answer(capsys, "check", "net.yaml", "--set", "title=a#b")


def test_the_command_line_overrides_what_a_file_sets(net: Path) -> None:
    (net.parent / "heir.yaml").write_text(
        "extends: net.yaml\nname: heir\nset: {b.w: 8}\n", encoding="utf-8"
    )
    made = prepare("heir.yaml", overrides=Overrides(said=(("set", "b.w=64"),)))
    assert made.spec.body[1].args == {"w": 64}  # type: ignore[attr-defined]  # a call


def test_an_override_leaves_the_caller_s_spec_alone() -> None:
    spec = dsl.loads(NET)
    texts = dict(spec.texts)
    prepare(spec, overrides=Overrides(said=(("set", "b.w=64"),)))
    assert spec.texts == texts


def test_heads_may_tap_what_is_removed_if_they_go(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "E028" in answer(capsys, "check", "net.yaml", "--remove", "a", code=1)
    assert answer(capsys, "check", "net.yaml", "--remove", "a", "--no-aux")


def test_results_under_any_change_get_a_folder_of_their_own(net: Path) -> None:
    odd = [("width", "0.5"), ("width", "{by: 0.5}"), ("depth", "2"), ("remove", "b"),
           ("remove", "body.b"), ("insert", "after: a, c: 3x3 8 /2"),
           ("set", "title=../../x")]  # fmt: skip
    folders = {
        job.folder(prepare(net, overrides=Overrides(said=(each,))), net.parent) for each in odd
    }
    assert len(folders) == len(odd)
    assert all(folder.parent == net.parent for folder in folders)
    assert net.parent / "net-width-0.5" in folders


@pytest.mark.parametrize("rate", ["0.2", True, float("nan"), 2, [0.2]])
def test_a_dropout_rate_that_is_none_is_refused(rate: Any) -> None:
    with pytest.raises(SpecError, match=r"dropout must be a number from 0 to 1, not"):
        prepare("googlenet", overrides=Overrides(dropout=rate))


@pytest.mark.parametrize("wrong", ["x", 2.5, True, -1, object(), [1]])
def test_a_number_of_classes_that_is_none_is_refused(wrong: Any) -> None:
    with pytest.raises(SpecError, match=r"^error.E013.: classes must"):
        prepare("googlenet", overrides=Overrides(classes=wrong))


# --- diff ---------------------------------------------------------------------------------


def test_diff_takes_changes_for_either_side(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, "diff", "net.yaml", "net.yaml", "--set", "b.w=64")
    assert said.startswith("net.yaml -> net.yaml --set b.w=64\n")
    assert "32 -> 64" in said
    assert answer(capsys, "diff", "net.yaml", "--set", "b.w=64") == said
    back = answer(capsys, "diff", "net.yaml", "net.yaml", "--set-a", "b.w=64")
    assert "64 -> 32" in back
    both = "--no-aux --no-aux-a --width 0.5 --width-a 0.5 --input 64x64 --input-a 64x64"
    same = answer(capsys, "diff", "net.yaml", "net.yaml", *both.split())
    assert "no difference in structure" in same
    assert "classes 10 -> 3" in answer(
        capsys, "diff", "net.yaml", "--classes", "3", "--limit", "99999"
    )


def test_diff_without_a_second_side_or_a_change_is_wrong_usage(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = answer(capsys, "diff", "net.yaml", "--set-a", "b.w=64", code=2)
    assert "there is nothing to compare with" in said
    assert "--stdin-name" in answer(
        capsys, "diff", "net.yaml", "googlenet", "--stdin-name", "x", code=2
    )


# --- Specs that are piped in --------------------------------------------------------------


def piped(monkeypatch: pytest.MonkeyPatch, text: str | bytes) -> None:
    data = text if isinstance(text, bytes) else text.encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.parametrize("command", ["check", "cost", "source", "draw", "resolve", "weights"])
@pytest.mark.parametrize("where", ["-", "/dev/stdin"])
def test_a_spec_comes_through_the_standard_input(
    net: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    where: str,
) -> None:
    piped(monkeypatch, NET)
    said = answer(capsys, command, where, "--classes", "7")
    file = answer(capsys, command, "net.yaml", "--classes", "7")
    if command in ("source", "resolve", "draw"):  # These say where it came from.
        file = file.replace("net.yaml:", "<stdin>:").replace("net.yaml", "-")
    assert re.sub(" +#", " #", said) == re.sub(" +#", " #", file)


def test_what_is_piped_in_extends_what_lies_here(
    net: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    heir = "extends: net.yaml\nname: heir\nvariants: {v: {set: {classes: 3}}}\n"
    piped(monkeypatch, heir)
    assert "3 x 32 x 32, 3 classes" in answer(capsys, "check", "-", "--variant", "v")
    (net.parent / "sub").mkdir()
    piped(monkeypatch, heir.replace("net.yaml", "../net.yaml"))
    name = ("--stdin-name", "sub/heir.yaml")
    assert "outside the project" in answer(capsys, "check", "-", *name, code=1)
    (net.parent / "pyproject.toml").touch()
    piped(monkeypatch, heir.replace("net.yaml", "../net.yaml"))
    assert "10 classes" in answer(capsys, "check", "-", *name)
    piped(monkeypatch, "name: x\nstm: []\n")
    assert "sub/heir.yaml:2:1: error[E010]" in answer(capsys, "check", "-", *name, code=1)


def test_the_main_job_takes_what_is_piped_in(
    net: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    piped(monkeypatch, NET)
    assert "all equal" in answer(capsys, "-", "--width", "0.5", "--out", "build")
    emitted = (net.parent / "build" / "net-width-0.5" / "net.py").read_text(encoding="utf-8")
    assert "regenerate:  inception-compile source - --width 0.5\n" in emitted


def test_a_head_called_like_a_device_is_drawn_by_its_name(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net.write_text(NET.replace("- h:", "- aux:"), encoding="utf-8")
    assert "net · aux" in answer(capsys, "draw", "net.yaml", "--what", "aux")


def test_the_header_of_what_was_piped_in_names_it(
    net: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    piped(monkeypatch, NET)
    assert "regenerate:  inception-compile source -\n" in answer(capsys, "source", "-")
    piped(monkeypatch, NET)
    said = answer(capsys, "source", "-", "--stdin-name", "nets/x.yaml")
    assert "regenerate:  inception-compile source x.yaml\n" in said


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_of_the_shell_is_read_too(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipe = net.parent / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("extends: net.yaml\nname: heir\n",))
    writer.start()
    assert "10 classes" in answer(capsys, "check", str(pipe))
    writer.join()
    assert pipe.is_fifo()


def test_both_sides_of_diff_may_be_piped_but_not_by_one_pipe(
    net: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    piped(monkeypatch, NET.replace("w=32", "w=64"))
    assert "32 -> 64" in answer(capsys, "diff", "net.yaml", "-")
    piped(monkeypatch, NET)
    assert "10 -> 3" in answer(capsys, "diff", "-", "--classes", "3")
    for two in (("-", "-"), ("-", "/dev/stdin")):
        assert "one pipe can't be both" in answer(capsys, "diff", *two, code=2)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "<stdin>:1:1: error[E002]: the spec is empty"),
        (b"name: \xff", "<stdin>:1:7: error[E006]: byte 0xff is not valid UTF-8"),
        (b"name: a\n" + b"#" * 300_000, "<stdin>: larger than 256 KB"),
        (b"extends: nowhere.yaml\nname: a\n", "<stdin>:1:10: error[E001]"),
    ],
)
def test_what_is_piped_in_is_checked_as_a_file_is(
    net: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    text: bytes,
    says: str,
) -> None:
    piped(monkeypatch, text)
    assert says in answer(capsys, "check", "-", code=1)


def test_usage_that_can_not_be_meant(
    net: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "piped in" in answer(capsys, "check", "net.yaml", "--stdin-name", "x", code=2)
    piped(monkeypatch, NET)
    assert "printable" in answer(capsys, "check", "-", "--stdin-name", "a\x1b[31m", code=2)
    assert "extends a file" in answer(capsys, "new", "x", "--from", "-", code=2)
    assert "Windows keeps" in answer(capsys, "new", "nul", code=2)


def test_the_module_is_the_command(net: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "compiler", "check", "-"],
        input=NET, capture_output=True, text=True, check=True, cwd=HOME,
    )  # fmt: skip
    assert "3 x 32 x 32, 10 classes" in done.stdout


# --- Packages that are missing ------------------------------------------------------------


def without(package: str, code: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A run of Python that lacks a package."""
    lines = (
        f"import sys\nsys.path.insert(0, {str(HOME)!r})\nsys.modules[{package!r}] = None\n{code}"
    )
    return subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, check=False, cwd=cwd
    )


COMMAND = "from compiler.cli import run\nsys.exit(run({!r}))"


@pytest.mark.parametrize(
    ("package", "words"),
    [
        ("torch", "verify net.yaml"),
        ("torch", "net.yaml --out out"),
        ("torch", "weights net.yaml --from x.pth"),
        ("torch", "import torchvision:googlenet"),
        ("torch", "diff net.yaml torchvision:googlenet"),
        ("jinja2", "source net.yaml"),
        ("graphviz", "draw net.yaml"),
        ("pydantic", "check net.yaml"),
        ("yaml", "check net.yaml"),
        ("click", "check net.yaml"),
    ],
)
def test_a_missing_package_is_one_line(net: Path, package: str, words: str) -> None:
    done = without(package, COMMAND.format(words.split()), net.parent)
    name = PACKAGES[package]
    assert done.returncode == 1
    assert done.stderr == f"error: this needs {name}, which isn't installed: pip install {name}\n"
    assert not (net.parent / "out").exists()


@pytest.mark.parametrize(
    ("package", "words", "says"),
    [
        ("torchvision", "import torchvision:googlenet", "pip install torchvision"),
        ("timm", "import timm:inception_v4", "pip install timm"),
        ("h5py", "weights inception_v3 --source keras --from a.weights.h5", "pip install h5py"),
        ("safetensors", "weights inception_v3 --from a.safetensors", "pip install safetensors"),
    ],
)
def test_a_package_that_one_source_needs_is_named(
    net: Path, package: str, words: str, says: str
) -> None:
    for name in ("a.weights.h5", "a.safetensors"):
        (net.parent / name).write_bytes(b"x" * 100)
    done = without(package, COMMAND.format(words.split()), net.parent)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", ["check", "cost", "source", "draw", "resolve", "weights"])
def test_what_needs_no_torch_works_without(net: Path, words: str) -> None:
    done = without("torch", COMMAND.format([words, "net.yaml", *OPTIONS]), net.parent)
    assert done.returncode == 0, done.stderr


def test_python_says_what_to_install(tmp_path: Path) -> None:
    done = without("torch", "from compiler import compile_spec", tmp_path)
    last = done.stderr.splitlines()[-1]
    assert last.endswith("compiler.compile_spec: this needs torch, which isn't installed: "
                         "pip install torch")  # fmt: skip
    assert "No module named" not in done.stderr


def test_every_package_that_is_asked_for_has_its_advice() -> None:
    project = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["train"], *extras["weights"]]
    assert {re.split(r"[<>=;\[ ]", each)[0] for each in wanted} <= set(PACKAGES.values())
    assert not advice(ModuleNotFoundError("No module named 'my_nets'", name="my_nets"))
    old = ImportError("cannot import name 'x' from 'torch'", name="torch")
    assert advice(old).endswith("pip install --upgrade torch")
