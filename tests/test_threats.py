"""What may be thrown at the program: each threat by name, and what comes of it.

The program runs as its users run it, in a process of its own, which has half a gigabyte of memory
and a few seconds of the processor. What each kind of refusal says is held where it belongs:
`test_text.py`, `test_limits.py`, `test_inherit.py`, `test_files.py`, `test_weights_hostile.py`.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

import dsl
from compiler.cli import run
from dsl.models.layers import Conv
from dsl.text.source import MAX_BYTES
from tests.test_cli import TINY

ROOT = Path(__file__).parent.parent
MEMORY, SECONDS = 512 << 20, 20
HEAD = "name: n\ninput: [3, 32, 32]\nclasses: 10\n"
STEM = "stem: [{}]\nhead: [globalpool avg, fc classes]\n"


def limited() -> None:
    """Keep a child from taking the machine; a processor's seconds don't count who else is busy."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def interruptible() -> None:
    """What a shell runs in the background ignores interrupts, and so does all that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def child(
    code: str, *args: str, before: Sequence[str] = (), **more: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """A program in Python that runs beside the test and ends with it."""
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OPENBLAS_NUM_THREADS": "1",
        **more.pop("env", {}),
    }
    settings: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(
        [*before, sys.executable, "-c", code, *args], env=env, **settings | more
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


MAIN = "from compiler.cli import main; main()"


def program(*args: str, **more: Any) -> tuple[int, str, str]:
    """The exit code of the program, and what it printed."""
    given = more.pop("given", None)
    with child(MAIN, *args, **more) as process:
        out, err = process.communicate(given, timeout=120)
    return process.returncode, (out or b"").decode(), (err or b"").decode()


# --- Specs --------------------------------------------------------------------------------------


def step(text: str) -> str:
    return HEAD + STEM.format(text)


def named(name: str) -> str:
    return step(f"{{{name}: 3x3 8}}")


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{here}: &{here} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, here in zip("abcdefg", "bcdefgh", strict=True)
)
"""A few hundred bytes that would become 9⁸ nodes."""
DEEP = "nested more than 32 levels deep"
NAME = "a name is a letter, then letters, digits or _"

STRANGE = [
    'a"b',
    "a'b",
    '"a\\nb"',
    "a\\rb",
    "\uff21",
    "\ufb01",
    "\u00e9",
    "__init__",
    "_x",
    "1a",
    "a-b",
]
"""Quotes, ends of lines, letters that Python takes for others, and names of Python's own."""

