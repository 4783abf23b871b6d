"""From a recipe's data to a feed: sets, folders, the same numbers whoever makes them, faults."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import struct
import sys
import tarfile
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

import dsl
from compiler.ir.network import Network
from compiler.lowering.lower import lower
from compiler.training import images as feeding
from compiler.training.data import feed_for
from compiler.training.faults import TrainingFault
from compiler.training.feeding import Batch
from compiler.training.images import classes_of, prepared
from compiler.training.loading import LoadedFeed
from compiler.training.processes import World
from compiler.training.sets.cifar import CIFAR10, CIFAR100, Cifar, cifar
from compiler.training.sets.digits import digits
from compiler.training.sets.fashion import FILES, fashion_mnist
from compiler.training.sets.faults import DataFault
from compiler.training.sets.pictures import Files, ImageSet, Stack
from compiler.training.sets.published import Published
from dsl.changing.settling import settled
from dsl.models.recipe import Recipe
from dsl.models.recipe_data import DATA
from tests.apart import apart

ALONE = World()


def network(channels: int = 1, size: int = 8, classes: int = 10, more: str = "") -> Network:
    text = f"""
name: probe
title: Probe
input: [{channels}, {size}, {size}]
classes: {classes}
stem: [3x3 4]
body: [3x3 4{more}]
head: [globalpool avg, fc classes]
"""
    return lower(dsl.loads(text, "probe.yaml"))


def recipe(data: str = "digits", batch: int = 64, more: str = "") -> Recipe:
    text = f"data: {data}\noptimizer: sgd\nschedule: {{constant: 0.1}}\nepochs: 3\nbatch: {batch}\n"
    return dsl.loads_recipe(text + more, "recipe.yaml")


def torchvision_or_skip() -> None:
    """Not by importing it, which may take what `compiler.importing.peers` does first."""
    if not find_spec("torchvision"):
        pytest.skip("torchvision is not installed")


def flat(feed: LoadedFeed, epoch: int, first: int = 0) -> list[Batch]:
    return [part for step in feed.training(epoch, first) for part in step]


def same(one: list[Batch], other: list[Batch]) -> bool:
    return len(one) == len(other) and all(
        torch.equal(a.images, b.images) and torch.equal(a.classes, b.classes) and a.share == b.share
        for a, b in zip(one, other, strict=True)
    )


# --- The same numbers, whoever makes them -------------------------------------------------------

CHANGED = "{name: digits, mean: 0.3, std: 0.3, augment: [flip, shift 0.2, rotate 9, erase]}"


@apart
def test_numbers_depend_on_neither_workers_nor_a_restart() -> None:
    made = partial(feed_for, network(), recipe(CHANGED, 399, "accumulate: 3\n"), ALONE)
    state = torch.get_rng_state()
    one, two = made(), made(workers=1)
    here = flat(one, 2)
    assert same(here, flat(one, 2)) and same(here, flat(two, 2))
    assert same(here[3:], flat(two, 2, 1)) and not same(here, flat(one, 1))
    assert torch.equal(torch.get_rng_state(), state)
    assert [len(part.classes) for part in here] == [133] * 9 + [82, 82, 81]
    assert sum(part.share for part in here) == pytest.approx(one.order.steps)


def test_processes_share_images_and_what_is_drawn_for_them() -> None:
    """Two processes have between them what one has, and evaluate no image twice."""
    rule = recipe(CHANGED.replace("}", ", hold_out: 0.2}"), 100)
    whole = feed_for(network(), rule, ALONE)
    parts = [feed_for(network(), rule, World(rank, 2)) for rank in (0, 1)]
    for step, *both in zip(*(flat(feed, 1) for feed in (whole, *parts)), strict=True):
        for rank, part in enumerate(both):
            assert torch.equal(part.images, step.images[rank::2])
            assert torch.equal(part.classes, step.classes[rank::2])
    for evaluated in (LoadedFeed.held, LoadedFeed.test):
        alone, *shared = ([*(evaluated(feed) or ())] for feed in (whole, *parts))
        images = [torch.cat([batch.images for batch in some]) for some in (alone, *shared)]
        assert len(images[0]) == len(images[1]) + len(images[2]) > 0
        for rank in (0, 1):
            assert torch.equal(images[0][rank::2], images[1 + rank])


def test_held_out_images_are_of_every_class_and_of_one_seed() -> None:
    held_out = "{name: digits, hold_out: 0.25}"
    one, again, other = (
        feed_for(network(), recipe(held_out, more=f"seed: {seed}"), ALONE) for seed in (1, 1, 2)
    )
    assert one.chosen_held and again.chosen_held and other.chosen_held
    assert torch.equal(one.chosen_held.numbers, again.chosen_held.numbers)
    assert not torch.equal(one.chosen_held.numbers, other.chosen_held.numbers)
    both = torch.cat([one.chosen.numbers, one.chosen_held.numbers])
    assert sorted(both.tolist()) == list(range(1442)) and one.order.count == len(one.chosen.numbers)
    classes = one.chosen.pictures.classes
    counts, held = classes.bincount(), classes[one.chosen_held.numbers].bincount()
    assert held.tolist() == [round(n / 4) for n in counts.tolist()]


def test_digits_have_one_split_of_every_class() -> None:
    """As many values of ink as scikit-learn has, and those of the test nowhere else."""
    from sklearn.datasets import load_digits

    found, source = digits(), load_digits()
    assert isinstance(found.training, Stack) and isinstance(found.test, Stack)
    assert found.training.images.shape == (1442, 1, 8, 8) and len(found.test.classes) == 355
    assert (found.test.classes.bincount() >= 34).all()
    images = torch.cat([found.training.images, found.test.images])
    assert (images.double() * 16 / 255).round().sum() == source.images.sum()
    rows = {bytes(image.flatten().tolist()) for image in found.training.images}
    assert rows.isdisjoint(bytes(image.flatten().tolist()) for image in found.test.images)


# --- Sets as they are published -----------------------------------------------------------------


def published(folder: Path, name: str, data: bytes) -> Published:
    (folder / name).write_bytes(data)
    return Published(name, len(data), hashlib.md5(data, usedforsecurity=False).hexdigest())


def idx(shape: tuple[int, ...], values: bytes, kind: int = 8) -> bytes:
    head = bytes((0, 0, kind, len(shape))) + struct.pack(f">{len(shape)}I", *shape)
    return gzip.compress(head + values)


def test_fashion_mnist_from_its_files(tmp_path: Path) -> None:
    pixels = bytes(range(24))
    packed = (
        idx((2, 3, 4), pixels),
        idx((2,), b"\7\1"),
        idx((1, 3, 4), pixels[:12]),
        idx((1,), b"\2"),
    )
    files = tuple(published(tmp_path, f"{n}.gz", each) for n, each in enumerate(packed))
    found = fashion_mnist(tmp_path, files)
    assert isinstance(found.training, Stack) and isinstance(found.test, Stack)
    assert found.training.images.flatten().tolist() == list(pixels)
    assert found.training.images.shape == (2, 1, 3, 4)
    assert (found.training.classes.tolist(), found.test.classes.tolist()) == ([7, 1], [2])
    for bad, why in (
        (idx((2, 3, 4), pixels, 13), "in the format of MNIST"),
        (idx((3, 3, 4), pixels), "24 values for a shape of"),
        (packed[0][:-9], "can't unpack"),
        (pixels, "can't unpack"),
    ):
        broken = (published(tmp_path, "0.gz", bad), *files[1:])
        with pytest.raises(DataFault, match=why):
            fashion_mnist(tmp_path, broken)


def archive(which: Cifar, folder: Path, rows: dict[str, bytes]) -> Cifar:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as made:
        for name, data in rows.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
    return replace(which, archive=published(folder, "images.tar.gz", file.getvalue()))


@pytest.mark.parametrize("which", [CIFAR10, CIFAR100], ids=lambda which: which.name)
def test_cifar_from_its_archive(which: Cifar, tmp_path: Path) -> None:
    image = bytes(n % 251 for n in range(3072))
    row = bytes(range(5, 5 + which.labels)) + image
    rows = {name: row * (2 + n) for n, name in enumerate(which.training)}
    made = archive(which, tmp_path, {**rows, which.test: row, "../readme.html": b"no"})
    found = cifar(made, tmp_path)
    assert isinstance(found.training, Stack) and isinstance(found.test, Stack)
    assert found.training.classes.tolist() == [4 + which.labels] * sum(range(2, 2 + len(rows)))
    assert bytes(found.test.images.flatten().tolist()) == image
    assert found.test.images.shape == (1, 3, 32, 32)
    assert len(set(which.names)) == (10 if which is CIFAR10 else 100)
    assert not (tmp_path.parent / "readme.html").exists()
    for bad, why in (({**rows}, "has no"), ({**rows, which.test: row[:-1]}, "each")):
        with pytest.raises(DataFault, match=why):
            cifar(archive(which, tmp_path, bad), tmp_path)


def test_what_must_be_downloaded_is_named_and_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TrainingFault, match="cifar10 isn't in data/cifar10") as caught:
        feed_for(network(3, 32), recipe("cifar10"), ALONE)
    assert "cifar-10-binary.tar.gz (170,052,171 bytes)" in caught.value.help
    made = archive(CIFAR10, tmp_path, {})
    (tmp_path / "images.tar.gz").write_bytes(b"x")
    with pytest.raises(DataFault, match="has 1 byte, not"):
        cifar(made, tmp_path)
    (tmp_path / "images.tar.gz").write_bytes(bytes(made.archive.size))
    with pytest.raises(DataFault, match="its MD5 is"):
        cifar(made, tmp_path)


def test_names_of_classes_are_those_of_the_sets() -> None:
    assert classes_of(recipe("cifar100"))[99] == "worm"
    assert set(feeding.NAMES) == set(feeding.PACKED)
    assert classes_of(recipe()) == digits().names


# --- Folders ------------------------------------------------------------------------------------


def picture(path: Path, colour: Any = (10, 200, 30), mode: str = "RGB", side: int = 9) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, (side, side + 2), colour).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes; images of several sizes, modes and endings, and what isn't one."""
    for part, count in (("train", 5), ("val", 2)):
        for name in ("cat", "ant"):
            for number in range(count):
                picture(
                    tmp_path / part / name / f"{number}.png", (40 * number, 9, 0), side=6 + number
                )
    picture(tmp_path / "train/ant/deep/er/grey.JPG", 80, "L")
    picture(tmp_path / "train/ant/.hidden.png")
    picture(tmp_path / "train/.ipynb_checkpoints/0.png")
    (tmp_path / "train/ant/notes.txt").write_text("not an image")
    (tmp_path / "train/ant/round").symlink_to(tmp_path / "train/ant")
    return tmp_path


