"""Definitions, references and new names of blocks, parameters, steps, heads and variants."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

import dsl
from compiler.editor.family import family, text_on_disk
from compiler.editor.finding import definition, references
from compiler.editor.naming import name_at
from compiler.editor.pages import Page
from compiler.editor.places import mark_at
from compiler.editor.reading import read
from compiler.editor.renaming import Refused, Text, nameable, renamed
from compiler.lowering.lower import lower
from tests.asking import FILE, TINY, edited, opened

URI = "file:///a"
RICH = (
    TINY
    + """weights:
  mine: {mixed_1: one, A: {branch2.0: two}, conv1: conv}
expect: {out.mixed_2: [48, 16, 16]}
"""
)


def defined(old: str, new: str, text: str = RICH) -> str:
    """The line that what stands at the cursor is defined on, without its indentation."""
    reading, page, position = opened(edited(old, new, text))
    place = definition(reading, page, position, URI)
    if place is None:
        return ""
    file = (
        page.lines
        if place.uri == URI
        else Path(place.uri.removeprefix("file://")).read_text().split("\n")
    )
    return file[place.range.start.line][place.range.start.character :].strip()


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("mixed_1: A c7", "mixed_1: |A c7", "A:"),
        ("mixed_1: A c7", "mixed_1: A c|7", "c7]"),
        ("1x1 c7", "1x1 c|7", "c7]"),
        ("from: mixed_2", "from: mix|ed_2", "mixed_2: A c7=12 x2"),
        ("out.mixed_2", "out.mi|xed_2", "mixed_2: A c7=12 x2"),
        ("stem.conv1.width", "stem.con|v1.width", "conv1: 3x3 16 /2, maxpool 3x3 /2]"),
        ("body.mixed_1.c7", "body.mixed_1.c|7", "c7]"),
        ("{mixed_1: one", "{mix|ed_1: one", "mixed_1: A c7=8"),
        ("branch2.0", "branch2.|0", "1x1 c7, 1x7 c7, 7x1 16]"),
        ("shrink: R", "shrink: |R", "R: {concat: [3x3 32 /2, maxpool 3x3 /2]}"),
    ],
)  # fmt: skip
def test_definitions(old: str, new: str, line: str) -> None:
    assert defined(old, new) == line


def test_nothing_is_defined_by_numbers_and_words() -> None:
    for old, new in (("3x3 16", "3x3 1|6"), ("fc classes", "fc cla|sses"), ("maxpool", "max|pool")):
        assert defined(old, new) == ""


def test_definitions_in_what_is_extended(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(TINY)
    heir = str(tmp_path / "heir.yaml")
    text = "name: heir\nextends: base.yaml\nset: {mixed_1.c7: 4, inception.A.branch1: 1x1 8}\n"
    for cursor, line in (("mixed_1", 14), ("c7", 6), ("A", 5), ("base.yaml", 0)):
        reading, page, position = opened(text.replace(cursor, f"{cursor[0]}|{cursor[1:]}", 1), heir)
        place = definition(reading, page, position, URI)
        assert place and place.uri == (tmp_path / "base.yaml").as_uri()
        assert place.range.start.line == line


def test_references_are_all_and_only_those() -> None:
    for old, new, count in (
        ("mixed_1: A c7", "mixed_1: A c|7", 6),
        ("mixed_1: A", "mixed|_1: A", 3),
        ("A:\n", "|A:\n", 4),
        ("helper:", "hel|per:", 1),
    ):
        reading, page, position = opened(edited(old, new, RICH))
        mark = mark_at(reading, page, position)
        assert mark
        name = name_at(reading, mark)
        assert name
        found = references(name, [(reading, page, URI)])
        assert len(found) == count, old
        assert len(references(name, [(reading, page, URI)], declaration=False)) == count - 1


def changed(old: str, new: str, name: str, text: str = RICH) -> str:
    """The text after what stands at the cursor was given a name."""
    reading, page, position = opened(edited(old, new, text))
    edit = renamed(nameable(reading, page, position), name, [Text(reading, page, URI)])
    assert edit.changes
    edits = sorted(edit.changes[URI], key=lambda each: each.range.start.line, reverse=True)
    for each in sorted(
        edits, key=lambda e: (e.range.start.line, e.range.start.character), reverse=True
    ):
        assert isinstance(each, types.TextEdit)
        change = types.TextDocumentContentChangePartial(each.range, each.new_text)
        page = page.changed([change])
    return page.text


@pytest.mark.parametrize(
    ("old", "new", "name", "gone"),
    [
        ("mixed_1: A c7", "mixed_1: A c|7", "width7", "c7"),
        ("mixed_1: A", "mixed|_1: A", "first", "mixed_1"),
        ("conv1: 3x3", "con|v1: 3x3", "entry", "conv1"),
        ("shrink: R", "shrink: |R", "Down", "R"),
        ("helper:", "hel|per:", "side", "helper"),
        ("wide:", "wi|de:", "broad", "wide"),
    ],
)  # fmt: skip
def test_a_new_name_changes_nothing_else(old: str, new: str, name: str, gone: str) -> None:
    text = changed(old, new, name)
    spec = dsl.loads(text)
    assert f" {gone}" not in text
    before, after = lower(dsl.loads(RICH)), lower(spec)
    assert [node.out for node in before.nodes] == [node.out for node in after.nodes]
    assert all(lower(dsl.choose(spec, variant)) for variant in spec.variants)
    back = changed(f"{name}", f"{name[0]}|{name[1:]}", gone, text)
    assert back == RICH


@pytest.mark.parametrize(
    ("old", "new", "name", "why"),
    [
        ("mixed_1: A", "mixed|_1: A", "mixed_2", "taken"),
        ("mixed_1: A", "mixed|_1: A", "train", "can't be called"),
        ("mixed_1: A", "mixed|_1: A", "2x", "a letter, then"),
        ("mixed_1: A c7", "mixed_1: A c|7", "relu", "means something else"),
        ("A:\n", "|A:\n", "maxpool", "means a layer"),
        ("A:\n", "|A:\n", "R", "R"),
        ("branch2.0", "bran|ch2.0", "wide", "unnamed"),
        ("fc classes", "fc cla|sses", "n", "nothing here"),
        ("classes: 10", "cla|sses: 10", "n", "nothing here"),
        ("stem.conv1.width", "stem.conv1.wi|dth", "n", "nothing here"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_a_reason(old: str, new: str, name: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        changed(old, new, name)


def test_names_in_a_file_of_weights_are_left_alone() -> None:
    file = str(Path(FILE).parent / "inception_v3.yaml")
    text = Path(file).read_text(encoding="utf-8")
    reading, page, position = opened(edited("mixed_6b:", "mixed|_6b:", text), file)
    with pytest.raises(Refused, match=r"weights/v3\.yaml"):
        renamed(nameable(reading, page, position), "mixed_x", [Text(reading, page, URI)])


class TestFamily:
    """Names across files."""

    @pytest.fixture
    def files(self, tmp_path: Path) -> Path:
        (tmp_path / "base.yaml").write_text(TINY)
        (tmp_path / "heir.yaml").write_text(
            "name: heir\nextends: base.yaml\nset: {mixed_1.c7: 4}\n"
            "expect: {out.mixed_1: [48, 16, 16]}\n"
        )
        (tmp_path / "deep").mkdir()
        (tmp_path / "deep" / "heir2.yml").write_text(
            "name: a\nextends: ../heir.yaml\nremove: [mixed_1]\n"
        )
        (tmp_path / "other.yaml").write_text("name: other\nextends: googlenet\n")
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git" / "heir3.yaml").write_text("name: a\nextends: ../base.yaml\n")
        return tmp_path

    def texts(self, files: Path, first: str) -> list[Text]:
        found = []
        for file in family(str(files / first), [str(files)], text_on_disk):
            page = Page(text_on_disk(file))
            found.append(Text(read(page.text, file), page, Path(file).as_uri()))
        return found

    def test_all_that_is_made_from_it(self, files: Path) -> None:
        for first in ("base.yaml", "heir.yaml"):
            found = {Path(text.reading.file).name for text in self.texts(files, first)}
            assert found == {"base.yaml", "heir.yaml", "heir2.yml"}

    def test_a_new_name_in_all_files(self, files: Path) -> None:
        texts = self.texts(files, "base.yaml")
        place = texts[0].page.position(14, 6)
        edit = renamed(nameable(texts[0].reading, texts[0].page, place), "first", texts)
        assert edit.changes
        counts = {Path(uri).name: len(edits) for uri, edits in edit.changes.items()}
        assert counts == {"base.yaml": 2, "heir.yaml": 2, "heir2.yml": 1}

    def test_an_heir_that_would_break_refuses_it(self, files: Path) -> None:
        (files / "heir.yaml").write_text(
            "name: heir\nextends: base.yaml\nbody: [first: A c7=3, mixed_2: A c7=4]\n"
        )
        (files / "third.yaml").write_text(
            "name: third\nextends: base.yaml\ninsert: [{after: mixed_1, first: A c7=3}]\n"
        )
        texts = self.texts(files, "base.yaml")
        place = texts[0].page.position(14, 6)
        with pytest.raises(Refused, match="first"):
            renamed(nameable(texts[0].reading, texts[0].page, place), "first", texts)

    def test_the_shelf_is_not_edited(self, files: Path) -> None:
        file = files / "mine.yaml"
        file.write_text("name: mine\nextends: inception_time\nweights: none\n")
        found = family(str(file), [str(files)], text_on_disk)
        assert [Path(each).name for each in found] == ["mine.yaml", "inception_time.yaml"]
