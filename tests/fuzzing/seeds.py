"""The specs, recipes and sweeps that mutants are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import indent

from tests import odd_specs
from tests.test_cli import TINY

ROOT = Path(__file__).parent.parent.parent


RECIPE = """\
title: Ours
source: Nowhere
data: {name: folder, path: images, convert: rgb, fit: crop, zoom: 0.875, mean: [0.5, 0.4, 0.3],
       std: 0.2, augment: [flip, shift 0.125, crop 0.2, v2.RandAugment num_ops=2], hold_out: 0.1}
optimizer: {sgd: {momentum: 0.9, nesterov: true, weight_decay: 2e-4, decay: [kernels, biases]}}
schedule: {steps: {0: 0.01, 10: 0.001, 20: 0.0001}}
epochs: 30
batch: 64
accumulate: 2
last: drop
warmup: {epochs: 2, begin: 0.1}
label_smoothing: 0.1
clip: {norm: 2.0}
ema: 0.999
precision: bfloat16
channels_last: true
freeze: [stem, mixed_1.branch1]
seed: 7
reported: {train: 0.9, test: 0.8, top5: 0.99, loss: 0.1}
"""

SWEEP = """\
title: Widths
spec: inception_v3@torchvision
axes:
  width: {low: 0.5, high: 1.0, step: 0.25}
  mixed_6b.c7: {values: [96, 128], also: mixed_6c.c7}
  mixed_6e: [B c7=192, C, 3x3 64 /2]
  training.schedule.cosine.rate: {low: 0.01, high: 0.5, count: 3, log: true}
random: {count: 5, seed: 1}
constraints: {params: < 20M, receptive_field: '>= 100'}
objectives: {accuracy: maximise, macs: minimise}
quantities: [params, peak]
train: {recipe: digits, epochs: 1, trials: 3, sampler: random, pruner: none, seed: 2}
"""


@dataclass(frozen=True)
class Seed:
    """A spec's text; `valid` where nothing is wrong with it."""

    name: str
    text: str
    valid: bool = True


@cache
def seeds() -> tuple[Seed, ...]:
    """The shelf, the edges of the language, and wrong specs."""
    odd = "name: probe\ntitle: A probe\ninput: [3, 16, 16]\nclasses: 5\n{}"
    return (
        Seed("tiny", TINY),
        *(
            Seed(path.stem, path.read_text("utf-8"))
            for path in sorted((ROOT / "specs").glob("*.yaml"))
        ),
        *(
            Seed(path.stem, path.read_text("utf-8"))
            for path in sorted((ROOT / "specs" / "recipes").glob("*.yaml"))
        ),
        Seed("every key of a recipe", RECIPE),
        Seed("every key of a sweep", SWEEP),
        Seed("trained", f"{TINY}training:\n{indent(RECIPE, '  ')}"),
        *(Seed(name, odd.format(text)) for name, text in odd_specs.TEXTS.items()),
        *(
            Seed(path.stem, path.read_text("utf-8"), valid=False)
            for path in sorted((ROOT / "tests" / "bad").glob("*.yaml"))
        ),
    )
