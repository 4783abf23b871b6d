"""What Graphviz's PNG lacks: which DOT it shows, and a digest by which it is known to be ours.

Both stand in a text chunk of the picture, so they need no list that is kept beside it.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib

_START = 8 + 8 + 13 + 4
"""Where the second chunk begins: behind the signature and IHDR, which has 13 bytes."""
_WORD = b"inception-compile"
_TEXT = re.compile(_WORD + rb"\0dot-sha256 ([0-9a-f]{64}) png-sha256 [0-9a-f]{64}")
_SIZE = 8 + len(_WORD) + len(b"\0dot-sha256 ") + 64 + len(b" png-sha256 ") + 64 + 4


def finish(png: bytes, dot: str) -> bytes:
    """The PNG with the digests of its DOT and of itself."""
    return _with(png, _hex(dot.encode()))


def _with(png: bytes, dot: str) -> bytes:
    words = _WORD + f"\0dot-sha256 {dot} png-sha256 {_hex(png)}".encode()
    body = b"tEXt" + words
    chunk = struct.pack(">I", len(words)) + body + struct.pack(">I", zlib.crc32(body))
    return png[:_START] + chunk + png[_START:]


def bare(png: bytes) -> bytes:
    """The picture as Graphviz made it; any other PNG as it is."""
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
