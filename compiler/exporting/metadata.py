"""What a file says of itself: the spec that it was made from, and how its images are prepared."""

from __future__ import annotations

import json

from compiler.exporting.entering import numbers
from compiler.exporting.wishes import ExportFault, Preprocessing, Wishes
from compiler.ir.network import Network
from compiler.lowering.prepare import Prepared
from compiler.version import __version__
from dsl.text.counts import count


def metadata(network: Network, wishes: Wishes) -> dict[str, str]:
    """Texts by key; all but `spec`, `digest` and `version` are JSON.

    `mean` and `std` are of images between 0 and 1, and only there if they are known. Paths of this
    machine are in none of them. Raises `ExportFault` for labels that aren't one a class.
    """
    alone = Prepared(network.spec, network)
    found = {
        "spec": alone.text,
        "digest": alone.digest,
        "version": f"inception-compile {__version__}",
        "classes": json.dumps(int(network.classes)),
        "input": json.dumps([int(side) for side in network.input]),
    }
    if network.rewritten:
        found["rewritten"] = json.dumps(network.rewritten)
    asked = wishes.preprocess or Preprocessing()
    if wishes.preprocess or network.spec.meta.keys() & {"mean", "std"}:
        mean, std = numbers(network, asked)
        found |= {"mean": json.dumps(mean), "std": json.dumps(std)}
    if wishes.labels:
        if len(wishes.labels) != network.classes:
            labels = count(len(wishes.labels), "label")
            message = f"{labels}, and {network.name} has {count(network.classes, 'class')}"
            raise ExportFault(message, "give one a class, in their order")
        found["labels"] = json.dumps(wishes.labels, ensure_ascii=False)
    return found
