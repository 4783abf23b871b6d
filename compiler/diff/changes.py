"""A difference of two networks, where it is, and the steps that it is in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from compiler.ir.nodes import Node


@dataclass(frozen=True)
class Place:
    """Where a difference is: the node's path in each network, and in the block that has it."""

    one: str = ""
    other: str = ""
    block: str = ""
    steps: tuple[str, str] = ("", "")
    """The paths of the steps that use the block."""

    def into(self, one: str, other: str) -> Place:
        """The place of a child."""
        return replace(self, one=_joined(self.one, one), other=_joined(self.other, other))

    def inside(self, block: str) -> Place:
        """The same place as the beginning of a block."""
        return replace(self, block=block, steps=(self.one, self.other))

    @property
    def inner(self) -> tuple[str, str]:
        """The paths inside the block."""
        return (
            self.one.removeprefix(self.steps[0]).lstrip("."),
            self.other.removeprefix(self.steps[1]).lstrip("."),
        )


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name


Kind = Literal["changed", "removed", "added", "rewritten"]


@dataclass(frozen=True)
class Change:
    """One difference. `old` and `new` are None where the node is only in the other network."""

    what: str
    """The fact that differs (`width`, `kernel`, `norm`…), or `step` for a whole node.

    `form` for steps that do the same and are only written differently.
    """
    place: Place = field(default_factory=Place)
    old: Any = None
    new: Any = None

    @property
    def kind(self) -> Kind:
        """What became of the node."""
        if self.what == "form":
            return "rewritten"
        if self.what == "step" and self.new is None:
            return "removed"
        return "added" if self.what == "step" and self.old is None else "changed"


@dataclass(frozen=True)
class Beside:
    """Steps that belong together, and what differs in them: nothing, where they are equal.

    It is one pair, but for steps that do the same as several others. Without a step on either
    side it is the network as a whole.
    """

    pairs: tuple[tuple[Node | None, Node | None], ...]
    changes: tuple[Change, ...]
