"""Draws with pygraphviz, in a process of its own: a fault in Graphviz ends only that one.

Reads `[[dot, format, dpi], …]` as JSON, writes `[base64, …]`.
"""

from __future__ import annotations

import base64
import json
import sys

import pygraphviz  # type: ignore[import-untyped]  # ships no types


def draw(dot: str, form: str, dpi: float) -> str:
    """One drawing, as base64."""
    graph = pygraphviz.AGraph(string=dot)
    graph.graph_attr["dpi"] = f"{dpi:g}"
    data: bytes = graph.draw(format=form, prog="dot")
    return base64.b64encode(data).decode()


if __name__ == "__main__":
    jobs = json.load(sys.stdin)
    json.dump([draw(*job) for job in jobs], sys.stdout)
