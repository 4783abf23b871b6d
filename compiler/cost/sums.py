"""What a node adds up to, whatever stands before it: worked out once a node."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from compiler.cost.counting import NOTHING, Tally, total
from compiler.cost.field import Field, Trace, joined, still
from compiler.cost.known import known
from compiler.ir.kept import remembered
from compiler.ir.nodes import Leaf, Node, Parallel, Series, children


def tally(node: Node, training: bool) -> Tally:
    """Everything inside a node, joins and residual sums included."""
    return known(node).tally(training) if isinstance(node, Leaf) else _inside(node, training)


@remembered
def _inside(node: Node, training: bool) -> Tally:
    found: list[Tally] = []
    _gather(node, training, found)
    return total(found)


def _gather(node: Node, training: bool, found: list[Tally]) -> None:
    """Put in the tallies that a node adds up to; those inside it are added at once."""
    for child in children(node):
        if isinstance(child, Leaf):
            facts = known(child)
            found.append(facts.training if training else facts.evaluating)
        else:
            _gather(child, training, found)
    if isinstance(node, Parallel) or (isinstance(node, Series) and node.residual):
        found.append(written_by(node))


def written_by(node: Series | Parallel) -> Tally:
    """What the join of a parallel's branches and a residual sum write themselves."""
    joins = join_tally(node) if isinstance(node, Parallel) else NOTHING
    return total((joins, residual_tally(node))) if node.residual else joins


def join_tally(node: Parallel) -> Tally:
    """What the join writes."""
    written = node.join.elements_written(tuple(branch.out for branch in node.branches))
    return Tally(outputs=written, eltwise_elems=written if node.join.folds else 0)


def residual_tally(node: Series | Parallel) -> Tally:
    """What a sum around a node writes."""
    written = node.out.elements
    return Tally(outputs=written, eltwise_elems=written)


def seen(node: Node) -> Trace:
    """What one position of a node's output sees of its input."""
    return known(node).seen if isinstance(node, Leaf) else _seen_inside(node)


@remembered
def _seen_inside(node: Node) -> Trace:
    match node:
        case Series():
            return _summed(node, _through(node.nodes, _still(node)))
        case Parallel():
            made = met(node, map(seen, node.branches))
            if node.then:
                made = made.then(seen(node.then))
            return _summed(node, made)
    return _still(node)  # What comes behind an auxiliary head is the trunk.


def _summed(node: Series | Parallel, made: Trace) -> Trace:
    """What the residual sum sees, if there is one."""
    if node.residual is None:
        return made
    return made.hull(seen(node.residual.shortcut) if node.residual.shortcut else _still(node))


def met(node: Parallel, traces: Iterable[Trace]) -> Trace:
    """What the join of a parallel sees, from the traces of its branches.

    What stands still for all places of the others has no window that moves with them.
    """
    stays = node.join.spread(tuple(branch.out for branch in node.branches))
    if not any(stays):
        return joined(traces)
    pairs = zip(traces, stays, strict=True)
    return joined(replace(trace, spatial=False) if alone else trace for trace, alone in pairs)


def _through(nodes: tuple[Node, ...], before: Trace) -> Trace:
    """What one position sees behind nodes in order."""
    for node in nodes:
        if isinstance(node, Series) and node.residual is None:
            before = _through(node.nodes, before)
        else:
            before = before.then(seen(node))
    return before


def whole_field(trunk: tuple[Node, ...]) -> Field | None:
    """How one position of a trunk's last map sees the image; None where there are no steps."""
    return _through(trunk, beginning(trunk)).field if trunk else None


def beginning(nodes: tuple[Node, ...]) -> Trace:
    """What each position of the input of nodes in order sees: itself."""
    return _still(nodes[0]) if nodes else still(0)


def _still(node: Node) -> Trace:
    return still(len(node.inp.grid))
