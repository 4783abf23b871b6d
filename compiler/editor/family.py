"""The files that a spec is made from, and those that are made from it, as far as a search goes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from compiler.editor.finding import base_of
from dsl.text.source import MAX_BYTES

MOST_FILES = 2_000
"""YAML files of a workspace that are looked at."""
MOST_LINKS = 16
SUFFIXES = (".yaml", ".yml")
PASSED_OVER = {"node_modules", "site-packages", "__pycache__"}
EXTENDS = re.compile(r"""(?m)^extends:[ ]*["']?([^\s"'#]+)""")

Reads = Callable[[str], str]
"""The text of a file, as an editor has it or as it lies on the disk; empty for what has none."""


def family(file: str, folders: Iterable[str], text_of: Reads) -> list[str]:
    """A file, all that it is made from, and all in some folders that is made from any of that."""
    chain = [file, *bases(file, text_of)]
    known = dict.fromkeys(chain)
    known.update(
        dict.fromkeys(heir for heir in _specs(folders) if _made_from(heir, chain, text_of))
    )
    return [*known]


def bases(file: str, text_of: Reads) -> Iterator[str]:
    """The files that a file is made from, the nearest first."""
    seen = {file}
    for _ in range(MOST_LINKS):
        found = EXTENDS.search(text_of(file))
        file = base_of(file, found[1]) if found else ""
        if not file or file in seen:
            return
        seen.add(file)
        yield file


def _made_from(file: str, chain: list[str], text_of: Reads) -> bool:
    return file not in chain and any(base in chain for base in bases(file, text_of))


def _specs(folders: Iterable[str]) -> Iterator[str]:
    """The YAML files of some folders."""
    found = 0
    for folder in folders:
        for here, inner, files in os.walk(folder):
            inner[:] = sorted(n for n in inner if not n.startswith(".") and n not in PASSED_OVER)
            for name in sorted(files):
                if name.endswith(SUFFIXES):
                    found += 1
                    if found > MOST_FILES:
                        return
                    yield str(Path(here, name))


def text_on_disk(file: str) -> str:
    """The text of a file that a spec might be; empty for any other."""
    try:
        path = Path(file)
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            return ""
        with path.open(encoding="utf-8", newline="") as stream:
            return stream.read(MAX_BYTES)
    except (OSError, ValueError):
        return ""
