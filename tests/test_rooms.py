"""Who may import whom: every arrow between rooms runs down, and torch stays in its rooms."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = (
    "dsl/codes",
    "dsl/text",
    "dsl/models",
    "dsl/reading",
    "dsl/changing",
    "dsl/writing",
    "dsl/schema",
    "dsl",
    "compiler/ir",
    "compiler/ops",
    "compiler/plugins",
    "compiler/passes",
    "compiler/cost",
    "compiler/findings",
    "compiler/lints",
    "compiler/diff",
    "compiler/lowering",
    "compiler/checking",
    "compiler/nn",
    "compiler/source",
    "compiler/oracle",
    "compiler/files",
    "compiler/picture",
    "compiler/diagram",
    "compiler/report/charts",
    "compiler/report",
    "compiler/weights",
    "compiler/exporting",
    "compiler/running",
    "compiler/importing",
    "compiler/training/sets",
    "compiler/training",
    "compiler/sweep",
    "compiler/editor",
    "compiler/review",
    "compiler/live",
    "compiler/cli",
)
"""From the ground up: a room imports only what stands before it."""
APART = {
    "compiler/cost": {"compiler/oracle", "compiler/nn"},
    "compiler/picture": {"compiler/source", "compiler/nn", "compiler/cost"},
    "compiler/diagram": {"compiler/source", "compiler/nn", "compiler/cost"},
    "compiler/source": {"compiler/diagram", "compiler/nn", "compiler/cost"},
    "compiler/oracle": {"compiler/source", "compiler/diagram"},
    "compiler/nn": {"compiler/source", "compiler/diagram", "compiler/cost"},
}
"""Rooms that know nothing of each other, whatever their order: emitters, and opinions on cost."""
TORCH = {
    "compiler/nn",
    "compiler/oracle",
    "compiler/weights",
    "compiler/exporting",
    "compiler/running",
    "compiler/importing",
    "compiler/training/sets",
    "compiler/training",
}
"""Rooms in which some file imports torch as it is loaded."""
GROUND = {"compiler.version", "compiler.missing"}
"""Files of the package's own that any room may import: they import nothing."""
OPINIONS = ("reading", "meaning", "norming", "operators", "addressing", "arithmetic", "observe")
"""What the oracle thinks by itself, by how the files are called."""
LATER = {
    ("dsl.models.spec", "dsl.writing.dumping"): "a spec shows its YAML",
    ("compiler.ir.network", "compiler.diagram"): "a network shows its overview",
}
"""Imports that run up, made in a function when it is called, and why."""


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def files() -> dict[str, Path]:
    return {
        name_of(path): path for top in ("dsl", "compiler") for path in (ROOT / top).rglob("*.py")
    }


def room_of(module: str) -> str:
    path = files()[module]
    return str(path.parent.relative_to(ROOT))


def imported(tree: ast.AST, *, later: bool) -> Iterator[str]:
    """What a file imports as it is loaded; with `later`, in its functions instead."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if later:
                yield from _every(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            if not later:
                yield from _named(node)
        else:
            yield from imported(node, later=later)


def _every(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _named(node)


def _named(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    assert node.level == 0, f"{node.module} is imported by where it stands, not by its name"
    for alias in node.names:
        whole = f"{node.module}.{alias.name}"
        yield whole if whole in files() else str(node.module)


@cache
def arrows(*, later: bool) -> tuple[tuple[str, str], ...]:
    """Each import of one of our files by another."""
    found = set()
    for name, path in files().items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= {(name, other) for other in imported(tree, later=later)}
    return tuple(sorted(found))


def test_every_folder_is_a_room() -> None:
    folders = {room_of(name) for name in files()}
    assert folders - {"compiler"} == set(ROOMS)
    loose = {name for name in files() if room_of(name) == "compiler"}
    assert loose == {"compiler", "compiler.__main__", *GROUND}
    assert {name for name in files() if room_of(name) == "dsl"} == {"dsl"}


@pytest.mark.parametrize("later", [False, True])
def test_arrows_run_down(later: bool) -> None:
    """The package's own face and its command stand above all rooms."""
    wrong = [
        (one, other)
        for one, other in arrows(later=later)
        if other in files() and other not in GROUND and room_of(one) in ROOMS
        if room_of(other) not in ROOMS or ROOMS.index(room_of(other)) > ROOMS.index(room_of(one))
        if (one, other) not in LATER
    ]
    assert wrong == []


def test_rooms_that_know_nothing_of_each_other() -> None:
    wrong = [
        (one, other)
        for later in (False, True)
        for one, other in arrows(later=later)
        if other in files() and room_of(other) in APART.get(room_of(one), ())
    ]
    assert wrong == []


def test_opinions_share_no_code_with_what_they_judge() -> None:
    """They know each other and the models of the language: not even what it makes of names."""
    own = [
        name
        for name in files()
        if name.startswith(tuple(map("compiler.oracle.{}".format, OPINIONS)))
    ]
    assert len(own) > len(OPINIONS)
    known = {*own, "dsl.models.layers", "dsl.models.spec"}
    wrong = [
        (one, other)
        for later in (False, True)
        for one, other in arrows(later=later)
        if one in own and other in files() and other not in known
    ]
    assert wrong == []


def test_what_runs_up_is_listed_and_there() -> None:
    assert set(LATER) <= set(arrows(later=True))


def test_torch_stays_in_its_rooms() -> None:
    users = {room_of(one) for one, other in arrows(later=False) if other.split(".")[0] == "torch"}
    assert users == TORCH


def test_no_file_and_function_of_one_name() -> None:
    """`compiler.diff.diff` as a module and a function would be a trap for every rename."""
    both = []
    for name, path in files().items():
        if path.name != "__init__.py":
            continue
        inside = {other for other in files() if other.rpartition(".")[0] == name}
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom):
                both += [
                    f"{name}.{alias.name}"
                    for alias in node.names
                    if f"{name}.{alias.name}" in inside
                    and f"{node.module}.{alias.name}" not in inside
                ]
            elif isinstance(node, ast.FunctionDef) and f"{name}.{node.name}" in inside:
                both.append(f"{name}.{node.name}")
    assert both == []


def test_the_docs_name_every_room() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"(?m)^\| `([a-z/]+)/` \|", text)
    assert named == [room for room in ROOMS if room != "dsl"]


PAGES = [ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_the_docs_name_are_there(page: Path) -> None:
    tops = ("dsl", "compiler", "tests", "benchmarks", "playground", "website")
    there = [f"/{path.relative_to(ROOT)}" for top in tops for path in (ROOT / top).rglob("*.py")]
    named = re.findall(r"`([a-z_/]+\.py)`", page.read_text(encoding="utf-8"))
    assert [n for n in named if not any(path.endswith(f"/{n}") for path in there)] == []
