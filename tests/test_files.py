"""A folder of results: what the compiler wrote is renewed, and nothing else is ever touched."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from compiler.cli import run
from compiler.files import manifest, png
from compiler.files.manifest import Known
from compiler.files.plan import Seen, candidates, planned
from tests.test_cli import TINY

ROOT = Path(__file__).parent.parent
RENAMED = TINY.replace("A:", "Z:").replace("A c=", "Z c=")
"""The same with a block of another name, so that other drawings are made."""
TREE = dict[str, bytes | str]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a spec and its results, to be copied."""
    folder = tmp_path_factory.mktemp("compiled")
    (folder / "tiny.yaml").write_text(TINY)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert run(["tiny.yaml"]) == 0
    return folder


@pytest.fixture
def made(compiled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick: None) -> Path:
    """The results of a network that was compiled once; its spec is in the current directory."""
    shutil.copytree(compiled, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "generated" / "tiny"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the cross-check out: these tests are about files."""
    monkeypatch.setattr("compiler.cli.compiling._verify", lambda prepared, text: None)


def tree(folder: Path) -> TREE:
    """All that is in a folder: contents, and where links lead."""
    found: TREE = {}
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"link to {path.readlink()}"
        elif path.is_dir():
            found[name] = "folder"
        else:
            found[name] = path.read_bytes() if path.is_file() else "no plain file"
    return found


def renamed(made: Path, *options: str) -> int:
    """Compile the spec with the other name of the block."""
    (made.parent.parent / "tiny.yaml").write_text(RENAMED)
    return run(["tiny.yaml", *options])


def refused(made: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """Compile the changed spec, which must fail and leave everything as it is; the message."""
    before = tree(made.parent)
    capsys.readouterr()
    assert renamed(made, *options) == 1
    assert tree(made.parent) == before
    return capsys.readouterr().err


THEIRS = [
    "train.py", "log.csv", "notes.txt", "picture.png", "drawing.dot", "data.json", "tiny_2.py",
    "__init__.py", "runs/notes.txt", "runs/1/log.csv", "diagrams/my_figure.svg",
    "diagrams/A_mine.svg", "diagrams/sub/A.svg", "sub/tiny.py", "diagrams/.A.svg.swp",
    ".A.svg.sn1_7s34", "diagrams/cost.txt", "A.dot",
]  # fmt: skip


def test_what_users_put_there_stays(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in THEIRS:
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(f"the user's {name}")
    (made / "link.py").symlink_to("tiny.py")
    (made / "nowhere.svg").symlink_to("no/where")
    assert run(["tiny.yaml", "--check"]) == 0
    assert renamed(made) == 0
    assert run(["tiny.yaml", "--check"]) == 0
    for name in THEIRS:
        assert (made / name).read_text() == f"the user's {name}"
    assert (made / "link.py").is_symlink()
    assert (made / "nowhere.svg").is_symlink()
    assert {path.name for path in (made / "diagrams").glob("[AZ].*")} == {
        "Z.dot", "Z.svg", "Z.png",
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["tiny.py", "cost.txt", "cost.json", "cost.csv", "summary.txt", "diagrams/overview.dot",
     "diagrams/overview.svg", "diagrams/overview.png"],
)  # fmt: skip
def test_a_changed_file_of_ours_is_refused(
    name: str, made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = (made / name).read_bytes() + b"# mine\n"
    (made / name).write_bytes(mine)
    pixels = name.endswith(".png")
    assert run(["tiny.yaml", "--check"]) == int(not pixels)  # They may be missing, too.
    message = refused(made, capsys)
    why = "nothing tells that the compiler wrote it" if pixels else "it was changed since"
    assert f"generated/{made.name}/{name}: {why}" in message
    assert "1 file can't be written over, so nothing was written" in message
    assert "--force replaces what is named here" in message
    assert renamed(made, "--force") == 0
    assert mine != (made / name).read_bytes()
    assert run(["tiny.yaml", "--check"]) == 0


def test_an_svg_that_was_drawn_in_is_refused_while_the_spec_is_the_same(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = made / "diagrams" / "A.svg"
    path.write_bytes(path.read_bytes() + b"<!-- mine -->")
    assert run(["tiny.yaml", "--check"]) == 1
    assert "stale: generated/tiny/diagrams/A.svg" in capsys.readouterr().out
    before = tree(made)
    assert run(["tiny.yaml"]) == 1
    assert tree(made) == before


@pytest.mark.parametrize("name", ["diagrams/Z.svg", "diagrams/Z.dot", "diagrams/Z.png"])
def test_a_strangers_file_under_our_name_is_refused(
    name: str, made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (made / name).write_text("a stranger's")
    assert f"{name}: nothing tells that the compiler wrote it" in refused(made, capsys)
    assert renamed(made, "--force") == 0


def test_a_strangers_file_with_our_content_is_ours(made: Path) -> None:
    before = tree(made)
    (made / manifest.NAME).unlink()
    assert run(["tiny.yaml"]) == 0
    assert tree(made) == before
    assert renamed(made) == 0
    assert not (made / "diagrams" / "A.svg").exists()


def test_what_was_changed_and_is_no_longer_made_becomes_the_users(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = made / "diagrams" / "A.svg"
    path.write_text("mine")
    assert renamed(made) == 0
    assert "diagrams/A.svg             is no longer made; it was changed" in capsys.readouterr().out
    assert path.read_text() == "mine"
    assert not path.with_suffix(".dot").exists()
    assert run(["tiny.yaml", "--check"]) == 0
    assert "A.svg" not in (made / manifest.NAME).read_text()


def test_a_second_run_writes_nothing(made: Path) -> None:
    times = {path: path.stat().st_mtime_ns for path in made.rglob("*")}
    assert run(["tiny.yaml"]) == 0
    assert {path: path.stat().st_mtime_ns for path in made.rglob("*")} == times


def test_pixels_of_before_that_are_the_same_are_taken_over(made: Path) -> None:
    path = made / "diagrams" / "A.png"
    new = path.read_bytes()
    path.write_bytes(png.bare(new))
    assert run(["tiny.yaml"]) == 0
    assert path.read_bytes() == new


def resealed(text: str) -> str:
    """A list with a seal that fits, whatever it says."""
    head, _, body = text.partition("# sealed ")
    body = body.partition("\n")[2]
    return f"{head}# sealed {hashlib.sha256(body.encode()).hexdigest()}\n{body}"


def with_line(path: str) -> Callable[[str], str]:
    """List the outsider's digest under a path."""
    line = f"{manifest.digest(b'outside')}  {path}\n"
    return lambda text: resealed(text + line)


BROKEN: dict[str, Callable[[str], str]] = {
    "empty": lambda text: "",
    "cut off": lambda text: text[:-30],
    "cut off at a line": lambda text: text[: text.rindex("\n", 0, -1) + 1],
    "a line more": lambda text: text + "0" * 64 + "  train.py\n",
    "a line changed": lambda text: text.replace("cost.csv", "cost.tsv"),
    "merged": lambda text: text.replace(
        "# sealed", "<<<<<<< HEAD\n# sealed 1\n=======\n# sealed"
    ) + ">>>>>>> theirs\n",
    "up": with_line("../../outside.txt"),
    "up from below": with_line("diagrams/../../../outside.txt"),
    "absolute": with_line("/outside.txt"),
    "a drive": with_line("C:/outside.txt"),
    "backslashes": with_line("..\\..\\outside.txt"),
    "not a list": lambda text: resealed(text.replace("  cost.csv", " *cost.csv")),
}  # fmt: skip


@pytest.mark.parametrize("how", BROKEN)
def test_a_list_that_was_tampered_with_removes_nothing(
    how: str, made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = made.parent.parent / "outside.txt"
    outside.write_text("outside")
    path = made / manifest.NAME
    path.write_text(BROKEN[how](path.read_text()))
    assert run(["tiny.yaml", "--check"]) == 1
    assert "stale: generated/tiny/manifest.sha256" in capsys.readouterr().out
    assert "nothing tells that the compiler wrote it" in refused(made, capsys)
    assert renamed(made, "--force") == 0
    assert outside.read_text() == "outside"
    assert (made / "diagrams" / "A.svg").exists()
    assert run(["tiny.yaml", "--check"]) == 0


def test_a_list_that_was_tampered_with_is_mended_where_all_else_fits(made: Path) -> None:
    path = made / manifest.NAME
    good = path.read_bytes()
    path.write_bytes(b"")
    assert run(["tiny.yaml"]) == 0
    assert path.read_bytes() == good


def test_a_strangers_file_under_the_lists_name_is_refused(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (made / manifest.NAME).write_text("0" * 64 + "  my_data.bin\n")
    assert "manifest.sha256: it isn't the compiler's list" in refused(made, capsys)
    assert renamed(made, "--force") == 0


def linked(made: Path, name: str) -> Path:
    """Move what is there elsewhere and put a link in its place; where it is now."""
    there = made.parent.parent / "elsewhere"
    (made / name).rename(there)
    (made / name).symlink_to(there)
    return there


@pytest.mark.parametrize("name", ["", "diagrams", "cost.txt", manifest.NAME])
@pytest.mark.parametrize("dangling", [False, True])
def test_nothing_is_written_or_removed_behind_a_link(
    name: str, dangling: bool, made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = linked(made, name)
    if dangling:
        there.rename(there.with_name("away"))
    before = tree(made.parent.parent / ("away" if dangling else "elsewhere"))
    message = refused(made, capsys, "--force")
    assert f"{made.relative_to(made.parent.parent) / name}" in message
    assert "a link to " in message
    assert "--force" not in message
    assert tree(made.parent.parent / ("away" if dangling else "elsewhere")) == before
    assert run(["tiny.yaml", "--check"]) == 1


def test_out_itself_may_be_a_link(made: Path) -> None:
    made.parent.rename(made.parent.with_name("real"))
    made.parent.symlink_to("real")
    assert renamed(made) == 0
    assert made.parent.is_symlink()
    assert (made / "diagrams" / "Z.svg").exists()


@pytest.mark.parametrize("name", ["cost.txt", "diagrams", "diagrams/overview.svg", manifest.NAME])
@pytest.mark.parametrize("what", ["folder", "pipe", "file"])
def test_what_is_no_file_or_no_folder_stays(
    name: str, what: str, made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if (name == "diagrams") != (what == "file"):
        what = "pipe"
    (made / name).rename(made / "away")
    if what == "folder":
        (made / name).mkdir()
        (made / name / "mine.txt").write_text("mine")
    elif what == "file":
        (made / name).write_text("mine")
    else:
        os.mkfifo(made / name)
    message = refused(made, capsys, "--force")
    assert f"generated/tiny/{name}" in message
    assert "not a folder" in message or "it is a folder" in message or "no plain file" in message
    assert run(["tiny.yaml", "--check"]) == 1


def test_a_file_in_the_folders_place(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made.rename(made.parent / "away")
    made.write_text("mine")
    assert "generated/tiny: not a folder" in refused(made, capsys, "--force")


@pytest.mark.parametrize("name", ["tiny.py", "summary.txt", "diagrams/A.dot", "diagrams/A.svg"])
def test_what_is_no_text_is_stale(
    name: str, made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (made / name).write_bytes(b"\xff\xfe\x00 no UTF-8 \x80")
    assert run(["tiny.yaml", "--check"]) == 1
    out, err = capsys.readouterr()
    assert name in out
    assert err.startswith("generated/tiny is stale")
    before = tree(made)
    assert run(["tiny.yaml"]) == 1
    assert tree(made) == before
    assert run(["tiny.yaml", "--force"]) == 0
    assert run(["tiny.yaml", "--check"]) == 0


def test_other_line_ends_are_no_change(made: Path) -> None:
    for path in made.rglob("*"):
        if path.is_file() and path.suffix != ".png":
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    before = tree(made)
    assert run(["tiny.yaml", "--check"]) == 0
    assert run(["tiny.yaml"]) == 0
    assert tree(made) == before
    assert renamed(made) == 0
    assert not (made / "diagrams" / "A.svg").exists()


def test_other_names_of_a_file_keep_the_old_content(made: Path) -> None:
    other = made.parent.parent / "kept.py"
    other.hardlink_to(made / "tiny.py")
    old = other.read_bytes()
    assert renamed(made) == 0
    assert other.read_bytes() == old
    assert (made / "tiny.py").read_bytes() != old


def test_files_keep_their_mode(made: Path) -> None:
    (made / "tiny.py").chmod(0o640)
    assert renamed(made) == 0
    assert (made / "tiny.py").stat().st_mode & 0o7777 == 0o640


PART = f".inception-compile.{'0' * 16}.part"


def test_what_a_killed_run_left_is_named_and_removed(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in (made, made / "diagrams"):
        (folder / PART).write_text("half")
        (folder / PART.replace("0", "1")).mkdir()
        (folder / PART.replace("0", "2")).symlink_to(made / "tiny.py")
        (folder / PART.replace(".part", ".part2")).write_text("mine")
    assert run(["tiny.yaml", "--check"]) == 1
    named = re.findall(r"left by a run that was killed: (.*)", capsys.readouterr().out)
    assert named == [f"generated/tiny/{PART}", f"generated/tiny/diagrams/{PART}"]
    assert run(["tiny.yaml"]) == 0
    for folder in (made, made / "diagrams"):
        left = {path.name for path in folder.glob(".inception*")}
        assert left == {
            PART.replace("0", "1"), PART.replace("0", "2"), PART.replace(".part", ".part2")
        }  # fmt: skip
    assert run(["tiny.yaml", "--check"]) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks")
def test_what_another_run_is_writing_is_left_alone(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    monkeypatch.setattr("compiler.files.parts.PATIENCE", 2)
    (made / PART).write_text("half")
    handle = os.open(made, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_SH)
    assert run(["tiny.yaml", "--check"]) == 0
    assert renamed(made) == 0
    assert (made / PART).exists()
    os.close(handle)
    assert run(["tiny.yaml"]) == 0
    assert not (made / PART).exists()


STOPPED = """\
import os, signal
from compiler.files import parts
from compiler.cli import compiling, main
compiling._verify = lambda prepared, text: None
put, done = parts.Part.put, []
def stopped(part):
    if len(done) == {after}:
        os.kill(os.getpid(), signal.{signal})
    done.append(put(part))
parts.Part.put = stopped
main()
"""


def stopped(made: Path, name: str, after: int) -> int:
    """The exit code of a run that gets a signal when it has put so many files in their places."""
    code = STOPPED.format(after=after, signal=name)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, "tiny.yaml"]
    return subprocess.run(
        command, cwd=made.parent.parent, env=env, capture_output=True, check=False
    ).returncode


@pytest.mark.parametrize("after", [0, 1, 4, 9])
@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL", "SIGHUP"])
def test_a_run_that_is_stopped_leaves_nothing_in_the_way(
    name: str, after: int, made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = made.parent.parent / "tiny.yaml"
    spec.write_text(RENAMED)
    number = getattr(signal, name)
    killed = name == "SIGKILL"
    assert stopped(made, name, after) == (-number if killed else 128 + number)
    assert bool(list(made.rglob("*.part"))) == killed
    texts = [path.read_text() for path in made.rglob("*") if path.suffix in (".py", ".dot")]
    assert all(text.endswith(("\n", "}")) for text in texts)
    spec.write_text(RENAMED.replace("classes: 4", "classes: 5"))
    assert run(["tiny.yaml"]) == 0, capsys.readouterr().err
    assert run(["tiny.yaml", "--check"]) == 0
    assert list(made.rglob("*.part")) == []
    assert list(made.rglob("A.*")) == []


def test_a_file_system_without_case() -> None:
    """There, `a.svg` and `A.svg` are one file: it is seen under both names."""
    known = Known((("d/a.dot", manifest.digest(b"old")), ("d/a.svg", manifest.digest(b"same"))))
    seen = dict.fromkeys(["d/a.dot", "d/A.dot"], Seen(b"old"))
    seen |= dict.fromkeys(["d/a.svg", "d/A.svg"], Seen(b"same"))
    seen |= dict.fromkeys(["d/a.png", "d/A.png"], Seen())
    wanted = {"d/A.dot": b"new", "d/A.svg": b"same", "d/A.png": None}
    plan = planned(wanted, seen, known, force=False)
    assert plan.refused == {}
    assert plan.remove == ["d/a.dot", "d/a.svg"]
    assert plan.write == {"d/A.dot": b"new", "d/A.svg": b"same"}
    kept = planned({**wanted, "d/A.svg": None}, seen, known, force=False)
    assert kept.remove == ["d/a.dot"]


def test_the_png_of_a_drawing_goes_with_its_dot() -> None:
    known = Known((("diagrams/A.dot", "0"), ("tiny.py", "0")))
    assert candidates(["tiny.py"], known) == ["diagrams/A.dot", "diagrams/A.png"]


def test_a_list_reads_as_it_was_written() -> None:
    entries = [("tiny.py", "0" * 64), ("diagrams/A_.svg", "1" * 64), ("tiny.py", "2" * 64)]
    data = manifest.written(entries)
    assert sorted(manifest.read(data).entries) == sorted(entries)
    assert manifest.written(reversed(entries)) == data
    assert manifest.read(data.replace(b"\n", b"\r\n")).entries == manifest.read(data).entries


def test_sha256sum_reads_the_list(made: Path) -> None:
    lines = (made / manifest.NAME).read_text().splitlines()
    listed = [line.split("  ") for line in lines if not line.startswith("#")]
    assert len(listed) == 11
    for digest, name in listed:
        assert hashlib.sha256((made / name).read_bytes()).hexdigest() == digest


def test_a_graphviz_that_fails_is_one_line_and_leaves_pictures_alone(
    made: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from compiler.picture import RenderError

    def failing(*args: object, **options: object) -> None:
        raise RenderError("Graphviz failed: out of memory")

    monkeypatch.setattr("compiler.cli.pictures.render_all", failing)
    kept = [f"diagrams/{name}.png" for name in ("stem", "overview")]
    before = {name: tree(made)[name] for name in kept}
    capsys.readouterr()
    assert renamed(made) == 0
    assert "no .png: Graphviz failed: out of memory" in capsys.readouterr().out
    assert before.items() <= tree(made).items()
