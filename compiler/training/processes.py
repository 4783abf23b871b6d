"""The processes that train together: which one this is, and what they tell each other.

torch's launcher, `torchrun`, starts them and sets what is read here; started any other way, there
is one. Nothing else in this folder knows how many there are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor

from compiler.training.faults import TrainingFault
from dsl.text.counts import count
from dsl.text.problems import SpecError


@dataclass(frozen=True)
class World:
    """The processes that train together; `rank` counts them from 0, which writes the files."""

    rank: int = 0
    size: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def leads(self) -> bool:
        """Whether this process is the one that writes and prints."""
        return self.rank == 0

    def summed(self, numbers: Tensor) -> Tensor:
        """Numbers added over all processes, each of which asks for the same."""
        if self.size > 1:
            dist.all_reduce(numbers)
        return numbers

    def agreed(self, number: int) -> int:
        """The largest of each process's number."""
        if self.size == 1:
            return number
        told = torch.tensor(number, device=self.device)
        dist.all_reduce(told, op=dist.ReduceOp.MAX)
        return int(told)


@contextmanager
def joined(device: str = "auto") -> Iterator[World]:
    """The world that this process belongs to, which is left at the end.

    Raises `TrainingFault` for a device that isn't there.
    """
    size, rank, place = _told()
    where = _device(device, place)
    if size == 1:
        yield World(device=where)
        return
    dist.init_process_group("nccl" if where.type == "cuda" else "gloo")
    try:
        if dist.get_world_size() != size:
            met = dist.get_world_size()
            message = f"{count(size, 'process')} were started, and {met:,} came together"
            raise TrainingFault(message)
        yield World(rank, size, where)
    except RuntimeError:
        if _alone():
            message = "another of the processes has ended; what it said stands above"
            raise TrainingFault(message) from None
        raise
    finally:
        dist.destroy_process_group()


def _alone() -> bool:
    """Whether other processes are gone, so that what failed here is not this one's fault."""
    try:
        dist.monitored_barrier(timeout=timedelta(seconds=2))
    except RuntimeError:
        return True
    return False


Made = TypeVar("Made")


def together(world: World, make: Callable[[], Made]) -> Made:
    """What each process makes by itself, as soon as all of them have.

    A fault is raised where it was found, but where the process that leads has one too: that is the
    same one, and it is told once. The others leave by `SystemExit`.
    """
    fault: Exception | None = None
    made: Made | None = None
    try:
        made = make()
    except (TrainingFault, SpecError, OSError) as error:
        fault = error
    failed = world.agreed(int(fault is not None))
    led = world.agreed(int(fault is not None and world.leads))
    if fault is not None and (world.leads or not led):
        raise fault
    if failed:
        raise SystemExit(1)
    return cast("Made", made)


TOLD = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
"""What a launcher tells each process; some of it alone is left from something else."""


def _told() -> tuple[int, int, int]:
    """How many processes there are, which this is, and which on its machine."""
    if not all(os.environ.get(name) for name in TOLD):
        return 1, 0, 0
    told = {name: os.environ.get(name, "0") for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK")}
    try:
        size, rank, place = map(int, told.values())
    except ValueError:
        said = ", ".join(f"{name}={value}" for name, value in told.items())
        raise TrainingFault(f"a launcher counts processes, and says {said}") from None
    return size, rank, place


def _device(name: str, place: int) -> torch.device:
    """A device by its name; "auto" is a GPU where there is one."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and torch.cuda.is_available():
        torch.cuda.set_device(place)
        return torch.device("cuda", place)
    if name == "mps" and torch.backends.mps.is_available():
        return torch.device("mps")
    if name != "cpu":
        raise TrainingFault(f"torch finds no {name} here")
    return torch.device("cpu")
