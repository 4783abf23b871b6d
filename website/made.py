"""What a site was made of, by which is known whether it has to be made again."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).parent
MADE = "made-of.txt"
MAKERS = ("docutils", "furo", "myst-parser", "pygments", "sphinx")


def digest(laid_out: Iterable[Path]) -> str:
    """What is laid out for a site, and what makes one of it: the same, and so is the site."""
    found = sha256(repr([(maker, _version(maker)) for maker in MAKERS]).encode())
    for folder in (*laid_out, HERE):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                found.update(f"{path.relative_to(folder).as_posix()}\0".encode())
                found.update(path.read_bytes())
    return found.hexdigest()


def _version(maker: str) -> str:
    try:
        return version(maker)
    except PackageNotFoundError:
        return ""


def is_made(site: Path, of: str) -> bool:
    """Whether a folder holds the whole site that is made of these."""
    made = site / MADE
    return made.is_file() and made.read_text(encoding="utf-8") == of
