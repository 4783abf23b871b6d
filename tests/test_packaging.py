"""The package as users and tools find it: what it ships, what it needs, and what it loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PACKAGES = ("compiler", "dsl")
FORMATS = (
    "editor", "int8", "onnx", "openvino", "parquet", "ray", "sweep", "train", "watch", "weights",
)  # fmt: skip
"""The extras that formats and commands need."""


def imports(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file in a folder with the name of each package that it imports, anywhere in it."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((path.name, alias.name.partition(".")[0]) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield path.name, str(node.module).partition(".")[0]


def requirements() -> list[Requirement]:
    return [Requirement(line) for line in metadata.requires("inception-compile") or ()]


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in found}


@pytest.mark.parametrize("package", PACKAGES)
def test_types_are_shipped(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


def test_the_language_knows_nothing_of_the_compiler_or_torch() -> None:
    assert [
        (file, name) for file, name in imports(ROOT / "dsl") if name in {"compiler", "torch"}
    ] == []


@pytest.mark.parametrize("module", ["dsl", "compiler", "compiler.cli"])
def test_importing_leaves_torch_alone(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_imported_is_declared(package: str) -> None:
    """By all, or by an extra without which the formats that need it are refused."""
    declared = {
        canonicalize_name(each.name)
        for each in requirements()
        if "extra" not in str(each.marker)
        or any(f'"{name}"' in str(each.marker) for name in FORMATS)
    }
    # pydantic asks for just one version of its core, and documents it for errors of one's own.
    providers = {**metadata.packages_distributions(), "pydantic_core": ["pydantic"]}
    known = {*sys.stdlib_module_names, *PACKAGES}
    for file, name in imports(ROOT / package):
        if name not in known:
            found = {canonicalize_name(each) for each in providers.get(name, ())}
            assert found & declared, f"{file} imports {name}, which is not declared"


def test_pins_are_within_the_declared_ranges() -> None:
    pinned = pins()
    for each in requirements():
        if each.name != "inception-compile":
            assert each.specifier.contains(pinned[canonicalize_name(each.name)]), str(each)


def test_the_command_is_installed() -> None:
    (command,) = metadata.entry_points(group="console_scripts", name="inception-compile")
    assert callable(command.load())
