"""The training loss in the emitted source, for networks whose outputs are no logits.

Where all heads give logits, cross entropy is what anyone would write, and nothing is emitted.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler.ir.ending import endings
from compiler.ir.network import Network
from compiler.ir.op import Ending
from compiler.source.expr import Expr, call, lay_out, signature

FUNCTIONS: dict[Ending, str] = {
    "logits": "F.cross_entropy",
    "softmax": "softmax_loss",
    "sigmoid": "sigmoid_loss",
}
WORDS: dict[Ending, str] = {
    "softmax": "softmax: cross entropy of its probabilities",
    "sigmoid": "sigmoid: binary cross entropy",
}


def functions(network: Network) -> dict[str, str]:
    """The loss of each head by name, the trunk's as `logits`; none where plain cross entropy does.

    None either where a head changes its probabilities, from which no loss follows.
    """
    found = endings(network)
    kinds = set(found.values())
    if kinds == {"logits"} or not kinds <= FUNCTIONS.keys():
        return {}
    return {head: FUNCTIONS[ending] for head, ending in found.items()}


def loss(network: Network, output: str) -> Iterator[list[str]]:
    """The method, in lines; `output` is the type of what training gives."""
    found = functions(network)
    if not found:
        return
    start = signature("loss", ["self", f"output: {output}", "target: Tensor"], "Tensor", 1)
    if not network.taps:
        word = WORDS[endings(network)["logits"]]
        doc = f'        """The head ends in a {word}."""'
        yield [*start, doc, *_lines("return ", found["logits"], "output")]
        return
    doc = '        """What training minimises: every head by what it ends in."""'
    yield [*start, doc, *_alone(found["logits"]), *_together(network, found)]


def _alone(function: str) -> Iterator[str]:
    yield "        if isinstance(output, Tensor):"
    yield f"            return {function}(output, target)"


def _together(network: Network, found: dict[str, str]) -> Iterator[str]:
    yield from _lines("loss = ", found["logits"], "output.logits")
    for tap in network.taps:
        start = f"loss = loss + {float(tap.weight)!r} * "
        yield from _lines(start, found[tap.name], f"output.{tap.name}")
    yield "        return loss"


def _lines(start: str, function: str, value: str) -> Iterator[str]:
    yield from lay_out(start, call(function, Expr(value), Expr("target")), depth=2)
