"""Which op is a plugin's; asked at every layer, so it costs nothing where there are no plugins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from compiler.ir.nodes import Node, leaves
from compiler.ir.op import Op
from dsl.models.layers import FOREIGN

if TYPE_CHECKING:
    from compiler.plugins.kinds import LayerKind


def kind_of(op: Op) -> LayerKind | None:
    """The plugin's kind that an op belongs to; None for the language's own."""
    if not FOREIGN or type(op).__module__.startswith("compiler.ops."):
        return None
    kinds = every_kind()
    return next((kind for kind in kinds if isinstance(op, kind.op)), None)


def every_kind() -> list[LayerKind]:
    """Every plugin's kind that is in use."""
    if not FOREIGN:
        return []
    from dsl.models.plugins import GIVEN

    return cast("list[LayerKind]", [given.kind for given in GIVEN.values()])


def plugged(nodes: Iterable[Node]) -> list[LayerKind]:
    """The plugins' kinds that a network has layers of, in their order."""
    if not FOREIGN:
        return []
    found = (kind_of(leaf.op) for _, leaf in leaves(tuple(nodes)))
    return list(dict.fromkeys(kind for kind in found if kind is not None))