@apart
def test_a_folder_is_read_as_torchvision_reads_it(folder: Path) -> None:
    feed = feed_for(network(3, 8, 2), settled(recipe("folder", 4), folder), ALONE)
    assert feed.names == classes_of(settled(recipe("folder"), folder)) == ("ant", "cat")
    assert isinstance(feed.chosen.pictures, Files)
    paths = [str(Path(path).relative_to(folder)) for path in feed.chosen.pictures.paths]
    assert paths == [
        *(f"train/ant/{n}.png" for n in range(5)),
        "train/ant/deep/er/grey.JPG",
        *(f"train/cat/{n}.png" for n in range(5)),
    ]
    assert feed.chosen.pictures.classes.tolist() == [0] * 6 + [1] * 5
    tested = [*(feed.test() or ())]
    assert [len(batch.classes) for batch in tested] == [4] and feed.held() is None
    again = feed_for(network(3, 8, 2), settled(recipe("folder", 4), folder), ALONE, workers=1)
    assert same(flat(feed, 0), flat(again, 0))
    copied = ForkingPickler.loads(ForkingPickler.dumps(feed.chosen))  # As workers get it.
    assert same(flat(feed, 0), flat(replace(feed, chosen=copied), 0))


def test_a_path_from_home_is_from_there_wherever_the_recipe_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    (tmp_path / "recipes").mkdir()
    file = tmp_path / "recipes/mine.yaml"
    weights = "weights: {file: ~/best.pth, source: own}\n"
    said = "{name: folder, path: ~/photos}"
    file.write_text(weights + dsl.dump(recipe(said)), encoding="utf-8")
    found = settled(dsl.load_recipe(file))
    assert found.data and found.data.path == str(tmp_path / "home/photos")
    assert found.weights and found.weights.file == str(tmp_path / "home/best.pth")


