"""The licences of all that the page takes along, as one text, from the very files shipped.

What brings no licence is an error, so that nothing new is shipped without one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from zipfile import ZipFile

from compiler.version import __version__

OWN = Path(__file__).parent.parent / "LICENSE"
BEGINNINGS = ("licen", "copying", "notice")
"""How files are called, in small letters, that say under which terms something is."""
RULE = "=" * 100
ELSEWHERE = {
    "pyodide": """\
Pyodide is under the Mozilla Public License 2.0, https://mozilla.org/MPL/2.0/; its source is at
https://github.com/pyodide/pyodide. In it is CPython, Copyright (c) 2001 Python Software Foundation,
All Rights Reserved, under the same licence as typing_extensions, which is here as well, and what
Emscripten brings, under https://github.com/emscripten-core/emscripten/blob/main/LICENSE."""
}
"""What is said of packages that have no file for it."""


class Licensed(NamedTuple):
    """Something that is shipped, and its terms."""

    name: str
    version: str
    terms: str


def written(packages: Iterable[Licensed]) -> str:
    """The text, this project's own licence first."""
    own = Licensed("inception-compile", __version__, OWN.read_text(encoding="utf-8"))
    return "\n".join(map(_titled, [own, *sorted(packages)]))


def _titled(each: Licensed) -> str:
    return f"{RULE}\n{each.name} {each.version}\n{RULE}\n\n{each.terms.strip()}\n"


def bundled(meta: Mapping[str, Any]) -> set[str]:
    """The packages of npm that went into a bundle, by what esbuild says of it."""
    found = set()
    for path in meta["inputs"]:
        _, within, inside = path.rpartition("node_modules/")
        if within:
            parts = inside.split("/")
            found.add("/".join(parts[: 1 + parts[0].startswith("@")]))
    return found


def of_packages(modules: Path, names: Iterable[str]) -> Iterator[Licensed]:
    """The licences of packages of npm. Raises `LookupError` for one without."""
    for name in names:
        version = json.loads((modules / name / "package.json").read_text(encoding="utf-8"))[
            "version"
        ]
        files = [path for path in sorted((modules / name).iterdir()) if _tells(path.name)]
        texts = [path.read_text(encoding="utf-8") for path in files]
        yield Licensed(name, version, _terms(name, texts))


def of_wheels(wheels: Iterable[Path]) -> Iterator[Licensed]:
    """The licences of wheels. Raises `LookupError` for one without."""
    for wheel in wheels:
        name, version, *_ = wheel.name.split("-")
        with ZipFile(wheel) as archive:
            texts = [archive.read(each).decode() for each in archive.namelist()
                     if ".dist-info/" in each and _tells(PurePosixPath(each).name)
                     and not each.endswith("/")]  # fmt: skip
        yield Licensed(name, version, _terms(name, texts))


def _tells(name: str) -> bool:
    return name.lower().startswith(BEGINNINGS)


def _terms(name: str, texts: list[str]) -> str:
    found = [*texts, *([ELSEWHERE[name]] if name in ELSEWHERE else [])]
    if not found:
        raise LookupError(f"{name} brings no licence, so it can't be shipped")
    return "\n\n".join(map(str.strip, found))
