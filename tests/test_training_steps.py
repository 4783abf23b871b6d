"""A step of training: what it does to weights, against NumPy's and torch's own opinions."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import compiler
import dsl
from compiler.training.dice import generator
from compiler.training.faults import TrainingFault
from compiler.training.feeding import Batch
from compiler.training.order import Order
from compiler.training.processes import World
from compiler.training.rmsprop import TensorFlowRmsProp
from compiler.training.scoring import Tally
from compiler.training.trainer import Trainer
from tests.feeding import blobs

SPEC = """
name: small
input: [1, 8, 8]
classes: 4
defaults: {norm: none}
stem: [conv: 3x3 8]
inception:
  A: {params: [n], concat: [1x1 n, [1x1 n, 3x3 n], [maxpool 3x3, 1x1 n]]}
body: [a: A n=4, maxpool 3x3 /2, b: A n=8]
aux: [{aux: {from: a, weight: 0.3, do: [globalpool avg, fc classes]}}]
head: [globalpool avg, fc classes]
"""
NORMED = SPEC.replace("{norm: none}", "{norm: batch}")


def recipe(**said: Any) -> dsl.Recipe:
    usual: dict[str, Any] = {"optimizer": "sgd", "schedule": {"constant": 0.1}}
    return dsl.Recipe(**usual | {"epochs": 2, "batch": 16} | said)


def trainer(said: dsl.Recipe, text: str = SPEC, world: World | None = None) -> Trainer:
    torch.manual_seed(3)
    model = compiler.compile_spec(dsl.loads(text)).double()
    if world:
        model.register_parameter("spare", torch.nn.Parameter(torch.ones(2).double()))
    return Trainer(model, said, world or World())


def stepped(made: Trainer, count: int = 16, steps: int = 1) -> dict[str, Tensor]:
    """The weights after some steps on images in the trainer's parts."""
    images, classes = blobs(count)
    parts = made.recipe.accumulate
    pairs = zip(images.double().tensor_split(parts), classes.tensor_split(parts), strict=True)
    batches = [Batch(x, y, len(x) / count) for x, y in pairs]
    for step in range(steps):
        made.step(batches, 0, step, 10, Tally(made.world.device))
    return {name: value.clone() for name, value in made.model.state_dict().items()}


