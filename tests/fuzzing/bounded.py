"""The process that answers, and what is a failure: no answer, a late one, or a traceback."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

SECONDS, LATER = 1.0, 5.0
"""Of the processor, which doesn't count who else is busy: until a spec is refused or lowered, and
until a command has its answer, as a mutant may be a network of thousands of layers."""
PATIENCE = 300
"""Seconds by the clock after which nothing is expected any more, however busy others are."""
ROOT = Path(__file__).parent.parent.parent


WORKER = (sys.executable, "-m", "tests.fuzzing.worker")


class Bounded:
    """Asks a process of its own, which is started anew after it died."""

    def __init__(self, command: tuple[str, ...] = WORKER) -> None:
        self._command = command
        self._process = self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def ask(self, data: bytes) -> dict[str, Any]:
        """The answer; `failed` says what was wrong with it."""
        given, answers = self._process.stdin, self._process.stdout
        assert given and answers
        try:
            given.write(b"%d\n" % len(data) + data)
            given.flush()
        except BrokenPipeError:
            return self._died()
        ready, _, _ = select.select([answers], [], [], PATIENCE)
        line = answers.readline() if ready else b""
        if not line:
            return self._died() if ready else self._hangs()
        answer: dict[str, Any] = json.loads(line)
        limits = dict.fromkeys(("refused", "lowered"), SECONDS)
        took = answer.get("took", {})
        slow = {stage: took[stage] for stage in took if took[stage] > limits.get(stage, LATER)}
        if slow and "failed" not in answer:
            stage = max(slow, key=lambda stage: slow[stage])
            answer["failed"] = f"{stage}: slow"
            answer["said"] = f"{slow[stage]:.2f} s"
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        env = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        return subprocess.Popen(self._command, stdin=pipe, stdout=pipe, cwd=ROOT, env=env)

    def _end(self) -> int:
        self._process.kill()
        self._process.communicate()
        return self._process.returncode

    def _died(self) -> dict[str, Any]:
        code = self._process.wait()
        self._end()
        self._process = self._start()
        return {"failed": f"died with {code}", "said": ""}

    def _hangs(self) -> dict[str, Any]:
        self._end()
        self._process = self._start()
        return {"failed": "hangs", "said": f"no answer in {PATIENCE} s"}
