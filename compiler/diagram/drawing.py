"""A network's drawings by name."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from compiler.diagram.details import Details
from compiler.diagram.onepage import one_page
from compiler.diagram.page import overview
from compiler.diagram.wishes import PLAIN, Wishes
from compiler.ir.network import Network
from compiler.ir.nodes import Node, Tap, children
from compiler.lowering.given import Given, network_of
from compiler.picture import Picture
from compiler.picture.sheet import Sheet
from dsl.models.faults import expect
from dsl.models.identifiers import is_device
from dsl.text.problems import did_you_mean

Maker = Callable[[], Sheet]


def draw(given: Given, what: str = "overview", wishes: Wishes = PLAIN) -> Picture:
    """One drawing of a network, which a notebook shows and `save` writes.

    `given` is the network or its spec, a path, or a name on the shelf.
    `what` is a name of `parts`, or the path of a step or of a block's use, with a dot before it
    where a drawing is called the same. Raises `LookupError` for any other, and `ValueError` for
    wishes that the drawing can't fulfil; `SpecError`, which is one, for arguments of other kinds.
    """
    network = network_of(given, "draw")
    expect(what, (str,), "what is drawn goes by its name", "`parts(network)` has them")
    expect(wishes, (Wishes,), "wishes are a Wishes", "such as `Wishes(shapes=True)`")
    return Picture(sheet_of(network, what, wishes))


def draw_diff(
    one: Given,
    other: Given,
    names: tuple[str, str] | None = None,
    *,
    wishes: Wishes = PLAIN,
    training: bool = True,
) -> Picture:
    """Two networks side by side, what differs marked, as `compiler.diff.diff` finds it.

    Without `names` they are called as they are, by their titles where those tell them apart.
    Raises `ValueError` for wishes that only a drawing of one network can fulfil.
    """
    from compiler.diagram.sides import sides
    from compiler.diff import diff

    networks = [network_of(each, "draw_diff") for each in (one, other)]
    found = [" ".join([each.name, *each.options]) for each in networks]
    if found[0] == found[1]:
        found = [each.title or each.name for each in networks]
    called = names or (found[0], found[1])
    return Picture(sides(diff(networks[0], networks[1], called, training=training), wishes))


def parts(network: Network) -> list[str]:
    """What can be drawn of a network, beside each of its steps by its path."""
    return [*_all(Details(network))]


def drawings(network: Network, wishes: Wishes = PLAIN) -> dict[str, Sheet]:
    """The standard set by name: `overview`, `stem`, each block, each auxiliary head.

    The names are those of files: a block or head that is called like another drawing but for
    its case, or like a device of Windows (`aux`), gets an underscore behind its name.
    """
    return {name: make() for name, make in _standard(Details(network, wishes)).items()}


def _standard(details: Details) -> dict[str, Maker]:
    """The standard set, none of it drawn yet."""
    network = details.network
    out: dict[str, Maker] = {"overview": partial(overview, network, details.wishes)}
    if "stem" in network.sections.values():
        out["stem"] = details.stem
    for block in details.uses:
        out[_free(block, out)] = partial(details.block, block)
    for tap in network.taps:
        out[_free(tap.name, out)] = partial(details.aux, tap)
    return out


def _all(details: Details) -> dict[str, Maker]:
    """The standard set, and what takes many pages or one large one."""
    return {**_standard(details), "full": details.full, "sheet": partial(one_page, details)}


def _free(name: str, taken: Collection[str]) -> str:
    """A name for a file: on some systems no file may be called like another but for its case."""
    used = {each.casefold() for each in taken}
    while name.casefold() in used or is_device(name):
        name += "_"
    return name


def sheet_of(network: Network, what: str, wishes: Wishes = PLAIN) -> Sheet:
    """One drawing by its name, or a step by its path.

    Raises `LookupError` for what there is none of, `ValueError` for wishes that it can't fulfil.
    """
    details = Details(network, wishes)
    if what == "overview":
        return overview(network, wishes)  # Which blocks there are is nothing to it.
    there = _all(details)
    if f"{what}_" in there and what not in there:
        what += "_"  # no file could have the name itself
    if what in there:
        return there[what]()
    path = what.removeprefix(".")
    return details.part(path, _step(network, path, list(there)))


def _step(network: Network, path: str, others: list[str]) -> Node:
    """The node at a path. Raises `LookupError`, which tells what else can be drawn."""
    inside, before = network.nodes, ""
    for name in path.split("."):
        found = [node for node in inside if node.name == name]
        if not found:
            known = [*([] if before else others), *(before + node.name for node in inside)]
            raise LookupError(_unknown(path, known, others))
        node = found[0]
        before += f"{name}."
        inside = node.body.nodes if isinstance(node, Tap) else children(node)
    return node


def _unknown(path: str, known: list[str], others: list[str]) -> str:
    told = f"{', '.join(others)}, or a step by its path"
    if not path:
        return f"what is drawn has a name: {told}"
    hint = did_you_mean(path, known)
    hint = hint[:1].upper() + hint[1:]
    return f"there is no {path} to draw: {told}. {hint}".strip()
