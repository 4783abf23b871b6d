"""Tests that run in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

ROOT = Path(__file__).parent.parent
HERE = "INCEPTION_COMPILE_TEST_APART"
Given = ParamSpec("Given")


def apart(test: Callable[Given, None]) -> Callable[Given, None]:
    """The test in a fresh process: threads that other tests' engines leave don't bear a fork."""

    @wraps(test)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> None:
        if HERE in os.environ:
            test(*args, **kwargs)
            return
        node = os.environ["PYTEST_CURRENT_TEST"].rpartition(" ")[0]
        own = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_"))}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", node]
        environment = {**own, HERE: "1", "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    return run
