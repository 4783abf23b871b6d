"""Whether images in files can be read: found out before the first of them is needed, of all.

An image is opened and its end is looked at, which takes a quarter of decoding a thumbnail and a
hundredth of a photograph. So what is no image, was cut off or is empty is found; bytes that were
changed in the middle of a file are when its turn comes.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from compiler.exporting.folders import DEEP
from compiler.training.sets.faults import DataFault
from compiler.training.sets.opening import pixels
from dsl.text.counts import count

ENDS = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82"}
"""What files of a format end in."""
TOGETHER, THREADS = 256, 8
"""Images that a thread looks at in a row, and how many threads there are: disks take their time."""
MOST = 10
"""So many are named."""


def check_readable(paths: Sequence[str], mode: str) -> None:
    """Raise `DataFault` that names the images which can't be read as what Pillow calls `mode`."""
    found = [fault for path in _doubtful(paths) if (fault := _fault(path, mode))]
    if len(found) == 1:
        raise found[0]
    if found:
        more = [f"and {len(found) - MOST:,} more"] if len(found) > MOST else []
        lines = [f"{len(found):,} of {count(len(paths), 'image')} can't be used"]
        lines += [f"  {line}" for line in (*map(str, found[:MOST]), *more)]
        raise DataFault(
            "\n".join(lines), "remove them, or put others in their places: whole, of 8 bits"
        )


def _fault(path: str, mode: str) -> DataFault | None:
    try:
        pixels(Path(path), mode)
    except DataFault as fault:
        return fault
    return None


def _doubtful(paths: Sequence[str]) -> Iterator[str]:
    """The images that have to be read before anything can be said of them, in order."""
    parts = [paths[start : start + TOGETHER] for start in range(0, len(paths), TOGETHER)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # As where they are read.
        with ThreadPoolExecutor(THREADS) as threads:
            found = [*threads.map(_of, parts)]
    for part in found:
        yield from part


def _of(paths: Sequence[str]) -> list[str]:
    return [path for path in paths if not _is_whole(path)]


def _is_whole(path: str) -> bool:
    """Whether a file begins and ends as an image does."""
    import PIL.Image

    try:
        with open(path, "rb") as file, PIL.Image.open(file) as image:  # noqa: PTH123  # many
            end = ENDS.get(image.format or "")
            if end is None or image.mode.startswith(DEEP):
                return False
            file.seek(-len(end), os.SEEK_END)
            return file.read() == end
    except Exception:  # noqa: BLE001  # Each reader has its own; reading the image whole tells.
        return False
