"""Makes the page: `python -m playground.building site/playground`, as `make site` does.

What the page takes lies in a folder that is called by its content, so that no browser mixes files
of two versions. Nothing is fetched but what package-lock.json and requirements.txt pin.
"""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jinja2
from markupsafe import Markup

import dsl
from compiler.lowering.prepare import prepare
from compiler.picture import Picture
from compiler.report.drawn import AMOUNTS
from compiler.version import __version__
from dsl.models import shelf
from playground.licences import bundled, of_packages, of_wheels, written
from playground.wheels import download, unpack

HERE = Path(__file__).parent
ROOT = HERE.parent
PAGE = HERE / "page"
MODULES = HERE / "node_modules"
ANSWERS = ("answering.py", "editing.py")
PYODIDE = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "pyodide-lock.json",
    "python_stdlib.zip",
)
LEFT_OUT = ("oracle", "weights", "exporting", "running", "importing", "training", "sweep")
"""Rooms of the compiler that need torch, which no browser has; of `nn` source copies the text."""
TERMS = "licences.txt"
BEGIN = "googlenet"
"""What is shown before anything was chosen."""
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
    "connect-src 'self'; style-src 'self' 'unsafe-inline'; img-src blob: data:; "
    "base-uri 'none'; form-action 'none'"
)
"""The page and its worker may ask nobody but where they came from.

Drawings and the editor bring style sheets of their own, so styles are let through; they can't load
anything. A worker that begins as a blob is held to this as well.
"""


def build(site: Path) -> None:
    """Write the page into a folder, which is made anew."""
    with TemporaryDirectory() as made:
        assets = Path(made) / "assets"
        assets.mkdir()
        wheels = Path(made) / "wheels"
        _python(download(wheels), assets / "python.bin")
        _shelf(assets)
        packages = {"pyodide", *_page(assets)}
        name = f"assets-{_digest(assets)}"
        shutil.rmtree(site, ignore_errors=True)
        site.mkdir(parents=True)
        shutil.copytree(assets, site / name)
        (site / "index.html").write_text(index(name), encoding="utf-8")
        terms = [*of_packages(MODULES, packages), *of_wheels(wheels.glob("*.whl"))]
        (site / TERMS).write_text(written(terms), encoding="utf-8")
        (site / "made-of.txt").write_text(sources(), encoding="utf-8")


def sources() -> str:
    """A digest of all that the page is made of, by which a test knows whether it is up to date."""
    found = sha256()
    for path in _read_files():
        found.update(str(path.relative_to(ROOT)).encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def _read_files() -> Iterator[Path]:
    for top in ("dsl", "compiler", "specs", "playground"):
        for path in sorted((ROOT / top).rglob("*")):
            odd = {"node_modules", "__pycache__"} & {*path.parts}
            if path.is_file() and not odd:
                yield path


def _digest(folder: Path) -> str:
    found = sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.update(str(path.relative_to(folder)).encode())
            found.update(path.read_bytes())
    return found.hexdigest()[:12]


def _python(wheels: Iterable[Path], packed: Path) -> None:
    """All that Python imports in the browser, compiled by the Python that is there."""
    with TemporaryDirectory() as here:
        tree = Path(here) / "tree"
        for wheel in wheels:
            unpack(wheel, tree)
        for package in ("dsl", "compiler"):
            shutil.copytree(ROOT / package, tree / package, ignore=_passed_over)
        shutil.copytree(shelf.folder(), tree / "dsl" / "specs")
        (tree / "playground").mkdir()
        for name in ANSWERS:
            shutil.copy(HERE / name, tree / "playground")
        subprocess.run(["node", "compile.mjs", tree], cwd=HERE, check=True)  # noqa: S607  # whichever node is there
        _pack(tree, packed)


def _passed_over(folder: str, names: list[str]) -> set[str]:
    """Caches, and what needs torch."""
    own = Path(folder) == ROOT / "compiler"
    return {name for name in names if name == "__pycache__" or (own and name in LEFT_OUT)}


def _pack(tree: Path, packed: Path) -> None:
    """A folder as one file: how long its list is, paths with their sizes, then all bytes; deflated.

    A browser inflates by itself, and writes files from that in a tenth of the time that Python
    takes for an archive of its own. The same files give the same bytes.
    """
    files = [path for path in sorted(tree.rglob("*")) if path.is_file()]
    contents = [path.read_bytes() for path in files]
    names = [path.relative_to(tree).as_posix() for path in files]
    listed = json.dumps([*zip(names, map(len, contents), strict=True)]).encode()
    deflating = zlib.compressobj(9, wbits=-15)
    whole = b"".join((struct.pack("<I", len(listed)), listed, *contents))
    packed.write_bytes(deflating.compress(whole) + deflating.flush())


def _shelf(assets: Path) -> None:
    """Every spec to start from, and its drawing, which is shown until Python is there."""
    (assets / "drawn").mkdir()
    found = []
    for name in shelf.names():
        found.append(_shelved(name))
        (assets / "drawn" / f"{name}.svg").write_text(_drawn(name), encoding="utf-8")
    (assets / "shelf.json").write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")


def _shelved(name: str) -> dict[str, Any]:
    spec = dsl.load(name)
    variants = [{"name": each, "title": what.title} for each, what in spec.variants.items()]
    return {"name": name, "title": spec.title, "text": _text(name), "variants": variants}


def _text(name: str) -> str:
    return shelf.find(name).read_text(encoding="utf-8")


def _drawn(name: str) -> str:
    from compiler.diagram import sheet_of

    return Picture(sheet_of(prepare(name).network, "overview")).svg


def _page(assets: Path) -> set[str]:
    """The page's own files, bundled, and Python for the browser; gives what of npm went in."""
    shutil.copytree(MODULES / "pyodide", assets / "pyodide", ignore=_not_python)
    shutil.copy(PAGE / "page.css", assets)
    with TemporaryDirectory() as told:
        meta = Path(told) / "meta.json"
        command: list[str | Path] = [
            MODULES / ".bin" / "esbuild",
            PAGE / "main.js",
            PAGE / "worker.js",
            f"--outdir={assets}",
            f"--metafile={meta}",
            "--bundle",
            "--minify",
            "--format=esm",
            "--target=es2022",
            "--log-level=warning",
        ]
        subprocess.run(command, cwd=HERE, check=True)
        return bundled(json.loads(meta.read_text(encoding="utf-8")))


def _not_python(folder: str, names: list[str]) -> set[str]:
    del folder
    return {name for name in names if name not in PYODIDE}


def index(assets: str) -> str:
    """The page itself, whose files lie in a folder of that name."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGE), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template("index.html.j2").render(
        amounts=AMOUNTS,
        assets=assets,
        begin=BEGIN,
        policy=POLICY,
        text=_text(BEGIN),
        terms=TERMS,
        picture=Markup(_drawn(BEGIN)),  # noqa: S704  # our own drawing of our own spec
        version=__version__,
    )


def is_built(site: Path) -> bool:
    """Whether a folder holds the page that these files make."""
    made = site / "made-of.txt"
    return made.is_file() and made.read_text(encoding="utf-8") == sources()


if __name__ == "__main__":
    if not is_built(Path(sys.argv[1])):
        build(Path(sys.argv[1]))
