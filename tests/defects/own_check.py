"""What the main job compares before it writes anything, on a network with a bit of everything."""

from __future__ import annotations

import sys
from pathlib import Path

import dsl
from compiler.lowering.prepare import prepare
from compiler.oracle.check import cross_check
from compiler.oracle.comparisons import CheckReport
from compiler.oracle.proof import prove
from compiler.source import emit

PROBE = Path(__file__).parent / "probe.yaml"


def checked() -> CheckReport:
    """Counts held against torch, the emitted source against the module, that against the spec."""
    network = prepare(dsl.loads(PROBE.read_text("utf-8"), PROBE.name)).network
    return cross_check(network) + prove(network, emit(network, "0" * 64))


if __name__ == "__main__":
    report = checked()
    if not report.ok:
        sys.stdout.write("\n".join(report.lines()) + "\n")
    sys.exit(not report.ok)
