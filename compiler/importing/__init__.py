"""From an existing model to a spec: traced, split into blocks, and written as YAML.

>>> spec = spec_of("torchvision:inception_v3")
>>> spec = import_module(MyNet(), (3, 96, 96), name="my_net")

Importing this package does not import torch; its functions do, and they run the model's code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compiler.importing.model import import_module as import_module
    from compiler.importing.sources import spec_of as spec_of

__all__ = ["import_module", "spec_of"]


def __getattr__(name: str) -> Any:
    """Load what needs torch on first use."""
    if name == "import_module":
        from compiler.importing.model import import_module

        return import_module
    if name == "spec_of":
        from compiler.importing.sources import spec_of

        return spec_of
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