def test_three_folders_are_three_parts(folder: Path) -> None:
    for name in ("ant", "cat"):
        picture(folder / "test" / name / "0.png")
    feed = feed_for(network(1, 8, 2), settled(recipe("folder", 4), folder), ALONE)
    assert [len(batch.classes) for batch in (feed.test() or ())] == [2]
    assert [len(batch.classes) for batch in (feed.held() or ())] == [4]
    with pytest.raises(TrainingFault, match=r"hold_out is 0\.2"):
        feed_for(
            network(1, 8, 2), settled(recipe("{name: folder, hold_out: 0.2}", 4), folder), ALONE
        )


def test_an_image_to_predict_from_is_prepared_like_those_of_the_test(folder: Path) -> None:
    """Means and deviations in either unit; a crop's middle."""
    units = ("mean: [0.2, 0.4, 0.6], std: 0.5", "mean: [51, 102, 153], std: 127.5")
    made = []
    for unit in units:
        rule = recipe(f"{{name: folder, fit: crop, zoom: 0.75, {unit}, augment: [crop, flip]}}", 4)
        feed = feed_for(network(3, 8, 2), settled(rule, folder), ALONE)
        assert isinstance(feed.chosen.pictures, Files)
        batch = next(iter(feed.test() or ()))
        alone = prepared(folder / "val/ant/1.png", network(3, 8, 2), rule)
        assert torch.equal(batch.images[1], alone)
        made.append(alone)
    assert torch.allclose(made[0], made[1], atol=1e-6)
    wanted = (torch.tensor([40, 9, 0]) / 255 - torch.tensor([0.2, 0.4, 0.6])) / 0.5
    assert torch.allclose(made[0][:, 4, 4], wanted, atol=1e-6)
    with pytest.raises(TrainingFault, match=r"can't read .*notes.txt as an image"):
        prepared(folder / "train/ant/notes.txt", network(3, 8, 2), recipe("folder"))


