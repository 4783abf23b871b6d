"""`dsl.formatted`: one layout, nothing lost, nothing said otherwise."""

from __future__ import annotations

import io
import re
from pathlib import Path
from random import Random

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import dsl
from compiler.cli import run
from dsl.models import shelf
from dsl.models.spec import Spec
from dsl.models.spelling import write
from dsl.text.parsing import parse
from dsl.text.source import unified
from dsl.text.values import plain
from dsl.writing.flowing import WIDTH
from dsl.writing.formatting import same
from dsl.writing.layout import laid_out
from dsl.writing.wording import ordered, worded
from dsl.writing.written import written
from tests.strategies import specs

ROOT = Path(__file__).parent.parent
SHELF = sorted(shelf.folder().glob("**/*.yaml"))
BAD = sorted((ROOT / "tests" / "bad").glob("*.yaml"))


def layout(text: str) -> str:
    """The layout itself, which `formatted` gives up where it would say something else."""
    old = written(unified(text), "<text>")
    made = laid_out(old, worded(old.root))
    assert same(old, made, "<text>"), made
    again = written(made, "<text>")
    assert laid_out(again, worded(again.root)) == made
    return made


def readable(text: str) -> bool:
    try:
        parse(unified(text), "<text>")
    except dsl.SpecError:
        return False
    return True


def body(text: str) -> str:
    """A text with something in front of it and behind it."""
    return layout(f"name: a\n{text}").removeprefix("name: a\n").strip("\n")


