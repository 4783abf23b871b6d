"""What is known of public sources beside their names."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from compiler.ir.network import Network
from compiler.ops.norm import COUNTER
from compiler.weights.slots import slots
from dsl.models.weights import OWN
from dsl.text.problems import NOWHERE, Problem, SpecError

SCALED = "RGB scaled to [-1, 1] (mean 0.5, std 0.5)"
NOTES = {
    "torchvision": f"transform_input is no weight: feed {SCALED}, which is what torchvision's "
    "model makes of its input, or ask for transform_input",
    "timm": f"timm's checkpoints differ in what they take: those that end in tf_in1k and tv_in1k "
    f"{SCALED}; pretrained_cfg says which",
    "keras": f"feed {SCALED}, which is what Keras's preprocess_input makes of an image",
}


def notes_on(source: str) -> Iterator[str]:
    """What images the weights of a source expect."""
    if source in NOTES:
        yield NOTES[source]


def resembling(network: Network, given: Collection[str], source: str) -> str:
    """Another source of the network that most of the names given are of; empty for none."""
    others = [name for name in (*network.spec.weights, OWN) if name != source]
    shares = {name: _share(network, given, name) for name in (source, *others)}
    best = max(shares, key=lambda name: shares[name])
    return best if best != source and shares[best] > 0.5 > shares[source] else ""


def _share(network: Network, given: Collection[str], source: str) -> float:
    """The share of a source's names that are among those given."""
    try:
        names = {slot.name for slot in slots(network, source) if not slot.path.endswith(COUNTER)}
    except SpecError:
        return 0.0
    return len(names & set(given)) / max(len(names), 1)


def mistaken(network: Network, given: Collection[str], source: str) -> None:
    """Raise `SpecError` where the names given are plainly those of another source."""
    if other := resembling(network, given, source):
        meant = "the spec's own" if other == OWN else f"{other}'s"
        message = f"these aren't {source}'s names of {network.name}, they are {meant}"
        help = f"say source={other!r} (--source {other})"
        raise SpecError([Problem("E150", NOWHERE, message, help=help)])
