"""Recipes: read, written, changed, inherited and published as the rest of the language is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

import dsl
from compiler.cli import run
from compiler.version import __version__
from dsl.models import described, shelf
from dsl.models.augmenting import AUGMENTATIONS, Augment
from dsl.models.model import Model
from dsl.models.optimizers import DECAYED, OPTIMIZERS, Adam, RmsProp, Sgd
from dsl.models.recipe import CLIPS, PRECISIONS, Norm, Recipe, Reported
from dsl.models.recipe_data import DATA
from dsl.models.schedules import SCHEDULES, Cosine
from dsl.reading.recipes import SHORTENED
from dsl.schema.pieces import form_in
from dsl.schema.whole import of_recipe, of_spec
from dsl.text.problems import SpecError
from tests.yaml_core import loaded

CHECK, CHECK_SPEC = Draft7Validator(of_recipe(__version__)), Draft7Validator(of_spec(__version__))
KEYS = {
    "data": "{name: cifar10, augment: [flip]}",
    "optimizer": "{sgd: {momentum: 0.9}}",
    "schedule": "{constant: 0.1}",
    "epochs": "300",
    "batch": "64",
}
SPEC = "name: probe\ninput: [3, 32, 32]\nclasses: 10\nhead: [globalpool avg, fc classes]\n"


def text(**keys: str | None) -> str:
    """A recipe with some keys otherwise, or left out."""
    said = {**KEYS, **keys}
    return "".join(f"{key}: {value}\n" for key, value in said.items() if value is not None)


def told(source: str) -> list[str]:
    """What is wrong with a recipe: each problem's place, what is written there, and the words."""
    try:
        dsl.loads_recipe(source, "r.yaml")
    except SpecError as error:
        lines = source.split("\n")
        spans = [problem.span for problem in error.problems]
        at = [lines[span.line - 1][span.column - 1 :][: span.length] for span in spans]
        return [f"{what}: {each.message}" for what, each in zip(at, error.problems, strict=True)]
    return []


def test_cifar10_as_published() -> None:
    recipe = dsl.load_recipe("cifar10_sgd")
    assert [recipe.rate_at(epoch) for epoch in (0, 99, 100, 200)] == [0.01, 0.01, 0.001, 0.0001]
    assert (recipe.epochs, recipe.batch) == (300, 64)
    decay = ("kernels", "biases")
    sgd = Sgd(momentum=0.9, nesterov=True, weight_decay=2e-4, decay=decay)
    assert recipe.optimizer == sgd
    assert recipe.data is not None
    assert list(map(str, recipe.data.augment)) == ["flip", "shift 0.125"]
    assert dsl.load("inception_v3_cifar10", "slim").training == recipe


def test_imagenet_as_in_the_papers() -> None:
    v1, v2, v3, v4 = (dsl.load_recipe(f"imagenet_v{number}") for number in (1, 2, 3, 4))
    assert v1.rate_at(8) / v1.rate_at(7) == pytest.approx(0.96)
    assert v2.rate_at(8 / 6) / v2.rate_at(0) == pytest.approx(0.96, rel=1e-4)
    for recipe in (v3, v4):
        assert recipe.optimizer == RmsProp(decay_rate=0.9, momentum=0.9, epsilon=1)
        assert (recipe.rate_at(0), recipe.rate_at(2)) == (0.045, 0.045 * 0.94)
    assert (v3.epochs, v3.batch, v3.label_smoothing) == (100, 50 * 32, 0.1)
    assert v3.clip == Norm(most=2)
    papers = ("1409.4842", "1502.03167", "1512.00567", "1602.07261")
    for recipe, paper in zip((v1, v2, v3, v4), papers, strict=True):
        assert f"arXiv:{paper}" in recipe.source


def test_two_classes_from_a_folder() -> None:
    recipe = dsl.load_recipe("two_classes")
    assert (recipe.epochs, recipe.batch) == (50, 16)
    assert recipe.reported == Reported(train=0.932, test=0.904)


def test_the_shelf_is_whole() -> None:
    assert not {*shelf.recipes()} & {*shelf.names()}
    for name in shelf.recipes():
        recipe = dsl.load_recipe(name)
        assert recipe.title, name
        assert recipe.source, name
        assert dsl.loads_recipe(dsl.dump(recipe)) == recipe
        source = shelf.find_recipe(name).read_text(encoding="utf-8")
        assert not list(CHECK.iter_errors(loaded(source))), name
        assert dsl.formatted(source) == source


