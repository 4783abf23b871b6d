"""evaluate and predict: a trained network's numbers against scikit-learn's, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import dsl
from compiler.cli import run
from compiler.lowering.prepare import prepare
from compiler.nn.module import build
from compiler.training.data import feed_for
from compiler.training.evaluating import evaluated, guesses
from compiler.training.feeding import Batch
from compiler.training.folder import BEST, FACTS, RECIPE, SPEC, RunFolder
from compiler.training.processes import World
from compiler.weights import load_weights

metrics = pytest.importorskip("sklearn.metrics", reason="it is of the extra [train]")
PIL = pytest.importorskip("PIL.Image", reason="it is of the extra [train]")

NET = """
name: small
input: [1, 8, 8]
classes: 10
body: [3x3 16, maxpool 3x3 /2, 3x3 24]
aux: [{aux: {from: pool2, weight: 0.3, do: [globalpool avg, fc classes]}}]
head: [globalpool avg, fc classes]
"""
RULE = """
data: {name: digits, hold_out: 0.1}
optimizer: {sgd: {momentum: 0.9}}
schedule: {constant: 0.1}
epochs: 2
batch: 64
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short run."""
    here = tmp_path_factory.mktemp("trained")
    (here / "small.yaml").write_text(NET, encoding="utf-8")
    (here / "ours.yaml").write_text(RULE, encoding="utf-8")
    words = [str(here / "small.yaml"), "--recipe", str(here / "ours.yaml"), "--device", "cpu"]
    assert run(["train", *words, "--out", str(here / "run")]) == 0
    return here / "run"


@pytest.fixture
def copied(trained: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    shutil.copytree(trained, tmp_path / "run")
    return tmp_path / "run"


def answers(at: Path) -> tuple[Tensor, Tensor]:
    """The logits of a run's best network for the test images, and their classes, by torch alone."""
    folder = RunFolder(at)
    network = prepare(folder.spec()).network
    model = build(network).eval()
    load_weights(model, folder.best())
    found = feed_for(network, folder.recipe(), World()).test()
    assert found is not None
    with torch.no_grad():
        pairs = [(model(batch.images), batch.classes) for batch in found]
    return torch.cat([logits for logits, _ in pairs]), torch.cat([one for _, one in pairs])


