"""What Graphviz's PNG lacks: its size on paper, which DOT it shows, and that it is ours.

The last two are digests in a text chunk of the picture, so they need no list that is kept beside
it. The size is a `pHYs` chunk: by it a page takes the picture as large as the vector forms are.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Iterator

_START = 8 + 8 + 13 + 4
"""Where the second chunk begins: behind the signature and IHDR, which has 13 bytes."""
_WORD = b"inception-compile"
_TEXT = re.compile(_WORD + rb"\0dot-sha256 ([0-9a-f]{64}) png-sha256 [0-9a-f]{64}")
_SIZE = 8 + len(_WORD) + len(b"\0dot-sha256 ") + 64 + len(b" png-sha256 ") + 64 + 4


_METRE = 1 / 0.0254
"""Inches in it: `pHYs` counts pixels a metre."""


def finish(png: bytes, dot: str, dpi: float) -> bytes:
    """The PNG with its resolution, and the digests of its DOT and of itself."""
    return _with(_sized(png, dpi), _hex(dot.encode()))


def _sized(png: bytes, dpi: float) -> bytes:
    """The PNG with just this resolution, whichever it had."""
    density = round(dpi * _METRE)
    rest = b"".join(each for name, each in _chunks(png) if name != b"pHYs")
    return png[:_START] + _chunk(b"pHYs", struct.pack(">IIB", density, density, 1)) + rest


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """What stands behind IHDR: each chunk's name, and all of it."""
    at = _START
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        yield png[at + 4 : at + 8], png[at : at + length + 12]
        at += length + 12


def _chunk(name: bytes, data: bytes) -> bytes:
    crc = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + crc


def _with(png: bytes, dot: str) -> bytes:
    words = _WORD + f"\0dot-sha256 {dot} png-sha256 {_hex(png)}".encode()
    return png[:_START] + _chunk(b"tEXt", words) + png[_START:]


def bare(png: bytes) -> bytes:
    """The picture as an older version left it, without a digest; any other PNG as it is."""
    return _without(png) if intact(png) else png


def intact(png: bytes) -> bool:
    """Whether it is one of ours, to the last byte as it was made."""
    found = _dot(png)
    return found is not None and png == _with(_without(png), found)


def shows(png: bytes, dot: str) -> bool:
    """Whether it was drawn from just this DOT."""
    return _dot(png) == _hex(dot.encode())


def _without(png: bytes) -> bytes:
    return png[:_START] + png[_START + _SIZE :]


def _dot(png: bytes) -> str | None:
    found = _TEXT.fullmatch(png[_START + 8 : _START + _SIZE - 4])
    return found[1].decode() if found else None


def _hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
