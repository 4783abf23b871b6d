"""What people made of each finding: `judged.yaml`, by network and code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import yaml

FILE = Path(__file__).parent / "judged.yaml"
Verdict = Literal["earned", "known", "false"]
"""`earned`: a fault, or a waste that its author would mend. `known`: true, and so on purpose or as
published, which one is glad to be told. `false`: a false alarm."""
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True)
class Judged:
    """What one finding of one network is, and why."""

    verdict: Verdict
    why: str


Judgements = Mapping[str, Mapping[str, Judged]]
"""By the network's name or source, then by code."""


def judgements(file: Path = FILE) -> Judgements:
    """All that was judged."""
    said: dict[str, dict[str, str]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {
        network: {code: _judged(text) for code, text in codes.items()}
        for network, codes in said.items()
    }


def _judged(text: str) -> Judged:
    word, _, why = text.partition(", ")
    found = next((verdict for verdict in VERDICTS if verdict == word), None)
    assert found and why, f"{text!r} begins with one of {VERDICTS} and says why"
    return Judged(found, why)


def unjudged(network: str, codes: Iterable[str], known: Judgements) -> list[str]:
    """The codes of a network's findings that nobody has judged."""
    return sorted(set(codes) - set(known.get(network, {})))
