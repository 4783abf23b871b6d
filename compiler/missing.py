"""What to install where a package is missing, in one line.

Imports nothing, so that it can speak whichever package that is.
"""

from __future__ import annotations

import sys

PACKAGES = {
    "click": "click",
    "graphviz": "graphviz",
    "h5py": "h5py",
    "jinja2": "jinja2",
    "markupsafe": "markupsafe",
    "PIL": "pillow",
    "numpy": "numpy",
    "pydantic": "pydantic",
    "pygraphviz": "pygraphviz",
    "pypdf": "pypdf",
    "safetensors": "safetensors",
    "sklearn": "scikit-learn",
    "timm": "timm",
    "torch": "torch",
    "torchvision": "torchvision",
    "yaml": "pyyaml",
}
"""What is imported here and there, and what pip calls it."""
EXTRAS = {
    "lsprotocol": "editor",
    "nncf": "int8",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "openvino": "openvino",
    "optuna": "sweep",
    "pyarrow": "parquet",
    "pygls": "editor",
    "ray": "ray",
    "sklearn": "train",
    "sqlalchemy": "sweep",
    "watchfiles": "watch",
}
"""Packages that come with an extra of ours, and which."""


def advice(error: ImportError) -> str:
    """What is missing and how to install it; empty where the fault is another one."""
    name = error.name or ""
    root = name.partition(".")[0]
    if root not in PACKAGES and root not in EXTRAS:
        return ""
    package = PACKAGES.get(root, root)
    wanted = f"'inception-compile[{EXTRAS[root]}]'" if root in EXTRAS else package
    if isinstance(error, ModuleNotFoundError) and not sys.modules.get(root):
        return f"this needs {package}, which isn't installed: pip install {wanted}"
    return f"the {package} that is installed won't do ({error}): pip install --upgrade {wanted}"
