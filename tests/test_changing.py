"""Changes to a spec: each value at its place, each place once, and what a program gets wrong."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dsl
from compiler.lowering.lower import lower
from dsl.models import changes, layers, model, spec, weights
from dsl.models.promises import Expect
from dsl.text.problems import SpecError

BASE = """\
name: base
input: [3, 64, 64]
classes: 10
stem: [c1: 3x3 8 /2, p1: maxpool 3x3 /2]
inception:
  A:
    params: {w: 8, k: 3}
    concat: [1x1 w, [1x1 8, kxk 8]]
body: [a: A w=8 x2]
head: [globalpool avg, dropout 0.4, fc classes]
aux:
  - h: {from: a, weight: 0.3, do: [globalpool avg, fc classes]}
""".replace("kxk", "3xk")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    return tmp_path


def refusal(folder: Path, text: str) -> str:
    path = folder / "heir.yaml"
    path.write_text(f"extends: base.yaml\nname: heir\n{text}", encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        lower(dsl.load(path))
    return str(caught.value)


# --- A wrong value is shown where it is set, not where the base has it ----------------------


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [
        ("input: [3, 16 16, 16]", "16 16"),
        ("input: [3, 16, x]", "x"),
        ("input: [0, 16, 16]", "0"),
        ("input: [3]", "[3]"),
        ("input: 64", "64"),
        ("classes: [1]", "[1]"),
        ("title: [a, b]", "[a, b]"),
        ("name: con", "con"),
        ("defaults: {act: rellu}", "rellu"),
        ("defaults.act: rellu", "rellu"),
        ("defaults.eps: -1", "-1"),
        ("c1.kernel: [3, 3 3]", "[3, 3 3]"),
        ("c1.kernel: 3x", "3x"),
        ("c1.stride: [1, 0]", "[1, 0]"),
        ("c1.width: 0", "0"),
        ("c1: 3x3 0", "0"),
        ("c1: -4", "-4"),
        ("p1.ceil: maybe", "maybe"),
        ("a.w: [1, 2]", "[1, 2]"),
        ("a.repeat: 0", "0"),
        ("inception.A.params: {w: [1], k: 3}", "[1]"),
        ("inception.A.params.w: 1.2.3", "1.2.3"),
        ("inception.A.branch1.width: -1", "-1"),
        ("inception.A.branch1: 1x1 w -1", "-1"),
        ("inception.A.residual: {scale: big one}", "big one"),
        ("aux.h.weight: -1", "-1"),
        ("aux.h.from: 1", "1"),
        ("aux.h.fc: fc 0", "0"),
        ("head.dropout: 4", "4"),
        ("stem: [3x3 0]", "0"),
    ],
)
@pytest.mark.parametrize("variant", [False, True])
def test_a_wrong_value_is_shown_where_it_is_set(
    folder: Path, setting: str, wrong: str, variant: bool
) -> None:
    lead = "variants: {v: {set: {" if variant else "set: {"
    said = refusal(folder, lead + setting + "}}}"[: 3 if variant else 1] + "\n")
    column = len(lead) + setting.index(": ") + 3 + setting.split(": ", 1)[1].index(wrong)
    assert said.startswith(f"{folder / 'heir.yaml'}:3:{column}: error[E0"), said
    carets = next(line for line in said.splitlines()[2:] if "^" in line)
    assert carets.split("|")[1].split()[0] == "^" * len(wrong)


def test_an_heir_s_own_list_is_shown_in_the_heir(folder: Path) -> None:
    assert "heir.yaml:3:12: error[E013]" in refusal(folder, "input: [3, 16 16, 16]\n")


# --- One place, one value -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "second", "first"),
    [
        ("set: {a.w: 9, body.a.w: 10}", "body.a.w is set again", "first set, as a.w at 3:7"),
        ("set: {c1: 16, c1.width: 32}", "c1.width is set again", "first set, as c1 at 3:7"),
        ("set: {stem.c1.width: 16, c1: 32}", "c1 is set again", "as stem.c1.width at 3:7"),
        ("set: {a.w: 9, a: A w=10}", "a replaces a.w", "a.w is set at 3:7"),
        ("set: {a.w: 9, body: [a: A w=10]}", "body replaces a.w", "a.w is set"),
        ("set: {defaults.eps: 0.1, defaults: {act: silu}}", "defaults replaces", "defaults.eps"),
        ("set: {inception.A.branch1: 1x1 w, inception.A: [1x1 8]}", "inception.A replaces", "is"),
        ("set: {aux.h.weight: 1, aux: []}", "aux replaces aux.h.weight", "is set"),
        ("classes: 3\nset: {classes: 4}", "classes is set again", "first set at 3:1"),
        ("defaults: {eps: 0.1}\nset: {defaults.eps: 0.2}", "is set again", "as eps at 3:12"),
        ("stem: [c1: 3x3 8]\nset: {stem: [3x3 9]}", "stem is set again", "first set at 3:1"),
        ("head.x: 3\nset: {dropout: 0.1, head.dropout: 0.2}", "head.dropout is set", "dropout"),
    ],
)
def test_a_place_that_is_set_twice_is_an_error_at_the_second(
    folder: Path, text: str, second: str, first: str
) -> None:
    said = refusal(folder, text + "\n") if not text.startswith("head.x") else refusal(
        folder, text.partition("\n")[2] + "\n"
    )  # fmt: skip
    assert "error[E004]" in said
    assert second in said
    assert first in said


def test_a_program_s_two_spellings_are_one_place_too(folder: Path) -> None:
    base = dsl.load(folder / "base.yaml")
    with pytest.raises(SpecError, match=r"body\.a\.w is set again(.|\n)*first set, as a\.w"):
        dsl.change(base, {"a.w": 9, "body.a.w": 10})


def test_what_is_inside_may_follow_the_whole(folder: Path) -> None:
    base = dsl.load(folder / "base.yaml")
    made = dsl.change(base, {"a": "A w=9 x3", "a.w": 12, "defaults": {"act": "silu"},
                             "defaults.eps": 0.1})  # fmt: skip
    assert made.body[0].args == {"w": 12}  # type: ignore[attr-defined]  # a call
    assert (made.defaults.act, made.defaults.eps) == ("silu", 0.1)


def test_a_variant_overrides_what_its_spec_sets(folder: Path) -> None:
    text = "set: {a.w: 9}\nvariants: {v: {set: {a.w: 10}}}\n"
    path = folder / "heir.yaml"
    path.write_text(f"extends: base.yaml\nname: heir\n{text}", encoding="utf-8")
    assert dsl.load(path, "v").body[0].args == {"w": 10}  # type: ignore[attr-defined]  # a call


# --- Scaling what isn't there -------------------------------------------------------------

FLAT = "name: f\ninput: [3, 8, 8]\nclasses: 2\nhead: [globalpool avg, fc classes]\n"


@pytest.mark.parametrize("factor", [2, 0.5, 1])
def test_depth_needs_a_repeat_and_width_a_width(factor: float) -> None:
    flat = dsl.loads(FLAT + "stem: [1x1 in]\n")
    with pytest.raises(SpecError, match=r"E030.: no step of f repeats: it has no depth"):
        dsl.change(flat, dsl.Changes(depth=factor))  # type: ignore[arg-type]  # as in a file
    with pytest.raises(SpecError, match=r"E030.: no layer of f has a width of its own"):
        dsl.change(flat, dsl.Changes(width=factor))  # type: ignore[arg-type]  # as in a file


def test_depth_is_refused_where_the_file_asks_for_it(folder: Path) -> None:
    (folder / "base.yaml").write_text(FLAT + "stem: [3x3 8]\n", encoding="utf-8")
    assert f"{folder / 'heir.yaml'}:3:8: error[E030]" in refusal(folder, "depth: 2\n")
    said = refusal(folder, "variants: {v: {depth: {by: 2}}}\n")
    assert f"{folder / 'heir.yaml'}:3:23: error[E030]" in said


def test_a_repeat_inside_a_block_is_depth() -> None:
    text = FLAT + "inception: {A: {do: [3x3 8 x2]}}\nbody: [A]\n"
    made = dsl.change(dsl.loads(text), dsl.Changes(depth=2))  # type: ignore[arg-type]  # as in a file
    assert made.inception["A"].body.steps[0].repeat == 4  # type: ignore[attr-defined]  # a layer


# --- Heads that alone are too small ------------------------------------------------------


def test_a_head_too_small_after_extends_can_be_left_out_as_the_help_says(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    text = "extends: inception_v3\nname: small\ninput: [3, 96, 96]\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        lower(dsl.load(path))
    line = "remove: [aux.aux]"
    assert f"`{line}` or `--no-aux` leaves the head out" in str(caught.value)
    path.write_text(f"{text}{line}\n", encoding="utf-8")
    assert not lower(dsl.load(path)).taps


def test_a_trunk_too_small_is_not_blamed_on_its_heads() -> None:
    small = dsl.change(dsl.load("inception_v3"), {"input": [3, 20, 20]})
    with pytest.raises(SpecError) as caught:
        lower(small)
    assert "--no-aux" not in str(caught.value)


# --- What a program gets wrong ------------------------------------------------------------

MODELS = (
    *layers.LAYERS.values(), layers.Conv, layers.Call, model.Sequence, model.Split, model.Residual,
    spec.Spec, spec.Aux, spec.Block, spec.Defaults, Expect, spec.Variant, changes.Changes,
    changes.Width, changes.Depth, weights.NameMap,
)  # fmt: skip
WRONG: tuple[Any, ...] = (
    5, -1, 2.5, float("nan"), float("inf"), 10**400, None, True, "", "x", "\x1b", b"x", (1, 2), [],
    [[1]], {}, {"a": 1}, {1: 2}, {"by": "x"}, [{"a": 1}], {"a": {"b": 3}}, object(),
)  # fmt: skip


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.__name__)
def test_every_model_refuses_in_our_words(kind: type[model.Model]) -> None:
    pairs = [
        (info.alias or field, wrong) for field, info in kind.model_fields.items() for wrong in WRONG
    ]
    found = [error for field, wrong in pairs if (error := refused(kind, {field: wrong}))]
    assert found
    for error in found:
        assert "Input should" not in str(error)
        assert "pydantic" not in str(error)
        assert all(p.message.startswith(f"{kind.__name__}: ") for p in error.problems)


def refused(kind: type[model.Model], fields: dict[str, Any]) -> SpecError | None:
    """The error that a model raises for such fields; any other than ours is the test's end."""
    try:
        kind(**fields)
    except SpecError as error:
        return error
    return None


