"""Public checkpoints in, strictly, and out again: `load_weights` and `export_weights`.

The names belong to the spec (`weights:`, see docs/language.md). Importing this package does
not import torch; using its functions does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compiler.weights.transfer import convert_weights as convert_weights
    from compiler.weights.transfer import export_state as export_state
    from compiler.weights.transfer import export_weights as export_weights
    from compiler.weights.transfer import load_weights as load_weights

__all__ = ["convert_weights", "export_state", "export_weights", "load_weights"]


def __getattr__(name: str) -> Any:
    """Load a function on first use, since it needs torch."""
    if name in __all__:
        from compiler.weights import transfer

        return getattr(transfer, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
