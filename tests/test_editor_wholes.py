"""Whole pieces that an editor writes: where they are offered, and that they are sound."""

from __future__ import annotations

import doctest

import pytest
from lsprotocol import types

import dsl
from compiler.editor import pieces, wholes
from compiler.editor.completing import Takes, complete
from compiler.editor.reading import read
from dsl.models import shelf
from tests.asking import FILE, TINY, applied, edited, opened

BLOCKS = "  A:\n    params"
SERIES = """name: series
input: [3, 500]
classes: 4
stem: [conv1: 9 16 /2]
inception:
  B: {concat: [1 8, 3 8]}
body: [mixed: B]
head: [globalpool avg, fc classes]
|
"""


def offered(text: str, takes: Takes = Takes()) -> dict[str, types.CompletionItem]:  # noqa: B008
    """The pieces at the cursor, by what they are called."""
    items = complete(*opened(text, before=TINY), takes)
    return {each.label: each for each in items if each.kind == types.CompletionItemKind.Snippet}


def written(text: str, label: str) -> str:
    """The text once a piece stands at the cursor."""
    _, page, _ = opened(text)
    return applied(page, [offered(text)[label].text_edit])


HERE = {
    "the whole of a network": ("|", "new network"),
    "and with its first letters": ("# mine\nne|", "new network"),
    "a block among others": (edited(BLOCKS, f"  |\n{BLOCKS}"), "new block"),
    "a block whose name is typed": (edited(BLOCKS, f"  Big|\n{BLOCKS}"), "new block"),
    "the first block": (edited("reduction:\n  R:", "reduction:\n  |\n  R:"), "new block"),
    "a variant": (TINY + "  |", "new variant"),
    "a head": (edited("variants:", "  - |\nvariants:"), "new auxiliary head"),
    "branches": (edited("  - shrink", "  - |\n  - shrink"), "new branches"),
    "branches of a step": (edited("  - shrink: R", "  - shrink: R\n  - |"), "new branches"),
    "windows' ends of lines": (TINY.replace("\n", "\r\n") + "  |", "new variant"),
    "no head yet": (edited("head: [globalpool avg, dropout 0.4, fc classes]", "|"), "new head"),
    "no stem yet": (edited("stem: [conv1: 3x3 16 /2, maxpool 3x3 /2]", "|",
                           edited("stem.conv1.width: 32, ", "")), "new stem"),
    "no blocks that do either": (TINY + "|", "new strided block"),
    "no body yet": (edited("body: [mixed: B]", "|", edited("\n|\n", "\n", SERIES)), "new body"),
    "no body yet, and no block that needs nothing": (
        edited("body: [mixed: B]", "|", edited("  B: {", "  B: {params: [w], ", edited(
            "1 8,", "1 w,", edited("\n|\n", "\n", SERIES)))), "new body"),
    "no heads yet": (SERIES, "new auxiliary head"),
    "no reductions yet": (SERIES, "new reduction block"),
    "no variants yet": (SERIES, "new variant"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "label"), HERE.values(), ids=HERE)
def test_a_piece_is_sound_as_it_is_written(text: str, label: str) -> None:
    after = read(written(text, label), FILE)
    assert [each.render(after.text) for each in after.problems if each.severity == "error"] == []
    assert after.network


@pytest.mark.parametrize("key", ["inception", "body"])
def test_sections_that_others_need(key: str) -> None:
    """A body before its blocks, and blocks before their body."""
    text = "name: a\ninput: [3, 64, 64]\nclasses: 10\n|\n"
    labels = {"inception": "new inception block", "body": "new body"}
    for wanted in (key, *(labels.keys() - {key})):
        text = written(text, labels[wanted]) + "|\n"
    text = written(text, "new head")
    assert read(text, FILE).network


def test_every_piece_is_tried() -> None:
    """Those of a section each as those of the other kinds."""
    tried = {label for _, label in HERE.values()} | {"new inception block", "new body"}
    assert set(offered("|")) == tried - {"new block", "new branches"}


def test_a_network_is_clean_and_can_be_read_by_everyone() -> None:
    text = written("|", "new network")
    assert read(text, FILE).problems == ()
    assert dsl.formatted(text).split() == text.split()


def test_names_are_those_that_are_free() -> None:
    assert "A2:" in written(*HERE["a block among others"])
    assert "Big:" in written(*HERE["a block whose name is typed"])
    assert offered(HERE["a block whose name is typed"][0])["new block"].filter_text == "Big"
    assert "from: mixed_2\n" in written(*HERE["a head"])


def test_places_are_for_editors_that_fill_them_in() -> None:
    text = HERE["a variant"][0]
    plain = offered(text)["new variant"]
    assert isinstance(plain.text_edit, types.TextEdit)
    assert plain.text_edit.new_text == "other:\n    set:\n      classes: 100"
    (edit,) = [offered(text, Takes(snippets=True))["new variant"].text_edit]
    assert isinstance(edit, types.TextEdit)
    assert edit.new_text == "${1:other}:\n  set:\n    ${2:classes}: ${3:100}"
    exact = offered(text, Takes(snippets=True, as_is=True))["new variant"]
    assert isinstance(exact.text_edit, types.TextEdit)
    assert exact.text_edit.new_text == "${1:other}:\n    set:\n      ${2:classes}: ${3:100}"
    assert exact.insert_text_mode == types.InsertTextMode.AsIs


@pytest.mark.parametrize(
    "text",
    [
        edited("reduction:\n  R:", "reduction: {\n  |\n  R:").replace("/2]}\n", "/2]}}\n"),
        edited("  R: {concat", "  R: {|, concat"),
        edited("  - shrink: R", "  - shrink: |R"),
        edited("classes: 10", "classes: 10  # |"),
        TINY + "meta:\n  |",
        edited("  A:\n    params", "    |\n  A:\n    params"),
        edited("  - mixed_2", "- |\n  - mixed_2"),
        edited("    concat:\n", "  |\n    concat:\n"),
    ],
)
def test_none_where_lines_would_not_fit(text: str) -> None:
    assert offered(text) == {}


@pytest.mark.parametrize("name", ["inception_time", "i3d", "googlenet"])
def test_a_block_has_as_many_axes_as_the_network(name: str) -> None:
    path = shelf.folder() / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count("\ninception:") == 1
    after = written(text.replace("\ninception:", "\ninception:\n  |", 1), "new block")
    assert {"A"} == dsl.loads(after, str(path)).blocks.keys() - dsl.load(name).blocks.keys()


@pytest.mark.parametrize("module", [pieces, wholes])
def test_examples(module: object) -> None:
    found = doctest.testmod(module)  # type: ignore[arg-type]
    assert found.attempted
    assert not found.failed
