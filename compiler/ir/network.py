"""A whole network: its tree, and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from compiler.ir.nodes import Node, Tap, params
from compiler.ir.once import once
from compiler.ir.op import Init, Shape
from compiler.ir.outline import lines, outline
from dsl.models.model import Section
from dsl.models.spec import Spec


@dataclass(frozen=True, repr=False)
class Network:
    """A whole lowered network, ready for every emitter."""

    name: str
    title: str
    paper: str
    input: Shape
    classes: int
    nodes: tuple[Node, ...]
    sections: Mapping[str, Section] = field(hash=False)
    """Section (stem, body, head) of each top-level node by name."""
    spec: Spec = field(compare=False, repr=False)
    """What it was lowered from: where names of weights and places come from.

    The tree alone says what the network is; a pass may have rewritten it since.
    """
    init: Init | None = None
    heads_left_out: tuple[str, ...] = ()
    """Auxiliary heads that the spec has, and the caller didn't want."""
    variant: str | None = None
    origin: str = ""
    """The spec's file name, for headers."""
    options: tuple[str, ...] = ()
    """What was asked for otherwise than the spec says, as on the command line."""
    whole: Network | None = None
    """What it was before its classifier was cut off."""
    rewritten: tuple[str, ...] = ()
    """The passes that changed it, in order, by name; none in a network as its spec says it."""
    origins: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The path in the spec's network of each layer that has another one since."""

    @once
    def out(self) -> Shape:
        """The logits' shape."""
        return self.nodes[-1].out if self.nodes else self.input

    def __repr__(self) -> str:
        """What it is, and its tree, a line a node, under its sections."""
        variant = f" ({self.variant})" if self.variant else ""
        head = (
            f"{self.name}{variant}: {self.input} -> {self.out}, {params(*self.trunk):,} parameters"
        )
        rows = [line for node in self.nodes for line in lines(node, node.name, 1)]
        text = iter(outline(rows).splitlines())
        found, section = [head], ""
        for line in rows:
            top = line.depth == 1 and line.path in self.sections
            if top and self.sections[line.path] != section:
                section = self.sections[line.path]
                found.append(section)
            found.append(next(text))
        return "\n".join(found)

    def _repr_svg_(self) -> str:
        """Its overview, as a notebook shows it."""
        from compiler.diagram import draw

        return draw(self).svg

    @property
    def trunk(self) -> tuple[Node, ...]:
        """What runs at inference: everything but the auxiliary heads."""
        return tuple(node for node in self.nodes if not isinstance(node, Tap))

    @property
    def taps(self) -> tuple[Tap, ...]:
        """The auxiliary heads, in the order in which they tap the trunk."""
        return tuple(node for node in self.nodes if isinstance(node, Tap))