numbers = st.floats(1e-6, 1, exclude_min=True)
counts = st.integers(1, 500)


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    """A recipe with all that fits together."""
    some = st.booleans()
    word = draw(st.sampled_from(sorted(AUGMENTATIONS)))
    augment = Augment(word=word, amount=draw(numbers.filter(lambda each: each >= 0.001)))
    keys: dict[str, Any] = {
        "data": {"name": draw(st.sampled_from(DATA)), "augment": [augment], "hold_out": 0.1},
        "optimizer": {draw(st.sampled_from(sorted(OPTIMIZERS))): {"weight_decay": draw(numbers)}},
        "epochs": draw(counts),
        "batch": 2 * draw(counts),
        "accumulate": draw(st.sampled_from([1, 2])),
        "seed": draw(st.integers(0, 2**31 - 1)),
        "precision": draw(st.sampled_from(PRECISIONS)),
        "freeze": draw(st.lists(st.sampled_from(["stem", "a.b1", "x.0"]), max_size=2)),
        "source": draw(st.sampled_from(["", "2015", "a: b # c", "true", "'"])),
    }
    schedule = draw(st.sampled_from(sorted(set(SCHEDULES) - {"steps"})))
    keys["schedule"] = {schedule: {"rate": draw(numbers)}}
    if draw(some):
        last = draw(st.integers(0, keys["epochs"] - 1))
        keys["schedule"] = {"steps": {0: draw(numbers), last: draw(numbers)}}
    if draw(some):
        keys |= {"warmup": draw(st.sampled_from([1, {"epochs": 0.5, "begin": 0.1}]))}
        keys |= {"ema": draw(numbers), "clip": {draw(st.sampled_from(sorted(CLIPS))): 2}}
    return Recipe(**keys)


@given(recipes())
@settings(max_examples=40, deadline=None)
def test_what_is_written_reads_back_the_same(recipe: Recipe) -> None:
    source = dsl.dump(recipe)
    assert dsl.loads_recipe(source) == recipe
    assert not list(CHECK.iter_errors(loaded(source)))
    spec = dsl.loads(SPEC).model_copy(update={"training": recipe})
    assert dsl.loads(dsl.dump(spec)) == spec
    assert not list(CHECK_SPEC.iter_errors(loaded(dsl.dump(spec))))


GOOD: tuple[dict[str, str], ...] = (
    {},
    {"optimizer": "sgd", "schedule": "{exponential: 0.045}"},
    {"optimizer": "{adam: }", "schedule": "{cosine: {rate: '0.1', end: .01}}"},
    {"optimizer": "{adamw: {weight_decay: 1e-2, decay: kernels}}", "data": "digits"},
    {"schedule": "{steps: {0: 0.1, 5: 1e-2}}", "warmup": "0.5", "ema": "{keep: 0.99}"},
    {"clip": "{value: 0.1}", "freeze": "stem", "precision": "bfloat16", "last": "drop"},
    {"data": "{name: folder, path: a b, mean: [0, 1, .5], std: 0.2, augment: shift 0.1}"},
    {"data": "{name: imagenet, augment: [v2.RandAugment num_ops=2, crop, rotate 15]}"},
    {"channels_last": "true", "reported": "{test: 0.9}", "label_smoothing": "0", "seed": "0"},
)


@pytest.mark.parametrize("keys", GOOD, ids=str)
def test_what_can_be_written(keys: dict[str, str]) -> None:
    assert told(text(**keys)) == []
    assert not list(CHECK.iter_errors(loaded(text(**keys))))