def remove(path: Path) -> None:
    for inner in path.iterdir():
        inner.unlink()


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda root: remove(root / "train/cat"), "no images in .*train/cat"),
        (lambda root: remove(root / "val/cat"), "no images in .*val/cat"),
        (lambda root: (root / "train").rename(root / "other"), "has no folder train"),
        (lambda root: (root / "train").rename(root / "train/../val/dog"), "has no folder train"),
        (lambda root: picture(root / "val/dog/0.png"), "val has the class dog, unlike train"),
        (lambda root: (root / "val/cat").rename(root / "val/dog"), "val has the class dog"),
        (lambda root: (root / "val/cat").rename(root / "cat"), "val lacks the class cat"),
        (lambda root: picture(root / "train/dog/0.png"), "val lacks the class dog"),
    ],
)
def test_what_is_wrong_with_a_folder(spoil: Any, why: str, folder: Path) -> None:
    spoil(folder)
    with pytest.raises(TrainingFault, match=why):
        feed_for(network(3, 8, 2), settled(recipe("folder", 4), folder), ALONE)


@pytest.mark.parametrize("workers", [0, 1])
@apart
def test_an_unreadable_image_is_named_when_its_turn_comes(workers: int, folder: Path) -> None:
    path = folder / "train/cat/3.png"
    rule = recipe("folder", 4, "last: drop\n")
    feed = feed_for(network(3, 8, 2), settled(rule, folder), ALONE, workers=workers)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(TrainingFault, match=r"can't read .*train/cat/3.png as an image") as caught:
        [*flat(feed, 0), *flat(feed, 1), *flat(feed, 2)]
    assert caught.value.help == "remove it"
    Image.new("I;16", (9, 9)).save(path)
    with pytest.raises(TrainingFault, match="more than 8 bits"):
        [*flat(feed, 0), *flat(feed, 1), *flat(feed, 2)]


