"""Classes of plugins in emitted source: a copy of each with what it needs, or an import.

The file is read, and never run. What a class needs are the functions, classes and constants of the
file that it names, those that these name, and imports of Python's library and torch.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from compiler.ir.network import Network
from compiler.ir.nodes import leaves
from compiler.ir.plugged import kind_of
from compiler.plugins.kinds import LayerKind
from compiler.plugins.places import text_of
from compiler.source.auditing import targets
from compiler.source.helpers import helper_names
from compiler.source.imported import HERE, REACH, Import
from compiler.source.unitnames import unit_names
from dsl.models.plugins import fault


@dataclass
class Copies:
    """What emitted source has of plugins: definitions by name, each once, and imports."""

    pieces: dict[str, str] = field(default_factory=dict)
    imports: dict[str, Import] = field(default_factory=dict)
    postponed: bool = False
    """Whether some file wants its annotations unread."""

    def add(self, other: Copies, whose: str) -> None:
        """Take in what another class needs. Raises `PluginError` where names mean two things."""
        for name, text in other.pieces.items():
            if self.pieces.setdefault(name, text) != text or name in self.imports:
                raise fault(f"{whose} and another plugin each have a {name} of their own")
        for name, found in other.imports.items():
            if self.imports.setdefault(name, found) != found or name in self.pieces:
                raise fault(f"{whose} and another plugin each have a {name} of their own")
        self.postponed |= other.postponed

    @property
    def names(self) -> frozenset[str]:
        """All names that nothing else in the file may have."""
        return frozenset((*self.pieces, *self.imports))


def copies(network: Network) -> Copies:
    """What the layers of a network need. Raises `PluginError`."""
    found = Copies()
    wanted: dict[tuple[LayerKind, str], None] = {}
    for _, leaf in leaves(network.nodes):
        if kind := kind_of(leaf.op):
            name = leaf.call.name
            if not name.startswith("nn."):
                wanted[kind, name] = None
    for kind, name in wanted:
        found.add(_copy(kind, name), kind.whose)
    return found


def _copy(kind: LayerKind, name: str) -> Copies:
    if not kind.copied:
        return Copies(imports={name: Import(name, kind.module, name)})
    source = text_of(kind)
    try:
        found = _copied(source.text, name)
        _check_names(found)
    except SyntaxError as error:
        raise fault(f"{kind.whose}: {source.file}:{error.lineno}: {error.msg}") from None
    except Uncopied as error:
        advice = "; `copied=False` imports it instead" if "\n" not in kind.module else ""
        message = f"{kind.whose}: emitted source can't hold a copy of {name}: {error}"
        raise fault(message, f"what a class needs stands in its file{advice}") from None
    return found


class Uncopied(Exception):
    """Why a class can't be copied."""


@cache
def _copied(text: str, name: str) -> Copies:
    """A class of a text and all that it needs, in the order of the text."""
    tree = ast.parse(text)
    given = _given(tree)
    lines = text.splitlines()
    if not isinstance(given.get(name), ast.ClassDef):
        raise Uncopied("there is no such class")
    found, waiting = Copies(), [name]
    statements: dict[int, tuple[str, str]] = {}
    while waiting:
        word = waiting.pop()
        node = given[word]
        if isinstance(node, Import):
            _check_import(node)
            found.imports[word] = node
        elif isinstance(node, ast.stmt) and node.lineno not in statements:
            statements[node.lineno] = word, _text(node, lines)
            waiting += sorted(_words(node) & given.keys())
        elif node is None:
            raise Uncopied(f"{word} is defined under a condition")
    found.pieces.update(statements[line] for line in sorted(statements))
    found.postponed = "annotations" in _future(tree)
    return found


def _given(tree: ast.Module) -> dict[str, ast.stmt | Import | None]:
    """What each name of a file stands for; None where a condition decides."""
    found: dict[str, ast.stmt | Import | None] = {}
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {each.bound: each for each in _imports(node)}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            found |= dict.fromkeys(targets(node), node)
        else:
            found |= dict.fromkeys(_bound(node))
    return found


def _imports(node: ast.Import | ast.ImportFrom) -> Iterator[Import]:
    for alias in node.names:
        if isinstance(node, ast.Import):
            yield Import(alias.asname or alias.name.partition(".")[0], alias.name)
        elif node.module != "__future__":
            module = "." * node.level + (node.module or "")
            yield Import(alias.asname or alias.name, module, alias.name)


def _future(tree: ast.Module) -> set[str]:
    future = (n for n in tree.body if isinstance(n, ast.ImportFrom) and n.module == "__future__")
    return {alias.name for node in future for alias in node.names}


def _bound(node: ast.stmt) -> Iterator[str]:
    """The names that a statement gives, whatever it is."""
    for each in ast.walk(node):
        if isinstance(each, ast.Import | ast.ImportFrom):
            yield from (found.bound for found in _imports(each))
        elif isinstance(each, ast.FunctionDef | ast.ClassDef):
            yield each.name
        elif isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            yield each.id


def _words(node: ast.stmt) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _text(node: ast.stmt, lines: list[str]) -> str:
    marks = node.decorator_list if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
    first = min([node.lineno, *(mark.lineno for mark in marks)])
    return "\n".join(lines[first - 1 : node.end_lineno])


def _check_import(found: Import) -> None:
    if found.module.startswith("."):
        raise Uncopied(f"it needs {found.name} of another file, {found.module}")
    if found.module.partition(".")[0] not in REACH:
        raise Uncopied(f"it needs {found.module}, which is neither Python's own nor torch")
    here = HERE.get(found.bound, found).meaning
    if here != found.meaning:
        raise Uncopied(f"it calls {found.meaning} {found.bound}, as emitted source does {here}")


def _check_names(found: Copies) -> None:
    """Names that emitted source may have for other things."""
    ours = {*helper_names(), *unit_names(), *dir(builtins)}
    for name in found.names:
        if name in ours or (name in HERE and name in found.pieces):
            raise Uncopied(f"emitted source has a {name} of its own")
