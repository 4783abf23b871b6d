"""What keys, layers and their options are, in Markdown: for hovers, completions and the schema.

The text is that of the models: what stands as a docstring below a field describes the key or option
that it is, and nothing else does. So `of_key(Defaults, "eps")` is what an editor shows
for `eps` under `defaults`, `of_option(Conv, "stride")` for `/2` behind a kernel, and
`of_layer(MaxPool)` for the word `maxpool`. `WORDS` says what single words mean.

Source is read once for each file, when the first of its models is asked for: nobody else waits.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from functools import cache

from dsl.models.activations import OR_NONE
from dsl.models.alternatives import Alternative
from dsl.models.extent import AXES
from dsl.models.fields import (
    COUNTING_MEANINGS,
    INIT_MEANINGS,
    JOIN_MEANINGS,
    MODE_MEANINGS,
    RESAMPLING_MEANINGS,
)
from dsl.models.kernels import PADDING_MEANINGS
from dsl.models.layers import Layer
from dsl.models.model import Model, Sequence, Split
from dsl.models.norms import NORM_MEANINGS
from dsl.models.shares import SHARE_MEANINGS

WORDS: Mapping[str, Mapping[str, str]] = {
    "act": OR_NONE,
    "norm": NORM_MEANINGS,
    "padding": PADDING_MEANINGS,
    "avgpool": COUNTING_MEANINGS,
    "init": INIT_MEANINGS,
    "mode": MODE_MEANINGS,
    "resampling": RESAMPLING_MEANINGS,
    "split": SHARE_MEANINGS,
}
"""What words mean, by the key or option that takes them."""
EXTENDS = (
    "The spec that this one is made from: a file beside it, or a name on the shelf; `@` picks one "
    "of its variants, as in `googlenet@torchvision`. All of it is inherited but for `name`, "
    "`title`, `variants` and `expect`; what stands here replaces it."
)
RECIPES = (
    "The recipe that this one is made from: a file beside it, or a name on the shelf of recipes. "
    "All of it is inherited but for `title` and `reported`; what stands here replaces what stands "
    "there, of `data` key by key."
)
"""What the same key of a recipe is."""
PLACES = {
    "after": "The step behind which the new one stands.",
    "before": "The step in front of which the new one stands.",
}
"""What the keys of one of `insert` are, beside the new step's name."""
SIDES = {
    side: f"How many {side} an input has." if side[-1] == "s" else f"The {side} of an input."
    for side in ("channels", *(name for names in AXES for name in names))
}
"""What the keys of an `input` by name are."""


def of_key(model: type[Model], key: str) -> str:
    """What a key of a mapping is, by the model that the mapping fills; empty for one it lacks.

    A field is asked for by its key or by its own name: `from` as well as `source`.

    >>> from dsl.models.spec import Aux
    >>> of_key(Aux, "from")
    'The step of the trunk whose output the head taps.'
    """
    aliases = {field.alias: name for name, field in model.model_fields.items() if field.alias}
    name = aliases.get(key, key)
    for owner in model.__mro__:
        if text := _below_fields(owner).get(name):
            return text
    return ""


def of_step_key(key: str) -> str:
    """What a key of a step or of a block's body is: `concat`, `do`, `then` and so on."""
    if key in JOIN_MEANINGS:
        return JOIN_MEANINGS[key]
    return of_key(Sequence, "steps") if key == "do" else of_key(Split, key)


def of_layer(kind: type[Layer]) -> str:
    """What a layer kind is: its docstring."""
    return inspect.cleandoc(kind.__doc__ or "")


def of_way(kind: type[Alternative]) -> str:
    """What one of several ways is, such as an optimizer: its docstring."""
    return inspect.cleandoc(kind.__doc__ or "")


def of_option(kind: type[Layer], field: str) -> str:
    """What a field of a layer is, by its name; `dsl.models.layers.spellings` lists them."""
    return of_key(kind, field)


@cache
def _below_fields(owner: type) -> Mapping[str, str]:
    """The docstrings below a class's fields."""
    body = _classes(owner.__module__).get(owner.__qualname__)
    return dict(_documented(body)) if body else {}


def _documented(body: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in zip(body.body, body.body[1:], strict=False):
        text = below.value if isinstance(below, ast.Expr) else None
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Constant)
            and isinstance(text.value, str)
        ):
            yield field.target.id, inspect.cleandoc(text.value)


@cache
def _classes(module: str) -> Mapping[str, ast.ClassDef]:
    """The classes of a module's source; none where that isn't at hand, as in a frozen program."""
    try:
        source = inspect.getsource(sys.modules[module])
    except (KeyError, OSError, TypeError):
        return {}
    tree = ast.parse(source)
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
