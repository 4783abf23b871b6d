"""`-o`: what is written where the user says, and through what stands there."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from compiler.cli import run
from compiler.files.parts import write_all
from compiler.files.writing import write
from tests.test_cli import TINY

ROOT = Path(__file__).parent.parent
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")
root = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="needs root, to be somebody else"
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with a spec."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(TINY)
    return tmp_path


def command(*args: str) -> list[str]:
    return [sys.executable, "-c", "from compiler.cli import main; main()", *args]


def ran(*args: str, **more: object) -> subprocess.CompletedProcess[bytes]:
    """The command line as a process of its own."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    settings = {"capture_output": True, "timeout": 60, "env": env, **more}
    return subprocess.run(list(args), check=False, **settings)  # type: ignore[call-overload,no-any-return]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


WRITERS = {
    "source": ["source", "tiny.yaml", "-o", "net.py"],
    "draw": ["draw", "tiny.yaml", "-o", "net.svg"],
    "resolve": ["resolve", "tiny.yaml", "-o", "net.yaml"],
    "new": ["new", "net", "--from", "tiny.yaml", "-o", "net.yaml"],
    "import": ["import", "model.py:Net", "--input", "3x8x8", "-o", "net.yaml"],
    "weights": ["weights", "tiny.yaml", "--from", "in.pth", "--to", "net.pth"],
}
MODEL = """\
import torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3)
        self.fc = torch.nn.Linear(4, 2)
    def forward(self, x):
        return self.fc(torch.flatten(torch.nn.functional.adaptive_avg_pool2d(self.conv(x), 1), 1))
"""


