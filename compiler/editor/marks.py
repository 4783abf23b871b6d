"""What each stretch of a spec's text is: a key, a name that is given or used, a word, a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dsl.text.problems import Span
from dsl.text.values import Entry, Scalar

Kind = Literal[
    "key", "block", "param", "step", "head", "variant", "source", "call", "argument", "name",
    "tap", "address", "pattern", "base", "layer", "kernel", "option", "word", "number", "text",
]  # fmt: skip
"""A key of the language; what names a block, a parameter, a step, an auxiliary head, a variant, a
source of weights; what uses such a name: a call, its argument, a number or word that a parameter
gives, a tap, a part of an address or of a pattern of names; the spec that is extended; and the
words of op-strings."""
Holder = Literal[
    "", "Spec", "Defaults", "Block", "Aux", "Split", "Residual", "Changes", "Variant", "Width",
    "Depth", "Expect", "Insert", "Extent", "Recipe",
]  # fmt: skip
"""What a key belongs to."""


@dataclass(frozen=True)
class Mark:
    """A stretch of text and what it is.

    `block` is the block whose body it stands in; empty in the trunk and in auxiliary heads.
    """

    kind: Kind
    span: Span
    text: str
    block: str = ""
    holder: Holder = ""
    first: str = ""
    """Of a part of an op-string the word that it begins with: a layer's, or a called block."""
    address: tuple[str, ...] = ()
    """Of a part of an address all its parts up to this one; of a recipe the keys to it."""
    entry: Entry | None = None
    """The key and value that it is the key of."""
    whole: Scalar | None = None
    """The scalar that it is a part of."""
    beside: tuple[str, ...] = ()
    """Keys of the same mapping, words of the same op-string."""

    @property
    def end(self) -> int:
        """The column behind it, from 1."""
        return self.span.column + self.span.length

    @property
    def key(self) -> str:
        """The key that it stands behind as a value: `norm` in `norm=none`, or that of a mapping."""
        if self.kind == "word" and self.holder:
            return self.first
        if self.whole is None:
            return ""
        before = self.whole.text[: self.span.column - self.whole.span.column]
        return before.split(" ")[-1].removesuffix("=") if before.endswith("=") else ""

    def holds(self, line: int, column: int) -> bool:
        """Whether a cursor at that place, both from 1, touches it."""
        return self.span.line == line and self.span.column <= column <= self.end
