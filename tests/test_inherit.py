"""Networks made from others: extends, width, depth, remove, insert, set, across files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import dsl
from compiler.cost import cost
from compiler.lowering.lower import lower
from compiler.lowering.prepare import Overrides, prepare
from dsl import Spec, SpecError
from dsl.models.changes import Changes, Depth, Width
from dsl.models.layers import Conv, Linear, Split
from dsl.models.spec import Variant, walk

BASE = """
name: base
title: The base
paper: A paper
input: [3, 64, 64]
classes: 16
defaults: {eps: 0.001, act: silu}
stem:
  - conv1: 3x3 16 /2
  - pool1: maxpool 3x3 /2
inception:
  A:
    params: {n: 16, k: 3}
    concat: [b1: 1x1 n, b2: [1x1 8, 1xk 16]]
  Outer: {params: [m], do: [inner: A n=m, out: 1x1 in linear]}
body:
  - a: A n=24
  - row: A x4
  - outer: Outer m=10
head: [globalpool avg, dropout 0.4, fc 16, relu, fc classes]
aux: [{helper: {from: row, weight: 0.3, do: [globalpool avg, fc 12, fc classes]}}]
variants: {odd: {set: {classes: 3}}}
expect: {out.a: [40, 16, 16]}
meta: {trained_with: SGD}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with the base in it."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    return tmp_path


def heir(folder: Path, text: str, name: str = "heir.yaml") -> Spec:
    """A spec that extends the base."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"extends: base.yaml\nname: heir\n{text}", encoding="utf-8")
    return dsl.load(path)


def refusal(folder: Path, text: str, name: str = "heir.yaml") -> str:
    """What is said of a spec that can't be read, without the folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        dsl.load(path)
    return str(caught.value).replace(f"{folder.resolve()}/", "").replace(f"{folder}/", "")


def widths(spec: Spec) -> list[int | str]:
    """Every width, in order."""
    steps = [*spec.stem, *(block.body for block in spec.blocks.values()), *spec.body, *spec.head]
    every = walk((*steps, *(step for head in spec.aux for step in head.steps)))
    return [s.width for s in every if isinstance(s, (Conv, Linear)) and s.width is not None]


# --- What is inherited, and what isn't -----------------------------------------------------


def test_all_is_inherited_but_what_names_and_promises(folder: Path) -> None:
    base, spec = dsl.load(folder / "base.yaml"), heir(folder, "")
    for key in Spec.model_fields:
        if key not in ("name", "title", "variants", "expect"):
            assert getattr(spec, key) == getattr(base, key), key
    assert (spec.name, spec.title, spec.variants) == ("heir", "", {})
    assert not spec.expect.out


def test_own_keys_replace_and_named_ones_do_so_by_name(folder: Path) -> None:
    spec = heir(folder, "defaults: {eps: 0.1}\nclasses: 7\nhead: [globalpool avg, fc classes]\n"
                        "inception: {A: {params: {n: 8}, concat: [1x1 n]}, New: [1x1 in]}\n"
                        "meta: {note: other}\n")  # fmt: skip
    assert (spec.defaults.eps, spec.defaults.act) == (0.1, "silu")
    assert (spec.classes, len(spec.head)) == (7, 2)
    assert list(spec.inception) == ["A", "Outer", "New"]
    assert list(spec.inception["A"].params) == ["n"]
    assert spec.meta == {"note": "other"}
    assert [step.name for step in spec.body] == ["a", "row", "outer"]


def test_lists_are_never_merged(folder: Path) -> None:
    assert len(heir(folder, "stem: [3x3 8 /2]").stem) == 1
    assert heir(folder, "aux: []").aux == ()


# --- The changes ---------------------------------------------------------------------------


def test_names_of_a_base_s_weights_may_be_left_behind(folder: Path) -> None:
    base = folder / "base.yaml"
    base.write_text(f"{BASE}weights: {{timm: {{a: a1}}, keras: {{a: a2}}}}\n", encoding="utf-8")
    assert list(heir(folder, "").weights) == ["timm", "keras"]
    assert list(heir(folder, "weights: {own_port: {a: a3}}\n").weights)[2:] == ["own_port"]
    assert heir(folder, "weights: none\n").weights == {}
    for wrong in ("nine", "{timm: none}", "[none]"):
        with pytest.raises(SpecError, match=r"heir\.yaml:3:"):
            heir(folder, f"weights: {wrong}\n")


