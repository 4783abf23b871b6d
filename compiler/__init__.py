"""From a spec to everything else: module, source, diagrams, cost.

Importing this package does not import torch; `compile_spec` does, when it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compiler.module import compile_spec as compile_spec

__all__ = ["compile_spec"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load `compile_spec` on first use, since it needs torch."""
    if name == "compile_spec":
        from compiler.module import compile_spec

        return compile_spec
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
