"""What Graphviz's SVG lacks: night colours, tooltips that every browser shows, a fingerprint."""

from __future__ import annotations

import hashlib
import re

from compiler.diagram.style import css

_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)
_EDGE = re.compile(r'(<g id="[^"]*" class="edge[^"]*">)\s*<title>[^<]*</title>')
_NODE = re.compile(
    r"<title>[^<]*</title>\s*"
    r'<g id="a_[^"]*"><a xlink:title="([^"]*)">\s*(.*?)\s*</a>\s*</g>',
    re.DOTALL,
)
_GRAPH = re.compile(r'<g id="a_graph0"><a xlink:title="([^"]*)">\s*(.*?)\s*</a>\s*</g>', re.DOTALL)
_PROLOGUE = re.compile(r"(?:<\?xml[^>]*\?>\s*|<!DOCTYPE[^>]*>\s*)*")
_ROOT = re.compile(r"<svg([^>]*)>")


def fingerprint(dot: str) -> str:
    """The comment by which a stale picture is told from a fresh one."""
    return f"<!-- dot-sha256: {hashlib.sha256(dot.encode()).hexdigest()} -->"


def finish(svg: bytes, dot: str) -> bytes:
    """The SVG with our style sheet, tooltips and fingerprint, and nothing of the machine."""
    text = _tooltips(_COMMENT.sub("", svg.decode()))
    text = _titled(text)
    return _PROLOGUE.sub(lambda found: f"{found[0]}{fingerprint(dot)}\n", text, count=1).encode()


def _tooltips(text: str) -> str:
    """Titles that browsers show on hovering: ours on nodes, none on edges."""
    text = _NODE.sub(lambda found: _title(found[1]) + found[2], text)
    return _EDGE.sub(lambda found: found[1], text)


def _title(tooltip: str) -> str:
    return f"<title>{tooltip}</title>\n" if tooltip.strip() else ""


def _titled(text: str) -> str:
    """The drawing's title for those who can't see it, and the style sheet."""
    graph = _GRAPH.search(text)
    label = f' role="img" aria-label="{graph[1]}"' if graph else ""
    text = _GRAPH.sub(lambda found: found[2], text)
    head = f"{label}>\n<style>\n{css(text)}\n</style>"
    return _ROOT.sub(lambda found: f"<svg{found[1]}{head}", text, count=1)
