"""What feeds what: the layers of a network as stops, with joins and sums between them.

The tree says what stands where. Some faults are about what comes next wherever that stands: behind
a branch's last layer comes the join, and behind that whatever the join feeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Parallel, Residual, Series, Tap
from compiler.ir.op import Op


@dataclass(eq=False)
class Stop:
    """A layer, or where branches or the sides of a residual sum come together.

    `leaf` is None for a join, whose `word` says which; for the image it is the empty word.
    """

    path: str
    leaf: Leaf | None = None
    word: str = ""
    sources: tuple[Stop, ...] = ()
    feeds: list[Stop] = field(default_factory=list)
    op: Op | None = field(init=False)
    """The layer's op; None for a join."""

    def __post_init__(self) -> None:
        self.op = self.leaf.op if self.leaf else None
        for source in self.sources:
            source.feeds.append(self)

    def ahead(self, passes: Callable[[Stop], bool]) -> tuple[Stop, ...]:
        """The first stops behind it that don't pass; one that passes where the network ends."""
        return tuple(_first(self, passes, lambda stop: stop.feeds))

    def back(self, passes: Callable[[Stop], bool]) -> tuple[Stop, ...]:
        """The same in front of it; the image's stop passes for no layer."""
        return tuple(_first(self, passes, lambda stop: stop.sources))


def _first(
    start: Stop, passes: Callable[[Stop], bool], following: Callable[[Stop], Sequence[Stop]]
) -> Iterator[Stop]:
    seen, waiting = {id(start)}, [start]
    while waiting:
        stop = waiting.pop()
        if stop is not start and not passes(stop):
            yield stop
            continue
        behind = following(stop)
        if not behind and stop is not start:
            yield stop
        waiting += [other for other in reversed(behind) if id(other) not in seen]
        seen.update(map(id, behind))


def flow(network: Network) -> tuple[Stop, ...]:
    """All stops, each behind what feeds it; the image is the first."""
    image = Stop("")
    stops = [image]
    source = image
    for node in network.nodes:
        source = _through(node, source, "", stops)
    return tuple(stops)


def _through(node: Node, source: Stop, prefix: str, stops: list[Stop]) -> Stop:
    """The stop that holds what comes out of a node."""
    path = f"{prefix}{node.name}"
    match node:
        case Leaf():
            return _new(stops, Stop(path, node, sources=(source,)))
        case Tap():
            _series(node.body.nodes, source, path, stops)
            return source
        case Series():
            made = _series(node.nodes, source, path, stops)
        case Parallel():
            ends = [_through(branch, source, f"{path}.", stops) for branch in node.branches]
            made = ends[0]
            if len(ends) > 1:
                made = _new(stops, Stop(path, word=node.join.word, sources=tuple(ends)))
            if node.then:
                made = _through(node.then, made, f"{path}.", stops)
    return _summed(node.residual, made, source, path, stops)


def _series(nodes: tuple[Node, ...], source: Stop, path: str, stops: list[Stop]) -> Stop:
    for node in nodes:
        source = _through(node, source, f"{path}.", stops)
    return source


def _summed(
    residual: Residual | None, made: Stop, source: Stop, path: str, stops: list[Stop]
) -> Stop:
    if residual is None:
        return made
    beside = source
    if residual.shortcut:
        beside = _through(residual.shortcut, source, f"{path}.", stops)
    made = _new(stops, Stop(path, word="residual", sources=(made, beside)))
    return _through(residual.act, made, f"{path}.", stops) if residual.act else made


def _new(stops: list[Stop], stop: Stop) -> Stop:
    stops.append(stop)
    return stop
