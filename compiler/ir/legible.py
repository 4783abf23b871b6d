"""One `__repr__` for many dataclasses: one made for each takes time as a command starts."""

from __future__ import annotations

from dataclasses import fields
from typing import Any


class Legible:
    """A dataclass with `repr=False` that is shown as if it were made with it."""

    def __repr__(self) -> str:
        this: Any = self
        told = ", ".join(f"{f.name}={getattr(this, f.name)!r}" for f in fields(this) if f.repr)
        return f"{type(self).__qualname__}({told})"
