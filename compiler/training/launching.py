"""Several processes of one command, which torch's own launcher starts and looks after."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from uuid import uuid4

from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch


def launched(words: Sequence[str], processes: int) -> int:
    """Run Python with some words in so many processes of this machine; the exit code of all.

    That of the first one to fail: what failed it has said itself.
    """
    # torch warns each process that all parameters are used, which is as it should be.
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    config = LaunchConfig(
        run_id=uuid4().hex,
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=processes,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        max_restarts=0,
    )
    logging.disable(logging.ERROR)  # This process does nothing else, and each of those speaks.
    try:
        elastic_launch(config, sys.executable)(*words)
    except ChildFailedError as failed:
        return max(failed.get_first_failure()[1].exitcode, 1)
    except SignalException as stopped:
        return 128 + stopped.sigval
    return 0