NEEDS = "0 to 1, not"
WAYS = "sgd, rmsprop, adam, adamw"
BAD = {
    "data: {name: digits, path: here}": "here: path is a folder, and digits lie in none: they come "
    "with scikit-learn",
    "optimizer: sgdd": f"sgdd: optimizer must be one of {WAYS}, not 'sgdd'",
    "optimizer: [sgd]": f"[sgd]: optimizer must be one of {WAYS}, with its fields behind it",
    "optimizer: {}": f"{{}}: optimizer must be one of {WAYS}, with its fields behind it",
    "optimizer: {sgd: 3}": "3: sgd must be a mapping, as in {momentum: …}",
    "optimizer: {sgd: {momentom: 1}}": "momentom: unknown key 'momentom'",
    "optimizer: {sgd: {momentum: 9}}": "9: momentum must be a number from 0 to 1, not '9'",
    "optimizer: {sgd: {nesterov: true}}": "true: nesterov is a kind of momentum, and needs a "
    "momentum above 0",
    "optimizer: {sgd: {decay: [kernel], weight_decay: 1}}": "kernel: decay must be a list of "
    "kernels, biases, norms, scales, not 'kernel'",
    "schedule: constant": "constant: constant needs a value, as in `constant: 0.1`",
    "schedule: {constant: 0}": "0: constant must be a number from 1e-37 to 1,000, not '0'",
    "schedule: {steps: 3}": "3: steps must say a rate for each epoch at which it changes, as in "
    "{0: 0.1, 30: 0.01}",
    "schedule: {steps: {1: .1}}": "{1: .1}: steps must say the rate at the beginning, as in {0: "
    "0.1, 30: 0.01}",
    "schedule: {steps: {0: .1, x: 1}}": "x: steps must have epochs for its keys, from 0 to "
    "100,000, not 'x'",
    "schedule: {steps: {0: .1, 5: 0}}": "0: steps must be a number from 1e-37 to 1,000, not '0'",
    "schedule: {steps: {0: .1, 300: 1}}": "300: epochs are 300: the schedule changes at epoch "
    "300, after the end",
    "data: cifar": "cifar: data must be one of digits, fashion_mnist, cifar10, cifar100, "
    "imagenet, folder, not 'cifar'",
    "data: [digits]": "[digits]: data must be one of digits, fashion_mnist, cifar10, cifar100, "
    "imagenet, folder, not a list",
    "data: {name: digits, mean: []}": "[]: mean must be a number, or a list of one a channel, "
    "not an empty list",
    "data: {name: digits, mean: [1, x]}": "x: mean must be a number from 0 to 255, not 'x'",
    "data: {name: digits, mean: 0.5, std: 70}": "70: std doesn't fit, with 0.5 beside 70: mean "
    "and std are of values from 0 to 1, or from 0 to 255",
    "data: {name: digits, zoom: 0.5}": "0.5: zoom is for images that are cut: it takes `fit: crop`",
    "data: {name: digits, augment: [flip 3]}": "flip 3: augment must have a number from 0 to 1 "
    "behind flip, not 'flip 3'",
    "epochs: 1e9": "1e9: epochs must be a whole number from 1 to 100,000, not '1e9'",
    "batch: 010": "010: batch must be a whole number from 1 to 100,000, not '010' (leading zeros "
    "are not taken)",
    "accumulate: 3": "3: accumulate must divide the batch of 64 into equal parts, not 3",
    "label_smoothing: 2": "2: label_smoothing must be a number from 0 to 0.99, not '2'",
    "clip: 3": "3: clip must be one of norm, value, not '3'",
    "clip: {norm: 0}": "0: norm must be a number from 1e-37 to 1,000,000, not '0'",
    "ema: 7": "7: ema must be a number from 0 to 1, not '7'",
    "warmup: 400": "400: warmup takes 400 epochs, and the run has 300",
    "warmup: {begin: 1}": "{begin: 1}: the key `epochs` is missing",
    "precision: half": "half: precision must be one of float32, bfloat16, float16, not 'half'",
    "freeze: [a..b]": "a..b: freeze must be paths such as stem or mixed_5b.branch3, not 'a..b'",
    "reported: {test: 91.3}": "91.3: test must be a number from 0 to 1, not '91.3'",
    "epoch: 3": "epoch: unknown key 'epoch'",
    "extends: [a]": "[a]: extends names one recipe: a file, or a name on the shelf",
    "extends: cifar10": "cifar10: there is no file cifar10, and no recipe of that name on "
    "the shelf",
    "extends: ../../x.yaml": "../../x.yaml: ../../x.yaml is outside the project",
    "seed: -1": "-1: seed must be a whole number from 0 to 2,147,483,647, not '-1'",
    "title: [a]": "[a]: title must be text, not a list",
}


@pytest.mark.parametrize("line", BAD)
def test_what_is_wrong_is_told_at_its_place(line: str) -> None:
    key, _, value = line.partition(": ")
    for end in ("\n", "\r\n"):
        source = text(**{key: value}).replace("\n", end)
        assert told(source) == [BAD[line].replace("\n", "")]


