"""W103: an auxiliary head that holds training to a few sizes of inputs, which the trunk isn't.

That training takes a larger *least* input than evaluating is so of Inception-v3 as published
(299 against 75): its head's kernels need a map that large, and `compile` tells both sizes. It is no
finding. A head that no larger input fits either is one: nothing of the trunk asks for that.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.edits import step_put_before
from compiler.findings.limits import limits
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Site, Subject
from compiler.ir.nodes import Leaf, Tap, leaves
from compiler.ops.linear import Flatten, Linear
from dsl.models.extent import kernel_text
from dsl.text.problems import Fix, Span


def _find(subject: Subject) -> Iterator[Finding]:
    network = subject.network
    if not network.taps or limits(network):
        return
    for head in network.taps:
        found = limits(network, head)
        first = next(
            (leaf for _, leaf in leaves(head.body.nodes) if isinstance(leaf.op, Linear)), None
        )
        if not found or not first:
            continue
        yield Finding(
            _place(subject, head, first),
            f"auxiliary head {head.name} holds training to inputs of {found}, "
            "and evaluating takes larger ones",
            help=f"put `{_pooling(head)}` where its map is flattened: it changes nothing here, "
            "and every larger input fits",
            fix=_fix(subject, head),
        )


def _place(subject: Subject, head: Tap, first: Leaf) -> Span:
    """The linear layer, which was made for one number of features."""
    site = _site(subject, first)
    return site.span if site else head.span


def _site(subject: Subject, leaf: Leaf) -> Site | None:
    """The step that one layer is all of."""
    sites = (site for site in subject.sites if any(use.node is leaf for use in site.uses))
    return next(sites, None)


def _flat(head: Tap) -> Leaf | None:
    """The layer that flattens the head's map."""
    flat = (leaf for _, leaf in leaves(head.body.nodes) if isinstance(leaf.op, (Flatten, Linear)))
    return next(flat, None)


def _pooling(head: Tap) -> str:
    """A pooling that changes nothing here, and makes the head fit every size."""
    flat = _flat(head)
    grid = flat.inp.grid if flat else ()
    if any(size != 1 for size in grid):
        return f"adaptivepool avg {kernel_text(map(int, grid))}"
    return "globalpool avg"


def _fix(subject: Subject, head: Tap) -> Fix | None:
    flat = _flat(head)
    site = _site(subject, flat) if flat else None
    return step_put_before(subject, site, _pooling(head)) if site else None


LINT = Lint(
    code="W103",
    name="sized-head",
    title="an auxiliary head that takes inputs of one size",
    meaning="The head's linear layer was made for the map that the spec's own input gives. The "
    "trunk ends in a global pooling and takes larger inputs; with the head, in training, it can't.",
    why="The network evaluates at a size at which training fails, inside a head that evaluating "
    "never runs.",
    before="stem: [a: 8x8 32 /8 valid, b: 3x3 32 /2]\n"
    "aux: [aux1: {from: a, weight: 0.3, do: [1x1 16, flatten, fc classes]}]",
    after="stem: [a: 8x8 32 /8 valid, b: 3x3 32 /2]\n"
    "aux: [aux1: {from: a, weight: 0.3, do: [1x1 16, adaptivepool avg 8x8, flatten, fc classes]}]",
    seen="Inception-v3 of torchvision, whose head failed on 512x512 pixels once its trunk took "
    "them (pytorch/vision#644); GoogLeNet's heads, which torchvision pools adaptively.",
    find=_find,
)
