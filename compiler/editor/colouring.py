"""What each word is, for an editor's colours: those of op-strings, too, which YAML calls text."""

from __future__ import annotations

from lsprotocol import types
from lsprotocol.types import SemanticTokenModifiers, SemanticTokenTypes

from compiler.editor.marks import Kind
from compiler.editor.naming import GIVING
from compiler.editor.pages import Page, units
from compiler.editor.reading import Reading

TYPES: dict[Kind, SemanticTokenTypes] = {
    "key": SemanticTokenTypes.Keyword,
    "block": SemanticTokenTypes.Class,
    "call": SemanticTokenTypes.Class,
    "param": SemanticTokenTypes.Parameter,
    "argument": SemanticTokenTypes.Parameter,
    "name": SemanticTokenTypes.Parameter,
    "step": SemanticTokenTypes.Property,
    "tap": SemanticTokenTypes.Property,
    "address": SemanticTokenTypes.Property,
    "pattern": SemanticTokenTypes.Property,
    "head": SemanticTokenTypes.Property,
    "variant": SemanticTokenTypes.Enum,
    "source": SemanticTokenTypes.Enum,
    "base": SemanticTokenTypes.Namespace,
    "layer": SemanticTokenTypes.Function,
    "kernel": SemanticTokenTypes.Number,
    "number": SemanticTokenTypes.Number,
    "option": SemanticTokenTypes.EnumMember,
    "word": SemanticTokenTypes.EnumMember,
    "text": SemanticTokenTypes.String,
}
"""What each kind of mark is to an editor."""
LEGEND = types.SemanticTokensLegend(
    token_types=[*dict.fromkeys(TYPES.values())],
    token_modifiers=[SemanticTokenModifiers.Declaration],
)


def tokens(reading: Reading, page: Page) -> types.SemanticTokens:
    """Every mark, each by how far it stands behind the one before, as the protocol has it."""
    data: list[int] = []
    line = start = end = 0
    for mark in reading.marks:
        text = reading.lines[mark.span.line - 1][mark.span.column - 1 :][: mark.span.length]
        place = page.position(mark.span.line - 1, mark.span.column - 1)
        if not text.strip() or (place.line == line and place.character < end and data):
            continue
        length = units(text, page.encoding)
        behind = place.character - (start if place.line == line else 0)
        kind = LEGEND.token_types.index(TYPES[mark.kind])
        data += [place.line - line, behind, length, kind, int(mark.kind in GIVING)]
        line, start, end = place.line, place.character, place.character + length
    return types.SemanticTokens(data)
