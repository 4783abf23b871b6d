"""What every error's code means: `explain` and docs/diagnostics.md say it in these words."""

from __future__ import annotations

from dsl.codes.meaning import Meaning
from dsl.codes.names import NAMES
from dsl.codes.others import OTHERS
from dsl.codes.shapes import SHAPES
from dsl.codes.texts import TEXTS

ERRORS: dict[str, Meaning] = {**TEXTS, **NAMES, **SHAPES, **OTHERS}
"""Errors by their codes: a code keeps its meaning from release to release."""
