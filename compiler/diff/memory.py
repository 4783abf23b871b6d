"""What has been worked out of a node, remembered."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

from compiler.ir import Node

T = TypeVar("T")


class _Same:
    """A node by its identity: comparing whole trees for a cache would cost more than it saves."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        self.node = node

    def __hash__(self) -> int:
        return id(self.node)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.node is other.node


def remembered(function: Callable[[Node], T]) -> Callable[[Node], T]:
    """A function that works out what it says of a node only once."""

    @lru_cache(maxsize=8192)
    def found(key: _Same) -> T:
        return function(key.node)

    @wraps(function)
    def known(node: Node) -> T:
        return found(_Same(node))

    return known
