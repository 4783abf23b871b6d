"""Errors of shapes: layers that don't fit what comes in, and networks that don't come out."""

from __future__ import annotations

from dsl.codes.meaning import Meaning

SHAPES: dict[str, Meaning] = {
    "E101": Meaning(
        "branches that don't fit together",
        "30x30 beside 31x31",
        "Branches are joined position by position, so their maps have one height and one width; "
        "where they are added or multiplied, as many channels too. Mostly one branch pads where "
        "another doesn't, or has another stride.",
        "reduction:\n  R: {concat: [3x3 32 /2, maxpool 3x3 /2 valid]}\nbody: [R]",
        "reduction:\n  R: {concat: [3x3 32 /2, maxpool 3x3 /2]}\nbody: [R]",
    ),
    "E102": Meaning(
        "a window larger than its input",
        "9x9 `valid` on 8x8",
        "No position of the window lies inside the map. The input is too small for so many "
        "strides, or the window needs padding.",
        "input: [3, 8, 8]\nbody: [9x9 32 valid]",
        "input: [3, 8, 8]\nbody: [9x9 32]",
    ),
    "E104": Meaning(
        "a network made for one input size gets another",
        "`flatten`, `fc` on a larger image",
        "A linear layer behind `flatten` has a weight for every position of the map, so that the "
        "number of positions is fixed. `globalpool` or `adaptivepool` in front of it makes it the "
        "same for every size.",
        "import torch, dsl, compiler\n\n"
        'text = "{name: a, input: [3, 8, 8], classes: 5, head: [flatten, fc classes]}"\n'
        "compiler.compile_spec(dsl.loads(text))(torch.zeros(2, 3, 16, 16))",
        "import torch, dsl, compiler\n\n"
        'text = "{name: a, input: [3, 8, 8], classes: 5, head: [globalpool avg, fc classes]}"\n'
        "compiler.compile_spec(dsl.loads(text))(torch.zeros(2, 3, 16, 16))",
        "python",
    ),
    "E106": Meaning(
        "a map where a vector belongs, or the reverse",
        "`flatten`, then `3x3 64`",
        "Convolutions and poolings take maps, `fc` takes a vector. `globalpool` and `flatten` make "
        "a vector of a map; nothing makes a map of a vector again.",
        "body: [3x3 16 /2, flatten, 3x3 32]",
        "body: [3x3 16 /2, 3x3 32]",
    ),
    "E107": Meaning(
        "groups that don't divide the widths",
        "`3x3 30 groups=4`; `groupnorm 32` of 48 channels",
        "Each group gets an equal share of the channels that come in, and gives an equal share of "
        "those that go out. Depthwise, each channel gives one or more of its own.",
        "body: [3x3 32 /2, 3x3 30 groups=4]",
        "body: [3x3 32 /2, 3x3 32 groups=4]",
    ),
    "E108": Meaning(
        "an inception block that changes the grid",
        "a `/2` inside",
        "Blocks under `inception` keep height and width, so that they can be repeated anywhere. "
        "One that shrinks them stands under `reduction`, one that may do either under `strided`.",
        "inception:\n  A: {concat: [3x3 32 /2, maxpool 3x3 /2]}\nbody: [A]",
        "reduction:\n  A: {concat: [3x3 32 /2, maxpool 3x3 /2]}\nbody: [A]",
    ),
    "E109": Meaning(
        "a reduction block that doesn't shrink it",
        "no `/2` inside",
        "Blocks under `reduction` make the map smaller: a stride was forgotten, or it stands under "
        "the wrong key.",
        "reduction:\n  R: {concat: [3x3 32, 5x5 32]}\nbody: [3x3 16 /2, R]",
        "reduction:\n  R: {concat: [3x3 32 /2, 5x5 32 /2]}\nbody: [3x3 16 /2, R]",
    ),
    "E110": Meaning(
        "padding that can't keep the grid",
        "`2x2 64` with `same`; `deconv 3x3 8 /2 tf_same`",
        "With equal padding on both sides an even window gives one position more or less. "
        "`tf_same` pads one side more, `valid` pads none, and windows of the family are odd.",
        "body: [2x2 32]",
        "body: [3x3 32]",
    ),
    "E111": Meaning(
        "padding that a pooling can't have",
        "`maxpool 3x3 pad=2`",
        "A window of a pooling must hold a pixel everywhere: padding is at most half of it. `ceil` "
        "means nothing beside `tf_same`, which rounds up already.",
        "body: [3x3 32, maxpool 3x3 /2 pad=2]",
        "body: [3x3 32, maxpool 3x3 /2 pad=1]",
    ),
    "E112": Meaning(
        "a residual sum of two shapes",
        "no `then: 1x1 in linear`, no `shortcut: 1x1 64 /2 act=none`",
        "What goes in is added to what comes out, so both have one shape. `then: 1x1 in linear` "
        "gives as many channels as came in; a `shortcut` makes what came in fit what comes out.",
        "inception:\n  A: {concat: [1x1 16, 3x3 16], residual: {act: relu}}\nbody: [3x3 24 /2, A]",
        "inception:\n  A: {concat: [1x1 16, 3x3 16], then: 1x1 in linear norm=batch nobias, "
        "residual: {act: relu}}\nbody: [3x3 24 /2, A]",
    ),
    "E113": Meaning(
        "a last layer that `classes` doesn't size",
        "`classes: 10`, and `fc 1000` at the head's end",
        "What ends the network has an output a class. `fc classes` follows the key `classes`, and "
        "with it `--classes` and `num_classes`, which could not change a number.",
        "classes: 10\nhead: [globalpool avg, fc 1000]",
        "classes: 10\nhead: [globalpool avg, fc classes]",
    ),
    "E114": Meaning(
        "a kernel of another number of axes than the map",
        "`3x3 64` on `input: [12, 1000]`",
        "Images have two axes and kernels like `3x3`, series one and kernels like `3`, clips three "
        "and kernels like `3x3x3`. Or `input` misses a number.",
        "input: [3, 64]\nbody: [3x3 32, 3x3 32]",
        "input: [3, 64]\nbody: [3 32, 3 32]",
    ),
    "E115": Meaning(
        "shares that don't add up to what comes in",
        "`split: [16, 16]` of 48 channels",
        "`split` hands every channel to one branch. `rest` is what the others leave, and `equal` "
        "gives all branches as many.",
        "body:\n  - 3x3 48 /2\n  - {split: [16, 16], concat: [3x3 16, 5x5 16]}",
        "body:\n  - 3x3 48 /2\n  - {split: [16, rest], concat: [3x3 16, 5x5 16]}",
    ),
    "E116": Meaning(
        "a norm with nothing to normalise together",
        "`[globalpool avg, instancenorm]`",
        "Of one number the mean is the number itself, and what is left is 0, whatever the image. "
        "The norm goes in front of the pooling.",
        "body: [3x3 16, 1x1 16 act=none norm=none, globalpool avg, instancenorm]",
        "body: [3x3 16, 1x1 16 act=none norm=none, instancenorm, globalpool avg]",
    ),
    "E130": Meaning(
        "a promise of `expect` that is broken, or a limit of the command line",
        "another parameter count; `--max-params 8M`",
        "The network has become another than the spec says. If that was meant, the new number "
        "belongs into `expect`; the error has it.",
        "body: [3x3 32 /2]\nexpect: {params: < 1k}",
        "body: [3x3 32 /2]\nexpect: {params: < 10k}",
    ),
    "E140": Meaning(
        "too many layers or parameters",
        "`x100000`",
        "A network resolves to 5,000 layers at most, and to as many parameters as `--limit` says: "
        "a billion, unless it is given. Mostly a number has a zero too many.",
        "body: [3x3 8 /2, 3x3 8 x100000]",
        "body: [3x3 8 /2, 3x3 8 x10]",
    ),
}
