"""The rest of a spec around an example that shows only what matters."""

from __future__ import annotations

FRAME = {
    "name": "example",
    "input": "[3, 64, 64]",
    "classes": "10",
    "head": "[globalpool avg, fc classes]",
    "meta": "{mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}",
}
"""What a spec needs and an example leaves out."""


def framed(example: str) -> str:
    """A whole spec: an example's own lines, and below them each key that it doesn't have.

    >>> print(framed("classes: 5").splitlines()[:2])
    ['classes: 5', 'name: example']
    """
    lines = example.strip("\n").splitlines()
    keys = {line.partition(":")[0] for line in lines if line[:1].isalpha()}
    missing = [f"{key}: {value}" for key, value in FRAME.items() if key not in keys]
    return "\n".join([*lines, *missing, ""])
