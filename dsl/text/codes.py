"""What every error's code means: `explain` and docs/diagnostics.md say it in these words."""

from __future__ import annotations

from typing import NamedTuple


class Meaning(NamedTuple):
    """What is wrong, and what such a thing looks like: both as Markdown."""

    means: str
    example: str


ERRORS: dict[str, Meaning] = {
    "E001": Meaning("the file can't be read", "no such file; a directory"),
    "E002": Meaning("this isn't YAML", "an open bracket; a tab; a key without its colon"),
    "E003": Meaning("a YAML feature that is refused", "an anchor"),
    "E004": Meaning(
        "a key or place is given twice",
        "two `body:`; `a.c7` and `body.a.c7` in `set`",
    ),
    "E005": Meaning("too large or too deep", "33 levels of brackets"),
    "E006": Meaning("a character that can't be seen", "U+202E"),
    "E010": Meaning("an unknown key", "`boddy:`; `defaults {eps: 0.1}`"),
    "E011": Meaning("something is missing", "no `classes`; `3x3` without a width"),
    "E012": Meaning(
        "another kind of value is expected",
        "a list where a mapping belongs; a call as a mapping, `{A: {c7: 8}}`",
    ),
    "E013": Meaning(
        "a value out of range or of the wrong kind",
        "`dropout 1.5`; `upsample 1`; a width of 0; `in/3` of 64; `eps: 0`; `input: [64, 64, 3]`",
    ),
    "E014": Meaning("a name that can't be used, or is taken", "a step called `train`"),
    "E015": Meaning(
        "an op-string that can't be read",
        "`3x3 64 vaild`; `A(c7=8)`; a word that the language lacks, `unpool 2`",
    ),
    "E020": Meaning("an unknown layer or block", "`body: [Mixd]`; `body: [attention]`"),
    "E021": Meaning("a parameter that the block doesn't have", "`B c=160`"),
    "E022": Meaning("a parameter that the block needs", "`B`"),
    "E023": Meaning("a word that means nothing here", "`1x1 c8`"),
    "E024": Meaning("blocks call each other in a circle", "A calls B calls A"),
    "E025": Meaning("a parameter that is never used", "`params: [pool]`"),
    "E026": Meaning("an address that leads nowhere", "`set: {clases: 10}`"),
    "E027": Meaning("there is no such variant", "`--variant slimm`"),
    "E028": Meaning("an auxiliary head taps a step that isn't there", "`from: mixed_9`"),
    "E029": Meaning("`expect` names a step that isn't there", "`out.conv9`"),
    "E030": Meaning("a change that can't be made", "`remove: [classes]`"),
    "E031": Meaning("specs that extend each other in a circle", "a extends b extends a"),
    "E032": Meaning("a file outside the project", "`extends: ../../other/net.yaml`"),
    "E101": Meaning("branches that don't fit together", "30x30 beside 31x31"),
    "E102": Meaning("a window larger than its input", "9x9 `valid` on 8x8"),
    "E104": Meaning(
        "a network made for one input size gets another",
        "`flatten`, `fc` on a larger image",
    ),
    "E106": Meaning("a map where a vector belongs, or the reverse", "`flatten`, then `3x3 64`"),
    "E107": Meaning(
        "groups that don't divide the widths",
        "`3x3 30 groups=4`; `groupnorm 32` of 48 channels",
    ),
    "E108": Meaning("an inception block that changes the grid", "a `/2` inside"),
    "E109": Meaning("a reduction block that doesn't shrink it", "no `/2` inside"),
    "E110": Meaning(
        "padding that can't keep the grid",
        "`2x2 64` with `same`; `deconv 3x3 8 /2 tf_same`",
    ),
    "E111": Meaning("padding that a pooling can't have", "`maxpool 3x3 pad=2`"),
    "E112": Meaning(
        "a residual sum of two shapes",
        "no `then: 1x1 in linear`, no `shortcut: 1x1 64 /2 act=none`",
    ),
    "E113": Meaning(
        "a last layer that `classes` doesn't size",
        "`classes: 10`, and `fc 1000` at the head's end",
    ),
    "E114": Meaning(
        "a kernel of another number of axes than the map",
        "`3x3 64` on `input: [12, 1000]`",
    ),
    "E115": Meaning(
        "shares that don't add up to what comes in",
        "`split: [16, 16]` of 48 channels",
    ),
    "E116": Meaning(
        "a norm with nothing to normalise together",
        "`[globalpool avg, instancenorm]`",
    ),
    "E130": Meaning(
        "a promise of `expect` that is broken, or a limit of the command line",
        "another parameter count; `--max-params 8M`",
    ),
    "E140": Meaning("too many layers or parameters", "`x100000`"),
    "E150": Meaning("weights of a source that the spec has no names for", '`source="tim"`'),
    "E151": Meaning("a source's names give one name to two tensors", "`1: conv, 2: conv`"),
    "E152": Meaning(
        "a tensor that the checkpoint lacks, or that has no name in the source",
        "another network's file",
    ),
    "E153": Meaning("a tensor of another shape or type", "1000 classes for 10"),
    "E154": Meaning("a tensor that the network lacks", "heads that a variant removed"),
    "E155": Meaning(
        "something that can't be had exactly",
        "`transform_input` on a padded convolution",
    ),
    "E160": Meaning("a model to import that isn't there or doesn't run", "`timm:inception_v5`"),
    "E161": Meaning("a part of it that the language has no words for", "attention"),
    "E162": Meaning("branches of it that are no series and parallels", "U-Nets"),
    "E170": Meaning("a plugin that is broken", "a package whose import fails"),
    "E171": Meaning(
        "a word that two plugins give, or that means something already",
        "a plugin's layer `relu`",
    ),
}
"""Errors by their codes: a code keeps its meaning from release to release."""
