"""`dsl.formatted`: one layout, nothing lost, nothing said otherwise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dsl
from dsl.models import shelf
from dsl.text import values
from dsl.text.source import unified
from dsl.writing.formatting import same
from dsl.writing.layout import laid_out
from dsl.writing.wording import worded
from dsl.writing.written import written

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
        values.parse(unified(text), "<text>")
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
    texts = [path.read_text(encoding="utf-8") for path in BAD]
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        texts += re.findall(r"```(?:yaml)?\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    found = [layout(text) for text in texts if readable(text)]
    assert len(found) > 150


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
    "the end of a document": ("b: 1\n...\n# c", "b: 1\n# c"),
}
"""What stands below `name: a`, and its layout."""


@pytest.mark.parametrize("case", LAYOUTS)
def test_layouts(case: str) -> None:
    text, wanted = LAYOUTS[case]
    assert layout(f"name: a\n{text}") == f"name: a\n{wanted}".rstrip("\n") + "\n"
