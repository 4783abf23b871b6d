"""Names of the emitted classes, taken from the spec's own."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

from compiler.ir import Network
from compiler.source.helpers import helper_names

MOST = 60
"""Letters of the network's class, so that what it gives fits on a line."""
IMPORTED = ("F", "NamedTuple", "OrderedDict", "Tensor")
UNIT = re.compile("(Sep)?Conv(Same)?(BN)?(ReLU6?|SiLU|GELU|Sigmoid|Tanh)?")


def camel(name: str) -> str:
    """`mixed_6a` as `Mixed6a`; capitals that are there already stay."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    return "".join(word[:1].upper() + word[1:] for word in words)


def class_name(network: Network) -> str:
    """The network's class: its name and variant, with the capitals that the title gives them."""
    name = camel(network.name) + camel(network.variant or "")
    title = camel(network.title)
    found = (title if title.lower() == name.lower() else name)[:MOST]
    return f"{found}Net" if is_taken(found) or UNIT.fullmatch(found) else found


def is_taken(name: str) -> bool:
    """Whether Python, the imports or the helpers have the name already."""
    return keyword.iskeyword(name) or name in {*IMPORTED, *helper_names()}


def split_name(name: str) -> str:
    """`wide` as `Wide`; one without a name of its own is a `Split`."""
    return camel(name) if not name.isdigit() else "Split"


def block_name(block: str, kind: str) -> str:
    """`A` of `inception` as `InceptionA`."""
    name, prefix = camel(block), kind.capitalize()
    return name if name.lower().startswith(kind) else prefix + name


def free(name: str, taken: Iterable[str]) -> str:
    """`name`, numbered if it is taken."""
    used, found, number = set(taken), name, 1
    while found in used:
        number += 1
        found = f"{name}{number}"
    return found
