"""Words of other frameworks and papers: what the language calls the thing, or that it has none.

Nearness of spelling misleads here: `deconv` is no `sepconv`, and `selu` no `relu`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dsl.text.problems import closest

SAID: dict[str, str] = {
    "3x3 64": "conv conv2d convolution convolution2d",
    "3 64": "conv1d convolution1d",
    "3x3x3 64": "conv3d convolution3d",
    "3x3 64 depthwise": "depthwiseconv depthwiseconv2d dwconv",
    "3x3 64 dil=2": "dilatedconv atrousconv dilated atrous",
    "3x3 64 groups=2": "groupconv groupedconv",
    "sepconv": "separableconv separableconv2d separable dwsepconv depthwiseseparable",
    "maxpool": "maxpool2d maxpooling maxpooling2d mpool",
    "avgpool": (
        "avgpool2d avgpooling avgpooling2d averagepool averagepooling averagepooling2d meanpool"
    ),
    "globalpool avg": (
        "gap globalavgpool globalaveragepool globalavgpooling globalavgpool2d "
        "globalaveragepooling globalaveragepooling2d"
    ),
    "globalpool max": "gmp globalmaxpool globalmaxpooling globalmaxpool2d globalmaxpooling2d",
    "adaptivepool": "adaptiveavgpool adaptiveavgpool2d",
    "adaptivepool max": "adaptivemaxpool adaptivemaxpool2d",
    "fc": "linear dense fullyconnected innerproduct affine logits classifier",
    "batchnorm": "bn batchnorm2d batchnormalization batchnormalisation",
    "batch": "bn batchnorm batchnorm2d",
    "scale 1e-6": "layerscale channelscale",
    "layernorm": "ln layernorm2d layernormalization layernormalisation",
    "groupnorm 32": "gn groupnorm groupnormalization groupnormalisation",
    "instancenorm": (
        "in2d instancenorm1d instancenorm2d instancenorm3d "
        "instancenormalization instancenormalisation"
    ),
    "layer": "ln layernorm layernorm2d",
    "group:32": "gn groupnorm group",
    "instance": "in2d instancenorm instancenorm2d",
    "lrn": "localresponsenorm localresponsenormalization localrespnorm",
    "l2norm": "normalize l2normalize l2normalization unitnorm",
    "silu": "swish swish1",
    "leakyrelu": "leaky lrelu",
    "prelu": "parametricrelu",
    "hardswish": "hswish",
    "hardsigmoid": "hsigmoid",
    "none": "identity linear null nil no off",
    "identity": "skip shortcut skipconnection noop passthrough",
    "droppath": "stochasticdepth",
    "deconv": (
        "deconv1d deconv2d deconv3d deconvolution convtranspose convtranspose1d convtranspose2d "
        "convtranspose3d conv1dtranspose conv2dtranspose conv3dtranspose "
        "transposedconv transposeconv transposed upconv"
    ),
    "upsample 2": "upsampling upsampling2d upsample2d interpolate resize",
    "dropout": "dropout2d spatialdropout alphadropout drop",
    "flatten": "view reshape1d ravel",
    "softmax": "softmax2d",
    "valid": "nopadding unpadded",
    "shuffle": "channelshuffle shufflechannels shufflechannel",
    "{split: equal, concat: [identity, 3x3 in/2]}": "split chunk slice narrow splitwithsizes",
}
"""What the language says for words of others, each without its `_` and `-`, in small letters."""

SPLITS: dict[str, str] = {
    "{mul: [identity, [globalpool avg, 1x1 in/16 norm=none, 1x1 in linear sigmoid]]}": (
        "se seblock selayer semodule squeezeexcite squeezeexcitation squeezeandexcitation"
    ),
    "{mul: [identity, 1x1 in linear sigmoid]}": "mul multiply product hadamard gate gating",
}
"""The same for what the language says by branches."""

LACKING: dict[str, str] = {
    "a deformable convolution": "deformconv deformconv2d deformableconv dcn",
    "a layer that enlarges its map": "unpool maxunpool pixelshuffle pixelunshuffle",
    "a way of enlarging a map": "bicubic lanczos nearestexact",
    "attention": (
        "attention attn selfattention selfattn multiheadattention mha transformer "
        "transformerencoder cbam eca nonlocal"
    ),
    "a recurrent layer": "lstm gru rnn bilstm convlstm recurrent",
    "an embedding": "embedding embed positionalencoding posembed patchembed",
    "a norm": ("rmsnorm weightnorm spectralnorm syncbatchnorm batchrenorm frozenbatchnorm"),
    "an activation": (
        "rrelu selu celu hardtanh softsign glu geglu swiglu maxout logsigmoid logsoftmax threshold "
        "crelu quickgelu geluapproximate"
    ),
    "a dropping of blocks or weights": "dropblock dropconnect shakedrop",
    "padding alone": "pad zeropad zeropad2d zeropadding2d padding reflectionpad reflectpad",
    "reordering or cutting": (
        "reshape permute transpose unflatten crop spacetodepth depthtospace focus"
    ),
    "a pooling": "lppool powerpool stochasticpool spp gem rmspool fractionalmaxpool",
    "a product of matrices": "matmul bmm einsum dot",
    "noise": "noise gaussiannoise gaussiandropout",
}
"""What the language has no word for, and what others call it."""


def _ranks(word: str) -> Iterator[str]:
    """A word of layers for images, and those for series and clips: the language has one."""
    yield word
    if word.endswith("2d") and "conv" not in word:
        yield from (f"{word[:-2]}{rank}d" for rank in (1, 3))


def plainly(word: str) -> str:
    """A word in small letters without `_` and `-`: how the tables spell it."""
    return re.sub("[_-]", "", word).lower()


_SPLITS = {word: ours for ours, words in SPLITS.items() for word in words.split()}
_MEANINGS = [
    (form, ours) for ours, words in SAID.items() for word in words.split() for form in _ranks(word)
]
_LACKING = {word: what for what, words in LACKING.items() for word in words.split()}


def said(word: str) -> tuple[str, ...]:
    """What the language may say for a foreign word."""
    plain = plainly(word)
    return tuple(ours for foreign, ours in _MEANINGS if foreign == plain)


def branched(word: str) -> str:
    """How branches say what a foreign word does; empty where they don't.

    >>> branched("Multiply")
    '{mul: [identity, 1x1 in linear sigmoid]}'
    """
    return _SPLITS.get(plainly(word), "")


def lacking(word: str) -> str:
    """The message for a thing that the language can't say; empty for other words.

    >>> lacking("conv_transpose")
    'the language has no conv_transpose (a transposed convolution)'
    """
    what = _LACKING.get(plainly(word))
    if not what:
        return ""
    return f"the language has no {word}" + (f" ({what})" if what != plainly(word) else "")


def meant(word: str, known: Iterable[str]) -> str:
    """The known word that one was probably meant for; empty where none says the thing.

    >>> meant("swish", ["relu", "silu"]), meant("selu", ["relu"]), meant("rleu", ["relu"])
    ('silu', '', 'relu')
    """
    words, plain = list(known), plainly(word)
    same = [name for name in words if plainly(name) == plain]
    same += [ours for ours in said(word) if ours.split()[0] in words]
    if same:
        return same[0]
    if lacking(word) or said(word) or branched(word):
        return ""
    return _misspelt(word, words) or closest(word, words)


def _misspelt(word: str, known: list[str]) -> str:
    """The known word for a foreign one that is all but spelt, and nearer than any known one.

    >>> _misspelt("swsh", ["hardswish", "silu"]), _misspelt("hardswsh", ["hardswish", "silu"])
    ('silu', '')
    """
    names = {name: ours for name, ours in _MEANINGS if ours.split()[0] in known}
    near = closest(plainly(word), [*known, *names], cutoff=0.8)
    return "" if near in known else names.get(near, "")
