"""What torch functions without a counterpart are, in the field's words."""

from __future__ import annotations

from collections.abc import Iterator

_LAYERS = {
    "is an RMS norm": "rms_norm",
    "is attention": "scaled_dot_product_attention multi_head_attention_forward",
    "resizes a map": "upsample grid_sample",
    "moves channels into space": "pixel_shuffle",
    "moves space into channels": "pixel_unshuffle",
    "drops whole channels, a spec's dropout single elements": "feature_dropout "
    "feature_alpha_dropout alpha_dropout",
    "is a pooling by a norm": "lp_pool1d lp_pool2d lp_pool3d",
    "is a pooling of chance": "fractional_max_pool2d fractional_max_pool3d",
    "is an activation that the language hasn't": "selu selu_ celu celu_ rrelu rrelu_ hardshrink "
    "softshrink softsign logsigmoid threshold threshold_ glu tanhshrink",
    "is a softmax of logarithms": "log_softmax",
    "looks up an embedding": "embedding",
}
_STEPS = {
    "moves axes": "permute transpose swapaxes movedim t",
    "takes a part of a tensor": "__getitem__ select index_select",
    "splits a tensor": "unbind",
    "stacks tensors": "stack hstack vstack",
    "repeats a tensor": "repeat tile repeat_interleave",
    "multiplies matrices": "matmul __matmul__ bmm einsum mm baddbmm",
    "rolls a map": "roll",
    "cuts a map into patches": "unfold",
    "puts patches together": "fold",
    "arranges a tensor anew": "unflatten",
    "subtracts": "sub sub_ rsub __rsub__",
    "takes a power": "pow pow_ square sqrt rsqrt",
    "takes exponentials": "exp exp_ log",
    "sums over a tensor": "sum",
    "takes a maximum": "max maximum",
    "clips": "clamp clamp_ clip",
    "chooses elements": "where masked_fill",
}


def _named() -> Iterator[tuple[str, tuple[str, bool]]]:
    holders = ("torch.nn.functional", "torch", "torch.Tensor")
    for table, telling in ((_LAYERS, True), (_STEPS, False)):
        for words, names in table.items():
            for name in names.split():
                yield from ((f"{holder}.{name}", (words, telling)) for holder in holders)


WORDS = dict(_named())
"""By torch's name of a function: what it does, and whether that tells what its module is."""
