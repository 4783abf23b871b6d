"""Verdicts in a file, so that a long run that ended early goes on where it was."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from benchmarks.families.trial import Verdict


def kept(path: Path | None) -> dict[str, Verdict]:
    """The verdicts in a file by model, the last of each; none without a file."""
    lines = path.read_text(encoding="utf-8").splitlines() if path and path.exists() else []
    found = [json.loads(line) for line in lines]
    verdicts = [Verdict(**{**each, "reasons": tuple(each["reasons"])}) for each in found]
    return {verdict.source: verdict for verdict in verdicts}


def keep(path: Path | None, verdict: Verdict) -> None:
    """Add a verdict to a file, if there is one."""
    if path:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(verdict)) + "\n")