@pytest.mark.parametrize("path", SHELF, ids=lambda path: path.stem)
def test_the_shelf_is_formatted(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert layout(text) == text


def test_texts_that_are_wrong_have_a_layout_too() -> None:
    texts = [path.read_text(encoding="utf-8") for path in BAD[::3]]
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        texts += re.findall(r"```(?:yaml)?\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    found = [layout(text) for text in texts if readable(text)]
    assert len(found) > 80


UNREADABLE = {"": "E002", "a: [1": "E002", "a: 1\na: 2": "E004", "a: &x 1": "E003", "a\tb": "E002"}


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(dsl.SpecError) as caught:
        dsl.formatted(text, "net.yaml")
    assert [problem.code for problem in caught.value.problems] == [UNREADABLE[text]]
    assert caught.value.problems[0].span.file == "net.yaml"


LAYOUTS = {
    "spaces": ("classes:   10  \ninput: [ 3,64 , 64 ,]\n\n\n\n", "classes: 10\ninput: [3, 64, 64]"),
    "indents": (
        "stem:\n- a: 1x1 8\n-   b:\n        do:\n        - relu\nbody:\n      x:\n         y: 1",
        "\nstem:\n  - a: 1x1 8\n  - b:\n      do:\n        - relu\n\nbody:\n  x:\n    y: 1",
    ),
    "dashes": ("stem:\n -\n   - a\n   -\n     b: c\n", "\nstem:\n  - - a\n    - b: c"),
    "blank lines": (
        "title: b\n\n\n\nclasses: 2\nstem:\n\n\n  - relu\n\n\n  - relu\n# c\nbody: [relu]\n",
        "title: b\n\nclasses: 2\n\nstem:\n  - relu\n\n  - relu\n\n# c\nbody: [relu]",
    ),
    "quotes": (
        "title: 'It''s'\npaper: 'a: b'\nmeta: {a: '1', b: 'no', \"c\": 'x y', d: '', e: \"\\x41\"}",
        'title: "It\'s"\npaper: "a: b"\nmeta: {a: "1", b: "no", c: x y, d: "", e: A}',
    ),
    "what a person would quote": ('title: "a, b"\npaper: "[1]"', 'title: "a, b"\npaper: "[1]"'),
    "empty values": ("a: {n: , m:, k}\nb:\nc: {n: }", "a: {n: , m: , k}\nb:\nc: {n: }"),
    "a key with a mark": ("? a\n: b\n? c\n", "a: b\nc:"),
    "texts over lines": (
        "title: one\n   two\n\n   three\npaper: one\n  two\nmeta: [one\n  two, 'a\n\n  b']",
        'title: one\n  two\n\n  three\npaper: one two\nmeta: [one two, "a\\nb"]',
    ),
    "texts below a mark": (
        "a: |2  # why\n     one \n\n    two\nb: >-\n      x\n       # y\n\nc: |+\n one\n\n\nd: 1",
        "a: |2  # why\n     one \n\n    two\nb: >-\n  x\n   # y\n\nc: |+\n  one\n\n\nd: 1",
    ),
    "op-strings": (
        (
            "stem: [3x3   /2 64, 'relu', 3x3 valid typo 8]\n"
            "inception: {A: {params: [n], do: [1x1 n], residual: {shortcut: 1x1 linear n}}}\n"
            "body: [A x2 n=3, B x2 n=3]\nset: {stem.conv: 3x3 /2 9, title: 3x3 /2 9}\n"
            "insert: {after: b, c: 3x3 /2 9}\naux: {h: {do: [3x3 /2 9]}}\nmeta: {a: 3x3  /2 9}"
        ),
        (
            "stem: [3x3 64 /2, relu, 3x3 valid typo 8]\n"
            "inception: {A: {params: [n], do: [1x1 n], residual: {shortcut: 1x1 n linear}}}\n"
            "body: [A n=3 x2, B x2 n=3]\nset: {stem.conv: 3x3 9 /2, title: 3x3 /2 9}\n"
            "insert: {after: b, c: 3x3 9 /2}\naux: {h: {do: [3x3 9 /2]}}\nmeta: {a: 3x3  /2 9}"
        ),
    ),
    "comments": (
        "#one\n##two\nstem:   #three\n#four\n    - a   # five\n    #six\n  #seven\nbody: [b]# no\n",
        (
            "\n# one\n## two\nstem:  # three\n  # four\n  - a  # five\n  # six\n\n"
            "# seven\nbody: [b]  # no"
        ),
    ),
    "comments in one column": (
        "stem:          # a\n  - relu       # b\n  - 3x3  /2 64 /2 valid  # c\nbody: [x]     # d\n",
        "\nstem:          # a\n  - relu       # b\n  - 3x3  /2 64 /2 valid  # c\n\nbody: [x]  # d",
    ),
    "comments between a key and its value": (
        "title:   # one\n  x\nstem:   # two\n # three\n  [a]\nbody:\n  - # four\n    - a\n",
        "title:  # one\n  x\nstem:  # two\n  # three\n  [a]\n\nbody:\n  -  # four\n    - a",
    ),
    "comments in brackets": (
        "a: [  # one\n x,\n # two\n y # three\n , {b: 1, # four\n c: 2}\n  # five\n ]\n",
        (
            "a: [  # one\n    x,\n    # two\n    y,  # three\n    {b: 1,  # four\n     c: 2}\n"
            "    # five\n   ]"
        ),
    ),
    "comments between a key and its value in brackets": (
        "a: {b: 1, c:  # one\n  2}\nd: [e: [1], f: # two\n  [2]]\n",
        "a: {b: 1,\n    # one\n    c: 2}\nd: [e: [1],\n    # two\n    f: [2]]",
    ),
    "comments further in than a list without an indent": (
        "meta:\n  a:\n  - b\n   # one\n  - c\n",
        "\nmeta:\n  a:\n    - b\n    # one\n    - c",
    ),
    "the end of a document": ("b: 1\n...\n# c", "b: 1\n# c"),
}
"""What stands below `name: a`, and its layout."""


@pytest.mark.parametrize("case", LAYOUTS)
def test_layouts(case: str) -> None:
    text, wanted = LAYOUTS[case]
    assert layout(f"name: a\n{text}") == f"name: a\n{wanted}".rstrip("\n") + "\n"


def test_formatted_is_the_layout() -> None:
    text = "\ufeffname:  a\r\nstem: [3x3   /2 64]\r\n"
    assert dsl.formatted(text) == layout(text) == "name: a\nstem: [3x3 64 /2]\n"
    with pytest.raises(dsl.SpecError, match="takes the text of a spec"):
        dsl.formatted(Path("net.yaml"))  # type: ignore[arg-type]


def test_what_would_not_stay_the_same_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "name:   a  # b\nstem: [relu]\n"
    for wrong in ("name: a\nstem: [relu]\n", "name: a  # b\nstem: [silu]\n", "name: a  # b\n["):
        monkeypatch.setattr("dsl.writing.formatting.laid_out", lambda *_, wrong=wrong: wrong)
        assert dsl.formatted(text) == text


def test_lines_are_broken_where_they_are_full_or_where_their_author_did() -> None:
    steps = ", ".join(f"conv{n}: 3x3 {n}" for n in range(10, 17))
    text = f"body: [{steps}]"
    lines = body(text).split("\n")
    assert len(lines) == 2
    assert all(len(line) <= WIDTH for line in lines)
    assert lines[1].startswith(" " * len("body: [") + "conv")
    mine = text.replace(" conv12", "\n  conv12")
    assert [line.count("conv") for line in body(mine).split("\n")] == [2, 5]
    assert body("body: [a,\n b]") == "body: [a, b]"
    long = "x" * WIDTH
    assert body(f"meta: {{a: {long}, b: [{long}]}}").count("\n") >= 1


def test_a_comment_for_lints_keeps_its_line() -> None:
    text = "stem: [3x3 8,\n       1x1 8 pad=1, relu]  # lint: allow W112 as published"
    assert body(text) == text
    above = "# wide # lint: allow W112 as published\n\nstem: [3x3 8,\n       1x1 8 pad=1, relu]"
    assert body(above) == above
    inside = "stem: [3x3 8,  # lint: allow W112 as published\n       1x1 8 pad=1, relu]"
    assert body(inside) == inside


def test_every_kind_of_layer_keeps_its_meaning_in_any_order() -> None:
    for text in ("3x3 valid x2 64 act=none /2 depthwise", "maxpool ceil /2 3x3", "fc nobias 10"):
        there, made = dsl.step(text), ordered(text, ())
        assert dsl.step(made) == there
        assert made == write(there)
    assert ordered("3x3 64 /1 repeat=2 pad=same", ()) == "3x3 64 /1 pad=same repeat=2"


@settings(max_examples=10)
@given(specs(), st.data())
def test_any_spec_in_any_style(spec: Spec, data: st.DataObject) -> None:
    """Dumped by YAML's own writer, with an indent, a width and brackets of its choice."""
    tree = plain(parse(dsl.dump(spec), "<text>"))
    style = data.draw(st.sampled_from([True, False, None]))
    width, indent = data.draw(st.integers(20, 200)), data.draw(st.integers(2, 8))
    quote = data.draw(st.sampled_from([None, None, '"']))
    text = yaml.dump(
        tree, default_flow_style=style, width=width, indent=indent, default_style=quote,
        sort_keys=False,
    )  # fmt: skip
    assert dsl.loads(layout(text)) == dsl.loads(text)


@pytest.mark.parametrize("path", SHELF[::3], ids=lambda path: path.stem)
def test_what_was_laid_out_otherwise_comes_back(path: Path) -> None:
    """Spaces, indents, blank lines and line ends that anybody might have written otherwise."""
    text, random = path.read_text(encoding="utf-8"), Random(path.stem)  # noqa: S311 - the same mess each time
    messy = "\r\n".join(_messed(line, random) for line in text.split("\n"))
    assert same(written(unified(messy), "a"), text, "a")
    comments = re.compile(r" *#.*")
    assert comments.sub("", layout(messy)) == comments.sub("", text)


def _messed(line: str, random: Random) -> str:
    bare = line.lstrip(" ")
    if random.random() < 0.3 and re.search(r"(: |- )\[", bare) and not re.search("[#\"']", bare):
        bare = re.sub(r", |(?<=: )(?=\[)", lambda found: f" {found[0]}  ", bare)
        bare = re.sub(r"\](?=$|, )", " ,]", bare)
    blank = "\r\n\r\n" if not bare and random.random() < 0.5 else ""
    return " " * 2 * (len(line) - len(line.lstrip(" "))) + bare + random.choice(("", "  ")) + blank


# --- The command ---------------------------------------------------------------------------

MESSY, TIDY = "name: a\nstem: [ 3x3   /2 8 ]\n\n\n\nhead: [flatten]", "name: a\nstem: [3x3 8 /2]\n"
TIDY += "\nhead: [flatten]\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with a spec to format, one that is, and other files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets").mkdir()
    (tmp_path / ".hidden").mkdir()
    for name, text in {
        "messy.yaml": MESSY,
        "nets/tidy.yml": TIDY,
        "nets/ci.yaml": "name:  CI\non:   push\njobs: {}\n",
        ".hidden/messy.yaml": MESSY,
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_fmt_writes_what_changes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tidy = folder / "nets" / "tidy.yml"
    before = tidy.stat()
    assert run(["fmt", "."]) == 0
    out = capsys.readouterr().out
    assert out == (
        "reformatted messy.yaml\n1 file reformatted, 1 as it should be\n"
        "1 YAML file passed over, which is no spec\n"
    )
    assert (folder / "messy.yaml").read_text(encoding="utf-8") == TIDY
    assert (folder / ".hidden" / "messy.yaml").read_text(encoding="utf-8") == MESSY
    after = tidy.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
    assert run(["fmt", ".", "--check"]) == 0
    assert capsys.readouterr().out.startswith("0 files would be reformatted, 2 as they should be")


def test_fmt_checks_and_shows(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fmt", "messy.yaml", "nets/*.yml", "--check"]) == 1
    said = capsys.readouterr()
    assert said.out == "would reformat messy.yaml\n1 file would be reformatted, 1 as it should be\n"
    assert run(["fmt", "messy.yaml", "--diff"]) == 1
    said = capsys.readouterr()
    assert said.err == "1 file would be reformatted, 0 as they should be\n"
    assert "\n-stem: [ 3x3   /2 8 ]\n" in said.out
    assert said.out.endswith("-head: [flatten]\n\\ No newline at end of file\n+head: [flatten]\n")
    assert (folder / "messy.yaml").read_text(encoding="utf-8") == MESSY
    (folder / "ends.yaml").write_bytes(b"\xef\xbb\xbf" + TIDY.replace("\n", "\r\n").encode())
    assert run(["fmt", "ends.yaml", "--diff"]) == 1
    assert "line ends or the byte-order mark alone" in capsys.readouterr().out
    assert run(["fmt", "ends.yaml"]) == 0
    assert (folder / "ends.yaml").read_bytes() == TIDY.encode()


def test_fmt_goes_on_where_a_file_is_wrong(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = {
        "a.yaml": b"stem: [1\n",
        "b.yaml": b"name: \xff\n",
        "c.yaml": b"",
        "d.yaml": b"#" * 300000,
    }
    for name, data in wrong.items():
        (folder / name).write_bytes(data)
    assert run(["fmt", *wrong, "messy.yaml"]) == 1
    said = capsys.readouterr()
    assert said.out.endswith(
        "1 file reformatted, 0 as they should be, 4 can't be read or written\n"
    )
    assert re.findall(r"error\[(E\d+)", said.err) == ["E002", "E006", "E002", "E005"]
    assert all((folder / name).read_bytes() == data for name, data in wrong.items())


def test_fmt_goes_through_links_and_keeps_modes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    messy = folder / "messy.yaml"
    messy.chmod(0o640)
    (folder / "link.yaml").symlink_to(messy)
    (folder / "twin.yaml").hardlink_to(messy)
    assert run(["fmt", "link.yaml", "twin.yaml"]) == 0
    assert "1 file reformatted, 0 as they should be" in capsys.readouterr().out
    assert (folder / "link.yaml").is_symlink()
    assert (folder / "twin.yaml").samefile(messy)
    assert messy.read_text(encoding="utf-8") == TIDY
    assert messy.stat().st_mode & 0o777 == 0o640


def test_fmt_says_what_it_cannot_write(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    assert run(["fmt", "messy.yaml"]) == 1
    assert "messy.yaml: it is write-protected" in capsys.readouterr().err
    assert (folder / "messy.yaml").read_text(encoding="utf-8") == MESSY


def test_fmt_of_what_is_piped_in(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def piped(text: str, *args: str) -> int:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        return run(["fmt", "-", *args])

    assert piped(MESSY) == 0
    assert capsys.readouterr().out == TIDY
    assert piped(TIDY, "--check") == 0
    assert piped(MESSY, "--check", "--stdin-name", "net.yaml") == 1
    assert capsys.readouterr().out == "would reformat net.yaml\n"
    assert piped("a: [", "--stdin-name", "net.yaml") == 1
    assert capsys.readouterr().err.startswith("net.yaml:1:5: error[E002]")
    assert piped(MESSY, "other.yaml") == 2


def test_a_file_that_is_not_there_is_told_as_by_check(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", "none.yaml"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert "can't read none.yaml" in said[0]
    assert run(["fmt", "none.yaml", "messy.yaml"]) == 1
    found = capsys.readouterr()
    assert found.err.splitlines() == said
    assert "1 file reformatted, 0 as they should be, 1 can't be read" in found.out
    assert (folder / "messy.yaml").read_text(encoding="utf-8") == TIDY


@pytest.mark.parametrize("words", [["googlenet"], ["empty"], []])
def test_fmt_of_nothing(folder: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "empty").mkdir()
    assert run(["fmt", *words]) == 2
    assert "Error: " in capsys.readouterr().err
