"""Batch norm folded into the linear layer beside it.

While evaluating, batch norm is a factor and a constant a channel:

    gamma * (x - mean) / sqrt(var + eps) + beta = s x + t
    s = gamma / sqrt(var + eps),    t = beta - s mean

Behind a convolution, transposed or not, or a fully connected layer it always holds, with or without
a bias or gamma, as long as nothing but the norm reads what that gives. In front of one it holds
where nothing is padded: `absorbing.py` says why.
"""

from __future__ import annotations

from compiler.ir.network import Network
from compiler.ops.norm import BatchNorm
from compiler.passes.absorbing import absorbing
from compiler.passes.passing import Held, Pass, Weights
from compiler.passes.walking import walked


def fold_batch_norm(network: Network, weights: Weights | None) -> Held:
    """Batch norms beside a convolution or a fully connected layer become a part of it."""
    return walked(network, weights, absorbing(BatchNorm))


FOLD_BATCH_NORM = Pass("batch norm folded into convolutions", fold_batch_norm)