def test_a_missing_key_is_told_once_and_not_where_it_is_misspelt() -> None:
    (said,) = told(text(optimizer=None))
    assert said.endswith("the key `optimizer` is missing")
    assert told(text(optimizer=None, optimiser="sgd")) == ["optimiser: unknown key 'optimiser'"]
    assert told("extend: cifar10_sgd\n") == ["extend: unknown key 'extend'"]
    assert told("[]\n")
    assert told("") != []


MODELS = (Recipe, Reported, *SHORTENED.values(), *OPTIMIZERS.values(), *SCHEDULES.values())


@pytest.mark.parametrize("model", [*MODELS, *CLIPS.values()], ids=lambda model: model.__name__)
def test_every_key_is_described_and_says_how_it_is_written(model: type[Model]) -> None:
    fields = model.model_fields
    assert [name for name in fields if not described.of_key(model, name)] == []
    free = {"title", "source", "path", "file", "weights"}
    apart = {"data", "optimizer", "schedule", "clip", "reported", *SHORTENED}
    silent = {name for name in fields if form_in(model, name) is None}
    assert silent - free - apart == set()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a recipe, and a spec that is trained by it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ours.yaml").write_text(f"title: Ours\n{text(reported='{test: 0.9}')}")
    (tmp_path / "net.yaml").write_text(f"{SPEC}training: ours.yaml\n")
    return tmp_path


def test_what_a_recipe_inherits(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "pyproject.toml").touch()
    heir = folder / "sub" / "heir.yaml"
    heir.write_text("extends: ../ours.yaml\nepochs: 7\ndata: {augment: []}\noptimizer: adam\n")
    made = dsl.load_recipe(heir)
    assert (made.title, made.reported, made.epochs, made.batch) == ("", Reported(), 7, 64)
    assert made.data is not None
    assert (made.data.name, made.data.augment) == ("cifar10", ())
    assert made.optimizer == Adam()
    assert made.at.of("epochs").file.endswith("heir.yaml")
    assert made.at.of("batch").file.endswith("ours.yaml")
    (folder / "ours.yaml").write_text("extends: sub/heir.yaml\n")
    with pytest.raises(SpecError, match=r"leads back to itself: heir.yaml -> ours.yaml -> heir"):
        dsl.load_recipe(heir)


def test_a_spec_takes_its_base_s_recipe_and_a_variant_another(folder: Path) -> None:
    ours = dsl.load_recipe("ours.yaml")
    assert dsl.load("net.yaml").training == ours
    heir = folder / "heir.yaml"
    heir.write_text("extends: net.yaml\nname: heir\nvariants: {v: {set: {training: digits}}}\n")
    assert dsl.load(heir).training == ours
    assert dsl.load(heir, "v").training == dsl.load_recipe("digits")
    heir.write_text("extends: net.yaml\nname: heir\ntraining: digits\n")
    assert dsl.load(heir).training == dsl.load_recipe("digits")
    (folder / "net.yaml").write_text(f"{SPEC}training: heir.yaml\n")
    with pytest.raises(SpecError, match=r"heir.yaml is a spec, not a recipe"):
        dsl.load("net.yaml")


def changed(**said: Any) -> Recipe:
    """A spec's recipe with something set, by address without `training.`."""
    spec = dsl.loads(f"{SPEC}training: cifar10_sgd\n")
    settings = {f"training.{key.replace('__', '.')}": value for key, value in said.items()}
    made = dsl.change(spec, dsl.Changes(set=settings)).training
    assert made is not None
    return made


