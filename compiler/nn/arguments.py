"""What a caller passes in Python: a slip is told before it can matter."""

from __future__ import annotations

from numbers import Integral, Real


def whole(name: str, value: object, least: int) -> int:
    """A whole number; how large it may be is the spec's matter.

    Raises `ValueError` for anything else, texts and truth values among it.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ValueError(f"{name} must be a whole number from {least}, not {value!r}")
    return int(value)


def rate(name: str, value: object) -> float:
    """A number; that it is from 0 to 1 is the spec's matter.

    Raises `ValueError` for anything else, texts and truth values among it.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ValueError(f"{name} must be a number from 0 to 1, not {value!r}")
    return float(value)


def flag(name: str, value: object) -> bool:
    """A truth value. Raises `ValueError` for anything else."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be True or False, not {value!r}")
    return value
