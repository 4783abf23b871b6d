"""A smaller text that fails alike."""

from __future__ import annotations

from collections.abc import Callable

MOST_TRIALS = 400


def reduced(text: str, fails: Callable[[str], bool]) -> str:
    """The text without lines, then without characters, that it fails without."""
    trials = MOST_TRIALS
    for unit in ("\n", ""):
        parts = text.splitlines(keepends=True) if unit else list(text)
        size = max(1, len(parts) // 2)
        while size and trials:
            place = 0
            while place < len(parts) and trials:
                fewer = parts[:place] + parts[place + size :]
                trials -= 1
                if fails("".join(fewer)):
                    parts = fewer
                else:
                    place += size
            size //= 2
        text = "".join(parts)
    return text
