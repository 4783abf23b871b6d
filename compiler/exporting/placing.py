"""Where an export goes: what may be written over, and all of its files or none."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path

from compiler.exporting.engines import Files
from compiler.exporting.wishes import ExportFault
from compiler.files.parts import parts
from compiler.files.writing import same_file, write
from compiler.ir.network import Network


def default(network: Network, suffix: str) -> Path:
    """`googlenet.onnx` in the current folder, or `googlenet_torchvision.onnx` of a variant."""
    variant = f"_{network.variant}" if network.variant else ""
    return Path(f"{network.name}{variant}{suffix}")


def targets(target: Path, suffixes: Sequence[str]) -> list[Path]:
    """All files of an export, by the one that is named."""
    return [target, *(target.with_suffix(suffix) for suffix in suffixes[1:])]


def refuse(target: Path, suffixes: Sequence[str], sources: Sequence[Path], *, new: bool) -> None:
    """Say what can't be written before anything is made.

    A file that the caller names is replaced; one that `new` stands for isn't, nor one beside it
    that isn't ours. Raises `OSError`, and `ExportFault` where something would be lost.
    """
    if target.suffix != suffixes[0]:
        raise ExportFault(f"{target} must end in {suffixes[0]}", "or ask for another format")
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {target.parent}", str(target))
    if not target.exists() and not os.access(target.parent, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
    every = targets(target, suffixes)
    for path in every:
        if any(same_file(path, source) for source in sources):
            help = "name another file"
            raise ExportFault(f"{path} is what this is made from, so it isn't written over", help)
    if new and target.exists():
        raise ExportFault(f"{target} is there already", f"-o {target} replaces it")
    _refuse_beside(target, every[1:])


def _refuse_beside(target: Path, others: Sequence[Path]) -> None:
    """OpenVINO's .bin has a name that nobody gave: it is replaced where the .xml knows it."""
    from compiler.exporting.openvino_form import is_ours

    for path in others:
        if not path.exists() and not path.is_symlink():
            continue
        known = path.is_file() and target.is_file()
        if not known or not is_ours(target.read_bytes(), path.read_bytes()):
            message = f"{path} is there already, and nothing tells that the compiler wrote it"
            raise ExportFault(message, "move it away, or name another file")


def put(target: Path, files: Files) -> None:
    """Write all files, the one that is named last; none where one can't be written."""
    if len(files) == 1:
        write(target, *files.values())
        return
    wanted = dict(zip(targets(target, [*files]), files.values(), strict=True))
    contents = [(Path(os.path.realpath(path)), data) for path, data in reversed(wanted.items())]
    with parts(contents) as made:
        for part in made:
            part.put()
