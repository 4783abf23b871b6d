"""What a file is by its first bytes, for those whose suffix says otherwise."""

from __future__ import annotations

from pathlib import Path

from compiler.weights.extras import unreadable

HDF5 = b"\x89HDF\r\n\x1a\n"
ZIP = b"PK"
_KINDS = {
    HDF5: "an HDF5 file",
    b"version https://git-lfs": "a pointer of Git LFS, whose file was not fetched",
    b"\x1f\x8b": "compressed with gzip",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"<!": "a web page",
    b"<html": "a web page",
    b"\x80": "a pickle",
    b"PK": "a zip archive, as torch.save writes",
}
_LOOKED_AT = 512


def held(path: Path, *own: bytes) -> None:
    """Refuse a file that is empty, or plainly of a kind that begins otherwise than its `own`."""
    start = first(path)
    if not start:
        raise unreadable(path, "it is empty")
    if start.startswith(own):
        return
    kind = next((kind for sign, kind in _KINDS.items() if start.startswith(sign)), "")
    if kind or (kind := _plain(start)):
        raise unreadable(path, f"it is {kind}, and no {path.suffix} file")


def first(path: Path) -> bytes:
    """The first bytes of a file. Raises `SpecError` where it can't be opened."""
    try:
        with path.open("rb") as file:
            return file.read(_LOOKED_AT)
    except OSError as error:
        raise unreadable(path, error.strerror or "it can't be opened") from None


def is_safetensors(path: Path) -> bool:
    """Whether a file begins as those of safetensors do: the length of its JSON, and that."""
    return _begins_safetensors(first(path))


def _begins_safetensors(start: bytes) -> bool:
    return start[8:9] == b"{" and int.from_bytes(start[:8], "little") < 10**9


def _plain(start: bytes) -> str:
    """Says that something is a file of safetensors, or text; empty for neither."""
    if _begins_safetensors(start):
        return "a file of safetensors"
    text = start.decode("utf-8", "ignore")  # A letter may be cut in two at the end.
    whole = len(text.encode()) > len(start) - 4
    return "text" if whole and all(c.isprintable() or c in "\r\n\t\f" for c in text) else ""
