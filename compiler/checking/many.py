"""Many specs, looked at side by side where that is quicker."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from compiler.checking.examining import AS_WRITTEN, Asked, Examined, examined
from compiler.lowering.prepare import Where

WORTH = 12
"""How many specs it takes until several processes are quicker than one."""
MOST = 16


def examined_all(wheres: Sequence[Where], asked: Asked = AS_WRITTEN) -> list[Examined]:
    """What is wrong with each spec, in the order in which they are given."""
    workers = min(os.cpu_count() or 1, MOST, len(wheres) // (WORTH // 2))
    # A child that begins anew would lack the plugins that were loaded here.
    if len(wheres) < WORTH or workers < 2 or "fork" not in multiprocessing.get_all_start_methods():
        return [examined(where, asked) for where in wheres]
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        return pool.map(partial(_alone, asked=asked), wheres, chunksize=1)


def _alone(where: Where, asked: Asked) -> Examined:
    """One of many: only what is told of it comes back."""
    return replace(examined(where, asked), prepared=None, recipe=None, sweep=None)
