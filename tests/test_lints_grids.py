"""What lints count of windows and maps, held against what torch's gradients reach."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from torch import Tensor

import dsl
from compiler.findings.beside import share_of, unread
from compiler.findings.limits import limits
from compiler.findings.offsets import holes, runs
from compiler.findings.subject import Subject
from compiler.findings.sweep import Sweep
from compiler.lowering.lower import lower
from compiler.nn.module import build
from tests.test_lints import findings


def reached(size: int, kernel: int, stride: int, before: int, rate: int) -> tuple[Tensor, Tensor]:
    """How often each tap reads a pixel, and how often each pixel is read."""
    image = torch.ones(1, 1, size, requires_grad=True)
    weight = torch.ones(1, 1, kernel, requires_grad=True)
    torch.conv1d(image, weight, None, stride, before, rate).sum().backward()  # type: ignore[no-untyped-call]
    assert image.grad is not None
    assert weight.grad is not None
    return weight.grad.flatten(), image.grad.flatten()


@pytest.mark.parametrize("size", range(1, 10))
def test_taps_and_positions_are_those_that_gradients_reach(size: int) -> None:
    for kernel, stride, before, rate in product(range(1, 6), (1, 2, 3), range(4), (1, 2)):
        room = size + 2 * before - (kernel - 1) * rate - 1
        if room < 0:
            continue
        found = Sweep(size, room // stride + 1, kernel, stride, before, rate)
        taps, pixels = reached(size, kernel, stride, before, rate)
        assert found.alive == int((taps > 0).sum())
        assert found.read == int(taps.sum())
        assert found.seen == {at for at in range(size) if pixels[at] > 0}
        if rate == 1 and stride <= kernel and found.seen:
            assert found.unread_end == size - 1 - max(found.seen)


def image_reached(text: str) -> Tensor:
    """Which positions of the image change what the network gives, of its first channel."""
    spec = dsl.loads(text)
    module = build(lower(spec)).eval().double()
    for weight in module.parameters():
        torch.nn.init.uniform_(weight, 0.5, 1.5)
    image = torch.rand(1, *spec.input, dtype=torch.double, requires_grad=True)
    out = module(image)
    out[(0, slice(None), *(size // 2 for size in out.shape[2:]))].sum().backward()
    assert image.grad is not None
    return image.grad[0, 0] != 0


PLAIN = "name: example\nclasses: 2\ndefaults: {norm: none, act: none}\n"


@pytest.mark.parametrize(
    "step",
    [
        "1x1 4 /2",
        "maxpool 2x2 /2",
        "{concat: [1x1 4 /2, 1x3 4 /2]}",
        "{add: [[1x1 4, 1x1 4 /2], 1x1 4 /2]}",
        "{split: [2, 1], concat: [1x1 2 /2, 3x3 4 /2]}",
        "{do: [1x1 4 /2, 3x3 4], residual: {shortcut: 1x1 4 /2, act: none}}",
    ],
)
def test_what_is_unread_changes_nothing(step: str) -> None:
    text = f"{PLAIN}input: [3, 9, 9]\nstem:\n  - {step}\nhead: [globalpool avg, flatten]\n"
    changes = image_reached(text.replace("maxpool", "avgpool"))
    network = lower(dsl.loads(text))
    subject = Subject(network)
    uses = [use for site in subject.layers() for use in site.uses if use.path != "pool"]
    for use in uses:
        if use.node.inp != network.input:
            continue
        rows = unread(use)
        mask = torch.zeros(9, 9, dtype=torch.bool)
        mask[sorted(rows[0]), :] = True
        mask[:, sorted(rows[1])] = True
        assert not changes[mask].any(), use.path
        assert share_of(rows, network.input) == pytest.approx(float(mask.float().mean()))


def test_holes_are_where_no_gradient_goes() -> None:
    text = f"{PLAIN}input: [1, 31, 31]\nstem: [3x3 1 dil=2 x2, {{concat: [1x1 1, 3x3 1 dil=4]}}]\n"
    changes = image_reached(text)
    ((_, offsets), *_) = runs(lower(dsl.loads(text)).nodes)
    for axis, row in enumerate(offsets):
        assert {at + 15 for at in row} == set(changes.any(1 - axis).nonzero().flatten().tolist())
    assert holes(offsets) > 0.7


def test_limits_are_the_sizes_that_run() -> None:
    text = f"{PLAIN}input: [3, 20, 20]\nstem: [3x3 4 /3]\nhead: [avgpool 7x7 valid, fc classes]\n"
    network = lower(dsl.loads(text))
    module = build(network).eval()
    fitting = []
    for size in range(10, 40):
        try:
            module(torch.zeros(1, 3, size, size))
        except (RuntimeError, ValueError):
            continue
        fitting.append(f"{size}x{size}")
    assert str(limits(network)) == f"{fitting[0]} to {fitting[-1]}"


def test_dead_weights_are_those_without_a_gradient() -> None:
    text = f"{PLAIN}input: [3, 2, 2]\nstem: [1x7 4, 5x3 4, sepconv 3x3 4 dil=2]\n"
    module = build(lower(dsl.loads(text))).train()
    module(torch.rand(2, 3, 2, 2)).sum().backward()
    grads = [each.grad for each in module.parameters() if each.grad is not None]
    dead = sum(int((grad == 0).sum()) for grad in grads)
    notes = [note for found in findings(dsl.loads(text)) for _, note in found.notes]
    assert any(note.startswith(f"in the whole network {dead:,} of") for note in notes), (
        dead,
        notes,
    )
