"""Names of the emitted classes, taken from the spec's own."""

from __future__ import annotations

import re
from collections.abc import Iterable

from compiler.ir import Network

MOST = 48


def camel(name: str) -> str:
    """`mixed_6a` as `Mixed6a`; capitals that are there already stay."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    return "".join(word[:1].upper() + word[1:] for word in words)


def class_name(network: Network) -> str:
    """The network's class: after its title where that makes a name, else after its name."""
    title = camel(network.title) if network.title.isascii() else ""
    fits = title[:1].isalpha() and len(title) <= MOST
    return title if fits else camel(network.name)


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
