"""What stands where in a sweep: the model at each path of keys, and what isn't said by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from dsl.models import described
from dsl.models.alternatives import Alternative
from dsl.models.axes import Axis
from dsl.models.engines import ENGINES
from dsl.models.model import Model
from dsl.models.promises import Expect
from dsl.models.sweep import DIRECTION_MEANINGS, QUANTITIES, SCORES, Draw, Sweep, Training

SWEEP = "a sweep"
"""What paths begin with that are of one: no key of a recipe is called so."""
Path: TypeAlias = tuple[str, ...]
_WITHIN: Mapping[Path, type[Model] | Mapping[str, type[Alternative]]] = {
    (): Sweep,
    ("random",): Draw,
    ("train",): Training,
    ("train", "engine"): ENGINES,
    ("constraints",): Expect,
}


def within(path: Path) -> type[Model] | Mapping[str, type[Alternative]] | None:
    """What the mapping at a path holds; `axes` and `objectives` have keys of their own."""
    match path:
        case ("axes", _):
            return Axis
        case ("train", "engine", word):
            return ENGINES.get(word)
    return _WITHIN.get(path)


def own_keys(path: Path) -> dict[str, str]:
    """The keys at a path that are no fields of a model, each with what it is."""
    if path != ("objectives",):
        return {}
    known = {name: described.of_key(Expect, name) for name in QUANTITIES}
    return known | dict.fromkeys(SCORES, "known of a network that was trained")


def own_words(path: Path) -> dict[str, str]:
    """The words at a path whose mapping is no model's."""
    return dict(DIRECTION_MEANINGS) if path[:1] == ("objectives",) and len(path) > 1 else {}
