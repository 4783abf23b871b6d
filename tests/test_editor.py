"""What an editor is told of a text at a place, without a server between."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lsprotocol import types

from compiler.editor.choices import CLOSED, FINDERS
from compiler.editor.completing import Takes, complete
from compiler.editor.diagnosing import diagnostics
from compiler.editor.hovering import hover
from compiler.editor.pages import Page
from compiler.editor.reading import read
from compiler.editor.walking import marks
from dsl.models import shelf
from dsl.models.augmenting import AUGMENTATIONS
from dsl.models.fields import ACTIVATION_WORDS
from dsl.models.layers import LAYERS
from dsl.models.optimizers import OPTIMIZERS
from dsl.models.recipe import PRECISIONS
from dsl.models.recipe_data import DATA
from dsl.models.schedules import SCHEDULES
from dsl.models.spec import Aux, Defaults, Spec
from dsl.text.partial import partial
from tests.asking import FILE, TINY, edited, opened


def words(text: str, before: str = TINY) -> list[str]:
    """What could be written at the cursor, but for whole pieces."""
    found = complete(*opened(text, before=before))
    return [item.label for item in found if item.kind != types.CompletionItemKind.Snippet]


def shown(text: str, before: str = "") -> str:
    """What is shown of what is under the cursor."""
    found = hover(*opened(text, before=before))
    if found is None:
        return ""
    assert isinstance(found.contents, types.MarkupContent)
    return found.contents.value


ODD = ("", "\n", "x", "- a", "[" * 200, "\0", "a: \ud83d", "é" * 200_000)


class TestDiagnostics:
    """What is wrong, and where."""

    def test_a_good_text_has_none(self) -> None:
        reading, page, _ = opened(TINY)
        assert diagnostics(reading, page, "file:///a") == []

    def test_place_code_advice_and_related_places(self) -> None:
        reading, page, _ = opened(edited("A c7=8", "A c=8"))
        (found,) = diagnostics(reading, page, "file:///a")
        assert found.code == "E021"
        assert found.range == types.Range(types.Position(14, 15), types.Position(14, 16))
        assert "did you mean c7?" in found.message

        reading, page, _ = opened(edited("1x7 c7", "1x7 c7 valid"))
        found = diagnostics(reading, page, "file:///a")[0]
        assert found.related_information
        assert found.related_information[0].location.uri == "file:///a"

    def test_yaml_that_is_half_written_hides_no_other_slip(self) -> None:
        """The line that can't be read is told, and so is a layer's slip far from it."""
        text = edited("params: [c7]", "params: [c7")
        text = edited("dropout 0.4", "dropout 1.4", text)
        reading, page, _ = opened(text)
        found = diagnostics(reading, page, "file:///a")
        assert [each.code for each in found] == ["E002", "E013"]

    def test_what_follows_from_a_line_that_is_passed_over_is_not_told(self) -> None:
        """Without `classes` and the block, nothing says that they are missing."""
        for old, new in (("classes: 10", "classes 10: 3: 4"), ("  A:\n", "  A: : [\n")):
            reading, *_ = opened(edited(old, new))
            assert {each.code for each in reading.problems} == {"E002"}

    def test_a_fault_of_the_base_is_shown_where_it_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "base.yaml").write_text(edited("A c7=8", "A c=8"))
        file = tmp_path / "heir.yaml"
        reading, page, _ = opened("name: heir\nextends: base.yaml\n", str(file))
        (found,) = diagnostics(reading, page, file.as_uri())
        assert found.range.start == types.Position(1, 9)
        assert found.related_information
        place = found.related_information[0].location
        assert place.uri.endswith("base.yaml")
        assert place.range.start == types.Position(14, 15)

    def test_a_finding_names_what_it_concerns(self) -> None:
        reading, page, _ = opened(edited("1x7 c7", "1x7 c7 bias"))
        (found,) = [each for each in diagnostics(reading, page, "file:///a") if each.code == "W130"]
        assert found.message.splitlines()[-1].startswith("at ")

    def test_lints_and_broken_promises_are_told(self) -> None:
        reading, *_ = opened(edited("3x3 16 /2", "3x3 16 /2 bias") + "expect: {params: 3}\n")
        assert {"W130", "E130"} <= {each.code for each in reading.problems}
        assert {"warning", "error"} <= {each.severity for each in reading.problems}

    @pytest.mark.parametrize(
        "text", ["", "\n", "x", "- a", "[" * 200, "\0", "a: \ud83d", "é" * 200_000]
    )
    def test_no_text_is_too_odd(self, text: str) -> None:
        page = Page(text)
        reading = read(page.text, FILE)
        found = diagnostics(reading, page, "file:///a")
        assert found
        assert all(each.code for each in found)


@pytest.mark.parametrize("name", shelf.names())
def test_every_letter_of_the_shelf_is_something(name: str) -> None:
    """Comments, notes and what stands in quotes apart."""
    text = (shelf.folder() / f"{name}.yaml").read_text(encoding="utf-8")
    root = partial(text, name).root
    assert root
    found = marks(root)
    lines = [re.sub("(^|\\s)#.*|['\"].*?['\"]", "", line) for line in text.split("\n")]
    for mark in found:
        if mark.whole and mark.whole.plain:
            at, start = mark.span.line - 1, mark.span.column - 1
            assert text.split("\n")[at][start:].startswith(mark.text)
            line = lines[at].ljust(mark.end)
            lines[at] = f"{line[:start]}{' ' * len(mark.text)}{line[mark.end - 1 :]}"
    keys = [(entry.key.span.line, entry.key.text) for entry in root.entries]
    for number, line in enumerate(lines, 1):
        key = next((key for at, key in reversed(keys) if at <= number), "")
        if key not in ("meta", "weights"):
            assert re.sub(r"[-\s\[\]{}:,.=x]", "", line) == "", (number, key)


class TestCompletion:
    """What could stand at the cursor."""

    def test_keys(self) -> None:
        assert words(TINY + "|") == ["title", "paper", "defaults", "strided", "weights", "expect",
                                     "training", "meta", "extends"]  # fmt: skip
        keys = words(edited("weight: 0.3", "|"))
        assert keys == ["weight"]
        assert set(words(f"{TINY}defaults: {{|}}")) == set(Defaults.model_fields)
        assert {"then", "residual", "add"} <= set(
            words(edited("    params: [c7]\n", "    |\n    params: [c7]\n"))
        )
        assert set(Aux.model_fields) & set(keys) <= {"weight"}

    @pytest.mark.parametrize("text", ["|", "na|", "# a network\n|", "\n\n|\n"])
    def test_the_first_key_of_a_text(self, text: str) -> None:
        assert words(text, before="")[:2] == list(Spec.model_fields)[:2]

    def test_keys_say_what_they_are_and_bring_their_colon(self) -> None:
        items = complete(*opened(f"{TINY}defaults: {{|}}"))
        assert all(item.documentation for item in items)
        edit = items[0].text_edit
        assert isinstance(edit, types.TextEdit)
        assert edit.new_text == "norm: "

    def test_what_changes_another_spec_is_for_heirs(self) -> None:
        assert "set" not in words(TINY + "|")
        assert {"set", "remove", "width"} <= set(words("name: a\nextends: googlenet\n|", ""))

    @pytest.mark.parametrize("old", ["R\n", "1x1 16\n", "globalpool avg, d"])
    def test_the_beginning_of_a_step(self, old: str) -> None:
        found = words(edited(old, "|" + old[-1]))
        assert {*LAYERS, *ACTIVATION_WORDS, "R", "3x3"} <= set(found)
        assert ("concat" in found) == (old[-1] == "\n")

    def test_a_block_is_not_offered_in_itself(self) -> None:
        assert "A" not in words(edited("1x1 16\n", "|\n"))

    def test_arguments_are_those_not_given_yet(self) -> None:
        assert words(edited("A c7=8", "A |")) == ["c7", "x2", "repeat"]
        assert words(edited("A c7=8", "A c7=8 |")) == ["x2", "repeat"]
        assert words(edited("A c7=8", "A c7=|"))[0] == "12"

    def test_options_are_those_of_the_layer(self) -> None:
        found = set(words(edited("1x7 c7", "1x7 c7 |")))
        assert {"valid", "norm", "/2", "groups", "c7", "in", "classes"} <= found
        assert "ceil" not in found
        assert "ceil" in words(edited("[avgpool 3x3,", "[avgpool 3x3 |,"))

    @pytest.mark.parametrize("key", [key for key in CLOSED if CLOSED[key]])
    def test_words_of_a_default(self, key: str) -> None:
        assert set(CLOSED[key]) <= set(words(f"{TINY}defaults: {{{key}: |}}"))

    def test_steps_and_addresses(self) -> None:
        steps = ["conv1", "pool1", "mixed_1", "mixed_2", "shrink", "pool2", "dropout", "fc"]
        assert words(edited("from: mixed_2", "from: |")) == steps
        assert words(edited("stem.conv1.width", "stem.|")) == ["conv1", "pool1"]
        assert words(edited("body.mixed_1.c7", "mixed_1.|")) == ["c7", "repeat"]
        assert {"stem", "inception", "mixed_1"} <= set(words(edited("body.mixed_1.c7", "|")))

    def test_names_of_a_text_that_is_wrong_are_those_written_now(self) -> None:
        wrong = edited("mixed_1: A c7=8", "mixed_1: A", edited("from: mixed_2", "from: |"))
        wrong = wrong.replace("  - shrink: R", "  - shrunk: R")
        found = words(wrong)
        assert {"mixed_1", "shrunk"} <= set(found)
        assert "shrink" not in found
        wrong = edited("reduction:\n  R:", "reduction:\n  S:", edited("mixed_1: A", "mixed_1: |A"))
        offered = words(wrong)
        assert "S" in offered
        assert "R" not in offered

    def test_the_shelf_and_its_variants(self) -> None:
        assert set(shelf.names()) <= set(words("name: a\nextends: |\n", ""))
        assert "googlenet@torchvision" in words("name: a\nextends: googlenet@|\n", "")

    def test_blocks_and_names_of_the_base(self) -> None:
        heir = "name: a\nextends: inception_v3\nbody: [mixed: |]\n"
        assert {"A", "B", "A_to_B"} <= set(words(heir, ""))
        assert words("name: a\nextends: inception_v3\nset: {mixed_6b.|: 1}\n", "") == [
            "c7",
            "repeat",
        ]

    def test_what_is_typed_is_replaced(self) -> None:
        reading, page, position = opened(edited("A c7=8", "A c|7=8"), before=TINY)
        (item, *_) = complete(reading, page, position)
        assert isinstance(item.text_edit, types.TextEdit)
        assert page.place(item.text_edit.range.start)[1] == page.place(position)[1] - 1

    def test_places_to_fill_in_where_the_editor_takes_them(self) -> None:
        items = complete(*opened(edited("A c7=8", "|")), Takes(snippets=True))
        (call,) = [item for item in items if item.label == "A"]
        assert isinstance(call.text_edit, types.TextEdit)
        assert call.text_edit.new_text == "A c7=${1}"
        assert call.insert_text_format == types.InsertTextFormat.Snippet

    def test_nothing_in_a_comment(self) -> None:
        assert words(f"{TINY}# |\n") == []

    def test_every_finder_is_for_a_kind_that_there_is(self) -> None:
        kinds = {mark.kind for mark in opened(TINY)[0].marks}
        assert {"key", "call", "argument", "address"} <= kinds & set(FINDERS)


RECIPE = """data: {name: cifar10, augment: [flip]}
optimizer: {sgd: {momentum: 0.9}}
schedule: {constant: 0.1}
epochs: 30
batch: 64
"""


class TestRecipes:
    """Keys and words of a recipe in a file of its own, and below `training`."""

    @pytest.mark.parametrize("within", ["", "training:\n"])
    @pytest.mark.parametrize(
        ("old", "new", "wanted"),
        [
            ("batch", "b|atch", {"batch", "clip", "extends"}),
            ("momentum", "|", {"momentum", "nesterov", "weight_decay"}),
            ("{sgd: {momentum: 0.9}}", "|", {"adam", "{sgd: {momentum: 0.9}}"}),
            ("{sgd: {momentum: 0.9}}", "{|}", {*OPTIMIZERS}),
            ("constant", "co|", {*SCHEDULES}),
            ("cifar10", "|", {*DATA}),
            ("{name: cifar10, augment: [flip]}", "|", {*DATA}),
            ("augment", "|", {"mean", "std", "augment"}),
            ("[flip]", "[flip, |]", {each.example for each in AUGMENTATIONS.values()}),
            ("batch", "precision: |\nbatch", {*PRECISIONS}),
            ("batch", "channels_last: |\nbatch", {"true", "false"}),
            ("batch", "extends: |\nbatch", {*shelf.recipes()}),
        ],
    )
    def test_what_could_be_written(self, old: str, new: str, wanted: set[str], within: str) -> None:
        text = edited(old, new, RECIPE)
        if within:
            text = TINY + within + "".join(f"  {line}\n" for line in text.splitlines())
        found = words(text, "")
        assert wanted <= set(found)
        assert "epochs" not in found
        assert not set(shelf.names()) & set(found)

    def test_names_of_recipes_and_addresses(self) -> None:
        assert {*shelf.recipes()} <= set(words(f"{TINY}training: |\n"))
        assert {"epochs", "extends"} <= set(words(f"{TINY}training:\n  |\n"))
        known = f"{TINY}training: cifar10_sgd\n"
        assert "epochs" in words(edited("set: {", "set: {training.|: 1, ", known), known)
        assert "adam" in words(edited("set: {", "set: {training.optimizer: |, ", known), known)

    @pytest.mark.parametrize(
        ("old", "said"),
        [
            ("momentum", "taken again"),
            ("sgd", "Stochastic gradient descent"),
            ("flip", "mirrored left to right"),
            ("cifar10", "60,000 photographs"),
            ("epochs", "How often"),
        ],
    )
    def test_what_is_shown(self, old: str, said: str) -> None:
        assert said in shown(edited(old, f"{old[0]}|{old[1:]}", RECIPE))

    def test_what_is_wrong_is_told_even_while_yaml_can_not_be_read(self) -> None:
        for text in (edited("flip", "flop", RECIPE), edited("flip", "flop", RECIPE) + "x: [\n"):
            reading, page, _ = opened(text)
            found = diagnostics(reading, page, "file:///a")
            assert any("did you mean flip?" in each.message for each in found)


SWEEP = """spec: inception_v3
axes:
  mixed_6b.c7: {low: 96, high: 192, step: 32}
  width: [1.0, 0.5]
