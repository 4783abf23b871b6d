"""What the model calls the weights of its spec: a map of names, as short as it can be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from compiler.importing.faults import INEXPRESSIBLE, refuse
from compiler.importing.strands import Chain, Leaf, leaves
from compiler.ir.network import Network
from compiler.ir.nodes import Leaf as Layer
from compiler.ir.nodes import Node, children, use_of
from compiler.ops.scale import LayerScale
from dsl.models.weights import NOTHING, PUBLIC, NameMap

Path = tuple[str, ...]
Pairs = dict[Path, Path]
"""Each layer's path in the spec, and in the model; of a layer scale that of its tensor."""


def name_map(network: Network, trunk: Chain, heads: Iterable[Chain]) -> NameMap:
    """The names of the model whose trunk and heads the network was written from."""
    pairs = dict(_paired(network.trunk, trunk))
    for tap, head in zip(network.taps, heads, strict=True):
        pairs |= _paired((tap,), head)
    uses: dict[str, Pairs] = {}
    flat = _entries(network.nodes, (), (), pairs, uses)
    names: dict[str, object] = {".".join(ours): ".".join(theirs) for ours, theirs in flat.items()}
    for block, found in uses.items():
        if inside := _short(found):
            names[block] = {".".join(ours): ".".join(theirs) for ours, theirs in inside.items()}
    return NameMap(names=names)


def left_over(keys: Iterable[str], known: Collection[str]) -> Iterator[str]:
    """What no layer has of a model's tensors: the outermost modules with nothing known, or names.

    Raises `SpecError` for what a map can't name.
    """
    holding = {above for name in known for above in _above(name)}
    rest = (key for key in keys if key not in known)
    found = (next(p for p in (*_above(key), key) if p not in holding) for key in rest)
    for part in dict.fromkeys(found):
        yield _usable(part)


def _above(name: str) -> list[str]:
    """The modules that a tensor is in, outermost first."""
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def _paired(nodes: tuple[Node, ...], chain: Chain) -> Iterator[tuple[Path, Path]]:
    """The layers with weights of both, which stand in one order."""
    public = [
        tuple(_mappable(path, leaf).split(".")) for leaf in leaves(chain) for path in leaf.weights
    ]
    yield from zip(_weighted(nodes, ()), public, strict=True)


def _mappable(owner: str, leaf: Leaf) -> str:
    """The module with a layer's weights, if a map can name it. Raises `SpecError`."""
    _usable(owner or "_")
    if owner.split(".", maxsplit=1)[0] == NOTHING:
        message = f"{owner}: a map of names says {NOTHING} for what isn't there"
        refuse(INEXPRESSIBLE, message, "import it without --weights")
    if not owner:
        where = next(filter(None, leaf.paths), "the model itself")
        refuse(
            INEXPRESSIBLE,
            f"{where}: has a layer whose weights are no module's weight and bias, and a map of "
            "names goes from module to module",
            "import it without --weights",
        )
    return owner


def _usable(name: str) -> str:
    """A public name, if a map can hold it. Raises `SpecError`."""
    if not PUBLIC.fullmatch(name):
        message = f"{name}: a map of names has only ASCII letters, digits and _ - #"
        refuse(INEXPRESSIBLE, message, "import it without --weights")
    return name


def _weighted(nodes: tuple[Node, ...], above: Path) -> Iterator[Path]:
    for node in nodes:
        path = (*above, node.name)
        if not isinstance(node, Layer):
            yield from _weighted(children(node), path)
        elif node.op.params(node.inp):
            yield (*path, *_tensor(node))


def _tensor(layer: Layer) -> Path:
    """The tensor of a layer that a model may hold beside its modules: a layer scale's factors."""
    return tuple(layer.op.params(layer.inp)) if isinstance(layer.op, LayerScale) else ()


def _entries(
    nodes: tuple[Node, ...], above: Path, named: Path, pairs: Pairs, uses: dict[str, Pairs]
) -> Pairs:
    """The entries for some nodes, whose owner the map has `named`; `uses` gathers blocks'."""
    found: Pairs = {}
    for node in nodes:
        path, expected = (*above, node.name), (*named, node.name)
        inner = {ours: theirs for ours, theirs in pairs.items() if ours[: len(path)] == path}
        block = _block(node)
        if inner and block and (base := _used(block, path, inner, uses)):
            found |= {path: base} if base != expected else {}
        elif not inner or _common(inner, path) == expected:
            continue
        elif (one := _common(inner, path)) is not None:
            found[path] = one
        elif isinstance(node, Layer):
            found |= inner
        else:
            found |= _entries(children(node), path, expected, pairs, uses)
    return found


def _block(node: Node) -> str:
    use = use_of(node)
    return use.block if use and use.kind != "aux" else ""


def _used(block: str, path: Path, inner: Pairs, uses: dict[str, Pairs]) -> Path | None:
    """What the model calls one use of a block, if it names the inside as in every other use."""
    shared = _prefix(list(inner.values()))
    insides = {
        shared[:size]: {ours[len(path) :]: theirs[size:] for ours, theirs in inner.items()}
        for size in range(1, len(shared) + 1)
    }
    if insides and block not in uses:
        best = min(insides, key=lambda base: (len(_short(insides[base])), len(base)))
        uses[block] = insides[best]
    return next((base for base, inside in insides.items() if inside == uses.get(block)), None)


def _common(inner: Pairs, path: Path) -> Path | None:
    """What the model calls a path, if it calls all inside as the spec does."""
    found = {_before(theirs, ours[len(path) :]) for ours, theirs in inner.items()}
    return found.pop() if len(found) == 1 else None


def _before(theirs: Path, rest: Path) -> Path | None:
    start = len(theirs) - len(rest)
    return theirs[:start] if start > 0 and theirs[start:] == rest else None


def _prefix(paths: list[Path]) -> Path:
    """The modules that hold all of some paths."""
    low, high = min(paths), max(paths)
    same = 0
    while same < min(len(low), len(high)) - 1 and low[same] == high[same]:
        same += 1
    return low[:same]


def _short(pairs: Pairs) -> Pairs:
    """Entries for the inside of a block: for whole parts where those keep their names."""
    found: Pairs = {}
    for first in dict.fromkeys(ours[:1] for ours in pairs):
        inner = {ours: theirs for ours, theirs in pairs.items() if ours[:1] == first}
        found |= _part(first, inner, first)
    return found


def _part(path: Path, inner: Pairs, expected: Path) -> Pairs:
    common = _common(inner, path)
    if common == expected:
        return {}
    if common is not None or any(ours == path for ours in inner):
        return {path: common} if common is not None else dict(inner)
    found: Pairs = {}
    size = len(path) + 1
    for child in dict.fromkeys(ours[:size] for ours in inner):
        below = {ours: theirs for ours, theirs in inner.items() if ours[:size] == child}
        found |= _part(child, below, (*expected, child[-1]))
    return found