def test_the_five_lines_of_a_small_network() -> None:
    spec = dsl.loads(
        "extends: inception_v3\nname: small\nclasses: 10\nwidth: 0.5\n"
        "stem: [3x3 32 /2 valid, 3x3 64, maxpool 3x3 /2]\n"
    )
    base = lower(dsl.load("inception_v3"))
    small = lower(spec)
    before, after = ({n.name: int(n.out[0]) for n in net.trunk} for net in (base, small))
    for step in ("mixed_6e", "mixed_7c"):
        assert after[step] * 2 == before[step]
    assert after["mixed_5b"] * 2 == before["mixed_5b"]
    assert (after["fc"], after["conv2"]) == (10, 64)  # what the file writes is not scaled
    assert cost(small).total.params < cost(base).total.params / 3.5


def test_widths_scale_by_role(folder: Path) -> None:
    # 16 is also the number of classes, and 3 the kernel.
    spec = heir(folder, "width: 0.5")
    assert widths(dsl.load(folder / "base.yaml")) == [
        16, "n", 8, 16, "in", 16, "classes", 12, "classes"]  # fmt: skip
    assert widths(spec) == [8, "n", 4, 8, "in", 8, "classes", 6, "classes"]
    assert spec.inception["A"].params == {"n": 8, "k": 3}
    assert spec.body[0].args == {"n": 12}  # type: ignore[attr-defined]  # a call
    assert spec.body[2].args == {"m": 5}  # type: ignore[attr-defined]  # a call, passed on to A
    assert spec.classes == 16


@pytest.mark.parametrize(
    ("factor", "before", "after"),
    [
        (Width(by=0.5), [1, 2, 3, 5, 64], [1, 1, 2, 3, 32]),
        (Width(by=0.01), [1, 64], [1, 1]),
        (Width(by=1.5, round_to=8), [8, 20, 64], [16, 32, 96]),
        (Width(by=0.5, round_to=8), [8, 20, 64], [8, 8, 32]),
        (Width(by=0.25, min=16), [8, 20, 64, 128], [8, 16, 16, 32]),
        (Width(by=0.25, min=16, round_to=32), [8, 20, 64, 128], [8, 16, 32, 32]),
    ],
)
def test_how_widths_are_rounded(factor: Width, before: list[int], after: list[int]) -> None:
    assert [factor.of(width) for width in before] == after


def test_depth_scales_repeats_and_nothing_else(folder: Path) -> None:
    repeats = [step.repeat for step in heir(folder, "depth: 0.5").body]  # type: ignore[attr-defined]
    assert repeats == [1, 2, 1]
    assert [Depth(by=0.1).of(n) for n in (1, 2, 40)] == [1, 1, 4]
    assert [Depth(by=0.1, min=2).of(n) for n in (1, 2, 40)] == [1, 2, 4]


def test_remove_insert_and_set(folder: Path) -> None:
    spec = heir(folder, "width: 0.5\nremove: [helper, outer]\n".replace("helper", "aux.helper") +
                        "insert:\n  - {after: a, extra: A n=100}\n"
                        "  - {before: inception.A.b2, new: 1x1 4}\n"
                        "set: {a.n: 30, extra.k: 5, head.dropout: 0.1}\n")  # fmt: skip
    assert [step.name for step in spec.body] == ["a", "extra", "row"]
    assert spec.aux == ()
    assert spec.body[0].args == {"n": 30}  # type: ignore[attr-defined]
    assert spec.body[1].args == {"n": 100, "k": 5}  # type: ignore[attr-defined]
    split = spec.inception["A"].body
    assert isinstance(split, Split)
    assert [branch.name for branch in split.branches] == ["b1", "new", "b2"]
    assert spec.head[1].p == 0.1  # type: ignore[attr-defined]  # a dropout


def test_removals_are_looked_up_before_any_is_made(folder: Path) -> None:
    """What has no name goes by its place: the second branch must not be the third by then."""
    made = heir(
        folder,
        "inception:\n  A: {concat: [1x1 6, [1x1 8, 3x3 8, 5x5 9], avgpool 3x3, 1x1 7]}\n"
        "stem: [3x3 4, 3x3 5, 3x3 6]\nbody: [A]\naux: []\n"
        "remove: [inception.A.branch1, inception.A.branch2.0, inception.A.branch2.1,\n"
        "         inception.A.branch3, stem.conv1, conv2, inception.Outer]\n",
    )
    text = dsl.dump(made)
    assert "concat:\n      - [5x5 9]\n      - 1x1 7\n" in text
    assert "stem:\n  - 3x3 6\n" in text