objectives: {macs: minimise}
train: {recipe: digits, sampler: tpe}
"""


class TestSweeps:
    """Keys and words of a sweep, and the addresses of the spec that it is of."""

    @pytest.mark.parametrize(
        ("old", "new", "wanted"),
        [
            ("objectives", "o|bjectives", {"objectives", "constraints", "random"}),
            ("step", "|", {"count", "log", "step"}),
            ("minimise", "|", {"minimise", "maximise"}),
            ("macs", "m|acs", {"params", "peak", "accuracy"}),
            ("tpe", "|", {"tpe", "random", "grid"}),
            ("digits", "|", {*shelf.recipes()}),
            ("{recipe: digits, sampler: tpe}", "|", {*shelf.recipes()}),
            ("inception_v3", "|", {*shelf.names()}),
            ("mixed_6b.c7", "mixed_6b.|", {"c7"}),
        ],
    )
    def test_what_could_be_written(self, old: str, new: str, wanted: set[str]) -> None:
        found = words(edited(old, new, SWEEP), "")
        assert wanted <= set(found)
        assert "stem" not in found

    @pytest.mark.parametrize(
        ("old", "said"),
        [
            ("sampler", "How the next variant"),
            ("tpe", "values like those"),
            ("low", "The least value"),
        ],
    )
    def test_what_is_shown(self, old: str, said: str) -> None:
        assert said in shown(edited(old, f"{old[0]}|{old[1:]}", SWEEP))

    def test_what_is_wrong_is_told_even_while_yaml_can_not_be_read(self) -> None:
        reading, page, _ = opened(SWEEP)
        assert diagnostics(reading, page, "file:///a") == []
        for text in (edited("tpe", "tpee", SWEEP), edited("tpe", "tpee", SWEEP) + "x: [\n"):
            reading, page, _ = opened(text)
            found = diagnostics(reading, page, "file:///a")
            assert any("did you mean tpe?" in each.message for each in found)
        reading, page, _ = opened(edited("mixed_6b.c7", "mixed_6b.c8", SWEEP))
        (one,) = diagnostics(reading, page, "file:///a")
        assert (one.code, one.range.start) == ("E026", types.Position(2, 11))


class TestHover:
    """What is shown of what stands under the pointer."""

    def test_a_step_shows_shapes_cost_and_field(self) -> None:
        found = shown(edited("conv1: 3x3", "con|v1: 3x3"))
        assert "| `conv1` | 3×64×64 → 16×32×32 | 464 | 442 k | 3 |" in found

    def test_a_branch_of_a_block_shows_every_use(self) -> None:
        found = shown(edited("1x7 c7", "1x|7 c7"))
        rows = [line.split("`")[1] for line in found.splitlines() if line.startswith("| `")]
        assert rows[:3] == [
            "mixed_1.branch2.1", "mixed_2.0.branch2.1", "mixed_2.1.branch2.1"
        ]  # fmt: skip

    def test_the_words_of_a_key_a_layer_and_an_option(self) -> None:
        assert "number of classes" in shown(edited("classes: 10", "cla|sses: 10")).lower()
        assert "last window" in shown(edited("maxpool", "max|pool")).lower()
        assert shown(edited("3x3 16 /2", "3x3 16 /|2"))

    def test_every_key_of_a_spec_has_words(self) -> None:
        for key in Spec.model_fields:
            if f"\n{key}:" in TINY:
                assert shown(edited(f"\n{key}:", f"\n{key[0]}|{key[1:]}:")), key

    def test_a_parameter_shows_what_it_is_given(self) -> None:
        for old, new in (("[c7]", "[c|7]"), ("1x1 c7", "1x1 c|7"), ("A c7=8", "A c|7=8")):
            found = shown(edited(old, new))
            assert "`mixed_1` 8" in found
            assert "`mixed_2.0` 12" in found

    def test_what_stands_as_it_stood_keeps_its_figures_while_one_types(self) -> None:
        broken = edited("dropout 0.4", "dropout", edited("conv1: 3x3", "con|v1: 3x3"))
        assert shown(broken) == "" or "464" not in shown(broken)
        found = shown(broken, before=TINY)
        assert "464" in found
        assert "last version" in found

    def test_nothing_where_nothing_stands(self) -> None:
        assert shown(f"{TINY}\n|\n") == ""

    def test_a_step_of_a_branch_shows_the_branch_too(self) -> None:
        found = shown(edited("1x7 c7", "1x|7 c7"))
        assert "| `mixed_1.branch2` | 16×16×16 → 16×16×16 | 1,536 |" in found
        assert "\nin\n" not in shown(edited("conv1: 3x3", "con|v1: 3x3"))

    def test_codes_in_comments_are_explained(self) -> None:
        found = shown(edited("classes: 10", "classes: 10  # lint: allow W1|30 x"))
        assert "a bias before a batch norm" in found
        assert shown(f"{TINY}# W9|99\n") == ""
