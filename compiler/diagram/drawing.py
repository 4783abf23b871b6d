"""A network's drawings by name."""

from __future__ import annotations

from collections.abc import Collection

from compiler.diagram.details import Details, full
from compiler.diagram.page import overview
from compiler.ir.network import Network
from compiler.lowering.lower import lower
from compiler.picture import Picture
from compiler.picture.sheet import Sheet
from dsl import Spec
from dsl.models.identifiers import is_device
from dsl.text.problems import did_you_mean


def draw(given: Network | Spec, what: str = "overview") -> Picture:
    """One drawing of a network or a spec, which a notebook shows and `save` writes.

    `what` is a name of `parts`. Raises `LookupError` for any other.
    """
    return Picture(sheet_of(lower(given) if isinstance(given, Spec) else given, what))


def parts(network: Network) -> list[str]:
    """What can be drawn of a network."""
    return [*drawings(network), "full"]


def sheet_of(network: Network, what: str) -> Sheet:
    """One drawing by its name. Raises `LookupError` for what there is none of."""
    alone = {"full": full, "overview": overview}
    if what in alone:
        return alone[what](network)
    there = drawings(network)
    if f"{what}_" in there and what not in there:
        what += "_"  # no file could have the name itself
    if what not in there:
        hint = did_you_mean(what, [*there, "full"])
        hint = hint[:1].upper() + hint[1:]
        names = ", ".join([*there, "full"])
        raise LookupError(f"there is no {what} to draw: {names}. {hint}".strip())
    return there[what]


def drawings(network: Network) -> dict[str, Sheet]:
    """The standard set by name: `overview`, `stem`, each block, each auxiliary head.

    The names are those of files: a block or head that is called like another drawing but for
    its case, or like a device of Windows (`aux`), gets an underscore behind its name.
    """
    details = Details(network)
    out = {"overview": overview(network)}
    if "stem" in network.sections.values():
        out["stem"] = details.stem()
    for block in details.uses:
        out[_free(block, out)] = details.block(block)
    for tap in network.taps:
        out[_free(tap.name, out)] = details.aux(tap)
    return out


def _free(name: str, taken: Collection[str]) -> str:
    """A name for a file: on some systems no file may be called like another but for its case."""
    used = {each.casefold() for each in taken}
    while name.casefold() in used or is_device(name):
        name += "_"
    return name
