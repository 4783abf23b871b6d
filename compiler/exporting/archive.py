"""Archives as torch writes them: zip, each file's content at a multiple of 64 bytes."""

from __future__ import annotations

import io
from zipfile import ZipFile, ZipInfo

ALIGNED = 64
"""What torch aligns contents to, so that weights can be used where they lie in a mapped file."""
HEADER = 30
"""Bytes of a zip entry's header before its name."""


def without(archive: bytes, ending: str) -> bytes:
    """The same archive without the files that end so; the others as they were, aligned again."""
    stream = io.BytesIO()
    with ZipFile(io.BytesIO(archive)) as source, ZipFile(stream, "w") as target:
        for each in source.infolist():
            if not each.filename.endswith(ending):
                entry = ZipInfo(each.filename)
                entry.compress_type = each.compress_type
                entry.extra = _padding(stream.tell() + HEADER + len(each.filename.encode()))
                target.writestr(entry, source.read(each))
    return stream.getvalue()


def _padding(at: int) -> bytes:
    """An extra field behind the name, after which the content is aligned; `FB` is torch's own."""
    size = -(at + 4) % ALIGNED
    return b"FB" + size.to_bytes(2, "little") + b"Z" * size