SPECS: dict[str, list[tuple[str, str]]] = {
    "explicit tags, anchors, merge keys": [
        (BOMB, "1:4: error[E003]: the YAML anchor `&a` is refused"),
        (BOMB, "repeat a step with `xN`"),
        (f"{HEAD}stem: !!python/object/apply:os.abort []\n", "4:7: error[E003]: YAML tags"),
        (f"{HEAD}stem: &x [3x3 8]\nhead: *x\n", "5:7: error[E003]: the YAML alias `*x`"),
        (f"{HEAD}defaults: {{<<: {{eps: 1}}}}\n", "4:12: error[E003]: YAML merge keys"),
    ],
    "nesting": [
        ("[" * 50_000, DEEP),
        ("{a: " * 12_500, DEEP),
        ("- " * 25_000, DEEP),
        ("? " * 25_000, DEEP),
        ("\n".join(" " * depth + "a:" for depth in range(300)), DEEP),
        (f"{HEAD}stem: [{'3x3 8,' * 20_000}]\n", "more than 20,000 keys and values"),
        (f"{HEAD}title: {'x' * MAX_BYTES}\n", "larger than 256 KB"),
        (step("{concat: [" * 30 + "1x1 8" + "]}" * 30), DEEP),
    ],
    "duplicate keys": [
        (f"{HEAD}inception:\n  A: {{concat: [1x1 8]}}\n  A: {{concat: [3x3 8]}}\n",
         "6:3: error[E004]: the key `A` is given again"),
        (f"{HEAD}stem: 3x3 8\nstem: 5x5 8\n", "note: first given at 4:1"),
    ],
    "YAML 1.1 scalars": [
        (HEAD.replace("10", text), f"3:10: error[E013]: classes must be a whole number {wanted}")
        for text in ("010", "1e-3", "1:30", "no", "0x10", "~")
        for wanted in [f"from 1 to 100,000, not '{text}'"]
    ],
    "booleans as ints, NaN, 10³⁰": [
        (HEAD.replace("10", "true"), "3:10: error[E013]: classes must be a whole number"),
        (HEAD.replace("[3,", "[true,"), "2:9: error[E013]: input must be a whole number"),
        (HEAD.replace("32]", ".inf]"), "2:16: error[E013]: input must be a whole number"),
        (HEAD.replace("10", "1" + "0" * 30), "3:10: error[E013]: classes must be a whole number"),
        (step("3x3 8 eps=1e30"), "4:18: error[E013]: eps must be a number from 1e-37 to 1,000,000"),
        (step("dropout 1e999"), "4:16: error[E013]: probability must be a number from 0 to 1"),
        (step("3x3 nan"), "4:12: error[E023]: nan is not a number"),
        (f"{HEAD}defaults: {{eps: .nan}}\n", "4:17: error[E013]: eps must be a number"),
    ],
    "10⁸ channels, 10⁵ repeats": [
        (step("3x3 100000000"), "4:12: error[E013]: width must be a whole number from 1 to"),
        (step("3x3 8 x100000"), "4:15: error[E140]: the network resolves to 100,002 layers"),
        (step("3x3 100000, 3x3 100000"), "parameters, the limit is 1,000,000,000"),
        (step("100000x100000 8"), "error["),
        (HEAD + "inception:\n  B0: {concat: [1x1 1, 1x1 1]}\n"
         + "".join(f"  B{i}: {{concat: [B{i - 1}, B{i - 1}]}}\n" for i in range(1, 25))
         + "body: [B24]\n", "error[E005]: nested more than 32 levels deep"),
    ],
    "names": [
        *((named(text), f"error[E014]: {NAME}") for text in STRANGE),
        (named('"a\u202eb"'), "error[E006]: U+202E reorders the text around it"),
        (named('"a\\u202Eb"'), "error[E006]: U+202E (written as an escape) reorders"),
        (f"{HEAD}title: a\rstem\n", "error[E006]: U+000D ends a line for YAML only"),
        (named("class"), "4:9: error[E014]: the word 'class' is taken"),
        (named("forward"), "4:9: error[E014]: a step can't be called forward"),
        (named("training"), "4:9: error[E014]: a step can't be called training"),
        (step("{a: 3x3 8}, {a: 3x3 8}"), "4:21: error[E0"),
        (f"{HEAD}name: ../../etc/passwd\n", "error[E004]"),
        (step("3x3 8").replace("name: n", "name: ../n"), "1:7: error[E013]: name must be a letter"),
        (named("a" * 65), f"error[E014]: {NAME}"),
    ],
}  # fmt: skip

CHECKED = """\
import contextlib, io, json, sys
from compiler.cli import run
told = []
for path in sys.argv[1:]:
    with contextlib.redirect_stderr(io.StringIO()) as err:
        code = run(["check", path])
    told.append((code, err.getvalue()))
json.dump(told, sys.stdout)
"""


@pytest.mark.parametrize("threat", SPECS)
def test_a_spec_that_is_a_threat_is_refused_at_its_place(threat: str, tmp_path: Path) -> None:
    paths = [tmp_path / f"{place}.yaml" for place, _ in enumerate(SPECS[threat])]
    for path, (text, _) in zip(paths, SPECS[threat], strict=True):
        path.write_text(text, encoding="utf-8", newline="")
    with child(CHECKED, *map(str, paths), preexec_fn=limited) as process:
        out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, b"")
    for (code, told), (text, wanted) in zip(json.loads(out), SPECS[threat], strict=True):
        assert code == 1, text[:200]
        assert wanted in told
        assert "Traceback" not in told
    assert sorted(tmp_path.iterdir()) == sorted(paths)


START = "name: t\ninput: [3, 64, 64]\nclasses: 10\n"
PLACES = {
    "an op-string": "stem: ['conv 3 {run}']",
    "a word": "stem: [3x3 16]\nhead: [globalpool avg, fc {run}]",
    "an argument": "inception: {{A: {{params: [w], do: [3x3 w]}}}}\nbody: ['A w={run}']",
    "a width": "inception: {{A: {{params: [w], do: ['3x3 w{run}']}}}}\nbody: [A w=8]",
    "a number": "defaults: {{eps: '{run}'}}\nstem: [3x3 8]",
    "a budget": "stem: [3x3 8]\nexpect: {{params: '{run}'}}",
}


