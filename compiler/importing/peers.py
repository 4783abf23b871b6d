"""torchvision's models, also where torchvision's compiled library cannot load.

That library is missing, and the import of torchvision fails, where a build of torch without
CUDA stands beside a torchvision with it. The models need none of its operators.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from functools import cache
from pathlib import Path
from types import ModuleType

import torch

# Operators that torchvision registers something for when it is imported.
_REGISTERED = re.compile(r'register_(?:meta\("|fake\("torchvision::)(\w+)"')
_declared: list[torch.library.Library] = []  # A library's operators die with it.


@cache
def torchvision_models() -> ModuleType:
    """`torchvision.models`; operators that it lacks are declared, without a body.

    Raises `ImportError` if torchvision is not installed.
    """
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("torchvision is not installed", name="torchvision")
    root = Path(spec.origin).parent
    if "torchvision" not in _loaded() and not _compiled_library_loads(root):
        _declare_operators(root)
    return importlib.import_module("torchvision.models")


def _loaded() -> set[str]:
    """The operator namespaces that exist already."""
    return {name.partition("::")[0] for name in torch._C._dispatch_get_all_op_names()}


def _compiled_library_loads(root: Path) -> bool:
    for path in root.glob("_C*.*"):
        try:
            torch.ops.load_library(str(path))  # type: ignore[no-untyped-call]
        except OSError:
            return False
        return True
    return False


def _declare_operators(root: Path) -> None:
    source = (root / "_meta_registrations.py").read_text(encoding="utf-8")
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for name in sorted(set(_REGISTERED.findall(source))):
        library.define(f"{name}(Tensor self) -> Tensor")  # type: ignore[no-untyped-call]
    _declared.append(library)
