"""How long each lint takes with a network that was lowered and not looked at before."""

from __future__ import annotations

import gc
import time
from collections import defaultdict
from collections.abc import Iterable

import dsl
from compiler.findings.subject import Subject
from compiler.lints import every_lint
from compiler.lowering.lower import lower
from dsl.models.spec import Spec
from dsl.text.memory import forget

SHARED = "shared"
"""What several lints ask: the sites, and what feeds what."""
ROUNDS = 7


def times(spec: Spec, rounds: int = ROUNDS) -> dict[str, float]:
    """Milliseconds of this process by code, the least of some rounds: others use the machine too.

    The lints take turns at going first, since whoever does works out what others ask as well.
    """
    text = dsl.dump(spec)
    found: dict[str, list[float]] = defaultdict(list)
    lints = every_lint()
    for number in range(rounds):
        forget()
        subject = Subject(lower(dsl.loads(text)))
        gc.collect()
        start = time.process_time()
        _ = subject.flow, subject.sites, subject.owners
        found[SHARED].append(time.process_time() - start)
        turn = number % len(lints)
        for lint in lints[turn:] + lints[:turn]:
            start = time.process_time()
            list(lint.problems(subject))
            found[lint.code].append(time.process_time() - start)
    return {code: 1000 * min(taken) for code, taken in found.items()}


def lines(name: str, taken: dict[str, float], worst: int = 5) -> Iterable[str]:
    """The whole, and the slowest first."""
    slowest = sorted(taken.items(), key=lambda each: -each[1])[:worst]
    yield f"{name}: {sum(taken.values()):.1f} ms"
    yield from (f"  {code} {ms:.1f} ms" for code, ms in slowest)
