"""Names for steps, branches and blocks, from the paths and classes of the model."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from compiler.importing.strands import Chain, Item, Leaf, paths
from dsl.models.identifiers import name_fault
from dsl.models.kernels import KERNEL
from dsl.models.layers import LAYERS
from dsl.models.reserved import RESERVED
from dsl.reading.references import ALWAYS, WORDS

CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")
"""Modules that only hold others."""


class Names:
    """Knows how many items of the tree stand in each module."""

    def __init__(self, chains: Iterable[Chain]) -> None:
        self.population: Counter[str] = Counter()
        for chain in chains:
            self.population.update(_populated(chain))

    def home(self, chain: Chain) -> str:
        """The outermost module that holds nothing but these items; empty if none does."""
        inside = _populated(chain)
        path = next((path for path in paths(chain) if path), "")
        while path and inside[_parent(path)] == self.population[_parent(path)] and _parent(path):
            path = _parent(path)
        return path

    def step(self, chain: Chain, within: str = "") -> str | None:
        """A step's name, relative to the module `within`; None where nothing names it."""
        return step_name(relative(self.home(chain), within))


def _populated(chain: Chain) -> Counter[str]:
    count: Counter[str] = Counter()
    for path in paths(chain):
        count.update(_ancestors(path))
    return count


def _ancestors(path: str) -> list[str]:
    parts = path.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]


def _parent(path: str) -> str:
    return path.rpartition(".")[0]


def inside(path: str, module: str) -> bool:
    """Whether a path is a module or something in it."""
    return path == module or not module or path.startswith(f"{module}.")


def relative(path: str, module: str) -> str:
    """A path as seen from a module."""
    if not inside(path, module):
        return ""
    return path[len(module) :].lstrip(".")


def step_name(path: str) -> str | None:
    """A path as the name of a step: `features.0` is features_0; None if it can't be one."""
    name = re.sub(r"[^a-z0-9]+", "_", path.lower()).strip("_")[:60]
    if name in RESERVED or (name and name[0].isalpha() and name_fault(name)):
        name = f"{name}_1"
    return None if name_fault(name) else name


def branch_name(chain: Chain, block: str, place: int) -> str | None:
    """What all paths of a branch begin with, where the language doesn't call it so anyway."""
    seen = {relative(path, block) for path in paths(chain)} - {""}
    first = [path.split(".")[0] for path in sorted(seen)]
    name = step_name(_beginning(first).rstrip("_"))
    usable = name and len(name) > 2 and name != f"branch{place}"
    return name if usable and name != "act" else None


def _beginning(words: list[str]) -> str:
    """What all the words begin with."""
    low, high = min(words, default=""), max(words, default="")
    same = (place for place, (a, b) in enumerate(zip(low, high, strict=False)) if a != b)
    return low[: next(same, min(len(low), len(high)))]


def without_doubles(names: Sequence[str | None]) -> list[str | None]:
    """The names, none where several are equal."""
    counts = Counter(names)
    return [name if counts[name] == 1 else None for name in names]


def block_name(kind: str, taken: Iterable[str]) -> str:
    """A block's name from its class, or a letter; numbered where the name is taken."""
    base = re.sub(r"[^A-Za-z0-9_]", "_", kind).strip("_")[:60]
    if name_fault(base) or base in {*LAYERS, *WORDS, *ALWAYS} or KERNEL.fullmatch(base):
        base = "Mixed"
    number, name = 1, base
    while name in taken:
        number += 1
        name = f"{base}{number}" if not base[-1].isdigit() else f"{base}_{number}"
    return name


def leaf_names(names: Names, chain: Chain, within: str) -> list[str | None]:
    """Names of steps in a block or an auxiliary head: of those that have weights."""
    return without_doubles([_leaf_name(names, item, within) for item in chain])


def _leaf_name(names: Names, item: Item, within: str) -> str | None:
    if not isinstance(item, Leaf) or not item.layer.has_weights:
        return None
    name = names.step((item,), within)
    return None if name == item.layer.auto else name