def test_what_is_named_outside_of_files_is_any_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Paths of a program and of options are from where they are given, and may lead anywhere."""
    (elsewhere := folder / "elsewhere").mkdir()
    monkeypatch.chdir(elsewhere)
    heir = folder / "heir.yaml"
    heir.write_text("extends: ours.yaml\nepochs: 4\n", "utf-8")
    spec = dsl.loads(SPEC)
    for said in (str(heir), "../heir.yaml", {"extends": "../heir.yaml"}):
        found = dsl.change(spec, dsl.Changes(set={"training": said})).training
        assert found and found.epochs == 4
    Path("probe.yaml").write_text(SPEC, "utf-8")
    assert run(["resolve", "probe.yaml", "--set", "training=../heir.yaml"]) == 0
    assert "epochs: 4" in capsys.readouterr().out
    with pytest.raises(SpecError, match=r"can't read \.\./none\.yaml: no such"):
        dsl.change(spec, dsl.Changes(set={"training": "../none.yaml"}))


def test_what_can_be_set() -> None:
    made = changed(
        epochs=10,  # less than the last step of the schedule, which is set behind it
        schedule={"cosine": 0.2},
        optimizer__sgd__momentum=0.5,
        data__augment=["flip"],
        warmup=3,
        clip={"norm": 2},
        freeze="stem",
    )
    assert (made.epochs, made.schedule) == (10, Cosine(rate=0.2))
    assert made.optimizer == Sgd(momentum=0.5, nesterov=True, weight_decay=2e-4, decay=DECAYED[:2])
    assert made.data is not None
    assert made.data.augment == (Augment(word="flip"),)
    assert changed(schedule__steps__100=0.5).rate_at(150) == 0.5
    assert changed(schedule__steps={"0": 0.5}).rate_at(150) == 0.5
    assert changed(optimizer__sgd={"momentum": 0.1}).optimizer == Sgd(momentum=0.1)


SET = {
    "optimizer__adam__beta1": "there is no adam in training.optimizer",
    "epoch": "did you mean epochs?",
    "warmup__begin": "that isn't there yet, and can be set as a whole",
    "epochs": "epochs must be a whole number",
    "data__augment": "did you mean flip?",
    "schedule__steps__0": "steps must be a number",
}


@pytest.mark.parametrize("address", SET)
def test_what_can_not_be_set(address: str) -> None:
    with pytest.raises(SpecError) as refused:
        changed(**{address: "flop"})
    assert SET[address] in str(refused.value)


def ran(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = run(list(words))
    out, err = capsys.readouterr()
    return code, out, err


def test_check_takes_recipes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "worse.yaml").write_text(text(epoch="3"))
    (folder / "heir.yaml").write_text("extends: ours.yaml\n")
    (folder / "other.yaml").write_text("extends: airbnb\ntitle: no recipe and no spec\n")
    (folder / "more.yaml").write_text("epochs: 3\ndata: coco\nmodel: m\nimgsz: 640\nbatch: 2\n")
    assert ran(capsys, "check", "ours.yaml")[:2] == (0, dedented(SUMMARY))
    code, out, err = ran(capsys, "check", ".")
    assert (code, out.split("\n")[0]) == (1, "1 spec and 3 recipes checked: 1 problem")
    assert "2 YAML files passed over" in out
    assert "worse.yaml:6:1: error[E010]: unknown key 'epoch'" in err
    assert ran(capsys, "check", "worse.yaml", "--fix", "--guesses")[0] == 1  # it is there already
    assert ran(capsys, "check", "cifar10_sgd")[0] == 0
    assert ran(capsys, "check", "ours.yaml", "--set", "classes=3")[0] == 2
    code, out, _ = ran(capsys, "check", "worse.yaml", "--format", "github")
    assert (code, out.startswith("::error file=worse.yaml,line=6,")) == (1, True)
    found = json.loads(ran(capsys, "check", "ours.yaml", "net.yaml", "--format", "json")[1])
    assert [each["kind"] for each in found["specs"]] == ["recipe", "spec"]


SUMMARY = """
Ours
  data               {name: cifar10, augment: [flip]}
  optimizer          {sgd: {momentum: 0.9}}
  schedule           {constant: 0.1}
  epochs             300
  batch              64
  reported           {test: 0.9}
  rate               0.1 at first, 0.1 at the end
"""


def dedented(block: str) -> str:
    return block.removeprefix("\n")


@pytest.mark.parametrize("command", ["cost", "draw", "resolve", "source", "verify"])
def test_other_commands_say_that_it_is_a_recipe(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = ran(capsys, command, "ours.yaml")
    assert (code, out) == (1, "")
    said = "ours.yaml:2:1: error[E033]: ours.yaml is a recipe for training, not a spec\n"
    assert err.startswith(said)
    assert "cifar10_sgd is a recipe there" in ran(capsys, command, "cifar10_sgd")[2]
    with pytest.raises(SpecError, match=r"googlenet is a spec there"):
        dsl.load_recipe("googlenet")
