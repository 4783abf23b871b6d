"""Imports of emitted source, where classes of plugins bring some with them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

REACH = {*sys.stdlib_module_names, "torch"}
"""What emitted source may import: it needs torch alone."""


@dataclass(frozen=True)
class Import:
    """One name that an import gives: `from module import name as bound`; no `name` for a module."""

    bound: str
    module: str
    name: str = ""

    @property
    def meaning(self) -> str:
        """What the name stands for, by its whole path."""
        if self.name:
            return f"{self.module}.{self.name}"
        return self.module if self.bound != self.module.partition(".")[0] else self.bound

    @property
    def named(self) -> str:
        """Behind `import`: `name`, or `name as bound`."""
        usual = self.name or self.module
        plain = self.bound == (self.name or self.module.partition(".")[0])
        return usual if plain else f"{usual} as {self.bound}"


HERE = {
    each.bound: each
    for each in (
        Import("F", "torch.nn.functional"),
        Import("NamedTuple", "typing", "NamedTuple"),
        Import("OrderedDict", "collections", "OrderedDict"),
        Import("Tensor", "torch", "Tensor"),
        Import("nn", "torch", "nn"),
        Import("pytree", "torch.utils._pytree"),
        Import("torch", "torch"),
    )
}
"""What emitted source imports itself, by name."""


def among(used: set[str], theirs: Mapping[str, Import], *, postponed: bool) -> list[str]:
    """The lines of what is used, and of what plugins need, sorted as import sorters want.

    `postponed` leaves annotations unread.
    """
    every = {name: each for name, each in HERE.items() if name in used}
    sections: list[list[Import]] = [[], []]
    for each in {**theirs, **every}.values():
        root = each.module.partition(".")[0]
        sections[root not in sys.stdlib_module_names].append(each)
    groups = [["from __future__ import annotations"]] if postponed else []
    groups += [list(_section(section)) for section in sections if section]
    return [line for place, group in enumerate(groups) for line in ([""] * bool(place) + group)]


def _section(imports: Iterable[Import]) -> Iterator[str]:
    modules: dict[str, list[Import]] = {}
    for each in sorted(imports, key=lambda each: (each.module.lower(), each.module)):
        if each.name:
            modules.setdefault(each.module, []).append(each)
        else:
            yield f"import {each.named}"
    for module, names in modules.items():
        listed = sorted(names, key=lambda each: (_sort(each.name), each.name))
        yield f"from {module} import {', '.join(each.named for each in listed)}"


def _sort(name: str) -> int:
    """Constants first, then classes, then the rest."""
    return 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
