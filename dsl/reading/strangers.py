"""The words of an op-string, and what is told of one that means nothing where it stands."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from dsl.models.identifiers import is_identifier
from dsl.models.layers import ACTIVATION_WORDS, LAYERS, Layer, Spelled
from dsl.reading.beginning import PLUGINS_TOO, plugin_words, what_there_is
from dsl.text import foreign
from dsl.text.problems import Report, Span, shown

EXAMPLES = "write it like `3x3 64 /2`, `maxpool 3x3`, `fc classes` or a block's name"


@dataclass(frozen=True)
class Token:
    """One word of an op-string and its place."""

    text: str
    span: Span

    def part(self, offset: int, length: int) -> Span:
        """The place of a part; all of it where folded lines or escapes shift the offsets."""
        return self.span.part(offset, length) if self.span.exact else self.span


def repeat_of(word: str) -> str:
    """The count of `x2`; empty for any other word."""
    match = re.fullmatch(r"x([0-9]+)", word)
    return match[1] if match else ""


def unknown(first: Token, blocks: Collection[str], report: Report) -> None:
    word = first.text
    message = f"{shown(word)} is neither a layer, a kernel like 3x3, nor a block of this spec"
    if not report.advises:
        report.add("E015", first.span, message)
        return
    known = [*LAYERS, *plugin_words(), *ACTIVATION_WORDS, *blocks]
    meant, help = foreign.meant(word, known), EXAMPLES
    if not meant and is_identifier(word):
        help += f"; {PLUGINS_TOO}"
    if lacking := foreign.lacking(word):
        message, help = lacking, what_there_is()
    elif "(" in word:
        message = "an op-string takes no parentheses"
        help = f"parameters are given by name, as in `{word.partition('(')[0]} c7=128 x2`"
    elif word.startswith("-"):
        help = "the dash of a list needs a space behind it"
    elif split := foreign.branched(word):
        help = f"write it as branches: `{split}`"
    elif said := foreign.said(word):
        help = f"write it like {' or '.join(f'`{ours}`' for ours in said)}"
    elif re.fullmatch(r"([a-z])x[a-z]|(\w+)x\2", word):
        meant, help = "", "a side of a kernel may be a name of one letter, as in `kxk` or `kx1`"
    elif word[0].isdigit() or word.startswith("conv"):
        meant, help = "", "a convolution starts with its kernel, height x width: `3x3 64`"
    report.add("E015", first.span, message, meant=meant, help=help)


def stray(
    kind: type[Layer], token: Token, marks: list[tuple[str, Spelled]], report: Report
) -> None:
    words = [word for _, mark in marks for word in mark.words]
    keys = [f"{mark.key}=" for _, mark in marks if mark.key and not mark.prefix]
    prefixes = [f"{mark.prefix}2" for _, mark in marks if mark.prefix]
    what = kind.keyword or "a convolution"
    key, equals, value = token.text.partition("=")
    meant = foreign.meant(key + equals, [*keys, *words]) if report.advises else ""
    meant = meant + value if meant.endswith("=") else meant
    for name, mark in marks:
        if equals and key.startswith(name) and (mark.prefix or mark.key):
            meant = f"{mark.prefix or mark.key + '='}{value}"
    meant = shorthand(token.text, [*prefixes, *words]) or meant
    takes = ", ".join([*prefixes, *words, *keys])
    message = foreign.lacking(token.text) or f"{what} doesn't take {shown(token.text)}"
    report.add("E015", token.span, message, meant=meant, help=f"it takes {takes}")


def shorthand(word: str, known: list[str]) -> str:
    """What a word means that papers and drawings use: s2, V, ×4."""
    if "/2" in known and (stride := re.fullmatch("[sS]([0-9]+)([x×][0-9]+)?", word)):
        return f"/{stride[1]}{(stride[2] or '').replace('×', 'x')}"
    if times := re.fullmatch("[×X]([0-9]+)", word):
        return f"x{times[1]}"
    if times := re.fullmatch("[×xX]([a-z])", word):
        return f"repeat={times[1]}"
    return {"V": "valid", "S": "same"}.get(word, "") if "valid" in known else ""
