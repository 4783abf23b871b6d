"""What emitted source has of plugins; nothing, for as long as there are none."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from compiler.ir.network import Network
from compiler.ir.plugged import plugged
from dsl.models.layers import FOREIGN

if TYPE_CHECKING:
    from compiler.source.copied import Copies


def copies(network: Network) -> Copies | None:
    """The classes of plugins that a network needs. Raises `PluginError` where they can't be had."""
    if not plugged(network.nodes):
        return None
    from compiler.source.copied import copies

    return copies(network)


def names(network: Network) -> frozenset[str]:
    """The names that they have in emitted source."""
    found = copies(network) if FOREIGN else None
    return found.names if found else frozenset()


def provenance(network: Network) -> tuple[str, str]:
    """Whose layers a network has, and the options that the command line needs for them."""
    kinds = plugged(network.nodes)
    origins = dict.fromkeys(kind.origin.replace("\\", "/").split("/")[-1] for kind in kinds)
    files = (origin for origin in origins if origin.endswith(".py"))
    return ", ".join(origins), "".join(f" --plugin {quote(file)}" for file in files)
