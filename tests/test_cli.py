"""The command line: what each command prints, writes and exits with."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from compiler import cli
from compiler.cli import asking, group, run

TINY = """\
name: tiny
input: [3, 16, 16]
classes: 4
stem: [conv: 3x3 8 /2]
inception:
  A: {params: [c], concat: [1x1 c, [1x1 4, 3x3 c]]}
body: [mixed: A c=8 x2]
head: [globalpool avg, fc classes]
variants:
  wide: {title: Wider, set: {body.mixed.c: 16}}
"""


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small spec in an empty working folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    return path


def ran(args: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = run(args)
    out, err = capsys.readouterr()
    return code, out, err


def program(*args: str, **more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from compiler.cli import main; main()", *args]
    pipe = subprocess.PIPE
    root = str(Path(__file__).parent.parent)
    env = {**os.environ, "PYTHONPATH": root, **more}
    return subprocess.Popen(
        command, stdout=pipe, stderr=pipe, text=True, env=env, encoding="latin-1"
    )


def test_the_main_job(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = ran(["tiny.yaml"], capsys)
    assert (code, err) == (0, "")
    assert "cross-check against torch" in out
    assert "all equal" in out
    where = tiny.parent / "generated" / "tiny"
    made = {str(path.relative_to(where)) for path in where.rglob("*") if path.is_file()}
    pictures = {
        f"diagrams/{n}.{e}" for n in ("overview", "stem", "A") for e in ("dot", "svg", "png")
    }
    texts = {"tiny.py", "cost.txt", "cost.json", "cost.csv", "summary.txt", "manifest.sha256"}
    assert made == {*texts, *pictures}
    assert (where / "summary.txt").read_text() in out


def test_check_flag_tells_stale_from_fresh(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(["tiny.yaml", "--check"], capsys)[0] == 1
    assert not (tiny.parent / "generated").exists()
    run(["tiny.yaml"])
    capsys.readouterr()
    assert ran(["tiny.yaml", "--check"], capsys)[0] == 0
    tiny.write_text(TINY.replace("c=8", "c=12"))
    code, out, err = ran(["tiny.yaml", "--check"], capsys)
    assert code == 1
    assert "+        self.mixed = nn.Sequential(" in out
    assert "c=12" in out
    assert "is stale" in err


def test_a_second_run_removes_what_is_no_longer_made(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["tiny.yaml"])
    keep = tiny.parent / "generated" / "tiny" / "notes.md"
    keep.write_text("the user's own")
    tiny.write_text(TINY.replace("A:", "Z:").replace("A c=", "Z c="))
    assert ran(["tiny.yaml"], capsys)[0] == 0
    diagrams = {path.name for path in (keep.parent / "diagrams").iterdir()}
    assert "Z.svg" in diagrams
    assert "A.svg" not in diagrams
    assert keep.exists()


def test_variants_go_to_their_own_folder(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran([str(tiny), "--variant", "wide", "--out", "build"], capsys)[0] == 0
    assert (tiny.parent / "build" / "tiny-wide" / "tiny_wide.py").exists()


def test_overrides_go_to_their_own_folder(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(["tiny.yaml", "--classes", "9", "--input", "1x20x24"], capsys)[0] == 0
    where = tiny.parent / "generated" / "tiny-classes-9-input-1x20x24"
    header = (where / "tiny.py").read_text().splitlines()[3]
    assert header.endswith("source tiny.yaml --classes 9 --input 1x20x24")


def test_heads_can_be_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(["check", "inception_v3", "--input", "75x75"], capsys)[0] == 1
    small = ["check", "inception_v3", "--input", "75x75", "--error-on", "error"]
    code, out, _ = ran([*small, "--no-aux"], capsys)
    assert code == 0
    assert "with auxiliary heads" not in out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["chek", "tiny.yaml"], "there is no command chek; did you mean check?"),
        (["tiny.yaml", "check"], "the command comes first: inception-compile check tiny.yaml"),
        (["draw", "tiny.yaml", "--what", "a"], "Did you mean A?"),
    ],
)
def test_usage_errors_say_what_was_meant(
    tiny: Path, args: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = ran(args, capsys)
    assert code == 2
    assert message in err


def test_check(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ran(["check", "tiny.yaml", "--classes", "10", "--input", "1x32x32"], capsys)
    assert code == 0
    assert "1 x 32 x 32, 10 classes" in out


def test_cost_formats_agree(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, text, _ = ran(["cost", "tiny.yaml"], capsys)
    report = json.loads(ran(["cost", "tiny.yaml", "--format", "json"], capsys)[1])
    rows = list(
        csv.DictReader(io.StringIO(ran(["cost", "tiny.yaml", "--format", "csv"], capsys)[1]))
    )
    assert set(report) >= {"total", "blocks", "layers"}
    total = report["total"]
    for column in ("params", "macs", "activations"):
        assert total[column] == sum(row[column] for row in report["blocks"])
        assert total[column] == sum(int(row[column]) for row in rows)
    assert total["flops"] == 2 * total["macs"]
    assert f"{total['macs']:,}" in text
    assert len(rows) == len(report["layers"])


def test_source_goes_to_standard_output_or_a_file(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = ran(["source", "tiny.yaml"], capsys)
    assert "class Tiny(nn.Module):" in out
    assert ran(["source", "tiny.yaml", "-o", "net.py"], capsys)[1] == ""
    assert (tiny.parent / "net.py").read_text() == out


@pytest.mark.parametrize(
    ("suffix", "start"),
    [("svg", b"<svg "), ("pdf", b"%PDF-"), ("png", b"\x89PNG"), ("dot", b"digraph")],
)
def test_draw(tiny: Path, suffix: str, start: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    for what in ("overview", "stem", "A", "full"):
        assert ran(["draw", "tiny.yaml", "--what", what, "-o", f"{what}.{suffix}"], capsys)[0] == 0
        assert (tiny.parent / f"{what}.{suffix}").read_bytes().startswith(start)


def test_verify(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ran(["verify", "tiny.yaml"], capsys)
    assert code == 0
    assert "tiny: all 40 equal" in out


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = ran(["list"], capsys)
    assert "googlenet " in out
    assert "--variant torchvision" in out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["tiny.yaml", "--variant", "wid"], "did you mean wide?"),
        (["no_such.yaml"], "no_such.yaml"),
        (["googlnet"], "did you mean googlenet?"),
    ],
)
def test_problems_exit_with_1(
    tiny: Path, args: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = ran(args, capsys)
    assert code == 1
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "args",
    [
        ["draw", "tiny.yaml", "-o", "x.jpg"],
        ["draw", "tiny.yaml", "--what", "nothing"],
        ["cost", "tiny.yaml", "--format", "yaml"],
        ["check", "tiny.yaml", "--input", "3by3"],
        ["check", "tiny.yaml", "--classes", "0"],
        ["check"],
        ["tiny.yaml", "--no-such-option"],
    ],
)
def test_wrong_usage_exits_with_2(
    tiny: Path, args: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = ran(args, capsys)
    assert code == 2
    assert "Traceback" not in err


def test_a_broken_contract_is_an_error(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny.write_text(TINY + "expect: {params: 7}\n")
    code, _, err = ran(["check", "tiny.yaml"], capsys)
    assert code == 1
    assert "E130" in err
    assert "tiny.yaml:11:" in err


def test_the_limit_stops_absurd_specs(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = ran(["check", "tiny.yaml", "--limit", "100"], capsys)
    assert code == 1
    assert "--limit" in err


def test_unwritable_results_are_one_line(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tiny.parent / "generated").write_text("a file in the way")
    code, _, err = ran(["tiny.yaml"], capsys)
    assert code == 1
    assert err.startswith("error: ")
    assert len(err.splitlines()) == 1


def test_a_failed_write_leaves_the_old_file(
    tiny: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tiny.parent / "net.py"
    target.write_text("old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, _, err = ran(["source", "tiny.yaml", "-o", "net.py"], capsys)
    assert code == 1
    assert "No space left" in err
    assert target.read_text() == "old"
    assert sorted(path.name for path in tiny.parent.iterdir()) == ["net.py", "tiny.yaml"]


def test_a_closed_pipe_is_quiet(tiny: Path) -> None:
    with program("source", str(tiny)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(30) == 1
        assert process.stderr.read() == ""


@pytest.mark.parametrize("early", [False, True])
def test_interrupting_exits_with_130(
    tiny: Path,
    early: bool,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli if early else asking, "_run" if early else "load", interrupted)
    code, _, err = ran(["cost", "tiny.yaml"], capsys)
    assert code == 130
    assert err.strip() == ""


def test_a_terminal_without_unicode_gets_escapes(tiny: Path) -> None:
    tiny.write_text(TINY.replace("name: tiny", "name: tiny\ntitle: 3×3 Größe"))
    process = program("cost", str(tiny), PYTHONIOENCODING="latin-1", LC_ALL="C")
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "\\u2500" in out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ran(["completion", shell], capsys)
    assert code == 0
    assert f"_INCEPTION_COMPILE_COMPLETE={shell}_source" in out


@pytest.mark.parametrize("command", ["check", "cost", "source", "draw"])
def test_answers_without_torch(command: str) -> None:
    code = (
        "import sys; from compiler.cli import run; "
        f"code = run(['{command}', 'inception_v3']); "
        "assert 'torch' not in sys.modules; sys.exit(code)"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_every_command_goes_by_its_own_name() -> None:
    context = click.Context(group.cli)
    for name in group.COMMANDS:
        command = group.cli.get_command(context, name)
        assert command is not None
        assert command.name == name


def test_a_command_loads_no_more_than_it_needs() -> None:
    code = (
        "import sys; from compiler.cli import main; sys.argv[1:] = ['check', 'googlenet']\n"
        "try: main()\n"
        "finally: print(sorted({'importlib.metadata', 'torch', 'jinja2', 'graphviz',"
        " 'compiler.files', 'compiler.plugins', 'dsl.models.plugins', 'dsl.reading.mending'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.endswith("[]\n")