def test_a_model_s_refusal_says_which_field_and_what_was_meant() -> None:
    with pytest.raises(SpecError) as caught:
        layers.Conv(kernel=(3, 3), widht=8)  # type: ignore[call-arg]  # misspelt on purpose
    assert "error[E013]: Conv: widht is no field here\n  = hint: did you mean width?" in str(
        caught.value
    )
    copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  # our own
    assert str(copy) == str(caught.value)
    with pytest.raises(SpecError, match=r"Spec: defaults\.act must be one of relu"):
        spec.Spec(name="a", input=(3, 8, 8), classes=2, defaults={"act": "x"},  # type: ignore[arg-type]
                  head=(layers.GlobalPool(),))  # fmt: skip


def test_a_factor_alone_is_a_change_in_python_too() -> None:
    assert dsl.Changes(width=0.5) == dsl.Changes(width=changes.Width(by=0.5))  # type: ignore[arg-type]
    assert dsl.Changes(depth={"by": 2}) == dsl.Changes(depth=2)  # type: ignore[arg-type]


V1 = dsl.load("googlenet")


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: dsl.load(5), "load takes a path, or a name on the shelf, not int"),  # type: ignore[arg-type]
        (lambda: dsl.load(None), "not NoneType"),  # type: ignore[arg-type]
        (lambda: dsl.load("googlenet", 5), "a variant goes by its name, not int"),  # type: ignore[arg-type]
        (lambda: dsl.loads(b"name: a"), "loads takes the text of a spec, not bytes"),  # type: ignore[arg-type]
        (lambda: dsl.loads("name: a", None), "the name that errors give"),  # type: ignore[arg-type]
        (lambda: dsl.dump("googlenet"), "dump writes a Spec or a Recipe, not str"),  # type: ignore[arg-type]
        (lambda: dsl.choose("googlenet", "a"), "a Spec is changed, not str"),  # type: ignore[arg-type]
        (lambda: dsl.choose(V1, ["a"]), "a variant goes by its name, not list"),  # type: ignore[arg-type]
        (lambda: dsl.change("googlenet", {}), "a Spec is changed, not str"),  # type: ignore[arg-type]
        (lambda: dsl.change(V1, ["classes"]), "change takes Changes, or a mapping"),  # type: ignore[arg-type]
        (lambda: dsl.change(V1, {1: 2}), "must have words for its keys"),  # type: ignore[dict-item]
        (lambda: dsl.change(V1, {"conv1": dsl.step("1x1 8")}), "a layer as '3x3 64'"),
        (lambda: dsl.change(V1, {"title": None}), "must say what a file would"),
        (lambda: dsl.step(5), "step takes one op-string, such as '3x3 64 /2', not int"),  # type: ignore[arg-type]
        (lambda: dsl.step("3x3 8", name="a b"), "Conv: name must be a letter, then letters"),
        (lambda: dsl.step("3x3 8", name=5), "Conv: name must be a letter"),  # type: ignore[arg-type]
        (lambda: dsl.Changes(remove=5), "Changes: remove must be a list of addresses"),  # type: ignore[arg-type]
        (lambda: layers.Conv("3x3", 8), "Conv takes its fields by name"),  # type: ignore[call-arg]
        (lambda: spec.Aux.model_validate({"name": "a"}), "Aux: from is missing"),
    ],
)  # fmt: skip
def test_the_functions_refuse_what_they_can_not_take(call: Callable[[], Any], says: str) -> None:
    with pytest.raises(SpecError) as caught:
        call()
    assert says in str(caught.value)