def test_numbers_are_scikit_learns(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also the loss is, which there is of probabilities."""
    assert run(["evaluate", str(trained), "--format", "json", "--device", "cpu"]) == 0
    told = json.loads(capsys.readouterr().out)
    logits, classes = answers(trained)
    best = logits.argmax(1)
    assert told["images"] == len(classes) == 355
    assert told["confusion"] == metrics.confusion_matrix(classes, best, labels=range(10)).tolist()
    assert told["top1"] == pytest.approx(metrics.accuracy_score(classes, best))
    within = metrics.top_k_accuracy_score(classes, logits, k=5, labels=range(10))
    assert told["top5"] == pytest.approx(within)
    chances = logits.double().softmax(1)
    assert told["loss"] == pytest.approx(metrics.log_loss(classes, chances, labels=range(10)), 1e-5)
    by_class = metrics.precision_recall_fscore_support(classes, best, labels=range(10))
    for row, precision, recall, _, count in zip(told["classes"], *by_class, strict=True):
        assert row["images"] == count
        assert row["recall"] == pytest.approx(recall)
        assert (row["precision"] or 0) == pytest.approx(precision)


def test_what_evaluate_writes_stays_as_it_is(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate", str(trained), "--device", "cpu"]
    assert run([*words, "--format", "json", "--images", "held"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["images", "loss", "top1", "top5", "classes", "confusion"]
    assert list(told["classes"][0]) == ["name", "images", "right", "recall", "precision"]
    assert run([*words, "--images", "train"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"{1442 - told['images']:,} images: loss ")
    assert said[2].split() == ["class", "images", "right", "recall", "precision"]
    assert len(said) == 13
    assert run([*words, "--set", "training.data.hold_out=0", "--images", "held"]) == 1
    assert "no images are held out\n  = help: the recipe's `hold_out`" in capsys.readouterr().err


def test_it_is_what_the_run_measured(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    best = max(RunFolder(trained).records(), key=lambda record: record.score)
    assert run(["evaluate", str(trained), "--format", "json", "--device", "cpu"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["top1"] == best.test_top1
    assert told["loss"] == pytest.approx(best.test_loss, 1e-6)


def test_a_spec_with_weights_is_judged_alike(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, rule = str(trained.parent / "small.yaml"), str(trained.parent / "ours.yaml")
    assert run(["evaluate", str(trained), "--device", "cpu"]) == 0
    told = capsys.readouterr().out
    words = ["evaluate", spec, "--recipe", rule, "--weights", str(trained / BEST)]
    assert run([*words, "--device", "cpu"]) == 0
    assert capsys.readouterr().out == told


def test_the_confusion_matrix_is_drawn(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate", str(trained), "--device", "cpu", "--confusion"]
    assert run([*words, str(tmp_path / "c.svg")]) == 0
    assert "355 images" in (tmp_path / "c.svg").read_text(encoding="utf-8")
    assert run([*words, str(tmp_path / "c.gif")]) == 2
    assert "a picture is a file that ends in" in capsys.readouterr().err


@pytest.mark.parametrize("last", [0, 1, 3])
def test_few_classes_and_none_of_some(last: int) -> None:
    """Top-5 of three classes is all of them, and a class without images has no recall."""
    network = prepare(dsl.loads(NET.replace("classes: 10", "classes: 3"))).network
    images = torch.randn(4, 1, 8, 8)
    batches = iter([Batch(images[:last], torch.zeros(last, dtype=torch.int64))] if last else [])
    found = evaluated(build(network), batches, ("a", "b", "c"), World())
    assert found.count == last
    assert found.scores.top5 == bool(last)
    assert found.by_class[1].recall is None


def picture(path: Path, pixels: Any) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.fromarray(np.asarray(pixels, dtype=np.uint8)).save(path)
    return str(path)


def test_predict_is_the_softmax_of_an_image(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As the test's images are prepared; of names that files can have."""
    from compiler.training.sets.digits import digits

    (image,) = digits().test.stacks([7])  # type: ignore[union-attr]  # it has a test
    odd = picture(tmp_path / "a\tb" / "ü <&> .png", image[0, 0])
    words = ["predict", str(trained), odd, odd, "--device", "cpu"]
    assert run([*words, "--top", "20", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["image"] for row in told] == [odd, odd]
    assert list(told[0]) == ["image", "classes"]
    logits, _ = answers(trained)
    wanted = logits[7].softmax(0)
    assert len(told[0]["classes"]) == 10
    for row in told[0]["classes"]:
        assert list(row) == ["name", "probability"]
        assert row["probability"] == pytest.approx(float(wanted[int(row["name"])]), abs=1e-6)
    assert run([*words, "--top", "2"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 6


def test_images_that_can_not_be_read(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others are told of."""
    good = picture(tmp_path / "good.png", np.zeros((5, 7, 3)))
    (tmp_path / "text.png").write_text("text", encoding="utf-8")
    (tmp_path / "empty.png").write_bytes(b"")
    files = [str(tmp_path / name) for name in ("none.png", "text.png", "empty.png")]
    assert run(["predict", str(trained), *files, good, "--device", "cpu"]) == 1
    told = capsys.readouterr()
    assert told.out.splitlines()[0] == good
    said = told.err.splitlines()
    assert len(said) == 3
    assert said[0] == f"error: can't read {files[0]} as an image (No such file or directory)"
    assert run(["predict", str(trained), str(tmp_path), "--device", "cpu"]) == 2
    assert "is a directory" in capsys.readouterr().err


def test_networks_that_give_probabilities_are_not_softened_again() -> None:
    text = NET.replace("head: [globalpool avg, fc classes]",
                       "head: [globalpool avg, fc classes, softmax]")  # fmt: skip
    model = build(prepare(dsl.loads(text)).network)
    image = torch.randn(1, 8, 8)
    model.eval()
    (best, *_) = guesses(model, image, tuple("0123456789"), 3)
    with torch.no_grad():
        assert best.probability == pytest.approx(float(model(image[None]).max()))


SPOILT = {
    "run.json is no JSON": (FACTS, b"{", "run.json can't be read"),
    "run.json is no text": (FACTS, b"\xff\xfe\x00", "run.json can't be read"),
    "run.json is a list": (FACTS, b"[]", "run.json isn't what a run writes"),
    "classes are a number": (FACTS, b'{"classes": 7}', "run.json doesn't say which classes"),
    "classes are too few": (FACTS, b'{"classes": ["a"]}', "the run has 1 class, and small"),
    "the spec is no YAML": (SPEC, b"name: [", "spec.yaml:1:8: error[E002]"),
    "the recipe is empty": (RECIPE, b"", "recipe.yaml"),
    "weights were cut off": (BEST, b"\x10\x00\x00", "best.safetensors: it isn't a file of saf"),
}  # fmt: skip


@pytest.mark.parametrize("what", SPOILT)
def test_damaged_runs(what: str, copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name, content, said = SPOILT[what]
    (copied / name).write_bytes(content)
    image = picture(copied / "image.png", np.zeros((8, 8)))
    assert run(["predict", str(copied), image, "--device", "cpu"]) == 1
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""


def test_what_is_no_run(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refused(code: int, *words: str) -> str:
        assert run(["evaluate", *words, "--device", "cpu"]) == code
        told = capsys.readouterr()
        assert told.out == ""
        return told.err

    assert f"there is no run in {copied.parent}" in refused(2, str(copied.parent))
    assert "is no folder of a run, so say which --weights it has" in refused(2, "googlenet")
    rule = ("--recipe", str(copied / RECIPE))
    assert "there is no file nope" in refused(1, "nope", "--weights", str(copied / BEST), *rule)
    assert "has no recipe to train by" in refused(1, "googlenet", "--weights", str(copied / BEST))
    said = refused(1, "googlenet_96", "--weights", str(copied / BEST), *rule)
    assert "the checkpoint lacks" in said
    (copied / BEST).unlink()
    assert f"no epoch of the run in {copied} is done yet" in refused(1, str(copied))


def test_a_run_whose_data_moved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says where they were; --data-path says where they are."""
    for part in ("train", "test"):
        for name in ("ant", "bee's <&>"):
            for number in range(4):
                picture(
                    tmp_path / f"photos/{part}/{name}/{number}.png", np.full((8, 8), 40 * number)
                )
    (tmp_path / "net.yaml").write_text(NET.replace("classes: 10", "classes: 2"), encoding="utf-8")
    rule = RULE.replace("{name: digits, hold_out: 0.1}", "{name: folder, path: photos}")
    (tmp_path / "rule.yaml").write_text(rule.replace("batch: 64", "batch: 4"), encoding="utf-8")
    words = [str(tmp_path / "net.yaml"), "--recipe", str(tmp_path / "rule.yaml")]
    here = str(tmp_path / "run")
    assert run(["train", *words, "--out", here, "--device", "cpu"]) == 0
    assert "no images for a test" not in capsys.readouterr().err
    (tmp_path / "photos").rename(tmp_path / "moved")
    capsys.readouterr()
    assert run(["evaluate", here, "--device", "cpu"]) == 1
    assert str(tmp_path / "photos") in capsys.readouterr().err
    moved = ["--data-path", str(tmp_path / "moved"), "--device", "cpu"]
    assert run(["evaluate", here, *moved]) == 0
    assert "bee's <&>" in capsys.readouterr().out
    for part in ("train", "test"):
        (tmp_path / f"moved/{part}/ant").rename(tmp_path / f"moved/{part}/wasp")
    assert run(["evaluate", here, *moved]) == 0
    told = capsys.readouterr()
    assert "note: class 0 was ant as the run was trained, and is bee's <&> among" in told.err
    assert "wasp" in told.out
    # Names are kept with the run, so that one image needs none of the others.
    image = str(tmp_path / "moved/test/wasp/1.png")
    assert run(["predict", here, image, "--device", "cpu"]) == 0
    assert "bee's <&>" in capsys.readouterr().out


def two_classes(place: Path, **parts: int) -> list[str]:
    """The words that train a network for a folder of two classes, with so many images of each."""
    for part, count in parts.items():
        for shade, name in enumerate(("ant", "bee")):
            for number in range(count):
                picture(place / f"all/{part}/{name}/{number}.png", np.full((8, 8), 90 * shade))
    (place / "small.yaml").write_text(NET.replace("classes: 10", "classes: 2"), "utf-8")
    rule = RULE.replace("{name: digits, hold_out: 0.1}", "{name: folder, path: all}")
    (place / "ours.yaml").write_text(rule.replace("batch: 64", "batch: 4"), "utf-8")
    words = ["train", str(place / "small.yaml"), "--recipe", str(place / "ours.yaml")]
    return [*words, "--out", str(place / "run"), "--device", "cpu"]


def test_a_run_goes_on_with_its_classes_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An image fewer is told, as others come in another order then; other classes are refused."""
    words = two_classes(tmp_path, train=6)
    assert run(words) == 0
    assert "note: there are no images for a test and none are held out" in capsys.readouterr().err
    (tmp_path / "all/train/bee/3.png").unlink()
    assert run([*words, "--resume"]) == 0
    assert "note: numbers may differ: images 12 then, 11 now" in capsys.readouterr().err
    (tmp_path / "all/train/ant").rename(tmp_path / "all/train/cat")
    assert run([*words, "--resume"]) == 1
    said = "class 0 was ant as the run was trained, and is bee among these images"
    assert said in capsys.readouterr().err


def test_only_the_images_that_are_judged_need_to_be_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(two_classes(tmp_path, train=6, val=3, test=4)) == 0
    judge = ["evaluate", str(tmp_path / "run"), "--device", "cpu", "--images"]
    left = {"train": "train", "val": "held", "test": "test"}
    told = {}
    for images in left.values():
        capsys.readouterr()
        assert run([*judge, images]) == 0
        told[images] = capsys.readouterr().out
    for part in [*left]:
        (tmp_path / "all" / part).rename(tmp_path / part)
        assert run([*judge, left.pop(part)]) == 1
        assert "error: " in capsys.readouterr().err
        for images in left.values():
            assert run([*judge, images]) == 0
            assert capsys.readouterr().out == told[images]
