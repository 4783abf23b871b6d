"""Op-strings that begin with a word of other frameworks, in the language's own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dsl.models.extent import kernel_text
from dsl.models.kernels import KERNEL
from dsl.models.layers import LAYERS
from dsl.text import foreign
from dsl.text.numbers import is_whole


def translated(text: str) -> Iterator[str]:
    """The text with the language's word for its first."""
    word, _, rest = text.partition(" ")
    for ours in foreign.said(word):
        first, _, more = ours.partition(" ")
        if KERNEL.fullmatch(first) or is_whole(first):
            made = (f"{rest} {more.partition(' ')[2]}".strip(), _kernel_first(rest))
            of_series = is_whole(first)
            yield from (text for text in made if is_whole(text.partition(" ")[0]) == of_series)
        else:
            rest = _spread(word, first, rest)
            yield f"{ours} {rest}".strip()
            yield f"{first} {rest}".strip()


def _spread(word: str, ours: str, rest: str) -> str:
    """What stands behind `AdaptiveAvgPool2d`, whose one number is for as many axes as it says."""
    rank = re.search("([123])d", foreign.plainly(word))
    side, space, more = rest.partition(" ")
    fields = LAYERS[ours].model_fields if ours in LAYERS else {}
    if not rank or not is_whole(side) or not ("kernel" in fields or "size" in fields):
        return rest
    return f"{kernel_text([side] * int(rank[1]))}{space}{more}"


def _kernel_first(text: str) -> str:
    """`64 3x3` as `3x3 64`."""
    words = text.split()
    return " ".join(sorted(words, key=lambda word: not KERNEL.fullmatch(word)))
