"""Changes at their limits: odd settings, numbers too large, files with odd names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dsl
from compiler.cli import job
from compiler.lowering.prepare import Overrides, prepare
from dsl import SpecError
from dsl.models.changes import Changes, Depth, Width
from dsl.models.layers import Layer, Split
from dsl.models.naming import branch_names
from dsl.models.spec import Variant, walk
from dsl.models.spelling import write
from dsl.models.weights import resolve
from dsl.writing.resolved import resolved
from tests.test_inherit import BASE, heir, refusal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with the base in it."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    return tmp_path


# --- Settings of the command line ----------------------------------------------------------


@pytest.mark.parametrize(
    ("pair", "says"),
    [
        # The second line would become code in the emitted source.
        (("title", "x\nimport os"), "--set:1:1: error[E012]: the value of 'title' must stand on"),
        (("classes", "3\nname: other"), "the value of 'classes' must stand on one line"),
        (("inception.A.params.n", "null"), "--set inception.A.params.n=null:1:23: error[E023]"),
        (("aux.helper.from", "rwo"), "--set aux.helper.from=rwo:1:18: error[E028]"),
    ],
)
def test_a_setting_that_is_wrong_is_shown_where_it_stands(
    folder: Path, pair: tuple[str, str], says: str
) -> None:
    with pytest.raises(SpecError) as caught:
        prepare(folder / "base.yaml", overrides=Overrides(said=(("set", "=".join(pair)),)))
    assert says in str(caught.value)


def test_setting_one_argument_leaves_the_places_of_the_others(folder: Path) -> None:
    spec = heir(folder, "set: {extra.n: 30}\ninsert: {after: a, extra: A n=2 k=3}\n")
    places = spec.body[1].at.fields
    assert (places["args.n="].line, places["args.k="].line) == (3, 4)


def test_the_options_say_the_whole_input() -> None:
    prepared = prepare(dsl.loads(BASE), overrides=Overrides(channels=1))
    assert prepared.network.options == ("--input 1x64x64",)


# --- Limits --------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", ["width: 1000\nset: {a.n: 100}", "width: 1000\ndepth: 2"])
def test_a_width_that_no_spec_can_say_is_refused_where_it_is_asked_for(
    folder: Path, changes: str
) -> None:
    wide = BASE.replace("A n=24", "A n=240")
    (folder / "base.yaml").write_text(wide, encoding="utf-8")
    said = refusal(folder, f"extends: base.yaml\nname: heir\n{changes}\n")
    assert said == (
        "heir.yaml:3:8: error[E030]: a width of 240 would become 240,000, and 100,000 is the most\n"
        " 3 | width: 1000\n"
        "   |        ^^^^\n"
        "  = help: take a smaller factor\n"
        "1 problem found"
    )


def test_a_repeat_too_many_is_refused_where_it_is_asked_for(folder: Path) -> None:
    (folder / "base.yaml").write_text(BASE.replace("A x4", "A x400"), encoding="utf-8")
    said = refusal(folder, "extends: base.yaml\nname: heir\nwidth: 1\ndepth: 1000\n")
    assert said.startswith("heir.yaml:4:8: error[E030]: a repeat of 400 would become 400,000,")


def test_a_width_that_is_passed_on_as_something_else_is_not_scaled() -> None:
    mixed = BASE.replace("params: [m], do: [inner: A n=m,", "params: [m], do: [inner: A n=m k=m,")
    with pytest.raises(SpecError, match="m of block Outer also sets k of A"):
        dsl.change(dsl.loads(mixed), Changes(width=Width(by=0.5)))


def test_a_program_s_numbers_are_read_back_as_they_are() -> None:
    settings = {"classes": 3, "defaults.eps": 1e-3, "defaults.gamma": True, "input": (3, 32, 32)}
    variant = Variant(set=settings, insert=({"after": "a", "extra": ["1x1 4"]},))
    spec = dsl.loads(BASE).model_copy(update={"variants": {"v": variant}})
    assert dsl.loads(dsl.dump(spec)) == spec
    assert dsl.choose(spec, "v").defaults.gamma


# --- Odd names of files --------------------------------------------------------------------


def test_an_at_sign_in_a_file_s_name_is_no_variant(folder: Path) -> None:
    (folder / "nets@2").mkdir()
    for name in ("a@b.yaml", "nets@2/base.yaml"):
        (folder / name).write_text(BASE, encoding="utf-8")
        for end, classes in (("", 16), ("@odd", 3)):
            (folder / "last.yaml").write_text(f"extends: {name}{end}\nname: last\n")
            assert dsl.load(folder / "last.yaml").classes == classes


def test_links_in_a_circle_and_names_too_long_are_told_at_their_place(folder: Path) -> None:
    (folder / "one.yaml").symlink_to(folder / "two.yaml")
    (folder / "two.yaml").symlink_to(folder / "one.yaml")
    said = refusal(folder, "extends: one.yaml\nname: heir\n")
    assert said.startswith("heir.yaml:1:10: error[E001]: can't read one.yaml: too many levels")
    said = refusal(folder, f"extends: {'a' * 300}\nname: heir\n")
    assert said.startswith("heir.yaml:1:10: error[E001]: there is no file aaa")


def test_a_name_without_its_ending_gets_advice(folder: Path) -> None:
    said = refusal(folder, "extends: base\nname: heir\n")
    assert "error[E001]: there is no file base," in said
    assert "did you mean base.yaml?" in said


ODD_SETTINGS = [
    "title=a/../../../b", "title=..", "title=/x", "title=a b", "title=a-b", "title=a", "title=a.",
    "title=a:b", "title=\\", "title=😀", f"title={'x' * 300}", f"title={'x' * 301}", "a=A n=1 k=2",
    "title=a-set-classes=3", "classes=3",
]  # fmt: skip  # a grid reads better


def test_results_of_any_setting_stay_in_a_folder_of_their_own(tmp_path: Path) -> None:
    # What no longer belongs to a folder is deleted there: it must never be another one.
    spec = dsl.loads(
        "name: net\ninput: [3, 8, 8]\nclasses: 2\nhead: [globalpool avg, fc classes]\n"
        "inception: {A: {params: [n, k], concat: [1x1 n, 3x3 k]}}\nbody: [a: A n=4 k=8]\n"
    )
    chosen = [Overrides(said=(("set", setting),)) for setting in ODD_SETTINGS]
    both = (("set", "title=a"), ("set", "classes=3"))
    chosen += [Overrides(), Overrides(classes=3), Overrides(said=both)]
    odd = (("width", "0.5"), ("width", "{by: 0.5}"), ("insert", "before: a, z: 3x3 4"))
    chosen += [Overrides(said=(each,)) for each in odd]
    folders = [job.folder(prepare(spec, overrides=each), tmp_path) for each in chosen]
    assert len(set(folders)) == len(folders)
    for folder in folders:
        assert folder.parent == tmp_path
        assert folder.name.isascii()
        assert len(folder.name) < 120
    assert folders[len(ODD_SETTINGS) + 1].name == "net-classes-3"


def test_a_repeat_below_the_minimum_does_not_grow() -> None:
    assert [Depth(by=0.1, min=4).of(repeat) for repeat in (1, 2, 40)] == [1, 2, 4]


def test_a_flat_spec_finds_the_shelf_s_maps_from_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "flat.yaml"
    path.write_text(resolved(dsl.load("inception_v3")), encoding="utf-8")
    maps = dsl.load(path).weights
    assert resolve(maps["timm"]).names["mixed_5b"] == "Mixed_5b"


def test_numbers_that_a_program_gives_are_answered_in_one_line() -> None:
    for wrong, said in (
        (Overrides(classes=-1), "error[E013]: classes must be a whole number from 1 to 100,000"),
        (Overrides(dropout=2), "error[E013]: dropout must be a number from 0 to 1, not 2"),
        (Overrides(channels=0), "error[E013]: input must be a whole number from 1 to 100,000"),
    ):
        with pytest.raises(SpecError) as caught:
            prepare("googlenet", overrides=wrong)
        assert str(caught.value).startswith(said)
        assert "pydantic" not in str(caught.value)


def test_a_tap_of_a_removed_step_says_what_to_do() -> None:
    with pytest.raises(SpecError) as caught:
        dsl.loads("extends: inception_v3\nname: net\nremove: mixed_6e\n")
    assert "if the step is gone, set aux.aux.from or remove aux.aux" in str(caught.value)


def test_all_changes_go_by_the_names_before_the_first() -> None:
    made = dsl.loads(
        "extends: inception_v3\nname: net\n"
        "remove: [inception.A.branch1, inception.A.branch3.0]\n"
        "insert:\n"
        "  - {before: inception.A.branch3, extra: 1x1 8}\n"
        "  - {after: inception.A.branch3.1, wide: 3x3 99}\n"
        "set:\n"
        "  inception.A.branch2: 1x1 50\n"
        "  inception.A.branch3.2.width: 97\n"
        "  inception.A.branch4.1: 1x1 pool linear\n"
        "  inception.A.extra: 1x1 9\n"
    )
    split = made.inception["A"].body
    assert isinstance(split, Split)
    assert [write(s) for s in walk(split.branches) if isinstance(s, Layer)] == [
        "1x1 50", "1x1 9", "3x3 96", "3x3 99", "3x3 97", "avgpool 3x3", "1x1 pool linear",
    ]  # fmt: skip
    assert branch_names(split) == ["branch1", "extra", "branch3", "branch4"]
    assert not any(step.at.called for step in walk((*split.branches, *made.stem, *made.body)))
    base = dsl.load("inception_v3").inception["A"].body
    assert not any(step.at.called for step in walk((base,)))


def test_a_variant_s_errors_quote_the_file_whatever_it_sets(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    variant = "variants: {v: {set: {defaults.eps: 0.1, classes: 3, inception.A.b1: 1x1 n /2}}}"
    path.write_text(re.sub(r"variants: .*", variant, BASE), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        prepare(path, "v")
    assert re.search(r" \| variants: .*\n +\| +\^+", str(caught.value))
