"""Names of our dependencies that they don't promise: each used on purpose, and still there."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

ROOT = Path(__file__).parent.parent
DEPENDENCIES = ("torch", "click", "pydantic", "jinja2", "yaml", "graphviz", "pygraphviz")

PRIVATE = {
    "torch._ops.OpOverload": "the type of the operators that a dispatch mode sees",
    "torch.utils._python_dispatch.TorchDispatchMode": "sees every operator that runs",
    "torch.utils._pytree.tree_leaves": "the tensors anywhere in an operator's result",
    "torch.utils._pytree._register_namedtuple": "torch.export.save needs the output's type by name",
    "torch.nn.modules.batchnorm._BatchNorm": "what every batch norm of torch is",
    "torch.nn.modules.conv._ConvNd": "what every convolution of torch is",
    "pydantic.plugin._loader.get_plugins": "a command has none, and doesn't look for any",
    "torch._C._dispatch_get_all_op_names": "which names are operators'",
}
"""Names that are imported or read off a module, and what for."""
ATTRIBUTES = {
    "_schema": "an operator's name and arguments",
    "_overloadpacket": "the operator that an overload belongs to",
    "_cdata": "which memory a tensor lies in",
    "_version": "whether a tensor was written in place",
    "_register_namedtuple": "also in emitted source",
}
"""Private attributes of torch's objects that are read, and what for."""


def sources() -> Iterator[tuple[Path, ast.AST]]:
    for folder in ("compiler", "dsl"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                yield path, node


def is_private(name: str) -> bool:
    return any(part.startswith("_") and not part.startswith("__") for part in name.split("."))


NAMED_TUPLES = {"_make", "_replace", "_fields", "_asdict"}
"""Public, whatever they look like: so that they can't be anybody's field."""


def imported() -> Iterator[str]:
    """Every private name that is imported from a dependency, or read off its modules."""
    for _, node in sources():
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Attribute):
            yield ast.unparse(node)


def owned() -> set[str]:
    """Private attributes that our own classes and modules give, whatever they are read from."""
    found: set[str] = set()
    for _, node in sources():
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.Attribute(attr=name, ctx=ast.Store()):
                found.add(name)
            case ast.Constant(value=str(name)) if name.isidentifier():
                found.add(name)
    return found


def test_every_private_name_is_listed() -> None:
    used = {
        name
        for name in imported()
        if is_private(name) and name.split(".")[0] in DEPENDENCIES
        if not any(name.startswith(f"{known}.") for known in PRIVATE)
        and not any(known.startswith(f"{name}.") for known in PRIVATE)
    }
    assert used <= set(PRIVATE), used - set(PRIVATE)


def test_every_private_attribute_is_listed() -> None:
    ours = owned() | NAMED_TUPLES
    used = {
        (path.name, node.attr)
        for path, node in sources()
        if isinstance(node, ast.Attribute) and is_private(node.attr)
        if not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"))
        if node.attr not in ours
    }
    listed = set(ATTRIBUTES) | {part for name in PRIVATE for part in name.split(".")}
    assert {attribute for _, attribute in used} <= listed, used


@pytest.mark.parametrize("name", PRIVATE)
def test_it_is_still_there(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    assert getattr(importlib.import_module(module), attribute)


def test_the_attributes_are_still_there() -> None:
    overload = torch.ops.aten.add.Tensor
    assert overload._schema.name == "aten::add"
    assert overload._overloadpacket is torch.ops.aten.add
    tensor = torch.zeros(2)
    version = tensor._version
    tensor.add_(1)
    assert tensor._version == version + 1
    assert isinstance(tensor.untyped_storage()._cdata, int)
    assert issubclass(nn.BatchNorm2d, nn.modules.batchnorm._BatchNorm)


def test_the_other_dependencies_are_used_by_their_public_names_alone() -> None:
    """They have no entry above: whoever adds one adds it there."""
    assert {name.partition(".")[0] for name in PRIVATE} == {"torch", "pydantic"}
