"""Processes that do the same with each of many models.

They stand in a file of their own: a new process finds nothing that is defined in `__main__`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeVar

import torch

T = TypeVar("T")
MANY = 8
"""How many models a process has before another takes its place, for the memory's sake."""


@contextmanager
def pool(jobs: int) -> Iterator[Callable[[Callable[[str], T], Iterable[str]], Iterator[T]]]:
    """Runs a function of each of some names in processes of their own."""
    with get_context("spawn").Pool(jobs, _single, maxtasksperchild=MANY) as workers:
        yield workers.imap_unordered


def _single() -> None:
    """One thread each: the processes share the machine as it is."""
    torch.set_num_threads(1)
