"""What differs between two networks, in structure and in cost."""

from __future__ import annotations

from compiler.diff.changes import Change, Place
from compiler.diff.differences import compare
from compiler.diff.wording import Diff, diff

__all__ = ["Change", "Diff", "Place", "compare", "diff"]