def apart(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    return max(float((one[name] - other[name]).detach().abs().max()) for name in one)


def test_a_step_is_the_gradient_of_all_heads() -> None:
    """Against torch's functional gradients of a loss that is written out here."""
    made = trainer(recipe())
    before = {name: value.clone() for name, value in made.model.named_parameters()}
    images, classes = blobs(16)
    made.model.train()

    def loss(weights: dict[str, Tensor]) -> Tensor:
        out = torch.func.functional_call(made.model, weights, (images.double(),))
        rows = torch.arange(len(classes))
        losses = [
            -torch.log_softmax(head, 1)[rows, classes].mean() for head in (out.logits, out.aux)
        ]
        return losses[0] + 0.3 * losses[1]

    gradients = torch.func.grad(loss)(before)
    after = stepped(made)
    wanted = {name: before[name] - 0.1 * gradients[name] for name in before}
    assert apart(wanted, after) < 1e-12


def test_gradients_of_one_step_are_gone_in_the_next() -> None:
    one, two = trainer(recipe()), trainer(recipe())
    stepped(one, steps=2)
    stepped(two, steps=1)
    two.model.zero_grad()
    assert apart(stepped(two), dict(one.model.state_dict())) == 0


@pytest.mark.parametrize("parts", [2, 3, 16])
def test_parts_of_a_batch_add_up(parts: int) -> None:
    whole = stepped(trainer(recipe(batch=48)), 47)
    assert apart(whole, stepped(trainer(recipe(batch=48, accumulate=parts)), 47)) < 1e-12


def test_batch_norm_trains_in_training_mode() -> None:
    """Its statistics follow the batch, unless its path is frozen."""
    moved = stepped(trainer(recipe(), NORMED))
    kept = trainer(recipe(freeze=["stem", "a.branch1"]), NORMED)
    before = {name: value.clone() for name, value in kept.model.state_dict().items()}
    after = stepped(kept)
    frozen = [name for name in after if name.startswith(("conv.", "a.branch1."))]
    assert any("running_mean" in name for name in frozen)
    assert all(torch.equal(before[name], after[name]) for name in frozen)
    assert not any(
        torch.equal(moved[name], before[name]) for name in moved if "running_mean" in name
    )
    with pytest.raises(TrainingFault, match="small has no stemm"):
        trainer(recipe(freeze=["stemm"]), NORMED)


def test_tensorflows_rmsprop() -> None:
    drawn = np.random.default_rng(0)
    weight, gradients = drawn.normal(size=(3, 4)), drawn.normal(size=(5, 3, 4))
    parameter = torch.nn.Parameter(torch.tensor(weight))
    optimizer = TensorFlowRmsProp([parameter], 0.045, weight_decay=1e-2)
    square, velocity = np.ones_like(weight), np.zeros_like(weight)
    for gradient in gradients:
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
        total = gradient + 1e-2 * weight
        square = 0.9 * square + 0.1 * total**2
        velocity = 0.9 * velocity + 0.045 * total / np.sqrt(square + 1.0)
        weight = weight - velocity
    assert np.abs(parameter.detach().numpy() - weight).max() < 1e-14


DECAYING = """
name: mixed
input: [4, 8, 8]
classes: 3
body:
  - conv: 3x3 8 bias
  - norm: layernorm
  - prelu channelwise
  - scale 1e-6
head: [globalpool avg, fc classes]
"""


@pytest.mark.parametrize(
    ("decay", "names"),
    [
        ("kernels", {"conv.conv.weight", "fc.weight"}),
        ("biases", {"conv.conv.bias", "fc.bias"}),
        ("norms", {"conv.bn.weight", "conv.bn.bias", "norm.weight", "norm.bias"}),
    ],
)
def test_weight_decay_is_for_the_parameters_that_it_names(decay: str, names: set[str]) -> None:
    said = {"sgd": {"weight_decay": 0.5, "decay": [decay]}}
    made = Trainer(compiler.compile_spec(dsl.loads(DECAYING)), recipe(optimizer=said))
    found = {
        id(parameter)
        for group in made.optimizer.param_groups
        for parameter in group["params"]
        if group["weight_decay"]
    }
    paths = dict(made.model.named_parameters())
    assert {name for name in paths if id(paths[name]) in found} == names
    assert sum(len(group["params"]) for group in made.optimizer.param_groups) == len(paths)


def test_an_average_of_weights_is_what_is_evaluated() -> None:
    made = trainer(recipe(ema=0.5))
    seen = [stepped(made, steps=1) for _ in range(3)]
    wanted = {name: (seen[0][name] + seen[1][name]) / 4 + seen[2][name] / 2 for name in seen[0]}
    assert apart(dict(made.evaluated.state_dict()), wanted) < 1e-12


def test_two_processes_take_the_step_of_one(tmp_path: Path) -> None:
    """Gloo on this machine, with auxiliary heads and a parameter that no pass reads.

    The last batch isn't shared evenly.
    """
    script = tmp_path / "step.py"
    script.write_text(SCRIPT, encoding="utf-8")
    root = Path(__file__).parent.parent
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    words = [sys.executable, *launcher, str(script), str(tmp_path / "two.pt")]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    alone = [sys.executable, str(script), str(tmp_path / "one.pt")]
    subprocess.run(alone, env=environment, check=True)
    one, two = (torch.load(tmp_path / name) for name in ("one.pt", "two.pt"))
    assert one.keys() == two.keys()
    assert apart(one, two) < 1e-12


SCRIPT = """
import sys
import torch
from compiler.training.processes import joined
from compiler.training.scoring import Tally
from tests.feeding import TensorFeed, blobs
from tests.test_training_steps import recipe, trainer

with joined("cpu") as world:
    made = trainer(recipe(batch=32, accumulate=2, freeze=["a.branch1"]), world=world)
    images, classes = blobs(61)
    feed = TensorFeed(images.double(), classes, 32, 2, world=world)
    tally = Tally(world.device)
    for step, parts in enumerate(feed.training(0)):
        made.step(parts, 0, step, feed.order.steps, tally)
    scores = tally.scores(world)
    if world.leads:
        told = torch.tensor([scores.loss, scores.top1, scores.top5], dtype=torch.float64)
        torch.save({**made.model.state_dict(), "scores": told}, sys.argv[1])
"""


def test_every_image_is_taken_once_an_epoch() -> None:
    for count, batch, world, parts in ((10, 4, 2, 2), (7, 7, 3, 2), (9, 2, 1, 5), (12, 5, 2, 1)):
        orders = [Order(count, batch, 1, parts, rank=rank, world=world) for rank in range(world)]
        steps = [list(order.epoch(2)) for order in orders]
        taken = [
            index for each in steps for step in each for part in step for index in part.indices
        ]
        assert sorted(taken) == list(range(count))
        for step in zip(*steps, strict=True):
            shares = [part.share for own in step for part in own]
            assert abs(sum(shares) / world - 1) < 1e-12
        assert list(orders[0].epoch(2, 1)) == steps[0][1:]
        assert list(orders[0].epoch(1)) != steps[0]


def test_orders_that_can_not_be() -> None:
    with pytest.raises(TrainingFault, match="3 images can't fill a batch of 4"):
        Order(3, 4, drop_last=True)
    with pytest.raises(TrainingFault, match="the smallest batch has 1 image, for 2 processes"):
        Order(9, 4, world=2)


def test_what_is_drawn_follows_from_its_place() -> None:
    one, two = generator(1, "image", 2, 3), generator(1, "image", 2, 3)
    assert torch.equal(torch.rand(4, generator=one), torch.rand(4, generator=two))
    others = [generator(1, "order", 2, 3), generator(1, "image", 23), generator(0, "image", 2, 3)]
    assert (
        len(
            {
                float(torch.rand(1, generator=each))
                for each in [*others, generator(1, "image", 2, 3)]
            }
        )
        == 4
    )
