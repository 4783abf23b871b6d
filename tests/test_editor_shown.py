"""What an editor shows beside a text, and offers to do: outline, hints, colours, fixes, layout."""

from __future__ import annotations

from typing import get_args

import pytest
from lsprotocol import types
from lsprotocol.types import CodeActionKind

import dsl
from compiler.editor.acting import actions
from compiler.editor.colouring import LEGEND, TYPES, tokens
from compiler.editor.formatting import formatting
from compiler.editor.hinting import hints, lenses
from compiler.editor.marks import Kind
from compiler.editor.outlining import folds, symbols
from compiler.ir.nodes import params
from compiler.lowering.lower import lower
from dsl.models import shelf
from tests.asking import TINY, applied, edited, opened

URI = "file:///a"
ALL = types.Range(types.Position(0, 0), types.Position(10**6, 0))


def test_the_outline() -> None:
    reading, page, _ = opened(TINY)
    found = {each.name: each for each in symbols(reading, page)}
    assert [child.name for child in found["inception"].children or ()] == ["A"]
    steps = found["body"].children or []
    assert [child.name for child in steps] == ["mixed_1", "mixed_2", "shrink"]
    assert steps[0].detail == "A c7=8"
    assert found["aux"].children and found["variants"].children


@pytest.mark.parametrize("name", shelf.names())
def test_ranges_of_the_outline_hold_what_is_in_them(name: str) -> None:
    reading, page, _ = opened((shelf.folder() / f"{name}.yaml").read_text(encoding="utf-8"))

    def check(each: types.DocumentSymbol) -> None:
        for inside in (each.selection_range, *(child.range for child in each.children or ())):
            assert (
                _at(each.range.start) <= _at(inside.start) <= _at(inside.end) <= _at(each.range.end)
            )
        for child in each.children or ():
            check(child)

    for each in symbols(reading, page):
        check(each)


def _at(place: types.Position) -> tuple[int, int]:
    return place.line, place.character


def test_folds() -> None:
    reading, *_ = opened("# a\n# b\n" + TINY)
    found = {(fold.start_line, fold.end_line): fold.kind for fold in folds(reading)}
    assert found[0, 1] == types.FoldingRangeKind.Comment
    assert {(6, 12), (7, 12), (9, 12), (15, 18)} <= set(found)


def test_shapes_behind_steps() -> None:
    reading, page, _ = opened(TINY)
    found = {(h.position.line, h.position.character): h.label for h in hints(reading, page, ALL)}
    assert found[3, 23] == "16×32×32"
    assert found[14, 19] == "48×16×16"
    assert found[9, 15] == "8×16×16 … 12×16×16"
    lines = types.Range(types.Position(3, 0), types.Position(3, 0))
    assert {hint.position.line for hint in hints(reading, page, lines)} == {3}


def test_shapes_stay_beside_what_stays_while_one_types() -> None:
    reading, page, _ = opened(edited("shrink: R", "shrink: R /"), before=TINY)
    found = {hint.position.line for hint in hints(reading, page, ALL)}
    assert 14 in found
    assert 16 not in found


def test_what_blocks_come_to() -> None:
    reading, page, _ = opened(TINY)
    found = {lens.range.start.line: lens.command for lens in lenses(reading, page, "file:///a")}
    network = lower(dsl.loads(TINY))
    total = params(*network.trunk)
    said = {line: command.title for line, command in found.items() if command}
    assert said[5].startswith("3 uses, ")
    assert said[0].split(" ")[0] == f"{total / 1000:.3g}"
    assert "in training only" in said[19]


def test_colours_cover_each_word_once() -> None:
    text = edited("1x1 16\n", "1x1 16 # 😋\n")
    reading, page, _ = opened(text)
    data = tokens(reading, page).data
    line = start = 0
    seen = []
    for at in range(0, len(data), 5):
        down, right, length, kind, giving = data[at : at + 5]
        line, start = line + down, right + (0 if down else start)
        seen.append((page.lines[line][start : start + length], LEGEND.token_types[kind], giving))
    assert ("conv1", "property", 1) in seen
    assert ("A", "class", 1) in seen and ("A", "class", 0) in seen
    assert ("c7", "parameter", 1) in seen
    assert ("globalpool", "function", 0) in seen
    assert not any("\n" in word or not word for word, *_ in seen)


def test_every_kind_has_a_colour() -> None:
    assert set(TYPES) == set(get_args(Kind))


def done(text: str, kind: CodeActionKind, before: str = "") -> list[tuple[types.CodeAction, str]]:
    """What is offered at the cursor, each with the text that would come of it."""
    reading, page, position = opened(text, before=before)
    found = actions(reading, page, types.Range(position, position), URI, [kind])
    texts = [
        applied(page, each.edit.changes[URI]) for each in found if each.edit and each.edit.changes
    ]
    return list(zip(found, texts, strict=True))


