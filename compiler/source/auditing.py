"""A last look at emitted text: it parses, and does nothing but define layers.

Whatever a spec says must never become code of another kind. Identifiers come through the
language's grammar and text through `plain`; this holds the result against an allow-list. And
names from a spec must never hide another: each is given once, and none is one of Python's.
"""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from compiler.source.parsing import stretches, tree_of
from dsl.models.reserved import ATTRIBUTES
from dsl.text.memory import by_value

NODES = (
    ast.Module, ast.Expr, ast.Constant, ast.Import, ast.ImportFrom, ast.alias, ast.Assign,
    ast.AnnAssign, ast.AugAssign, ast.Name, ast.Load, ast.Store, ast.List, ast.Tuple,
    ast.ClassDef, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Attribute, ast.Call,
    ast.keyword, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod,
    ast.BitOr, ast.UnaryOp, ast.USub, ast.Compare, ast.Gt, ast.GtE, ast.Is, ast.IsNot, ast.BoolOp,
    ast.And, ast.Or, ast.IfExp, ast.If, ast.For, ast.Starred, ast.GeneratorExp, ast.ListComp,
    ast.comprehension, ast.Subscript, ast.Slice,
)  # fmt: skip  # one node a line would be a page
"""Kinds of syntax that a network needs."""
MODULES = {
    "__future__", "torch", "torch.nn.functional", "torch.utils._pytree", "collections", "typing"
}  # fmt: skip
CALLABLE = {"super", "isinstance", "hasattr", "range", "float", "enumerate"}
"""Built-in functions that a network may call, beside what the text itself defines."""


class Seen(NamedTuple):
    """What a stretch of text gives names to and calls."""

    bound: tuple[str, ...]
    defined: frozenset[str]
    called: frozenset[str]


def audit(text: str, foreign: Collection[str] = ()) -> None:
    """Raise `AssertionError` for text that is not plainly a network: a bug, never a user's slip.

    What the `foreign` names stand for is copied from plugins, whose code may be of any kind.
    """
    found = [_seen(each, frozenset(foreign)) for each in stretches(text)]
    known = CALLABLE.union(*(each.defined for each in found))
    called = frozenset[str]().union(*(each.called for each in found))
    assert called <= known, f"a call of {', '.join(sorted(called - known))} in emitted source"
    _once("the module", [*dir(builtins), *(name for each in found for name in each.bound)])


@by_value(512)
def _seen(text: str, foreign: frozenset[str]) -> Seen:
    """What a stretch does, which was looked at before where the same stood in another text."""
    tree = tree_of(text)
    called = set()
    for node in _every(tree, foreign):
        assert isinstance(node, NODES), f"{type(node).__name__} in emitted source"
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= MODULES, ast.dump(node)
        if isinstance(node, ast.ImportFrom):
            assert node.module in MODULES, ast.dump(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called.add(node.func.id)
        if isinstance(node, ast.Attribute):
            dunder = node.attr.startswith("__") and node.attr != "__init__"
            assert not dunder, f"{node.attr} in emitted source"
    for made in tree.body:
        if isinstance(made, ast.ClassDef) and made.name not in foreign:
            _audit_class(made)
    return Seen(tuple(_bound(tree.body)), frozenset(_defined(tree)), frozenset(called))


def _every(tree: ast.Module, foreign: frozenset[str]) -> Iterator[ast.AST]:
    """Each piece of syntax, but for what plugins brought."""
    for node in tree.body:
        assigned = targets(node) if isinstance(node, ast.Assign | ast.AnnAssign) else ()
        given = {name.partition(".")[0] for name in (*_bound([node]), *assigned)}
        if not given or not given <= foreign:
            yield from ast.walk(node)


def targets(node: ast.Assign | ast.AnnAssign) -> Iterator[str]:
    """The names that an assignment gives."""
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        yield from (name.id for name in ast.walk(target) if isinstance(name, ast.Name))


def _once(where: str, names: Iterable[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    assert not twice, f"{where} has two of {', '.join(twice)}"


def _bound(body: list[ast.stmt]) -> Iterator[str]:
    """The names that statements give to classes, functions and imports."""
    for node in body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names = (alias.asname or alias.name for alias in node.names)
            yield from (name for name in names if name != "torch.nn.functional")


def _audit_class(made: ast.ClassDef) -> None:
    """Methods, what the constructor puts into `self`, and what torch's modules have: all apart."""
    methods = list(_bound(made.body))
    start = [node for node in made.body if isinstance(node, ast.FunctionDef)][:1]
    given = [name for node in start if node.name == "__init__" for name in _given(node)]
    _once(made.name, [*methods, *given])
    hidden = ATTRIBUTES.intersection(given)
    assert not hidden, f"{made.name} hides torch's own {', '.join(sorted(hidden))}"
    for node in made.body:
        if isinstance(node, ast.FunctionDef):
            arguments = node.args
            every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
            _once(f"{made.name}.{node.name}", (arg.arg for arg in every))


def _given(constructor: ast.FunctionDef) -> Iterator[str]:
    for node in constructor.body:
        if isinstance(node, ast.Assign):
            targets = (target for target in node.targets if isinstance(target, ast.Attribute))
            yield from (target.attr for target in targets)


def _defined(tree: ast.Module) -> Iterator[str]:
    """Names of classes, functions and imports, and of the arguments that a class calls."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            yield node.name
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, (ast.For, ast.comprehension)):
            yield from (name.id for name in ast.walk(node.target) if isinstance(name, ast.Name))
        elif isinstance(node, ast.Assign):
            targets = (name for target in node.targets for name in ast.walk(target))
            yield from (name.id for name in targets if isinstance(name, ast.Name))
