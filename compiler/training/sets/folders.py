"""Images of one's own: a folder for each class, as torchvision's `ImageFolder` reads them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

import torch

from compiler.exporting.folders import SUFFIXES
from compiler.training.sets.faults import DataFault
from compiler.training.sets.looking import check_readable
from compiler.training.sets.parts import PARTS, Part
from compiler.training.sets.pictures import Files, ImageSet
from dsl.models.recipe_data import DataName
from dsl.text.counts import count

TRAINING, HELD, TEST = "train", "val", "test"
"""The folders in it."""
LAYOUT = f"{TRAINING}/CLASS/IMAGE, and {HELD}/CLASS/IMAGE or {TEST}/CLASS/IMAGE"
IMAGENET = 1000
"""How many classes ImageNet has."""


def folder(name: DataName, where: Path, mode: str, wanted: Collection[Part] = PARTS) -> ImageSet:
    """The images in a folder, read as what Pillow calls `mode`; of the parts that are wanted.

    Those in `val` are for the test where there is no `test`, else they choose the best epoch.
    Raises `DataFault` for whatever isn't there, and for images that can't be read.
    """
    if "train" in wanted and not (where / TRAINING).is_dir():
        raise _lacking(name, where)
    names = class_names(name, where)
    places, found = _places(where), dict[Part, Files]()
    telling, *_ = places.values()
    for part, place in places.items():
        if part in wanted:
            _compare(place, names, telling)
            found[part] = _files(place, names, mode)
    check_readable([path for files in found.values() for path in files.paths], mode)
    return ImageSet(name, names, found.get("train"), found.get("test"), found.get("held"))


def _places(where: Path) -> dict[Part, Path]:
    """The folders that are there, by what they are for; that of training is first."""
    folders = {part: where / part for part in (TRAINING, HELD, TEST) if (where / part).is_dir()}
    second: Part = "held" if TEST in folders else "test"
    parts: dict[str, Part] = {TRAINING: "train", HELD: second, TEST: "test"}
    return {parts[part]: place for part, place in folders.items()}


def class_names(name: DataName, where: Path) -> tuple[str, ...]:
    """The names of the classes: those of the folders, sorted.

    The folders of `train` tell them; those of another part where nothing is to be trained.
    """
    places = _places(where)
    if not places:
        raise _lacking(name, where)
    place, *_ = places.values()
    names = _folders(place)
    if not names:
        raise DataFault(f"{place} has no folders in it", f"{where} must hold {LAYOUT}")
    if name == "imagenet" and len(names) != IMAGENET:
        found = count(len(names), "class")
        message = f"{place} has {found}, and ImageNet has {IMAGENET:,}"
        raise DataFault(message, "a part of it is a `folder`")
    return names


def _lacking(name: DataName, where: Path) -> DataFault:
    there = f"{where} has no folder {TRAINING}" if where.is_dir() else f"{where} is no folder"
    return DataFault(f"{name}: {there}", f"it must hold {LAYOUT}")


def _folders(where: Path) -> tuple[str, ...]:
    try:
        with os.scandir(where) as entries:
            return tuple(sorted(e.name for e in entries if e.is_dir() and not _is_hidden(e.name)))
    except OSError as error:
        raise _unreadable(error) from error


def _is_hidden(name: str) -> bool:
    """Whether a name is one that programs keep for themselves, such as `.ipynb_checkpoints`."""
    return name.startswith(".")


def _unreadable(error: OSError) -> DataFault:
    return DataFault(f"can't look into {error.filename}: {error.strerror}")


def _compare(where: Path, names: tuple[str, ...], telling: Path) -> None:
    """Raise `DataFault` where other classes are here than in the folder that tells them."""
    found = _folders(where)
    strange, lacking = (sorted(set(a) - set(b)) for a, b in ((found, names), (names, found)))
    for some, verb in ((strange, "has"), (lacking, "lacks")):
        if some:
            more = f" and {len(some) - 1} more" if len(some) > 1 else ""
            message = f"{where} {verb} the class {some[0]}{more}, unlike {telling.name}"
            raise DataFault(message, f"{telling.name} and {where.name} hold the same classes")


def _files(where: Path, names: tuple[str, ...], mode: str) -> Files:
    paths: list[str] = []
    classes: list[int] = []
    for number, name in enumerate(names):
        found = sorted(_images(where / name))
        if not found:
            help = f"images end in {', '.join(SUFFIXES)}"
            raise DataFault(f"there are no images in {where / name}", help)
        paths += found
        classes += [number] * len(found)
    return Files(tuple(paths), torch.tensor(classes), mode)


def _images(where: Path) -> Iterator[str]:
    """Links are followed, but into no folder twice: they may go round."""
    seen = set()
    for root, inner, names in os.walk(where, followlinks=True, onerror=_raised):
        real = os.path.realpath(root)
        inner[:] = [] if real in seen else [name for name in inner if not _is_hidden(name)]
        if real not in seen:
            kept = (name for name in names if not _is_hidden(name))
            yield from (f"{root}/{name}" for name in kept if name.lower().endswith(SUFFIXES))
        seen.add(real)


def _raised(error: OSError) -> None:
    raise _unreadable(error) from error