class TestActions:
    """Fixes, and branches as blocks."""

    def test_a_fix_writes_what_is_advised(self) -> None:
        ((action, text),) = done(edited("A c7=8", "A |c=8"), CodeActionKind.QuickFix)
        assert text == TINY
        assert action.diagnostics and action.diagnostics[0].code == "E021"
        assert action.is_preferred is False

    def test_a_finding_is_mended_or_allowed_once_there_is_a_reason(self) -> None:
        text = edited("conv1: 3x3 16 /2", "conv1: 3x3 16 /2 |bias")
        (mend, mended), (allow, allowed) = done(text, CodeActionKind.QuickFix)
        assert mended == edited("conv1: 3x3 16 /2", "conv1: 3x3 16 /2 nobias")
        assert mend.is_preferred
        assert not allow.is_preferred
        assert "W130" in allow.title
        comment = "  # lint: allow W130 "
        assert comment in allowed
        told = {each.code for each in opened("|" + allowed)[0].problems}
        assert {"W130", "W191"} <= told
        reasoned = allowed.replace(comment, f"{comment}the checkpoints have them")
        told = {each.code for each in opened("|" + reasoned)[0].problems}
        assert not {"W130", "W190", "W191"} & told

    def test_what_is_left_out_is_named_and_goes_with_its_line(self) -> None:
        comment = "# lint: allow W112 x"
        ((delete, mended),) = done(f"|{comment}\n{TINY}", CodeActionKind.QuickFix)
        assert (delete.title, mended) == (f"Delete `{comment}`", TINY)
        text = edited("conv1: 3x3 16 /2", "conv1: 3x3 16 /2, |relu")
        (delete, mended), _ = done(text, CodeActionKind.QuickFix)
        assert delete.title == "Delete `, relu`"
        assert mended == TINY

    def test_nothing_to_fix_elsewhere(self) -> None:
        text = edited("A c7=8", "A c=8", "|" + TINY)
        assert done(text, CodeActionKind.QuickFix) == []

    @pytest.mark.parametrize(
        ("section", "step"),
        [
            ("inception", ["mixed_3:", "    |concat:  # wide", "      - 1x1 8", "      - [1x1 8]"]),
            ("inception", ["|concat: [1x1 8, 3x3 16]", "  then: 1x1 32"]),
            ("inception", ["mixed_3:", "    then: 1x1 32", "    |concat: [1x1 8,", "      3x3 8]"]),
            ("reduction", ["|concat: [3x3 8 /2, maxpool 3x3 /2]"]),
        ],
    )
    def test_branches_become_a_block(self, section: str, step: list[str]) -> None:
        written = "".join(f"  {line}\n" for line in (f"- {step[0]}", *step[1:]))
        text = edited("  - shrink: R\n", written)
        ((_, made),) = done(text, CodeActionKind.RefactorExtract)
        spec = dsl.loads(made)
        assert "Block1" in getattr(spec, section)
        old = lower(dsl.loads(text.replace("|", "")))
        new = lower(spec)
        assert [(n.name, n.out) for n in old.nodes] == [(n.name, n.out) for n in new.nodes]
        assert params(*old.nodes) == params(*new.nodes)
        assert ("# wide" in made) == ("# wide" in written)

    def test_a_section_is_made_where_there_is_none(self) -> None:
        text = "name: a\ninput: [3, 32, 32]\nclasses: 2\nbody:\n  - |concat:\n      - 1x1 8\n"
        ((_, made),) = done(text, CodeActionKind.RefactorExtract)
        assert made.index("inception:") < made.index("body:")
        assert dsl.loads(made).inception

    def test_not_inside_a_block_nor_while_it_cannot_be_read(self) -> None:
        assert done(edited("    concat:\n", "    |concat:\n"), CodeActionKind.RefactorExtract) == []
        broken = edited("  - shrink: R\n", "  - |concat: [1x1 8, 3x3 99 /7 foo]\n")
        assert done(broken, CodeActionKind.RefactorExtract) == []


class TestLayout:
    """Formatting as an edit."""

    def test_only_lines_that_change(self) -> None:
        good = dsl.formatted(TINY)
        reading, page, _ = opened(good.replace("c7=8", "c7=8   "))
        (edit,) = formatting(reading, page)
        assert edit.range.start.line == edit.range.end.line - 1
        assert applied(page, [edit]) == good

    @pytest.mark.parametrize(
        "text", ["name:   a", "a:   1\n\n\n", "a: 1", "", "a: [", "b:  1\r\na: 2\r\n"]
    )
    def test_any_text(self, text: str) -> None:
        reading, page, _ = opened(text)
        try:
            wanted = dsl.formatted(text)
        except dsl.SpecError:
            with pytest.raises(dsl.SpecError):
                formatting(reading, page)
        else:
            assert applied(page, formatting(reading, page)) == wanted
