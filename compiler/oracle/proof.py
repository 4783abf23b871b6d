"""The proof of what is written: the emitted source run against the module and the spec."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from compiler.ir.network import Network
from compiler.oracle.comparisons import Check, CheckReport, Difference, name_of
from compiler.oracle.trial import BATCH, trial

if TYPE_CHECKING:
    from compiler.oracle.emitted import Pair
    from compiler.oracle.likeness import Finding
    from compiler.oracle.trial import Trial


def prove(network: Network, text: str) -> CheckReport:
    """Hold the emitted `text` against the compiled module, and that against the spec read anew.

    All have the same random weights and images. The text is loaded apart from our packages.
    """
    if network.rewritten:
        return left_out(network, "the network was rewritten for inference")
    chosen = trial(network)
    if chosen.left_out:
        return left_out(network, chosen.left_out)
    from compiler.oracle.emitted import give, pair, randomise
    from compiler.oracle.foreign import restore, unchecked
    from compiler.oracle.runs import Runs, calm

    size = size_of(network, chosen)
    mode = f"emitted source against the module, bit for bit at {size}"
    checks: list[Check] = []
    doing = "the emitted file"
    with calm():
        try:
            both = pair(network, text)
            checks += [same_state(mode, both), _same_draws(mode, both)]
            randomise(both.ours)
            restore(network, both.ours)
            give(both.ours, both.theirs)
            checks.append(Check(mode, "weights"))
            doing, runs = "a pass", Runs(network, chosen, both)
            checks += found(mode, runs.bit_for_bit(), ("module", "source"))
        except Exception as error:  # noqa: BLE001  # whatever the emitted file does, is told
            checks.append(failed(mode, doing, error))
            return CheckReport(name_of(network), tuple(checks))
        mode = f"module against another reading of the spec, in float64 at {size}"
        try:
            checks += found(mode, runs.read_anew(), ("module", "reading"))
        except (KeyError, ValueError) as error:
            checks.append(failed(mode, "the reading", error))
        mute = runs.mute
    said = (mute and f"little was compared: {mute}", unchecked(network))
    return CheckReport(name_of(network), tuple(checks), "\n".join(filter(None, said)))


def left_out(network: Network, why: str) -> CheckReport:
    """The report where nothing was compared."""
    return CheckReport(name_of(network), (), f"the emitted source was not run: {why}")


def size_of(network: Network, chosen: Trial) -> str:
    """The images that a network is run on: `2x3x9x11`."""
    return "x".join(str(int(n)) for n in (BATCH, network.input.channels, *chosen.grid))


def failed(mode: str, where: str, error: Exception) -> Check:
    """That a run ended in an error."""
    given = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return Check(mode, "a run", Difference(where, "run", given, sides=("should", "gives")))


def same_state(mode: str, both: Pair) -> Check:
    """Of the two as they are constructed: names, shapes and types of what they hold."""
    states = [
        {key: f"{tuple(value.shape)} {value.dtype}" for key, value in model.state_dict().items()}
        for model in (both.ours, both.theirs)
    ]
    return Check(mode, "state", _apart(states[0].items(), states[1].items()))


def _same_draws(mode: str, both: Pair) -> Check:
    """How their weights are drawn."""
    ours, theirs = (enumerate(map(str, drawn)) for drawn in both.draws)
    return Check(mode, "initial weights", _apart(ours, theirs, "write "))


def _apart(ours: Iterable[Any], theirs: Iterable[Any], prefix: str = "") -> Difference | None:
    """Where two sequences of names and facts part, their order included."""
    mine, others = list(ours), list(theirs)
    for (key, fact), (other, found) in zip(mine, others, strict=False):
        if (key, fact) != (other, found):
            said = (fact, found) if key == other else (f"{key} {fact}", f"{other} {found}")
            return Difference(f"{prefix}{key}", said[0], said[1], ("module", "source"))
    if len(mine) != len(others):
        more = (mine if len(mine) > len(others) else others)[min(len(mine), len(others))]
        counts = f"{len(mine):,} of them", f"{len(others):,}"
        return Difference(f"{prefix}{more[0]}", counts[0], counts[1], ("module", "source"))
    return None


def found(
    mode: str, findings: Iterable[tuple[str, Finding | None]], sides: tuple[str, str]
) -> Iterator[Check]:
    """Each comparison as a check; `sides` are what the two are called."""
    for name, finding in findings:
        if finding is None:
            yield Check(mode, name)
        else:
            where, ours, theirs = finding
            yield Check(mode, name, Difference(where, ours, theirs, sides))
