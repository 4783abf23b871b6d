"""Learning rates and optimizers beside torch's own."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler as schedulers

import dsl
from compiler.training.optimizing import optimizer_for

EPOCHS, STEPS = 6, 5


def recipe(**said: Any) -> dsl.Recipe:
    usual = {"optimizer": "sgd", "schedule": {"constant": 0.1}, "epochs": EPOCHS, "batch": 8}
    return dsl.Recipe(**{**usual, **said})


def parameters() -> list[torch.nn.Parameter]:
    drawn = torch.Generator().manual_seed(1)
    return [torch.nn.Parameter(torch.randn(3, 4, generator=drawn, dtype=torch.float64))]


def torchs(kind: Any, by_step: bool, **said: Any) -> list[float]:
    """The rate of each step of a scheduler that is asked after each step, or after each epoch."""
    optimizer = torch.optim.SGD(parameters(), lr=0.1)
    scheduler = kind(optimizer, **said)
    rates = []
    for step in range(EPOCHS * STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if by_step or step % STEPS == STEPS - 1:
            scheduler.step()
    return rates


def named(value: object) -> str | None:
    """A test goes by the word that it is about."""
    return next(iter(value)) if isinstance(value, dict) else None


@pytest.mark.parametrize(
    ("schedule", "wanted"),
    [
        ({"constant": 0.1}, lambda: [0.1] * EPOCHS * STEPS),
        (
            {"steps": {0: 0.1, 2: 0.01, 4: 0.001}},
            lambda: torchs(schedulers.MultiStepLR, False, milestones=[2, 4]),
        ),
        (
            {"exponential": {"rate": 0.1, "factor": 0.94, "every": 2}},
            lambda: torchs(schedulers.StepLR, False, step_size=2, gamma=0.94),
        ),
        (
            {"exponential": {"rate": 0.1, "factor": 0.94, "every": 1, "smooth": True}},
            lambda: torchs(schedulers.ExponentialLR, True, gamma=0.94 ** (1 / STEPS)),
        ),
        (
            {"cosine": {"rate": 0.1, "end": 0.001}},
            lambda: torchs(schedulers.CosineAnnealingLR, True, T_max=EPOCHS * STEPS, eta_min=0.001),
        ),
        (
            {"polynomial": {"rate": 0.1, "power": 0.5}},
            lambda: torchs(schedulers.PolynomialLR, True, total_iters=EPOCHS * STEPS, power=0.5),
        ),
    ],
    ids=named,
)
def test_a_schedule_is_torchs(schedule: dict[str, Any], wanted: Any) -> None:
    found = recipe(schedule=schedule)
    rates = [found.rate_at(step / STEPS) for step in range(EPOCHS * STEPS)]
    assert rates == pytest.approx(wanted(), rel=1e-9)


def test_one_cycle_is_torchs() -> None:
    """torch's reaches its end with the last step, ours with the end of the run."""
    count = EPOCHS * STEPS
    scheduler = schedulers.OneCycleLR(
        torch.optim.SGD(parameters(), lr=0.1), max_lr=0.1, total_steps=count + 1, pct_start=0.3
    )
    ours = recipe(schedule={"onecycle": 0.1})
    for step in range(count):
        # torch rises until the step before that share of all steps, counted from 0.
        done = step / (0.3 * (count + 1) - 1) * 0.3
        if done < 0.3:
            assert ours.rate_at(done * EPOCHS) == pytest.approx(scheduler.get_last_lr()[0])
        scheduler.optimizer.step()
        scheduler.step()
    assert ours.rate_at(0.3 * EPOCHS) == pytest.approx(0.1)
    assert ours.rate_at(EPOCHS) == pytest.approx(0.1 / 25 / 1e4)


def test_warm_up_is_torchs() -> None:
    wanted = torchs(schedulers.LinearLR, True, start_factor=0.2, total_iters=2 * STEPS)
    found = recipe(warmup={"epochs": 2, "begin": 0.2})
    rates = [found.rate_at(step / STEPS) for step in range(EPOCHS * STEPS)]
    assert rates == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (
            {"sgd": {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}},
            lambda p: torch.optim.SGD(p, 0.1, 0.9, nesterov=True, weight_decay=0.1),
        ),
        (
            {"rmsprop": {"formula": "torch", "epsilon": 1e-3}},
            lambda p: torch.optim.RMSprop(p, 0.1, 0.9, 1e-3, momentum=0.9),
        ),
        (
            {"adam": {"beta1": 0.8, "weight_decay": 0.1}},
            lambda p: torch.optim.Adam(p, 0.1, (0.8, 0.999), weight_decay=0.1),
        ),
        ({"adamw": {"weight_decay": 0.1}}, lambda p: torch.optim.AdamW(p, 0.1, weight_decay=0.1)),
    ],
    ids=named,
)
def test_an_optimizer_is_torchs(said: dict[str, Any], wanted: Any) -> None:
    class Holder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = parameters()[0]

    ours, theirs = Holder(), parameters()
    one, other = optimizer_for(recipe(optimizer=said).optimizer, ours, 0.1), wanted(theirs)
    drawn = torch.Generator().manual_seed(2)
    for _ in range(4):
        gradient = torch.randn(3, 4, generator=drawn, dtype=torch.float64)
        ours.weight.grad = theirs[0].grad = gradient
        one.step()
        other.step()
    assert torch.equal(ours.weight, theirs[0])
