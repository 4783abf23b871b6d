"""When two nodes are the same: by what they are called, and by all that they are."""

from __future__ import annotations

from functools import cache

from compiler.diff.facts import facts, is_layer
from compiler.ir.kept import remembered
from compiler.ir.nodes import Node, Parallel, Series, children, residual_of

facts_of = remembered(facts)


@cache
def said(name: str) -> str:
    """A name as a person says it: `Mixed_5b` and `mixed_5b` are one."""
    return name.replace("_", "").lower()


@remembered
def fingerprint(node: Node) -> str:
    """All the facts of a node and of what is in it, names apart."""
    if is_layer(node):
        return repr(sorted((key, repr(value)) for key, value in facts_of(node).items()))
    head = type(node).__name__
    residual = residual_of(node)
    scale = float(residual.scale) if residual else None
    if isinstance(node, Parallel):
        head = f"{node.join.word} {len(node.branches)} {scale} {tuple(map(int, node.shares))}"
    elif isinstance(node, Series) and residual:
        head = f"{head} {len(node.nodes)} {scale}"
    if residual and residual.shortcut:
        head = f"{head} shortcut"
    return f"{head}({', '.join(fingerprint(child) for child in children(node))})"