@pytest.fixture
def inputs(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What every command that writes can read."""
    from compiler import compile_spec, export_weights

    # What Python itself keeps of a model's file that it imports is no command's doing.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (here / "pyproject.toml").touch()
    (here / "model.py").write_text(MODEL)
    export_weights(compile_spec("tiny.yaml"), file=here / "in.pth")
    return here


@pytest.mark.parametrize("name", WRITERS)
def test_folders_are_not_made(name: str, inputs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    *args, output = WRITERS[name]
    before = names(inputs)
    assert run([*args, f"no/where/{output}"]) == 1
    err = capsys.readouterr().err
    assert err == f"error: no/where/{output}: there is no folder {inputs}/no/where\n"
    assert names(inputs) == before


@pytest.mark.parametrize("name", sorted(WRITERS.keys() - {"new"}))
def test_a_file_is_replaced_and_keeps_its_mode(name: str, inputs: Path) -> None:
    output = inputs / WRITERS[name][-1]
    output.write_text("old")
    output.chmod(0o604)
    before = output.stat().st_ino
    assert run(WRITERS[name]) == 0
    assert output.read_bytes() != b"old"
    assert stat.S_IMODE(output.stat().st_mode) == 0o604
    assert output.stat().st_ino != before


def test_new_begins_no_file_that_is_there(inputs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (inputs / "net.yaml").write_text("old")
    assert run(WRITERS["new"]) == 1
    assert "there is a file already" in capsys.readouterr().err
    assert (inputs / "net.yaml").read_text() == "old"


@pytest.mark.parametrize(
    "args",
    [
        ["source", "tiny.yaml", "-o", "tiny.yaml"],
        ["source", "heir.yaml", "-o", "./tiny.yaml"],
        ["source", "tiny.yaml", "-o", "link.yaml"],
        ["draw", "tiny.dot", "-o", "tiny.dot"],
        ["resolve", "heir.yaml", "-o", "heir.yaml"],
        ["resolve", "heir.yaml", "-o", "hard.yaml"],
        ["import", "model.py:Net", "--input", "3x8x8", "-o", "model.py"],
        ["weights", "tiny.yaml", "--from", "in.pth", "--to", "in.pth"],
        ["weights", "tiny.yaml", "--from", "in.pth", "--to", "link.pth"],
    ],
)
def test_what_it_is_made_from_is_never_the_output(
    args: list[str], inputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (inputs / "heir.yaml").write_text("extends: tiny.yaml\nname: heir\n")
    (inputs / "tiny.dot").write_text(TINY)
    (inputs / "link.yaml").symlink_to("tiny.yaml")
    (inputs / "link.pth").symlink_to("in.pth")
    (inputs / "hard.yaml").hardlink_to(inputs / "heir.yaml")
    before = {path: path.read_bytes() for path in inputs.iterdir() if path.is_file()}
    assert run(args) in (1, 2)
    assert "what this is made from" in capsys.readouterr().err or args[1] == "tiny.dot"
    assert {path: path.read_bytes() for path in inputs.iterdir() if path.is_file()} == before


@posix
def test_a_link_is_written_through(here: Path) -> None:
    (here / "far").mkdir()
    target = here / "far" / "net.py"
    target.write_text("old")
    target.chmod(0o640)
    (here / "first.py").symlink_to("far/net.py")
    (here / "second.py").symlink_to("first.py")
    assert run(["source", "tiny.yaml", "-o", "second.py"]) == 0
    assert "class Tiny" in target.read_text()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert (here / "first.py").readlink() == Path("far/net.py")
    assert (here / "second.py").readlink() == Path("first.py")
    assert names(here / "far") == {"net.py"}


@posix
def test_a_link_to_nothing_yet(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "far").mkdir()
    (here / "link.py").symlink_to("far/net.py")
    assert run(["source", "tiny.yaml", "-o", "link.py"]) == 0
    assert "class Tiny" in (here / "far" / "net.py").read_text()
    assert (here / "link.py").is_symlink()
    (here / "lost.py").symlink_to("gone/net.py")
    assert run(["source", "tiny.yaml", "-o", "lost.py"]) == 1
    assert f"lost.py: there is no folder {here}/gone" in capsys.readouterr().err
    (here / "loop.py").symlink_to("loop.py")
    assert run(["source", "tiny.yaml", "-o", "loop.py"]) == 1
    assert (here / "loop.py").is_symlink()


def test_all_names_of_a_file_get_the_new_content(here: Path) -> None:
    (here / "one.py").write_text("old" * 10_000)
    (here / "other.py").hardlink_to(here / "one.py")
    assert run(["source", "tiny.yaml", "-o", "one.py"]) == 0
    assert (here / "one.py").samefile(here / "other.py")
    assert run(["source", "tiny.yaml", "-o", "alone.py"]) == 0
    assert (here / "other.py").read_bytes() == (here / "alone.py").read_bytes()


def test_a_file_that_is_written_in_place_is_put_back(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "one.txt").write_text("old, and longer")
    (here / "other.txt").hardlink_to(here / "one.txt")
    calls: list[bytes] = []

    def full(handle: int, data: bytes) -> None:
        calls.append(data)
        write_all(handle, data[:2] if len(calls) == 1 else data)
        if len(calls) == 1:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("compiler.files.writing.write_all", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*one\.txt'"):
        write(here / "one.txt", "new")
    assert (here / "other.txt").read_text() == "old, and longer"


@posix
@pytest.mark.parametrize("linked", [False, True])
def test_a_pipe_is_written_into(linked: bool, here: Path) -> None:
    os.mkfifo(here / "pipe")
    (here / "link").symlink_to("pipe")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append((here / "pipe").read_bytes()))
    reader.start()
    big = b"x" * 300_000  # More than a pipe holds.
    write(here / ("link" if linked else "pipe"), big)
    reader.join(30)
    assert got == [big]
    assert stat.S_ISFIFO((here / "pipe").stat().st_mode)
    assert (here / "link").is_symlink()


@posix
@pytest.mark.parametrize(("minor", "error"), [(3, ""), (7, "No space left on device")])
def test_a_device_is_written_into(
    minor: int, error: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nodes of our own, like /dev/null and /dev/full."""
    node = here / "node"
    try:
        os.mknod(node, 0o666 | stat.S_IFCHR, os.makedev(1, minor))
        node.open("wb").close()
    except PermissionError:
        pytest.skip("no devices here")
    assert run(["source", "tiny.yaml", "-o", str(node)]) == bool(error)
    assert capsys.readouterr().err == (f"error: {node}: {error}\n" if error else "")
    assert stat.S_ISCHR(node.stat().st_mode)
    assert names(here) == {"node", "tiny.yaml"}


@posix
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_what_is_open_already_is_written_into_where_it_stands(name: str, here: Path) -> None:
    if not Path(name).exists():
        pytest.skip("no such path here")
    source = ran(*command("source", "tiny.yaml"), cwd=here).stdout
    with (here / "all.txt").open("wb") as stream:
        stream.write(b"before\n")
        stream.flush()
        done = ran(
            *command("source", "tiny.yaml", "-o", name),
            cwd=here, capture_output=False, stdout=stream, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, b"")
        stream.seek(0, os.SEEK_END)
        stream.write(b"after\n")
    assert (here / "all.txt").read_bytes() == b"before\n" + source + b"after\n"
    piped = ran(*command("source", "tiny.yaml", "-o", name), cwd=here)
    assert piped.stdout == source


def test_a_folder_is_no_output(here: Path) -> None:
    (here / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        write(here / "folder", "text")
    assert run(["source", "tiny.yaml", "-o", "folder"]) == 2
    assert names(here) == {"folder", "tiny.yaml"}


LIMITED = """\
import resource
from compiler.cli import compiling, main
def limit(*args):
    resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700))
compiling._verify = limit  # Graphviz needs room of its own, so the drawings are there by then.
{when}
main()
"""


@posix
@pytest.mark.parametrize("old", ["nothing", "a file", "a file with two names"])
def test_a_file_that_gets_too_large_leaves_the_old_one(old: str, here: Path) -> None:
    if old != "nothing":
        (here / "net.py").write_text("old")
    if old.endswith("names"):
        (here / "also.py").hardlink_to(here / "net.py")
    before = names(here)
    done = ran(
        sys.executable,
        "-c",
        LIMITED.format(when="limit()"),
        "source",
        "tiny.yaml",
        "-o",
        "net.py",
        cwd=here,
    )
    assert (done.returncode, done.stderr) == (1, b"error: net.py: File too large\n")
    assert names(here) == before
    assert old == "nothing" or (here / "net.py").read_text() == "old"


@posix
@pytest.mark.parametrize("before", [False, True])
def test_a_folder_of_results_is_written_whole_or_not_at_all(before: bool, here: Path) -> None:
    """Its least files fit under the limit, its others don't."""
    if before:
        (here / "generated" / "tiny" / "diagrams").mkdir(parents=True)
        (here / "generated" / "tiny" / "mine.txt").write_text("mine")
    done = ran(sys.executable, "-c", LIMITED.format(when=""), "tiny.yaml", cwd=here)
    assert done.returncode == 1
    assert b": File too large\n" in done.stderr
    assert (here / "generated").exists() == before
    left = {path.name for path in (here / "generated").rglob("*")}
    assert left == ({"tiny", "diagrams", "mine.txt"} if before else set())


NOBODY = """\
import contextlib, io, os
from pathlib import Path
from compiler.cli import main, run
from compiler.files.folder import Folder
with contextlib.redirect_stdout(io.StringIO()):
    run(["source", "tiny.yaml"])  # What is imported now, need not be readable later.
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
"""
SOURCE = "run(['source', 'tiny.yaml', '-o', 'net.py'])\n"


@root
def test_a_file_may_be_written_where_its_folder_may_not(here: Path) -> None:
    for folder in (here, *list(here.parents)[:3]):  # One more with pytest-xdist.
        if folder.name.startswith(("pytest-", "popen-", "test_")):
            folder.chmod(0o755)
    (here / "net.py").write_text("old")
    os.chown(here / "net.py", 65534, 65534)
    done = ran(sys.executable, "-c", NOBODY + SOURCE, cwd=here)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "class Tiny" in (here / "net.py").read_text()
    more = ran(sys.executable, "-c", NOBODY + SOURCE.replace("net.py", "more.py"), cwd=here)
    assert more.stderr == b"error: more.py: Permission denied\n"
    assert names(here) == {"net.py", "tiny.yaml"}


@root
def test_what_is_write_protected_stays(here: Path) -> None:
    for folder in (here, *list(here.parents)[:3]):  # One more with pytest-xdist.
        if folder.name.startswith(("pytest-", "popen-", "test_")):
            folder.chmod(0o755)
    os.chown(here, 65534, 65534)
    (here / "net.py").write_text("old")
    (here / "net.py").chmod(0o444)
    done = ran(sys.executable, "-c", NOBODY + SOURCE, cwd=here)
    assert done.stderr == b"error: net.py: it is write-protected\n"
    put = "Folder(Path()).put({'a.txt': b'new', 'net.py': b'new'}, force=True)"
    done = ran(sys.executable, "-c", NOBODY + put, cwd=here)
    assert b"net.py: it is write-protected\n" in done.stderr
    assert (here / "net.py").read_text() == "old"
    assert names(here) == {"net.py", "tiny.yaml"}


@root
def test_a_folder_that_may_not_be_written_stays_as_it_is(here: Path) -> None:
    """Half of it may: that half stays too."""
    for folder in (here, *list(here.parents)[:3]):  # One more with pytest-xdist.
        if folder.name.startswith(("pytest-", "popen-", "test_")):
            folder.chmod(0o755)
    os.chown(here, 65534, 65534)
    (here / "diagrams").mkdir()
    put = "Folder(Path()).put({'a.txt': b'new', 'diagrams/A.dot': b'new'})"
    done = ran(sys.executable, "-c", NOBODY + put, cwd=here)
    assert b"PermissionError: [Errno 13] Permission denied: 'diagrams/A.dot'\n" in done.stderr
    assert names(here) == {"diagrams", "tiny.yaml"}


@posix
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    ("args", "code"),
    [
        ("check tiny.yaml", 0), ("cost tiny.yaml", 0), ("source tiny.yaml", 0),
        ("source tiny.yaml -o net.py", 0), ("draw tiny.yaml -o net.svg", 0), ("list", 0),
        ("resolve tiny.yaml", 0), ("diff tiny.yaml tiny.yaml", 0), ("weights tiny.yaml", 0),
        ("completion bash", 0), ("--help", 0), ("--version", 0), ("check nope.yaml", 1),
        ("check", 2),
    ],
)  # fmt: skip
def test_closed_streams_are_no_fault(args: str, code: int, closed: str, here: Path) -> None:
    script = f'exec "$@" {closed}'
    done = ran("sh", "-c", script, "sh", *command(*args.split()), cwd=here)
    assert done.returncode == code
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr
    if args.endswith("net.py"):
        assert (here / "net.py").read_bytes() == ran(*command(*args.split()[:2]), cwd=here).stdout


@posix
@pytest.mark.parametrize("args", ["tiny.yaml", "verify tiny.yaml"])
def test_closed_streams_are_no_fault_of_the_main_job(args: str, here: Path) -> None:
    done = ran("sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *command(*args.split()), cwd=here)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert run(["tiny.yaml", "--check"]) == int(args.startswith("verify"))