def test_a_part_that_went_can_t_go_again(folder: Path) -> None:
    text = "extends: base.yaml\nname: heir\nremove: [outer, inception.A.b1, outer]\n"
    said = refusal(folder, text)
    assert said.startswith("heir.yaml:3:33: error[E026]: there is no outer in the spec\n")
    assert said.endswith("\n1 problem found")


def test_variants_take_every_change_and_are_written_back(folder: Path) -> None:
    spec = heir(folder, "variants: {v: {width: {by: 0.5, min: 8}, depth: 2, remove: aux.helper,\n"
                        "  insert: {after: a, extra: A n=3}, set: {row.n: 9}}}")  # fmt: skip
    assert dsl.loads(dsl.dump(spec)) == spec
    made = dsl.choose(spec, "v")
    assert [step.name for step in made.body] == ["a", "extra", "row", "outer"]
    assert made.body[2].repeat == 8  # type: ignore[attr-defined]
    assert made.variants == {}
    lower(made)


def test_a_program_makes_the_same_changes() -> None:
    spec = dsl.loads(BASE)
    variant = Variant(width=Width(by=0.5), insert=({"after": "a", "extra": "A n=3"},))
    made = dsl.choose(spec.model_copy(update={"variants": {"v": variant}}), "v")
    assert made.body[1].args == {"n": 3}  # type: ignore[attr-defined]
    again = dsl.change(
        spec, Changes(width=Width(by=0.5), insert=({"after": "a", "extra": "A n=3"},))
    )
    assert made.title == "The base, v"
    assert again == made.model_copy(update={"title": again.title})
    assert dsl.change(spec, {"classes": 3, "a.n": 5}).classes == 3
    with pytest.raises(SpecError, match="there is no aa in the spec"):
        dsl.change(spec, {"aa.n": 5})


# --- Files ---------------------------------------------------------------------------------


def test_a_chain_of_files_and_a_base_s_variant(folder: Path) -> None:
    heir(folder, "width: 0.5", "sub/../middle.yaml")
    (folder / "sub").mkdir(exist_ok=True)
    (folder / "sub" / "last.yaml").write_text("extends: ../middle.yaml\nname: last\nwidth: 2\n")
    assert widths(dsl.load(folder / "sub" / "last.yaml"))[0] == 16
    (folder / "odd.yaml").write_text("extends: base.yaml@odd\nname: other\n")
    assert dsl.load(folder / "odd.yaml").classes == 3
    (folder / "shelf.yaml").write_text("extends: googlenet@torchvision\nname: other\n")
    assert dsl.load(folder / "shelf.yaml").blocks == dsl.load("googlenet", "torchvision").blocks


def test_a_file_that_is_not_there(folder: Path) -> None:
    said = refusal(folder, "extends: bse.yaml\nname: heir\n")
    assert said.startswith(
        "heir.yaml:1:10: error[E001]: can't read bse.yaml: no such file or directory\n"
        " 1 | extends: bse.yaml\n"
    )
    said = refusal(folder, "extends: googlnet\nname: heir\n")
    assert "heir.yaml:1:10: error[E001]: there is no file googlnet" in said
    assert "did you mean googlenet?" in said


def test_circles_are_told_with_every_file(folder: Path) -> None:
    for name, base in (("b", "c"), ("c", "a")):
        (folder / f"{name}.yaml").write_text(f"extends: {base}.yaml\nname: {name}\n")
    assert refusal(folder, "extends: b.yaml\nname: a\n", "a.yaml") == (
        "c.yaml:1:10: error[E031]: extends leads back to itself: "
        "a.yaml -> b.yaml -> c.yaml -> a.yaml\n"
        " 1 | extends: a.yaml\n"
        "   |          ^^^^^^\n"
        "  = note: extended at b.yaml:1:10\n"
        "  = note: extended at a.yaml:1:10\n"
        "1 problem found"
    )


