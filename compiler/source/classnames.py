"""Names of the emitted classes, taken from the spec's own."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable
from functools import cache

from compiler.ir.network import Network
from compiler.source.foreign import names
from compiler.source.helpers import helper_names
from compiler.source.unitnames import unit_names

MOST = 60
"""Letters of the network's class, so that what it gives fits on a line."""
LETTERS = 2
"""So short a name says nothing of what it names."""
IMPORTED = ("F", "NamedTuple", "OrderedDict", "Tensor")


def camel(name: str) -> str:
    """`mixed_6a` as `Mixed6a`; capitals that are there already stay."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    return "".join(word[:1].upper() + word[1:] for word in words)


def class_name(network: Network) -> str:
    """The network's class: its name and variant, with the capitals that the title gives them."""
    name = camel(network.name) + camel(network.variant or "")
    title = camel(network.title)
    found = (title if title.lower() == name.lower() else name)[:MOST]
    theirs = names(network)
    clash = is_taken(found) or not theirs.isdisjoint((found, f"{found}Output"))
    return f"{found}Net" if clash else found


def is_taken(name: str) -> bool:
    """Whether Python, the imports, the helpers or the units have the name already.

    All units that there can be: a network is called the same whatever is in it.
    """
    return name in _taken()


@cache
def _taken() -> frozenset[str]:
    ours = {*IMPORTED, *helper_names(), *unit_names()}
    return frozenset(ours.union(dir(builtins), keyword.kwlist))


def inline_name(name: str, kind: str) -> str:
    """`wide` as `Wide`; what has no name of its own is called after its `kind`: `Split`."""
    return kind if re.fullmatch(r"(split|seq)?\d*", name) else camel(name)


def block_name(block: str, kind: str) -> str:
    """`A` of `inception` as `InceptionA`; of `strided` as `BlockA`, but `Bottleneck` as it is."""
    name, prefix = camel(block), kind.capitalize()
    if kind == "strided":
        return name if len(name) > LETTERS else f"Block{name}"
    return name if name.lower().startswith(kind) else prefix + name


def free(name: str, taken: Iterable[str]) -> str:
    """`name`, numbered if it is taken."""
    used, found, number = set(taken), name, 1
    while found in used:
        number += 1
        found = f"{name}{number}"
    return found
