"""A sweep with the spec that it is of, ready to be counted or trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compiler.lowering.lower import LIMIT
from dsl.changing import inherit
from dsl.changing.sweeping import Point, changes, points_of, swept
from dsl.models.changes import Changes
from dsl.models.spec import Spec
from dsl.models.sweep import Sweep
from dsl.text.values import Value

__all__ = ["Plan", "Point", "planned"]


@dataclass(frozen=True)
class Plan:
    """A sweep with the spec that it is of, ready to be counted."""

    sweep: Sweep
    spec: Spec
    """Without what it promises of itself: a variant is another network."""
    origin: str
    """What a file that extends the spec calls it."""
    points: Sequence[Point]
    limit: int = LIMIT

    @property
    def addresses(self) -> tuple[str, ...]:
        """Each axis by its address, in order."""
        return tuple(self.sweep.axes)

    def variant(self, point: Point) -> Spec:
        """The spec of a point. Raises `SpecError`."""
        return self.spec_of(point.values)

    def spec_of(self, values: Sequence[Value]) -> Spec:
        """The spec with these values on the axes. Raises `SpecError`."""
        return inherit.changed(self.spec, self.changes(values))

    def changes(self, values: Sequence[Value]) -> Changes:
        """What is changed where these values stand on the axes. Raises `SpecError`."""
        return changes(self.sweep, values)


def planned(sweep: Sweep, *, limit: int = LIMIT) -> Plan:
    """The plan of a sweep.

    Raises `SpecError` for a spec that can't be read, an axis that leads nowhere, and more variants
    than there may be.
    """
    return Plan(sweep, swept(sweep), sweep.spec, points_of(sweep), limit)
