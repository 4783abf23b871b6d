"""What the compiler needs of the package index, as a folder that Python in a browser imports from.

pydantic's core has a wheel that was compiled for the browser. PyYAML and MarkupSafe have none, and
need none: each has its C part beside Python that does the same, so of their wheels the Python is
taken and whatever was compiled for another machine is left out.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

PINS = Path(__file__).parent / "requirements.txt"
PYTHON = "3.14"
"""The Python that pyodide is."""
BROWSER = "pyemscripten_2026_0_wasm32"
"""What wheels are called that were compiled for it."""
OTHERS = ("manylinux2014_x86_64", "manylinux_2_28_x86_64")
"""Wheels of another machine, whichever this is: what was compiled in them isn't used."""
COMPILED = (".so", ".pyd", ".pyx", ".pxd", ".c", ".h")


def download(folder: Path) -> list[Path]:
    """Fetch the wheels that are pinned, each of which must be the very file that was pinned."""
    platforms = [f"--platform={name}" for name in (BROWSER, *OTHERS)]
    chosen = ["--only-binary=:all:", f"--python-version={PYTHON}", "--implementation=cp"]
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download"]
    asked = ["--no-deps", "--require-hashes", f"--dest={folder}", f"--requirement={PINS}"]
    subprocess.run([*command, *chosen, *platforms, *asked], check=True)
    return sorted(folder.glob("*.whl"))


def unpack(wheel: Path, folder: Path) -> None:
    """Put into a folder what of a wheel runs in a browser, its licence too."""
    with ZipFile(wheel) as archive:
        for name in _wanted(archive, native=BROWSER in wheel.name):
            archive.extract(name, folder)


def _wanted(archive: ZipFile, *, native: bool) -> Iterator[str]:
    for name in archive.namelist():
        ending = PurePosixPath(name).suffix
        if ending not in COMPILED or (native and ending == ".so"):
            yield name
