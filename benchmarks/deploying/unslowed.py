"""Larger networks: none is slower optimised than it was."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch

from benchmarks.deploying.models import batch_for, shelved
from benchmarks.deploying.speed import AT_MOST
from benchmarks.pairs import Row, Work, alternate, compared
from compiler.running.choosing import difference
from compiler.running.preparing import optimize_for_inference

NETWORKS = ("inception_v4", "inception_resnet_v1", "inception_resnet_v2", "xception")
AIM = 1.0
PEER = "eager"


def rows(left_out: dict[str, str], *, quick: bool) -> Iterator[Row]:
    """Each in torch alone, batch 1; the row says which way was taken for it."""
    for name in NETWORKS[-1:] if quick else NETWORKS:
        model = shelved(name)
        x = batch_for(model, 1)
        fast = optimize_for_inference(model, x)
        with torch.no_grad():
            error = difference(fast(x), model(x))
            if not error <= AT_MOST:
                left_out[name] = f"it gives something else: {error:.1e} of the largest"
                continue
            works: dict[str, Work] = {fast.way: partial(fast, x), PEER: partial(model, x)}
            yield compared(name, alternate(works, 3 if quick else 15), fast.way, PEER, AIM)