def test_all_that_can_not_be_read_is_named_at_once(folder: Path) -> None:
    """Empty, cut off, no image: each; one with more behind its end is read."""
    rule, net = settled(recipe("folder", 4), folder), network(3, 8, 2)
    Image.new("RGB", (40, 40), "red").save(folder / "val/cat/whole.jpg")
    for name in ("train/ant/0.png", "val/cat/whole.jpg"):
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data + b"more")
        feed_for(net, rule, ALONE)
        for length in (0, 1, len(data) // 2):
            (folder / name).write_bytes(data[:length])
            with pytest.raises(TrainingFault, match=f"can't read .*{name} as") as caught:
                feed_for(net, rule, ALONE)
            assert caught.value.help == "remove it"
        (folder / name).write_bytes(data)
    for number in range(20):
        (folder / f"val/ant/no_{number:02}.bmp").write_text("no image", "utf-8")
    with pytest.raises(TrainingFault) as caught:
        feed_for(net, rule, ALONE)
    first, *lines = str(caught.value).splitlines()
    assert first == "20 of 36 images can't be used" and len(lines) == 11
    assert "of 8 bits" in caught.value.help
    assert lines[0].startswith(f"  can't read {folder}/val/ant/no_00.bmp as an image (")
    assert lines[-1] == "  and 10 more"


def test_an_image_that_is_too_small_for_a_transform_is_named(folder: Path) -> None:
    """Before a crop, images have the size of their files: from 6×8 to 10×12."""
    torchvision_or_skip()
    rule = recipe("{name: folder, augment: [v2.RandomCrop size=7, crop]}", 11)
    feed = feed_for(network(3, 8, 2), settled(rule, folder), ALONE)
    with pytest.raises(TrainingFault, match=r"train/(ant|cat)/0.png: v2.RandomCrop size=7 can't"):
        flat(feed, 0)


# --- What can't be ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("net", "rule", "why", "help"),
    [
        ({}, "{name: folder}", "none is named", "path"),
        ({}, "{name: folder, path: nowhere}", "nowhere is no folder", "train/CLASS"),
        ({"classes": 2}, "digits", "digits has 10 classes, and probe tells 2", "`--classes 10`"),
        ({"channels": 3}, "digits", "have 1 channel, and the network takes 3", "`convert: rgb`"),
        ({}, "{name: digits, convert: rgb}", "are made rgb", "`convert: grey`"),
        ({"channels": 2}, "digits", "images have 1 or 3", ""),
        ({}, "{name: digits, std: [1, 2, 3]}", "std has 3 numbers", "one a channel"),
        ({}, "{name: digits, hold_out: 0.001}", "of any class that is none", "more"),
        ({}, "{name: digits, augment: [v2.RandAugmnt]}", "no transform v2.Rand", "RandAugment"),
        ({}, "{name: digits, augment: [v2.RandAugment sides=2]}", "can't be made: .*sides", ""),
        ({}, "{name: digits, augment: [v2.RandomCrop size=9]}", "can't be applied: ", ""),
        ({}, "{name: digits, augment: [v2.RandomCrop size=5]}", "an image is 1x5x5", "`fit`"),
        ({}, "{name: digits, augment: [v2.MixUp num_classes=10]}", "can't be applied", ""),
    ],
)  # fmt: skip
def test_what_can_not_be_is_told_before_the_first_step(
    net: dict[str, int], rule: str, why: str, help: str
) -> None:
    if "v2." in rule:
        torchvision_or_skip()
    with pytest.raises(TrainingFault, match=why) as caught:
        feed_for(network(**net), recipe(rule), ALONE)  # type: ignore[arg-type]
    assert help in caught.value.help


