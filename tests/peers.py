"""Other people's implementations, to compare with."""

import importlib
import os
import tempfile
from functools import cache
from types import ModuleType

from compiler.importing.peers import torchvision_models

__all__ = ["keras", "timm", "torchvision_models"]


@cache
def timm() -> ModuleType:
    """`timm`, which imports torchvision. Raises ImportError if either is not installed."""
    torchvision_models()
    return importlib.import_module("timm")


@cache
def keras() -> ModuleType:
    """`keras`, on torch, with the settings that it comes with.

    Raises ImportError if it is not installed.
    """
    os.environ["KERAS_BACKEND"] = "torch"
    with tempfile.TemporaryDirectory() as home:  # No settings of the user's, and none left.
        before = os.environ.get("KERAS_HOME")
        os.environ["KERAS_HOME"] = home
        found = importlib.import_module("keras")
        if before is None:
            del os.environ["KERAS_HOME"]
        else:
            os.environ["KERAS_HOME"] = before
    return found
