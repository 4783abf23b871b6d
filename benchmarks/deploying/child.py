"""One way in a process of its own: `python -m benchmarks.deploying.child NETWORK WAY THREADS`.

Prints what `benchmarks.deploying.ready` reads: seconds from the model with its weights to its first
answer, a batch of one, and the most bytes beyond those that the process had before.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from contextlib import suppress
from importlib import import_module

import torch

from benchmarks.deploying.memory import highest, resident, start
from benchmarks.deploying.models import batch_for, models
from benchmarks.deploying.ways import BY_NAME


def main() -> None:
    network, name, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    way, given = BY_NAME[name], models(network)
    x = batch_for(given.ours, 1)
    for package in way.imports:
        with suppress(ImportError):  # Some ways do without.
            import_module(package)
    gc.collect()
    start()
    before, begun = resident(), time.perf_counter()
    with torch.no_grad():
        answer = way.prepare(given, x)
        answer(x)
    seconds = time.perf_counter() - begun
    peak = None if before is None else highest() - before
    print(json.dumps({"seconds": seconds, "peak": peak}))


if __name__ == "__main__":
    main()
