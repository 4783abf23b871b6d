"""Taking parts out of a spec, all at once.

What has no name goes by its place among its like (`branch2`, `conv1`), so what stands behind a
part that is gone would answer to another address. All addresses are therefore looked up in the
spec as it was before anything went.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from dsl.address import path_of, rebuilt
from dsl.edits import Remove
from dsl.spec import Spec

Going = tuple[Remove, tuple[str, ...]]
"""A removal, and the names from here to what it takes out."""


def removed(spec: Spec, removals: Iterable[Remove]) -> Spec:
    """The spec without what the removals address; a problem leaves its part as it was."""
    going: list[Going] = []
    for each in removals:
        each.blocks = spec.blocks
        going.append((each, path_of(spec, each.address.text)))
    made: Spec = _without(spec, going) if going else spec
    return made


def _without(owner: Any, going: list[Going]) -> Any:
    """`owner` without what goes inside it."""
    inside = going[0][0].parts(owner)
    by_name: dict[str, list[Going]] = defaultdict(list)
    for each, path in going:
        by_name[path[0]].append((each, path))
    for name, here in by_name.items():
        left = _one(owner, name, here, inside)
        if left is not inside:
            first = here[0][0]
            made = rebuilt(owner, name, left, first.place, first.reader.report)
            owner = owner if made is None else made
            inside = left
    return owner


def _one(owner: Any, name: str, here: list[Going], inside: dict[str, Any]) -> dict[str, Any]:
    """What is inside `owner` once all that goes at or below `name` has gone."""
    before = inside
    deeper = [(each, path[1:]) for each, path in here if len(path) > 1]
    if name not in inside:
        for each, path in here:
            each.unknown(path, inside)
    elif deeper:
        inside = {**inside, name: _without(inside[name], deeper)}
    for each in (each for each, path in here if len(path) == 1 and name in before):
        if name not in inside:
            each.refuse(f"{each.address.text} is removed twice")
        elif (left := each.made(owner, name, inside)) is not None:
            inside = left
    return inside
