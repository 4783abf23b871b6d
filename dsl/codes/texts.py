"""Errors of files and of YAML, before anything means something."""

from __future__ import annotations

from dsl.codes.meaning import Meaning

DEEP = "[" * 33 + "relu" + "]" * 33

TEXTS: dict[str, Meaning] = {
    "E001": Meaning(
        "the file can't be read",
        "no such file; a directory",
        "There is no such file, nor a spec of that name on the shelf; or it is a folder, can't be "
        "opened, isn't UTF-8. The line under the error says which, and what else there is.",
        "inception-compile check inceptoin_v3",
        "inception-compile check inception_v3",
        "command",
    ),
    "E002": Meaning(
        "this isn't YAML",
        "an open bracket; a tab; a key without its colon",
        "The text can't be read as YAML. Where the place looks sound, the fault stands above it: a "
        "bracket or a quote that is still open. Indentation is made of spaces, and a key has a "
        "colon with a space behind it.",
        "stem: [conv1: 3x3 32 /2, maxpool 3x3 /2",
        "stem: [conv1: 3x3 32 /2, maxpool 3x3 /2]",
    ),
    "E003": Meaning(
        "a YAML feature that is refused",
        "an anchor",
        "Anchors, aliases, merge keys and tags are refused: what a step is stands where the step "
        "is, and a few lines can't unfold to millions. What is needed several times is a block, "
        "which is called.",
        "stem: [&conv 3x3 32 /2]\nbody: [*conv]",
        "strided:\n  C: {do: [3x3 32 /2]}\nbody: [C, C]",
    ),
    "E004": Meaning(
        "a key or place is given twice",
        "two `body:`; `a.c7` and `body.a.c7` in `set`",
        "YAML would let the last one win, silently. Two addresses that lead to one place are the "
        "same. Write one of them.",
        "body: [3x3 32 /2]\nbody: [3x3 64 /2]",
        "body: [3x3 32 /2, 3x3 64 /2]",
    ),
    "E005": Meaning(
        "too large or too deep",
        "33 levels of brackets",
        "A spec has its limits, so that none can keep the compiler busy for hours: of bytes, of "
        "levels, of steps, of calls within calls. [language.md](language.md#limits) has them all. "
        "Deep nesting becomes flat with named blocks.",
        f"body: [3x3 32, {DEEP}]",
        "body: [3x3 32, relu6]",
    ),
    "E006": Meaning(
        "a character that can't be seen",
        "U+202E",
        "Characters without a shape, and those that change the order of what is shown, make a text "
        "say something else than it seems to. Delete them; the error has the place and the number.",
        'import dsl\n\ndsl.loads("{name: a, input: [3, 8, 8], classes: 5, head: [fc\\u202e 5]}")',
        'import dsl\n\ndsl.loads("{name: a, input: [3, 8, 8], classes: 5, head: [fc 5]}")',
        "python",
    ),
    "E010": Meaning(
        "an unknown key",
        "`boddy:`; `defaults {eps: 0.1}`",
        "The mapping has no such key. The error lists those that there are, and says which is "
        "close. Notes of your own belong under `meta`.",
        "boddy: [3x3 32 /2]",
        "body: [3x3 32 /2]",
    ),
    "E011": Meaning(
        "something is missing",
        "no `classes`; `3x3` without a width",
        "A key that every spec has, or a word that a layer can't do without. The error shows a "
        "layer of that kind as it is written.",
        "stem: [3x3 /2]",
        "stem: [3x3 32 /2]",
    ),
    "E012": Meaning(
        "another kind of value is expected",
        "a list where a mapping belongs; a call as a mapping, `{A: {c7: 8}}`",
        "Steps that follow each other are a list, each with a dash or between commas; a mapping "
        "holds what is named. A call and its arguments are one text: `A c7=8`.",
        "body:\n  conv1: 3x3 32 /2\n  conv2: 3x3 64",
        "body:\n  - conv1: 3x3 32 /2\n  - conv2: 3x3 64",
    ),
    "E013": Meaning(
        "a value out of range or of the wrong kind",
        "`dropout 1.5`; `upsample 1`; a width of 0; `in/3` of 64; `eps: 0`; `input: [64, 64, 3]`",
        "The value can't stand there: no layer has 0 channels, and nothing happens with a "
        "probability of 1.5. The error says from where to where it goes, or which words there are.",
        "head: [globalpool avg, dropout 1.5, fc classes]",
        "head: [globalpool avg, dropout 0.5, fc classes]",
    ),
    "E014": Meaning(
        "a name that can't be used, or is taken",
        "a step called `train`",
        "Names of steps become attributes of torch modules, which have some of their own; words "
        "of the language keep their meaning; and no two things in one place are called the same.",
        "body: [train: 3x3 32 /2]",
        "body: [conv1: 3x3 32 /2]",
    ),
    "E015": Meaning(
        "an op-string that can't be read",
        "`3x3 64 vaild`; `A(c7=8)`; a word that the language lacks, `unpool 2`",
        "A step is a layer's or a block's word, then what it is given, with spaces between: "
        "`3x3 64 /2 valid`. Words of other frameworks are told with what they are called here.",
        "stem: [3x3 32 /2, maxpool 3x3 vaild]",
        "stem: [3x3 32 /2, maxpool 3x3 valid]",
    ),
}
