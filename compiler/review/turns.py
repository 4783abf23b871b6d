"""What one save of a spec changes, told in a few lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.diagram.text import si
from compiler.diff import Diff, diff
from compiler.ir.network import Network

WORDS = {
    "params": "parameters",
    "params_with_aux": "with auxiliary heads",
    "macs": "MACs",
    "activations": "activations",
    "peak_bytes": "bytes at the peak",
}
"""What a person follows while a network is being written; the rest moves with it."""
MOST_LINES = 20


def turned(old: Network, new: Network) -> list[str]:
    """A line of figures, `+1.2 M parameters (+5.0%)`, and the differences in structure."""
    found = diff(old, new)
    figures = ", ".join(_figures(found))
    same = not (figures or found.changes or found.rewritten)
    if same:
        return ["the same network"]
    lines = list(found.structure()) if found.changes or found.rewritten else []
    more = len(lines) - MOST_LINES
    shown = [*lines[:MOST_LINES], f"  … {more:,} lines more"] if more > 1 else lines
    return [figures or "the same cost", *shown]


def _figures(found: Diff) -> Iterator[str]:
    """Each figure that is another now."""
    figures = found.figures
    heads = _apart(figures["params_with_aux"]) != _apart(figures["params"])
    for key, words in WORDS.items():
        old, new = figures[key]
        if old != new and (key != "params_with_aux" or heads):
            share = f" ({100 * (new - old) / old:+.1f}%)" if old else ""
            yield f"{signed(new - old)} {words}{share}"
    old, new = figures["least_input"]
    if old != new:
        yield f"least input {old} -> {new}"


def _apart(pair: tuple[Any, Any]) -> Any:
    return pair[1] - pair[0]


def signed(number: int) -> str:
    """A difference for a person: every digit of a small one, three of a large one.

    >>> signed(328), signed(-12500), signed(1_234_567), signed(-2 * 10**9)
    ('+328', '-12,500', '+1.23 M', '-2.00 G')
    """
    size = abs(number)
    return f"{'-' if number < 0 else '+'}{si(size) if size >= 10**6 else f'{size:,}'}"
