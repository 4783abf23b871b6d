"""Errors of names: of blocks, parameters, steps, variants and files."""

from __future__ import annotations

from dsl.codes.meaning import Meaning

RECIPE = "{optimizer: adam, schedule: {cosine: 0.1}, epochs: 9, batch: 32}"

NAMES: dict[str, Meaning] = {
    "E020": Meaning(
        "an unknown layer or block",
        "`body: [Mixd]`; `body: [attention]`",
        "The word that a step begins with is no layer of the language and no block of the spec. "
        "Capital letters count.",
        "inception:\n  Mixed: {concat: [1x1 16, 3x3 16]}\nbody: [3x3 16 /2, Mixd]",
        "inception:\n  Mixed: {concat: [1x1 16, 3x3 16]}\nbody: [3x3 16 /2, Mixed]",
    ),
    "E021": Meaning(
        "a parameter that the block doesn't have",
        "`B c=160`",
        "A call gives a name that the block doesn't declare under `params`.",
        "inception:\n  A: {params: [c7], concat: [1x1 16, 3x3 c7]}\nbody: [3x3 16 /2, A c=8]",
        "inception:\n  A: {params: [c7], concat: [1x1 16, 3x3 c7]}\nbody: [3x3 16 /2, A c7=8]",
    ),
    "E022": Meaning(
        "a parameter that the block needs",
        "`B`",
        "A parameter without a default must be given in every call. With `params: {c7: 8}` it has "
        "one.",
        "inception:\n  A: {params: [c7], concat: [1x1 16, 3x3 c7]}\nbody: [3x3 16 /2, A]",
        "inception:\n  A: {params: [c7], concat: [1x1 16, 3x3 c7]}\nbody: [3x3 16 /2, A c7=8]",
    ),
    "E023": Meaning(
        "a word that means nothing here",
        "`1x1 c8`",
        "A number may be a name where the name is known: a parameter of the block that it stands "
        "in, `in`, or `classes`. Outside of blocks there are the last two alone.",
        "inception:\n  A: {params: [c7], concat: [1x1 c7, 3x3 c8]}\nbody: [3x3 16 /2, A c7=8]",
        "inception:\n  A: {params: [c7], concat: [1x1 c7, 3x3 c7]}\nbody: [3x3 16 /2, A c7=8]",
    ),
    "E024": Meaning(
        "blocks call each other in a circle",
        "A calls B calls A",
        "Written out, such a block would never end. One of the calls has to go.",
        "inception:\n  A: {concat: [1x1 16, B]}\n  B: {concat: [3x3 16, A]}\nbody: [3x3 16 /2, A]",
        "inception:\n  A: {concat: [1x1 16, B]}\n  B: {concat: [3x3 16, 5x5 16]}\n"
        "body: [3x3 16 /2, A]",
    ),
    "E025": Meaning(
        "a parameter that is never used",
        "`params: [pool]`",
        "Whatever a call gives it, nothing changes: a branch forgot it, or it is left over.",
        "inception:\n  A: {params: [a, b], concat: [1x1 a, 3x3 16]}\nbody: [3x3 16 /2, A a=8 b=16]",
        "inception:\n  A: {params: [a, b], concat: [1x1 a, 3x3 b]}\nbody: [3x3 16 /2, A a=8 b=16]",
    ),
    "E026": Meaning(
        "an address that leads nowhere",
        "`set: {clases: 10}`",
        "An address is a path of names: a section, a step or block, what is in it. A name that is "
        "there once needs nothing before it. The error says at which part the path ends.",
        "stem: [conv1: 3x3 32 /2]\nvariants:\n  slim: {set: {stem.conv1.widht: 16}}",
        "stem: [conv1: 3x3 32 /2]\nvariants:\n  slim: {set: {stem.conv1.width: 16}}",
    ),
    "E027": Meaning(
        "there is no such variant",
        "`--variant slimm`",
        "The spec has no variant of that name; the error lists those that it has.",
        "inception-compile check googlenet --variant torchvison",
        "inception-compile check googlenet --variant torchvision",
        "command",
    ),
    "E028": Meaning(
        "an auxiliary head taps a step that isn't there",
        "`from: mixed_9`",
        "A head taps a step of the trunk by its name, one that was given or one that the step has "
        "from its layer. `inception-compile cost` lists them.",
        "body: [conv1: 3x3 32 /2, conv2: 3x3 64 /2]\n"
        "aux:\n  - side: {from: conv_1, weight: 0.3, do: [globalpool avg, fc classes]}",
        "body: [conv1: 3x3 32 /2, conv2: 3x3 64 /2]\n"
        "aux:\n  - side: {from: conv1, weight: 0.3, do: [globalpool avg, fc classes]}",
    ),
    "E029": Meaning(
        "`expect` names a step that isn't there",
        "`out.conv9`",
        "A contract about a step that doesn't exist would hold whatever becomes of the network.",
        "body: [conv1: 3x3 32 /2]\nexpect: {out.conv9: [32, 32, 32]}",
        "body: [conv1: 3x3 32 /2]\nexpect: {out.conv1: [32, 32, 32]}",
    ),
    "E030": Meaning(
        "a change that can't be made",
        "`remove: [classes]`",
        "What every spec has can't be removed, only set, and nothing stands beside a value. Nor "
        "can all branches of a split go.",
        "variants:\n  other: {remove: [classes]}",
        "variants:\n  other: {set: {classes: 5}}",
    ),
    "E031": Meaning(
        "specs that extend each other in a circle",
        "a extends b extends a",
        "Somewhere there must be a spec that stands for itself.",
        "name: example\nextends: example.yaml",
        "name: example\nextends: googlenet",
    ),
    "E032": Meaning(
        "a file outside the project",
        "`extends: ../../other/net.yaml`",
        "A spec reads files of its own project and of the shelf, so that checking somebody's spec "
        "reads nothing of yours. The project is the nearest folder above that has `.git` or "
        "`pyproject.toml`. Copy the file, or put it on the shelf.",
        "name: example\nextends: ../elsewhere/googlenet.yaml",
        "name: example\nextends: googlenet",
    ),
    "E033": Meaning(
        "a spec, a recipe or a sweep where another of them is expected",
        "`inception-compile my_recipe.yaml`",
        "A spec says what a network is, a recipe how one is trained, a sweep which variants are "
        "compared. The error says which the file is. A recipe stands under "
        "`training` of a spec, or in a file of its own, which `check` and `fmt` take as they take "
        "specs; [training.md](training.md) has its keys.",
        f'import dsl\n\ndsl.loads("{RECIPE}")',
        f'import dsl\n\ndsl.loads_recipe("{RECIPE}")',
        "python",
    ),
}