def pasted(error: SpecError) -> list[str]:
    """What stands in backticks in the help of the first problem."""
    return error.problems[0].help.split("`")[1::2]


@pytest.mark.parametrize(
    "source",
    ["m1: 3x3 8", "m1:3x3 8", "[1x1 8, 3x3 8]", "- 3x3 8", "m1: [3x3 8]", "{concat: [1x1 8]}",
     ["1x1 8", "maxpool 3x3"], [], 5],
)  # fmt: skip
def test_what_step_advises_works_when_it_is_pasted(source: Any) -> None:
    with pytest.raises(SpecError) as caught:
        dsl.step(source)
    advice = pasted(caught.value)
    assert advice
    for line in advice:
        assert isinstance(eval(line, {"dsl": dsl}), model.Step)  # noqa: S307  # our own advice
    if source == "m1: 3x3 8":
        assert eval(advice[0], {"dsl": dsl}) == dsl.step("3x3 8", name="m1")  # noqa: S307


@pytest.mark.parametrize(
    "change",
    [{"width": 0.5}, {"width": {"by": 0.5}}, {"remove": ["aux.aux1"]}, {"remove": "aux.aux1"},
     {"insert": {"after": "pool1", "more": "3x3 8"}}],
)  # fmt: skip
def test_what_change_advises_works_when_it_is_pasted(change: dict[str, Any]) -> None:
    with pytest.raises(SpecError) as caught:
        dsl.change(V1, change)
    line = pasted(caught.value)[0]
    assert eval(line, {"dsl": dsl, "spec": V1}) != V1  # noqa: S307  # our own advice


