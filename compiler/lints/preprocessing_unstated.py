"""I144: a spec that names public weights, and not what their images were normalised by."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Subject
from compiler.findings.wording import listed

NEEDED = ("mean", "std")


def _find(subject: Subject) -> Iterator[Finding]:
    spec = subject.spec
    missing = [name for name in NEEDED if name not in spec.meta]
    series = len(spec.input) < 3
    if not spec.weights or not missing or series:
        return
    sources = listed(list(spec.weights))
    yield Finding(
        spec.at.of("weights"),
        f"there are names for the weights of {sources}, and no {' and '.join(missing)} of the "
        "images that they are for",
        help="write what they were trained with, such as `meta: {mean: 0.5, std: 0.5}` for "
        "TensorFlow's networks",
    )


LINT = Lint(
    code="I144",
    name="preprocessing-unstated",
    title="public weights without what their images were normalised by",
    meaning="The spec says what public sources call the weights, so that they can be loaded, and "
    "not the mean and deviation that images were normalised by. Both belong under `meta`.",
    why="Nothing fails where an image is normalised otherwise: shapes fit, and the answers are "
    "worse. Files for deployment carry these two numbers if the spec has them.",
    before="stem: [3x3 32]\nweights: {timm: {}}\nmeta: {}",
    after="stem: [3x3 32]\nweights: {timm: {}}\nmeta: {mean: 0.5, std: 0.5}",
    seen="GoogLeNet and Inception-v3 of torchvision change the image inside the network where "
    "their weights are loaded; what an Xception's images should be is a question of its own "
    "(Cadene/pretrained-models.pytorch, issues 66 and 188).",
    find=_find,
)
