"""A last look at emitted text: it parses, and does nothing but define layers.

Whatever a spec says must never become code of another kind. Identifiers come through the
language's grammar and text through `plain`; this holds the result against an allow-list.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

NODES = (
    ast.Module, ast.Expr, ast.Constant, ast.Import, ast.ImportFrom, ast.alias, ast.Assign,
    ast.AnnAssign, ast.AugAssign, ast.Name, ast.Load, ast.Store, ast.List, ast.Tuple,
    ast.ClassDef, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Attribute, ast.Call,
    ast.keyword, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod,
    ast.BitOr, ast.UnaryOp, ast.USub, ast.Compare, ast.GtE, ast.Is, ast.IsNot, ast.BoolOp,
    ast.And, ast.Or, ast.IfExp, ast.If, ast.For, ast.Starred, ast.GeneratorExp, ast.ListComp,
    ast.comprehension, ast.Subscript, ast.Slice,
)  # fmt: skip  # one node a line would be a page
"""Kinds of syntax that a network needs."""
MODULES = {"torch", "torch.nn.functional", "torch.utils._pytree", "collections", "typing"}
CALLABLE = {"super", "isinstance", "range", "float", "enumerate"}
"""Built-in functions that a network may call, beside what the text itself defines."""


def audit(text: str) -> None:
    """Raise `AssertionError` for text that is not plainly a network: a bug, never a user's slip."""
    tree = ast.parse(text)
    known = CALLABLE | set(_defined(tree))
    for node in ast.walk(tree):
        assert isinstance(node, NODES), f"{type(node).__name__} in emitted source"
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= MODULES, ast.dump(node)
        if isinstance(node, ast.ImportFrom):
            assert node.module in MODULES, ast.dump(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id in known, f"a call of {node.func.id} in emitted source"
        if isinstance(node, ast.Attribute):
            dunder = node.attr.startswith("__") and node.attr != "__init__"
            assert not dunder, f"{node.attr} in emitted source"


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
