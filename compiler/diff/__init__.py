"""What differs between two networks, in structure and in cost."""

from __future__ import annotations

from compiler.diff.compare import Change, Place, compare
from compiler.diff.report import Diff, diff

__all__ = ["Change", "Diff", "Place", "compare", "diff"]
