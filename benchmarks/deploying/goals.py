"""What deploying is held to, from what was measured of the two networks."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.deploying.speed import Measured
from benchmarks.deploying.ways import BFLOAT16, EAGER, GRAPH, IN_ORT, INT8, OURS, Way
from benchmarks.pairs import Estimate, Row, compared, shown

AS_ONNXRUNTIME = 1 / 0.95
SECONDS = 3.0
"""Within which a network in torch alone is ready."""
AIMS: tuple[tuple[Way, Way, float], ...] = (
    (OURS, GRAPH, 1.0),
    (OURS, IN_ORT[1], AS_ONNXRUNTIME),
    (BFLOAT16, EAGER, 1 / 9),
    (INT8, EAGER, 1 / 12),
)
"""One way's time over another's, and what it should be at most."""


def rows(found: Measured) -> Iterator[Row]:
    """The aims that have figures; ratios are of times, so below 1 ours is quicker."""
    for count, seconds in found.seconds.items():
        what = f"{found.name}, batch {count}"
        for way, peer, aim in AIMS:
            if way.name in seconds and peer.name in seconds:
                yield compared(what, seconds, way.name, peer.name, aim)
    if began := found.ready.get(OURS.name):
        ratio = Estimate.of([each / SECONDS for each in began.seconds])
        ours = f"{OURS.name} {shown(ratio.value * SECONDS)}"
        yield Row(f"{found.name}, ready", ours, f"at most {SECONDS:g} s", ratio, 1.0)
