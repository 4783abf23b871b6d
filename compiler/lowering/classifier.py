"""What a network's number of classes decides, and the same network with another number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from compiler.ir.network import Network
from compiler.ir.nodes import BlockUse, Leaf, Node, Parallel, Tap, children, leaves
from compiler.ir.op import Call, ShapeFault
from compiler.ir.symbols import names_in
from compiler.ir.verifying import verify
from compiler.lowering.logits import say_fixed
from compiler.lowering.prepare import Overrides
from compiler.passes.classes import reclassed
from dsl.text.counts import count
from dsl.text.problems import Report

CLASSES = frozenset({"num_classes"})


def classified(network: Network) -> tuple[str, ...]:
    """Paths of the layers whose weights are sized by the number of classes.

    The trunk's come first, then those of the auxiliary heads.
    """
    trunk, taps = _sized(network.trunk, CLASSES), _sized(network.taps, CLASSES)
    return (*trunk, *taps)


def _sized(nodes: tuple[Node, ...], known: frozenset[str], prefix: str = "") -> Iterator[str]:
    """Paths of the layers whose widths hold one of the `known` symbols."""
    for node in nodes:
        path = f"{prefix}{node.name}"
        if isinstance(node, Leaf):
            widths = (node.inp[0], node.out[0])
            if node.op.params(node.inp) and any(_holds(width, known) for width in widths):
                yield path
        else:
            use = node.body.use if isinstance(node, Tap) else node.use
            inside = _bound(use, known) if use else known
            yield from _sized(children(node), inside, f"{path}.")


def sharing(network: Network) -> str:
    """The path of a split whose shares follow from the number of classes; empty for none.

    Layers can be made anew for another number, a split is built with its shares.
    """
    return next(_sharing(network.nodes, CLASSES), "")


def _sharing(nodes: tuple[Node, ...], known: frozenset[str], prefix: str = "") -> Iterator[str]:
    for node in nodes:
        path = f"{prefix}{node.name}"
        if isinstance(node, Leaf):
            continue
        use = node.body.use if isinstance(node, Tap) else node.use
        inside = _bound(use, known) if use else known
        shares = node.shares if isinstance(node, Parallel) else ()
        if shares and _holds((node.inp[0], *shares), inside):
            yield path
        yield from _sharing(children(node), inside, f"{path}.")


def _bound(use: BlockUse, known: frozenset[str]) -> frozenset[str]:
    """Which symbols of a block follow from the caller's `known` ones."""
    given = {**use.args, "in_channels": use.inp[0]}
    return CLASSES | {name for name, value in given.items() if _holds(value, known)}


def _holds(value: object, known: frozenset[str]) -> bool:
    return not known.isdisjoint(names_in(value))


def classifier(network: Network) -> Node | None:
    """The last step of the trunk that the number of classes sizes: what gives the logits."""
    tops = {path.split(".")[0] for path in classified(network)}
    return next((node for node in reversed(network.trunk) if node.name in tops), None)


def with_classes(network: Network, classes: int) -> Network:
    """The network for another number of classes; 0 ends it before the classifier.

    Raises `ValueError` for a number that the spec can't have, and where nothing depends on it.
    """
    if classes == 0:
        return without_classifier(network)
    base = network.whole or network
    if split := sharing(base):
        message = f"{network.name} can't have other classes: the shares of {split} follow from them"
        raise ValueError(message)
    others = (option for option in base.options if not option.startswith("--classes "))
    try:
        nodes = reclassed(base, classes)
    except ShapeFault as fault:
        raise ValueError(f"{network.name} can't have {count(classes, 'class')}: {fault}") from None
    if not network.taps:
        nodes = tuple(node for node in nodes if not isinstance(node, Tap))
    made = replace(
        base,
        nodes=nodes,
        classes=classes,
        spec=Overrides(classes).applied(base.spec),
        options=(*Overrides(classes).options, *others),
    )
    report = Report(texts=base.spec.texts)
    say_fixed(made, report)
    report.stop_if_any()
    if classifier(made) is None:
        raise ValueError(f"{network.name} has no layer that `classes` sizes")
    verify(made)
    return made


def renewed(before: Network, after: Network) -> dict[str, Leaf]:
    """The layers of `after` that can't be taken over from `before`, by path: classifiers first."""
    old, new = dict(leaves(before.nodes)), dict(leaves(after.nodes))
    sized = classified(after)
    others = (path for path, leaf in new.items() if _call(leaf) != _call(old.get(path)))
    return {path: new[path] for path in (*sized, *others)}


def _call(leaf: Leaf | None) -> Call | None:
    return leaf.call if leaf else None


def without_classifier(network: Network) -> Network:
    """The network up to its classifier, without auxiliary heads: it gives features.

    Raises `ValueError` where there is no classifier, or another layer has its width.
    """
    last = classifier(network)
    if last is None and network.classes:
        raise ValueError(f"{network.name} has no layer that `classes` sizes")
    trunk = network.trunk
    nodes = trunk[: trunk.index(last)] if last else trunk
    cut = replace(network, nodes=nodes, classes=0, whole=network.whole or network)
    if other := classifier(cut):
        message = f"{network.name} can't do without classes: they size {other.name} too"
        raise ValueError(message)
    return cut
