"""Images of one's own: a folder for each class, as torchvision's `ImageFolder` reads them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import torch

from compiler.exporting.folders import SUFFIXES
from compiler.training.sets.faults import DataFault
from compiler.training.sets.pictures import Files, ImageSet
from dsl.models.recipe_data import DataName
from dsl.text.counts import count

TRAINING, HELD, TEST = "train", "val", "test"
"""The folders in it."""
LAYOUT = f"{TRAINING}/CLASS/IMAGE, and {HELD}/CLASS/IMAGE or {TEST}/CLASS/IMAGE"
IMAGENET = 1000
"""How many classes ImageNet has."""


def folder(name: DataName, where: Path, mode: str) -> ImageSet:
    """The images in a folder, read as what Pillow calls `mode`.

    Those in `val` are for the test where there is no `test`, else they choose the best epoch.
    Raises `DataFault` for whatever isn't there.
    """
    names = class_names(name, where)
    training = _files(where / TRAINING, names, mode)
    others = {}
    for part in (HELD, TEST):
        if (where / part).is_dir():
            _compare(where / part, names)
            others[part] = _files(where / part, names, mode)
    if TEST in others:
        return ImageSet(name, names, training, others[TEST], others.get(HELD))
    return ImageSet(name, names, training, others.get(HELD))


def class_names(name: DataName, where: Path) -> tuple[str, ...]:
    """The names of the classes: those of the folders, sorted."""
    if not (where / TRAINING).is_dir():
        there = f"{where} has no folder {TRAINING}" if where.is_dir() else f"{where} is no folder"
        raise DataFault(f"{name}: {there}", f"it must hold {LAYOUT}")
    names = _folders(where / TRAINING)
    if not names:
        raise DataFault(f"{where / TRAINING} has no folders in it", f"it must hold {LAYOUT}")
    if name == "imagenet" and len(names) != IMAGENET:
        found = count(len(names), "class")
        message = f"{where / TRAINING} has {found}, and ImageNet has {IMAGENET:,}"
        raise DataFault(message, "a part of it is a `folder`")
    return names


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


def _compare(where: Path, names: tuple[str, ...]) -> None:
    """Raise `DataFault` where other classes are here than those that are trained on."""
    found = _folders(where)
    strange, lacking = (sorted(set(a) - set(b)) for a, b in ((found, names), (names, found)))
    for some, verb in ((strange, "has"), (lacking, "lacks")):
        if some:
            more = f" and {len(some) - 1} more" if len(some) > 1 else ""
            message = f"{where} {verb} the class {some[0]}{more}, unlike {TRAINING}"
            raise DataFault(message, f"{TRAINING} and {where.name} hold the same classes")


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
