"""What lints look at: a network beside the spec that it was lowered from.

A step of a spec stands in one place, and a network may have many layers of it: a block's step has
one for each use. A lint looks at `Site`s, so that it says a thing once, where it is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compiler.findings.flow import Stop, flow
from compiler.findings.signs import never_negative
from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Series, Tap, children, use_of
from compiler.ir.once import once
from compiler.ops.conv import Conv
from dsl.models.layers import Call, Layer, Step
from dsl.models.spec import Block, Spec, walk
from dsl.text.problems import Span


@dataclass(frozen=True, eq=False)
class Use:
    """One thing in the network that a written step became: a leaf, a unit, a block or a split.

    Each is itself alone: to compare what they hold would be to compare trees.
    """

    path: str
    node: Node
    around: tuple[Node, ...]
    """What it stands in, outermost first."""

    @once
    def leaves(self) -> tuple[Leaf, ...]:
        """Its ops in order, where it is one layer: convolution, norm, activation."""
        if isinstance(self.node, Leaf):
            return (self.node,)
        inside = self.node.nodes if isinstance(self.node, Series) else ()
        return tuple(node for node in inside if isinstance(node, Leaf))

    @property
    def conv(self) -> Leaf | None:
        """Its convolution; the first one of a separable one."""
        return next((leaf for leaf in self.leaves if isinstance(leaf.op, Conv)), None)

    @property
    def block(self) -> str:
        """The innermost block whose body it is written in; empty for the trunk."""
        for node in reversed(self.around):
            if use := use_of(node):
                return use.block
        return ""


@dataclass(frozen=True)
class Site:
    """A step as it is written, and all that was made of it."""

    step: Step
    uses: tuple[Use, ...]

    @property
    def span(self) -> Span:
        """The whole step."""
        return self.step.at.span

    def of(self, field: str) -> Span:
        """Where one field of the step is written, or the whole step."""
        return self.step.at.of(field)

    @property
    def name(self) -> str:
        """How to call it: by its own name, else by the path of its first use."""
        return self.step.name or self.uses[0].path


class Subject:
    """A network and its spec; what several lints ask is worked out once."""

    def __init__(self, network: Network) -> None:
        self.network = network

    @property
    def spec(self) -> Spec:
        """The spec, flat: what `extends` and a variant changed is in it."""
        return self.network.spec

    @once
    def steps(self) -> dict[Span, Step]:
        """Every step that is written anywhere in the spec, by its place."""
        return {step.at.span: step for step in _written(self.spec)}

    @once
    def uses(self) -> tuple[Use, ...]:
        """Everything in the network that was made of a step, auxiliary heads included."""
        return tuple(_uses(self.network.nodes, "", ()))

    @once
    def sites(self) -> tuple[Site, ...]:
        """Each written step that is in the network, in the order of the network."""
        found: dict[Span, list[Use]] = {}
        for use in self.uses:
            if use.node.span in self.steps:
                found.setdefault(use.node.span, []).append(use)
        return tuple(Site(self.steps[span], tuple(uses)) for span, uses in found.items())

    @once
    def flow(self) -> tuple[Stop, ...]:
        """The network's layers and joins with what feeds them, in order."""
        return flow(self.network)

    @once
    def never_negative(self) -> set[Stop]:
        """The stops that give no number below 0, whatever the image."""
        return never_negative(self.flow)

    @once
    def owners(self) -> dict[str, tuple[Site, Use]]:
        """The written step of each layer, and which of its uses, by the layer's path."""
        return {
            path: (site, use) for site in self.layers() for use in site.uses for path in _paths(use)
        }

    def layers(self, *kinds: type[Layer]) -> Iterator[Site]:
        """The sites of layers of some kinds: of all kinds where none is named."""
        for site in self.sites:
            if isinstance(site.step, kinds or Layer) and not isinstance(site.step, Call):
                yield site

    @property
    def calls(self) -> Iterator[Site]:
        """The sites of calls of blocks."""
        return (site for site in self.sites if isinstance(site.step, Call))

    def written(self, span: Span) -> str:
        """What stands at a place; empty where the text isn't at hand."""
        return self.line(span)[span.column - 1 :][: span.length]

    def line(self, span: Span) -> str:
        """The line that a place is on; empty where the text isn't at hand."""
        lines = self.spec.texts.get(span.file, "").split("\n")
        return lines[span.line - 1] if 0 < span.line <= len(lines) else ""

    def block(self, name: str) -> Block:
        """A block by its name."""
        return self.spec.blocks[name]


def _paths(use: Use) -> Iterator[str]:
    """Where the layers of a use are."""
    if isinstance(use.node, Leaf):
        yield use.path
    else:
        yield from (f"{use.path}.{leaf.name}" for leaf in use.leaves)


def _written(spec: Spec) -> Iterator[Step]:
    for _, steps in spec.sections():
        yield from walk(steps)
    for head in spec.aux:
        yield from walk(head.steps)
    for block in spec.blocks.values():
        yield from walk((block.body,))


def _uses(nodes: tuple[Node, ...], prefix: str, around: tuple[Node, ...]) -> Iterator[Use]:
    """The nodes that are steps: what numbers the repeats of one is no step, its parts are none."""
    for node in nodes:
        path = f"{prefix}{node.name}"
        inside = children(node)
        repeats = isinstance(node, Series) and any(part.span == node.span for part in inside)
        unit = isinstance(node, Leaf) or (isinstance(node, Series) and node.role == "unit")
        if not isinstance(node, Tap) and (unit or not repeats):
            yield Use(path, node, around)
        if not unit:
            yield from _uses(inside, f"{path}.", (*around, node))
