"""The list of what the compiler wrote into a folder.

A list that isn't as we wrote it (edited, merged, cut off) says nothing, so nothing is removed by
it. Its paths lead nowhere but into the folder itself.

A PNG is told by the digest that it carries, and not listed: no two versions of Graphviz draw the
same pixels, and few people commit them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from compiler.files import png

NAME = "manifest.sha256"
HEADER = """\
# What inception-compile wrote into this folder; `sha256sum -c` reads it. What is listed here and
# unchanged is replaced and removed by later runs, everything else is yours and stays. Commit it
# with the rest, and don't edit it: a list that was edited isn't trusted.
"""
_SEAL = re.compile(r"# sealed ([0-9a-f]{64})\n")
_LINE = re.compile(r"([0-9a-f]{64})  ((?:[A-Za-z0-9_-]+/)?[A-Za-z0-9_][A-Za-z0-9_.-]*)\n")

Entry = tuple[str, str]
"""A path in the folder, and the digest of what we wrote there."""


@dataclass(frozen=True)
class Known:
    """What a list says. While a run writes, a path has two entries: the old and the new."""

    entries: tuple[Entry, ...] = ()

    @cached_property
    def paths(self) -> frozenset[str]:
        """All paths that are listed."""
        return frozenset(path for path, _ in self.entries)

    def has(self, path: str) -> bool:
        """Whether a path is listed. Where a file system tells no case, `a.svg` may be `A.svg`."""
        return path.casefold() in self._digests

    def is_ours(self, path: str, data: bytes) -> bool:
        """Whether we wrote just this content there."""
        if path.endswith(".png"):
            return png.intact(data)
        return digest(data) in self._digests.get(path.casefold(), ())

    @cached_property
    def _digests(self) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = {}
        for path, hash in self.entries:
            found.setdefault(path.casefold(), set()).add(hash)
        return found


def digest(data: bytes) -> str:
    """SHA-256 of a text, whichever line ends version control gave it."""
    return _hex(data.replace(b"\r\n", b"\n"))


def written(entries: Iterable[Entry]) -> bytes:
    """The list as a file; `entries` are paths and digests."""
    body = "".join(f"{hash}  {path}\n" for path, hash in sorted(set(entries)))
    return f"{HEADER}# sealed {_hex(body.encode())}\n{body}".encode()


def same(data: bytes | None, entries: Iterable[Entry]) -> bool:
    """Whether a file is this list already, whichever line ends it has."""
    return data is not None and data.replace(b"\r\n", b"\n") == written(entries)


def read(data: bytes | None) -> Known:
    """What a list says: nothing where there is none, or one that isn't as it was written."""
    text = (data or b"").replace(b"\r\n", b"\n").decode(errors="replace")
    seal = _SEAL.match(text, len(HEADER))
    if not text.startswith(HEADER) or seal is None or seal[1] != _hex(text[seal.end() :].encode()):
        return Known()
    lines = [_LINE.fullmatch(line) for line in text[seal.end() :].splitlines(keepends=True)]
    return Known(tuple((line[2], line[1]) for line in lines if line)) if all(lines) else Known()


def replaceable(data: bytes) -> bool:
    """Whether a file under the list's name is a list, in whatever state."""
    return not data.strip() or data.replace(b"\r\n", b"\n").startswith(HEADER[:40].encode())


def _hex(data: bytes) -> str:
    return sha256(data).hexdigest()
