"""What a run may do in a folder: what it writes, leaves, removes, and must not touch.

Only what the compiler wrote and finds unchanged may be replaced or removed; all else is the user's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from compiler.files import png
from compiler.files.manifest import Entry, Known, digest

CHANGED = "it was changed since the compiler wrote it"
UNKNOWN = "nothing tells that the compiler wrote it"
PROTECTED = "it is write-protected"


@dataclass(frozen=True)
class Seen:
    """What stands at a path: content, nothing, or something that is no file of this folder."""

    data: bytes | None = None
    obstacle: str = ""
    """What it is instead: a link, a folder."""
    protected: bool = False


@dataclass
class Plan:
    """What a run does in a folder."""

    write: dict[str, bytes] = field(default_factory=dict)
    remove: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """What is no longer made, but was changed by somebody: theirs from now on."""
    refused: dict[str, str] = field(default_factory=dict)
    """What isn't ours to write over, and why; it is where one forces it."""
    obstacles: dict[str, str] = field(default_factory=dict)
    """What can't be written over, and why."""
    entries: list[Entry] = field(default_factory=list)
    """What the list says afterwards."""


def candidates(wanted: Iterable[str], known: Known) -> list[str]:
    """What an earlier run made and this one doesn't: a drawing's PNG goes with its DOT."""
    pictures = {f"{path.removesuffix('.dot')}.png" for path in known.paths if path.endswith(".dot")}
    return sorted({*known.paths, *pictures} - set(wanted))


def planned(
    wanted: Mapping[str, bytes | None], seen: Mapping[str, Seen], known: Known, *, force: bool
) -> Plan:
    """What is to be done so that `wanted` stands there; None is for what stays as it is.

    `seen` has every path of `wanted`, and their `candidates`.
    """
    plan = Plan()
    for path, data in wanted.items():
        if data is None:
            _stay(plan, path, seen[path], known)
        else:
            _want(plan, path, data, seen[path], known, force=force)
    twins: dict[str, list[str]] = {}
    for path in wanted:
        twins.setdefault(path.casefold(), []).append(path)
    for path in candidates(wanted, known):
        _leave(
            plan,
            path,
            seen[path],
            known,
            {name: wanted[name] for name in twins.get(path.casefold(), ())},
        )
    return plan


def _stay(plan: Plan, path: str, there: Seen, known: Known) -> None:
    if there.data is not None and known.is_ours(path, there.data):
        _enlist(plan, path, there.data)


def _want(plan: Plan, path: str, data: bytes, there: Seen, known: Known, *, force: bool) -> None:
    _enlist(plan, path, data)
    if there.obstacle:
        plan.obstacles[path] = there.obstacle
    elif there.data is None:
        plan.write[path] = data
    elif there.data != data and not _same_text(path, there.data, data):
        plan.write[path] = data
        if there.protected:
            plan.obstacles[path] = PROTECTED
        elif not (force or known.is_ours(path, there.data) or png.bare(data) == there.data):
            plan.refused[path] = CHANGED if known.has(path) else UNKNOWN


def _same_text(path: str, one: bytes, other: bytes) -> bool:
    """Whether two texts are the same but for the line ends that version control gave them."""
    return not path.endswith(".png") and digest(one) == digest(other)


def _enlist(plan: Plan, path: str, data: bytes) -> None:
    if not path.endswith(".png"):
        plan.entries.append((path, digest(data)))


def _leave(
    plan: Plan, path: str, there: Seen, known: Known, twins: Mapping[str, bytes | None]
) -> None:
    """Remove what is no longer made, if it is still ours.

    Where a file system tells no case it may be what is wanted now, under its old spelling: such
    `twins` are written anew, or it has to stay.
    """
    if there.data is None:
        return
    if not known.is_ours(path, there.data):
        plan.left += [path] if path in known.paths else []
        return
    anew = {name: data for name, data in twins.items() if data is not None}
    if len(anew) == len(twins):
        plan.remove.append(path)
        plan.write |= anew
