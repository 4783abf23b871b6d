"""How long a way takes until its first answer, and what memory, each in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypedDict

import torch

from benchmarks.deploying.ways import Way

ROOT = Path(__file__).parent.parent.parent


class Found(TypedDict):
    """What a process prints."""

    seconds: float
    peak: int | None


@dataclass(frozen=True)
class Ready:
    """Seconds of each process, and the bytes that most of them took at most."""

    seconds: tuple[float, ...]
    peak: float | None

    @property
    def cells(self) -> tuple[str, str]:
        """The end of a line in the table."""
        memory = "-" if self.peak is None else f"{self.peak / 2**20:.0f} MiB"
        return f"{median(self.seconds):.2f} s", memory


def ready(network: str, way: Way, times: int) -> Ready:
    """So many fresh processes. Raises `RuntimeError` with the last that one said where it fails."""
    found = [_child(network, way) for _ in range(times)]
    peaks = [one["peak"] for one in found if one["peak"] is not None]
    return Ready(tuple(one["seconds"] for one in found), median(peaks) if peaks else None)


def _child(network: str, way: Way) -> Found:
    words = [network, way.name, str(torch.get_num_threads())]
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.deploying.child", *words]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"it ends with {done.returncode}"]
        raise RuntimeError(said[-1])
    found: Found = json.loads(done.stdout.splitlines()[-1])
    return found
