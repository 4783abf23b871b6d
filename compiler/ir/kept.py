"""What has been worked out of a node, kept with the node: it goes when the node goes.

Notes hold only what follows from what a node is and has inside, its own name apart: a node
under another name shares them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from compiler.ir.nodes import Node

P = ParamSpec("P")
T = TypeVar("T")
MOST = 64
"""How many notes one node keeps; a sweep over batches would make ever more."""


def remembered(function: Callable[Concatenate[Node, P], T]) -> Callable[Concatenate[Node, P], T]:
    """A function of a node (and of plain values) that works out its answer once a node."""

    @wraps(function)
    def known(node: Node, /, *args: P.args, **kwargs: P.kwargs) -> T:
        notes = node.notes
        key = (function, *args, *kwargs.items())
        try:
            found: T = notes[key]
        except KeyError:
            found = function(node, *args, **kwargs)
            if len(notes) >= MOST:
                notes.clear()
            notes[key] = found
        return found

    return known