@pytest.mark.parametrize("place", PLACES)
def test_no_run_of_signs_takes_its_square(place: str) -> None:
    """The like took 50 seconds of the processor once, each; now they take less than one."""
    for sign in ["a", " ", "(", ")", "|", ",", ";", "*", "=", "a*", "a ", "| ", "1x"]:
        start = time.process_time()
        with suppress(dsl.SpecError):  # A width may have spaces behind it.
            dsl.loads(START + PLACES[place].format(run=sign * (20_000 // len(sign))) + "\n")
        assert time.process_time() - start < 5, sign


@pytest.mark.parametrize("width", [True, 8.0, float("nan"), 10**30, 0, -1])
def test_what_a_program_gives_is_held_to_the_same(width: Any) -> None:
    with pytest.raises(ValueError, match="width"):
        Conv(kernel=(3, 3), width=width)


# --- Files that specs name ------------------------------------------------------------------------


def heir(base: str) -> str:
    return f"name: n\nextends: {base}\n"


@pytest.mark.parametrize(
    ("base", "said"),
    [
        ("../../etc/passwd", "outside"),
        ("/etc/passwd", "outside"),
        ("pipe.yaml", "it is a pipe, not a regular file"),
        ("folder.yaml", "it is a directory"),
        ("n.yaml", "n.yaml -> n.yaml"),
        ("out.yaml", "outside"),
        ("self.yaml", "symbolic links"),
    ],
)
def test_extends_reads_regular_files_of_the_project_alone(
    base: str, said: str, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text(TINY)
    folder = tmp_path / "project"
    (folder / "folder.yaml").mkdir(parents=True)
    os.mkfifo(folder / "pipe.yaml")
    (folder / "out.yaml").symlink_to(outside)
    (folder / "self.yaml").symlink_to("self.yaml")
    (folder / "n.yaml").write_text(heir(base))
    code, _, err = program("check", "n.yaml", cwd=folder, preexec_fn=limited)
    assert code == 1
    assert "n.yaml:2:10: error[" in err
    assert said in err


def test_a_cycle_of_files_is_told_as_a_chain(tmp_path: Path) -> None:
    for here, there in zip("abc", "bca", strict=True):
        (tmp_path / f"{here}.yaml").write_text(heir(f"{there}.yaml"))
    code, _, err = program("check", "a.yaml", cwd=tmp_path, preexec_fn=limited)
    assert code == 1
    assert "a.yaml -> b.yaml -> c.yaml -> a.yaml" in err


# --- Files that are written -----------------------------------------------------------------------

WRITES = """\
import sys
from pathlib import Path
from compiler.files.writing import write
content = sys.argv[2] * 1_000_000
write(Path(sys.argv[1]), content)
print("ready", flush=True)
while True:
    write(Path(sys.argv[1]), content)
"""


def test_two_writers_and_kill_9_leave_no_torn_file(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    wholes = {letter * 1_000_000 for letter in "ab"}
    for _ in range(3):
        with child(WRITES, str(path), "a") as one, child(WRITES, str(path), "b") as other:
            for writer in (one, other):
                assert writer.stdout is not None
                assert writer.stdout.readline() == b"ready\n"
            assert all(path.read_text() in wholes for _ in range(100))
            one.send_signal(signal.SIGKILL)
            other.send_signal(signal.SIGKILL)
            assert {one.wait(), other.wait()} == {-signal.SIGKILL}
        assert path.read_text() in wholes
    code, _, err = program("source", "googlenet", "-o", str(path))
    assert (code, err) == (0, "")
    assert [each.name for each in tmp_path.iterdir()] == ["net.py"]


FOLDERS = """\
import sys
from pathlib import Path
from compiler.files.folder import Folder
letter = sys.argv[2]
for turn in range(60):
    wanted = {f"{i}.txt": f"{letter} {turn % 2} {i}".encode() for i in range(9)}
    Folder(Path(sys.argv[1])).put(wanted)
"""


def test_two_runs_in_one_folder_take_turns(tmp_path: Path) -> None:
    """Neither takes the other's files for the user's, and what stands there is all of one run."""
    folder = tmp_path / "out"
    with child(FOLDERS, str(folder), "a") as one, child(FOLDERS, str(folder), "b") as other:
        told = [process.communicate(timeout=120) for process in (one, other)]
    assert told == [(b"", b"")] * 2
    assert (one.returncode, other.returncode) == (0, 0)
    found = {path.read_text()[:3] for path in folder.glob("*.txt")}
    assert len(found) == 1


def no_space() -> None:
    """No file grows past a few bytes: what a full disk is to whoever writes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))


# Python itself would leave torn bytecode behind.
NO_SPACE: dict[str, Any] = {"preexec_fn": no_space, "env": {"PYTHONDONTWRITEBYTECODE": "1"}}


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    old = {"net.py": "old", "net.dot": "old"}
    for name, content in old.items():
        (tmp_path / name).write_text(content)
    for command, name in (
        ("source", "net.py"),
        ("draw", "net.dot"),
        ("report", "net.html"),
        ("resolve", "new.yaml"),
    ):
        code, _, err = program(command, "tiny.yaml", "-o", name, cwd=tmp_path, **NO_SPACE)
        assert code == 1
        assert err.splitlines() == [f"error: {name}: File too large"]
    code, out, err = program("tiny.yaml", "--no-verify", cwd=tmp_path, **NO_SPACE)
    assert (code, err.count("\n")) == (1, 1), err
    assert "wrote" not in out
    there = {path.name: path.read_text() for path in tmp_path.iterdir() if path.name in old}
    assert there == old
    assert len([*tmp_path.iterdir()]) == 3


def test_a_link_stays_a_link_and_its_target_is_written_whole(tmp_path: Path) -> None:
    target = tmp_path / "real.py"
    target.write_text("old")
    (tmp_path / "link.py").symlink_to("real.py")
    code, _, _ = program("source", "googlenet", "-o", "link.py", cwd=tmp_path)
    assert code == 0
    assert (tmp_path / "link.py").is_symlink()
    assert "class GoogLeNet" in target.read_text()


def test_a_folder_in_the_way_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "net.py").mkdir()
    (tmp_path / "file").touch()
    for output in ("net.py", "file/net.py", "missing/net.py"):
        code, _, err = program("source", "googlenet", "-o", output, cwd=tmp_path)
        assert code in (1, 2)
        assert err.splitlines()[-1].lower().startswith("error: ")
        assert "Traceback" not in err


UNPRIVILEGED = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-all"]
AS_ANYBODY = UNPRIVILEGED if os.geteuid() == 0 else []
"""The superuser may write anywhere, unless that is taken from him."""


@pytest.mark.skipif(bool(AS_ANYBODY) and not shutil.which("setpriv"), reason="no setpriv")
def test_a_read_only_place_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("locked").mkdir()
    Path("locked/net.py").write_text("old")
    Path("locked/net.py").chmod(0o444)
    Path("locked").chmod(0o555)
    Path("tiny.yaml").write_text(TINY)
    for args in (
        ["source", "tiny.yaml", "-o", "locked/net.py"],
        ["source", "tiny.yaml", "-o", "locked/new.py"],
        ["tiny.yaml", "--no-verify", "--out", "locked"],
    ):
        code, _, err = program(*args, before=AS_ANYBODY)
        assert (code, err.count("\n"), err[:7]) == (1, 1, "error: "), err
    assert Path("locked/net.py").read_text() == "old"
    assert [path.name for path in Path("locked").iterdir()] == ["net.py"]


# --- The terminal ---------------------------------------------------------------------------------

PRINTING = [["list"], ["cost", "googlenet"], ["source", "googlenet"], ["check", "none.yaml"]]


@pytest.mark.parametrize("args", PRINTING, ids=lambda args: args[0])
def test_a_closed_pipe_is_quiet(args: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    code, _, err = program(*args, stdout=writer, env={"PYTHONUNBUFFERED": "1"})
    os.close(writer)
    assert code == 1
    assert "Traceback" not in err
    assert err.count("\n") <= 3


def test_closed_pipes_for_all_that_is_printed_are_quiet() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    for args in PRINTING:
        assert program(*args, stdout=writer, stderr=writer)[0] == 1
    os.close(writer)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("args", PRINTING[:3], ids=lambda args: args[0])
def test_a_full_disk_behind_standard_output_is_one_line(args: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        code, _, err = program(*args, stdout=full)
    assert (code, err) == (1, "error: No space left on device\n")


def test_ctrl_c_is_130_and_quiet() -> None:
    """While the program waits for a spec that is typed."""
    typed: dict[str, Any] = {"stdin": subprocess.PIPE, "preexec_fn": interruptible}
    with child(MAIN, "check", "-", **typed) as process:
        assert process.stdin is not None
        process.stdin.write(HEAD.encode())
        process.stdin.flush()
        time.sleep(0.5)  # It may still be starting, which must be quiet as well.
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err.strip()) == (130, b"", b"")


ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def test_a_terminal_of_ascii_fails_nothing(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(step("3x3 8").replace("n\n", "n\ntitle: 3×3 Größe\n", 1))
    (tmp_path / "bad.yaml").write_text(step("3×3 ü"))
    code, out, err = program("check", "net.yaml", cwd=tmp_path, env=ASCII)
    assert (code, err) == (0, "")
    code, out, err = program("cost", "net.yaml", cwd=tmp_path, env=ASCII)
    assert (code, err) == (0, "")
    assert "Gr" in out
    code, out, err = program("check", "bad.yaml", cwd=tmp_path, env=ASCII)
    assert (code, out) == (1, "")
    assert "bad.yaml:4:8: error[" in err
    assert "Traceback" not in err


def test_nothing_that_a_spec_says_reaches_the_terminal_as_an_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(step('"\\x1b]0;owned\\a\\x1b[2J"'))
    assert run(["check", str(path)]) == 1
    assert "\x1b" not in capsys.readouterr().err