def test_a_chain_that_is_too_long(folder: Path) -> None:
    for number in range(40):
        text = f"extends: n{number + 1}.yaml\nname: n{number}\n"
        (folder / f"n{number}.yaml").write_text(text)
    assert "more than 16 files extend each other in a row" in refusal(folder, text, "n39.yaml") or (
        "more than 16" in refusal(folder, "extends: n1.yaml\nname: n0\n", "n0.yaml")
    )


@pytest.mark.parametrize("base", ["../outside.yaml", "{folder}/../outside.yaml", "link.yaml"])
def test_files_outside_the_project_are_refused(folder: Path, base: str) -> None:
    inside = folder / "project"
    inside.mkdir()
    (inside / ".git").touch()
    (folder / "outside.yaml").write_text(BASE)
    (inside / "link.yaml").symlink_to(folder / "outside.yaml")
    base = base.format(folder=inside)
    said = refusal(folder, f"extends: {base}\nname: heir\n", "project/heir.yaml")
    assert "error[E032]" in said
    assert "is outside the project" in said


def test_without_a_project_the_folder_is_the_limit(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE)
    assert heir(tmp_path, "").classes == 16
    said = refusal(tmp_path, "extends: ../base.yaml\nname: heir\n", "sub/heir.yaml")
    assert "error[E032]" in said


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_doesn_t_hang(folder: Path) -> None:
    os.mkfifo(folder / "pipe.yaml")
    said = refusal(folder, "extends: pipe.yaml\nname: heir\n")
    assert "heir.yaml:1:10: error[E001]: can't read pipe.yaml: it is a pipe" in said


def test_problems_quote_the_file_that_they_are_in(folder: Path) -> None:
    (folder / "broken.yaml").write_text(BASE.replace("1x1 8,", "1x1 8 vaild,"))
    said = refusal(folder, "extends: broken.yaml\nname: heir\n")
    assert said == (
        "broken.yaml:14:39: error[E015]: a convolution doesn't take 'vaild'\n"
        " 14 |     concat: [b1: 1x1 n, b2: [1x1 8 vaild, 1xk 16]]\n"
        "    |                                    ^^^^^ did you mean valid?\n"
        + said.split("\n", 3)[3]
    ).replace("14:39", "14:36")
    assert said.endswith("  = note: extended at heir.yaml:1:10\n1 problem found")


def test_shape_problems_name_both_files(folder: Path) -> None:
    path = folder / "heir.yaml"
    path.write_text("extends: base.yaml\nname: heir\nset: {inception.A.b1: 1x1 n valid /2}\n")
    with pytest.raises(SpecError) as caught:
        lower(dsl.load(path))
    said = str(caught.value).replace(f"{folder}/", "")
    assert said.startswith("heir.yaml:3:23: error[E101]: concat of block A:")
    assert " 3 | set: {inception.A.b1: 1x1 n valid /2}" in said
    assert "called from a at base.yaml:17:8" in said


def test_values_keep_the_place_that_they_came_from(folder: Path) -> None:
    spec = heir(folder, "width: 0.5\nset: {row.n: 9}\n")
    files = {step.name: Path(step.at.span.file).name for step in spec.body}
    assert set(files.values()) == {"base.yaml"}
    row = spec.body[1].at
    assert Path(row.of("args.n=").file).name == "heir.yaml"
    assert [span.line for span in spec.body[0].at.changes] == [3]
    assert Path(spec.at.of("name").file).name == "heir.yaml"


# --- The command line's own changes -------------------------------------------------------


def test_set_on_the_command_line(folder: Path) -> None:
    overrides = Overrides(said=(("set", "a.n=30"), ("set", "head=[globalpool avg, fc classes]")))
    made = prepare(folder / "base.yaml", overrides=overrides)
    assert made.spec.body[0].args == {"n": 30}  # type: ignore[attr-defined]
    assert len(made.spec.head) == 2
    assert made.network.options == ("--set a.n=30", "--set 'head=[globalpool avg, fc classes]'")
    with pytest.raises(SpecError) as caught:
        prepare(folder / "base.yaml", overrides=Overrides(said=(("set", "a.nn=30"),)))
    assert str(caught.value) == (
        "--set a.nn=30:1:3: error[E026]: there is no nn in a\n"
        " 1 | a.nn: 30\n"
        "   |   ^^ did you mean n?\n"
        "  = help: there is: n, k, repeat\n"
        "1 problem found"
    )
