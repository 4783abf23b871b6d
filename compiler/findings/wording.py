"""Words that lints share: shares and lists of paths."""

from __future__ import annotations

from collections.abc import Sequence

MOST_NAMED = 3


def share(part: float) -> str:
    """A part of a whole, as people say it; never 0% or 100% of what isn't.

    >>> share(0.636), share(0.0684), share(0.0004), share(1)
    ('64%', '6.8%', '0.04%', '100%')
    """
    percent = 100 * part
    if percent < 10 or 99 < percent < 100:
        return f"{percent:.2g}%" if percent < 10 else f"{percent:.4g}%"
    return f"{percent:.0f}%"


def listed(names: Sequence[str]) -> str:
    """Names in a sentence, the first few where there are many.

    >>> listed(["a", "b"]), listed(["a", "b", "c", "d", "e"])
    ('a and b', 'a, b, c and 2 more')
    """
    shown = list(names[:MOST_NAMED])
    if more := len(names) - len(shown):
        shown.append(f"{more} more")
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1]))) if shown else ""


def at(paths: Sequence[str]) -> str:
    """Where in the network something stands: each path once."""
    return f"at {listed(list(dict.fromkeys(paths)))}"