# --- Names that no file can have ----------------------------------------------------------


@pytest.mark.parametrize("name", ["CON", "nul", "aux", "Prn", "com1", "COM9", "lpt0", "Lpt9"])
def test_no_spec_is_called_like_a_device(name: str) -> None:
    with pytest.raises(SpecError, match="Windows keeps that word for a device"):
        dsl.loads(FLAT.replace("name: f", f"name: {name}"))


@pytest.mark.parametrize("name", ["com", "com10", "con_1", "console", "auxiliary", "lpt"])
def test_names_that_only_resemble_one_are_fine(name: str) -> None:
    assert dsl.loads(FLAT.replace("name: f", f"name: {name}")).name == name


# --- What an heir adds by name ------------------------------------------------------------


def test_an_heir_s_map_of_names_stands_beside_the_base_s() -> None:
    made = dsl.loads("extends: inception_v3\nname: heir\nweights: {mine: {fc: last}, timm: {}}\n")
    base = dsl.load("inception_v3")
    assert list(made.weights) == [*base.weights, "mine"]
    assert made.weights["timm"] != base.weights["timm"]
    assert made.weights["torchvision"] == base.weights["torchvision"]
    assert made.at.of("weights.timm").file == "<text>"


def test_drawings_have_names_that_any_file_can_have(tmp_path: Path) -> None:
    from compiler.diagram import drawings

    text = FLAT + (
        "inception: {Stem: [3x3 8], B: [3x3 8], b: [3x3 8], Nul: [3x3 8]}\n"
        "stem: [3x3 8]\nbody: [Stem, B, m: b, Nul]\n"
        "aux: [{aux: {from: m, weight: 1, do: [globalpool avg, fc classes]}}]\n"
    )
    names = list(drawings(lower(dsl.loads(text))))
    assert names == ["overview", "stem", "Stem_", "B", "b_", "Nul_", "aux_"]


def test_a_value_s_places_go_with_it(folder: Path) -> None:
    base = BASE.replace("classes: 10\n", "classes: 10\ndefaults: {eps: 0.1}\n")
    (folder / "base.yaml").write_text(base, encoding="utf-8")
    path = folder / "heir.yaml"
    path.write_text("extends: base.yaml\nname: h\nset: {defaults: {act: silu}}\n", encoding="utf-8")
    made = dsl.load(path)
    assert "defaults.eps" in dsl.load(folder / "base.yaml").at.fields
    assert "defaults.eps" not in made.at.fields
    assert made.at.of("defaults.act").line == 3


def test_a_step_made_another_kind_renames_none_for_the_changes_behind() -> None:
    flat = dsl.loads(FLAT + "stem: [3x3 8, 3x3 16, 3x3 32]\n")
    made = dsl.change(flat, {"conv1": "maxpool 3x3", "conv2.width": 5})
    assert made.stem == tuple(map(dsl.step, ("maxpool 3x3", "3x3 5", "3x3 32")))
    assert not any(step.at.called for step in made.stem)
