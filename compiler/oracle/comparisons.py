"""What comparing two opinions found: every comparison, and where the two part first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from compiler.ir.network import Network

Facts = Mapping[str, Any]
"""One fact by the path of its layer or tensor."""
MISSING = "nothing"


@dataclass(frozen=True)
class Difference:
    """Where the two opinions part first."""

    where: str
    counted: object
    measured: object
    sides: tuple[str, str] = ("counted", "measured")
    """What the two are called."""

    def __str__(self) -> str:
        values = _shown(self.counted), _shown(self.measured)
        said = (f"{side} {value}" for side, value in zip(self.sides, values, strict=True))
        return f"{self.where}: {', '.join(said)}"


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def first_difference(counted: Facts, measured: Facts) -> Difference | None:
    """The first key where the two differ."""
    for key in dict.fromkeys((*counted, *measured)):
        ours, theirs = counted.get(key, MISSING), measured.get(key, MISSING)
        if ours != theirs:
            return Difference(key, ours, theirs)
    return None


@dataclass(frozen=True)
class Check:
    """One comparison in one mode of running, and the first difference, if any."""

    mode: str
    name: str
    difference: Difference | None = None


@dataclass(frozen=True)
class CheckReport:
    """Every comparison for one network."""

    network: str
    checks: tuple[Check, ...]
    left_out: str = ""
    """What wasn't compared, and why."""

    @property
    def failures(self) -> tuple[Check, ...]:
        """The comparisons that differ."""
        return tuple(check for check in self.checks if check.difference)

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return not self.failures

    def __add__(self, other: CheckReport) -> CheckReport:
        """Both reports of one network as one."""
        left_out = "\n".join(filter(None, (self.left_out, other.left_out)))
        return CheckReport(self.network, (*self.checks, *other.checks), left_out)

    def modes(self) -> dict[str, list[str]]:
        """What is equal, by mode."""
        found: dict[str, list[str]] = {check.mode: [] for check in self.checks}
        for check in self.checks:
            found[check.mode] += [] if check.difference else [check.name]
        return found

    def lines(self) -> Iterator[str]:
        """The summary that the command line prints: what is equal, and each difference."""
        for mode, equal in self.modes().items():
            yield f"{mode}:"
            said = f"equal: {', '.join(equal)}"
            yield from wrap(said, 100, initial_indent="  ", subsequent_indent="    ")
            failures = (check for check in self.failures if check.mode == mode)
            yield from (f"  differ: {c.name} at {c.difference}" for c in failures)
        if self.left_out:
            yield self.left_out
        bad, count = len(self.failures), len(self.checks)
        yield f"{self.network}: {f'{bad} of {count} differ' if bad else f'all {count} equal'}"


def name_of(network: Network) -> str:
    """What a report calls a network."""
    return f"{network.name} ({network.variant})" if network.variant else network.name
