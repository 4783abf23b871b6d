"""torch.jit.script of what is emitted, and programs exported in training that are saved."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import dsl
from compiler.ir.fit import least
from compiler.ir.network import Network
from compiler.lowering.lower import lower
from compiler.lowering.prepare import prepare
from compiler.nn.module import build
from compiler.source import emit
from compiler.source.classnames import class_name
from tests.networks import TEXTS
from tests.shelf import IDS, NETWORKS, for_small_clips
from tests.test_module import TF_SAME
from tests.test_source import randomise, tensors
from tests.test_source_methods import SMALL, network

EDGES = """
inception:
  I: {params: [p, e, a], concat: [[1x1 4 eps=e, dropout p], lrn 3 alpha=a]}
  O:
    params: {q: 0, f: 1, b: 1}
    concat: [I p=q e=f a=b, 1x1 2]
    then: 1x1 in linear
    residual: {scale: f}
stem:
  - add: [1x1 3 linear]
  - add: [1x1 3, 3x3 3, identity, add: [identity, relu]]
  - [1x1 4, add: [identity, 1x1 4]]
  - avgpool 2x3 tf_same /2x1
  - maxpool 2x3 tf_same /1x2
  - avgpool 3x3 /2 tf_same nopad
  - sepconv 2x4 6 tf_same /2
  - 2x2 4 tf_same dil=2x1
  - 2x2 4 tf_same nogamma groups=2
body: [a: O, b: O q=1, c: O q=0.5 b=2]
head: [globalpool avg, dropout 1, fc classes, softmax]
"""
"""Whole numbers for rates, also through two calls; sums; every kind of SAME."""


NUMBERS = count()
"""Torch remembers a scripted named tuple by its module's name."""


def in_file(net: Network, folder: Path) -> Any:
    """The emitted text as a module from a file, where scripting finds its source."""
    path = folder / f"{net.name}_{next(NUMBERS)}.py"
    path.write_text(emit(net), encoding="utf-8")
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def check_scripts(net: Network, folder: Path, size: tuple[int, ...]) -> None:
    model: nn.Module = getattr(in_file(net, folder), class_name(net))()
    randomise(model)
    for part in model.modules():
        if isinstance(part, nn.Dropout):
            part.p = float(part.p == 1)  # Scripted, its random numbers come in another order.
    scripted = torch.jit.script(model)
    x = torch.randn(2, int(net.input.channels), *size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        for training in (False, True):
            state = {key: value.clone() for key, value in model.state_dict().items()}
            torch.manual_seed(1)  # Paths are dropped.
            ours = tensors(model.train(training)(x))
            model.load_state_dict(state)
            torch.manual_seed(1)
            theirs = tensors(scripted.train(training)(x))
            assert len(ours) == len(theirs) == 1 + training * len(net.taps)
            for mine, other in zip(ours, theirs, strict=True):
                assert torch.equal(mine, other)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("name", "variant"), NETWORKS, ids=IDS)
def test_the_shelf_scripts(name: str, variant: str | None, tmp_path: Path) -> None:
    net = prepare(for_small_clips(name, variant)).network
    check_scripts(net, tmp_path, least(net).training)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", sorted({*SMALL, *TEXTS, "edges"}))
def test_odd_networks_script(name: str, tmp_path: Path) -> None:
    head = "name: edges\ninput: [3, 16, 16]\nclasses: 5\n"
    net = lower(dsl.loads(head + EDGES)) if name == "edges" else network(name)
    height, width = net.input.grid
    check_scripts(net, tmp_path, (height, width))


@pytest.mark.filterwarnings("ignore:The given buffer is not writable")  # torch 2.9, of itself
def test_programs_exported_in_training_are_saved(tmp_path: Path) -> None:
    (tmp_path / "squeezed.yaml").write_text(TF_SAME, encoding="utf-8")
    net = network("squeezed")
    source = in_file(net, tmp_path)
    torch.manual_seed(0)
    ours, theirs, x = build(net), source.Squeezed(), torch.randn(2, 3, 25, 32)
    theirs.load_state_dict(ours.state_dict())
    for name, model in (("ours", ours), ("theirs", theirs)):
        torch.export.save(torch.export.export(model.train(), (x,)), tmp_path / f"{name}.pt2")
        torch.manual_seed(1)
        output = torch.export.load(tmp_path / f"{name}.pt2").module()(x)
        torch.manual_seed(1)
        wanted = model(x)
        assert type(output) is type(wanted)
        assert all(torch.equal(a, b) for a, b in zip(output, wanted, strict=True))
    load = "print(type(torch.export.load('{}.pt2').module()(torch.ones(2, 3, 25, 32)))._fields)"
    fresh = [
        "import torch, " + source.__name__,
        load.format("theirs"),
        "from compiler import compile_spec",
        "compile_spec('squeezed.yaml')",
        load.format("ours"),
    ]
    root = str(Path(__file__).parent.parent)
    script = f"import sys; sys.path[:0] = ['.', {root!r}]\n" + "\n".join(fresh)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["('logits', 'side')"] * 2