def test_one_class_is_nothing_to_learn(folder: Path) -> None:
    for part in ("train", "val"):
        shutil.rmtree(folder / part / "cat")
    for classes, why in ((1, "folder has one class, ant, and"), (2, "1 class, and probe tells 2")):
        with pytest.raises(TrainingFault, match=why) as caught:
            feed_for(network(3, 8, classes), settled(recipe("folder", 4), folder), ALONE)
        assert caught.value.help == "it takes images of two classes at least"


def test_a_recipe_without_data_and_a_network_without_images() -> None:
    with pytest.raises(TrainingFault, match="doesn't say what is trained on"):
        feed_for(network(), recipe().model_copy(update={"data": None}), ALONE)
    series = lower(dsl.load("inception_time"))
    with pytest.raises(TrainingFault, match="takes series"):
        feed_for(series, recipe(), ALONE)


def test_labels_out_of_range(monkeypatch: pytest.MonkeyPatch) -> None:
    images = Stack(torch.zeros(4, 1, 8, 8, dtype=torch.uint8), torch.tensor([0, 1, 2, 1]))
    made = ImageSet("digits", ("no", "yes"), images)
    monkeypatch.setitem(feeding.PACKED, "digits", lambda _: made)
    with pytest.raises(TrainingFault, match="has the class 2, and there are 2"):
        feed_for(network(classes=2), recipe(batch=2), ALONE)


def test_batch_norm_with_a_part_of_one_image() -> None:
    """Where a norm gets one value a channel: at 1×1, not at 8×8."""
    small = network(more=", pool: maxpool 8x8 valid, last: 1x1 4")
    parts = "accumulate: 480\n"
    with pytest.raises(TrainingFault, match=r"last.* gets one value: batch norm needs two"):
        feed_for(small, recipe(batch=480, more=parts), ALONE)
    for net, more in ((network(), ""), (small, "freeze: last"), (small, "freeze: [body]")):
        feed = feed_for(net, recipe(batch=480, more=parts + more), ALONE)
        assert feed.order.smallest_part == 1


# --- torchvision's transforms -------------------------------------------------------------------

OUTSIDE = """
  name: digits
  augment:
    - v2.AutoAugment policy=cifar10
    - v2.RandomHorizontalFlip
    - v2.RandomRotation degrees=20 expand=false interpolation=bilinear
    - shift 0.2
"""


@apart
def test_transforms_of_torchvision_are_drawn_from_the_seed_too() -> None:
    torchvision_or_skip()
    feeds = [feed_for(network(), recipe(OUTSIDE), ALONE, workers=workers) for workers in (0, 1)]
    state = torch.get_rng_state()
    one, again, other = ([next(feeds[0].training(n))[0]] for n in (1, 1, 2))
    assert same(one, again) and not same(one, other)
    assert same(one, [next(feeds[1].training(1))[0]])
    assert torch.equal(torch.get_rng_state(), state)


def test_torchvision_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    from compiler.importing import peers
    from compiler.training import outside

    outside._made.cache_clear()
    peers.torchvision_models.cache_clear()
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(TrainingFault, match="this needs torchvision, which isn't installed"):
        feed_for(network(), recipe("{name: digits, augment: [v2.RandAugment]}"), ALONE)


# --- What the docs say --------------------------------------------------------------------------


def test_the_docs_name_every_file_of_every_set() -> None:
    page = (Path(__file__).parent.parent / "docs" / "training.md").read_text(encoding="utf-8")
    told = page.partition("\n## Data\n")[2]
    for file in (*FILES, CIFAR10.archive, CIFAR100.archive):
        assert f"`{file.name}`" in told
    assert [name for name in DATA if f"`{name}`" not in told] == []
    split = digits()
    assert split.training and split.test and f"{len(split.training.classes):,}\nto train on" in told
    assert f"{len(split.test.classes)} others" in told
