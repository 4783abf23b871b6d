"""Plugins for tests: the worked example as an installed package, and broken ones."""

from __future__ import annotations

import shutil
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from compiler import plugins

EXAMPLE = Path(__file__).parent / "plugins" / "coord_attention"


def install(package: Path, site: Path) -> Path:
    """Lay a package down in a folder as pip does: its files, and what its project says of it."""
    project = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name = project["name"].replace("-", "_")
    shutil.copytree(package / name, site / name, ignore=shutil.ignore_patterns("__pycache__"))
    groups = project["entry-points"]
    return described(site, project["name"], project["version"], groups)


def described(site: Path, name: str, version: str, groups: dict[str, dict[str, str]]) -> Path:
    """The metadata of an installed package; gives the folder that it lies in."""
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    lines = [
        line
        for group, entries in groups.items()
        for line in (f"[{group}]", *(f"{key} = {value}" for key, value in entries.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return site


@contextmanager
def no_plugins(*sites: Path) -> Iterator[None]:
    """A world in which nothing is given yet, with these folders on the path."""
    known, path = set(sys.modules), list(sys.path)
    plugins.forget()
    sys.path[:0] = map(str, sites)
    try:
        yield
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - known:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if file.startswith(tuple(map(str, sites))) and sites:
                del sys.modules[name]
        plugins.forget()
