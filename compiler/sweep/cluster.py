"""Ray for as long as it is needed: one of its own on this machine, or a cluster that is there."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from compiler.training.faults import TrainingFault
from dsl.models.engines import Ray

ADDRESS = "RAY_ADDRESS"
"""The variable by which Ray's own tools are told of a cluster."""
TOKEN = "RAY_AUTH_TOKEN"  # noqa: S105  # What the variable is called.
"""By what processes of one Ray know each other; without it Ray writes one into the home folder."""
SURROUNDINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",  # Nothing is told to anyone.
    "RAY_AIR_NEW_OUTPUT": "0",  # The newer way prints tables even where it is to be quiet.
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # Each trial keeps what there is to know itself.
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Signals are heard here, SIGTERM too.
}
"""What Ray reads when it is imported."""
LONGEST = 40
"""Letters that the path of a folder for temporary files may have: Ray puts sockets deep below it,
and the system allows about 107 for these.
"""
STORE = 100 << 20
"""Bytes of memory that processes share: plans of sweeps, of which each has some kilobytes."""
TRIES, PAUSE = 50, 0.1
"""How often, and seconds apart, a folder is removed in which processes that end still write."""


@contextmanager
def connected(address: str | None, wanted: Ray) -> Iterator[str]:
    """Ray, at an address or on this machine alone; gives what there is to note.

    Raises `TrainingFault` where there is none, or where it could never train a trial.
    """
    where = address or os.environ.get(ADDRESS) or "local"
    if where.startswith("ray://"):
        message = f"a sweep can't reach into a cluster from outside, as {where} would"
        raise TrainingFault(message, "start it on a machine of the cluster, with --address auto")
    _look(where)
    os.environ.update(SURROUNDINGS)
    with _own_folder() as own:
        import ray

        try:
            _begin(where, own)
            yield _fitting(wanted, where)
        finally:
            ray.shutdown()


def _look(where: str) -> None:
    """See whether anyone is at an address: Ray itself asks for minutes. Raises `TrainingFault`."""
    host, _, port = where.rpartition(":")
    if not host or not port.isdecimal():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
    except (OSError, OverflowError) as error:
        raise TrainingFault(f"there is no Ray at {where}: {error}") from None


@contextmanager
def _own_folder() -> Iterator[str]:
    """A folder for what Ray writes of itself, with a path that is short enough; it is removed."""
    usual = tempfile.gettempdir()
    short = len(usual) <= LONGEST or os.name != "posix"
    place = usual if short else "/tmp"  # noqa: S108  # What is made there has a name of its own.
    own = tempfile.mkdtemp(prefix="sweep-", dir=place)
    try:
        yield own
    finally:
        tries = iter(range(TRIES))
        while Path(own).exists() and next(tries, None) is not None:
            shutil.rmtree(own, ignore_errors=True)
            time.sleep(PAUSE)


def _begin(where: str, own: str) -> None:
    import ray

    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    if where == "local":
        os.environ.setdefault(TOKEN, secrets.token_hex(32))
        quiet |= {"include_dashboard": False, "object_store_memory": STORE, "_temp_dir": own}
    try:
        ray.init(where, **quiet)
    except (ConnectionError, RuntimeError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        what = "Ray doesn't start here" if where == "local" else f"there is no Ray at {where}"
        raise TrainingFault(f"{what}: {first}") from None


def _fitting(wanted: Ray, where: str) -> str:
    """A note where no machine has what a trial asks for now.

    Raises `TrainingFault` where none ever will.
    """
    import ray

    nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    found = [node["Resources"] for node in nodes if node["Alive"]]
    needs = {"CPU": wanted.cpus, "GPU": wanted.gpus}
    if any(all(each.get(key, 0) >= need for key, need in needs.items()) for each in found):
        return ""
    asked = " and ".join(_counted(need, key) for key, need in needs.items() if need)
    if where == "local":
        has = " and ".join(_counted(found[0].get(key, 0), key) for key in needs)
        raise TrainingFault(f"a trial asks for {asked}, and this machine has {has}")
    return f"note: no machine of the cluster has {asked} now; trials wait until one does"


def _counted(count: float, what: str) -> str:
    return f"{count:g} {what}" + ("s" if count == 0 or count > 1 else "")
