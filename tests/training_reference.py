"""The tables of docs/training.md, made from the models of a recipe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import dsl
from dsl.models import described, shelf
from dsl.models.alternatives import Alternative
from dsl.models.augmenting import AUGMENTATIONS
from dsl.models.model import Model, own_first
from dsl.models.optimizers import OPTIMIZERS, Optimizer
from dsl.models.recipe import CLIPS, Recipe, Reported
from dsl.models.recipe_data import DATA_MEANINGS
from dsl.models.schedules import SCHEDULES
from dsl.reading.recipes import SHORTENED
from dsl.schema.pieces import form_in
from dsl.writing.flowing import on_one_line
from dsl.writing.recipes import value_of

WAYS: Mapping[str, tuple[str, Mapping[str, type[Alternative]]]] = {
    "optimizer": ("Optimizers", OPTIMIZERS),
    "schedule": ("Schedules", SCHEDULES),
    "clip": ("Clipping", CLIPS),
}
APART = ("name", "augment")
"""Keys whose words have a table of their own."""
HEAD = "| key | left out | is |\n| --- | --- | --- |"


def reference() -> str:
    """All of it, as Markdown."""
    parts = [f"## Keys\n\n{_keys(Recipe)}"]
    for key, model in SHORTENED.items():
        parts.append(f"### `{key}`\n\n{_keys(model)}")
        if key == "data":
            parts += [_data(), _augmentations()]
    parts.append(f"### `reported`\n\n{_keys(Reported)}")
    parts += [_ways(title, kinds) for title, kinds in WAYS.values()]
    return "\n\n".join([*parts, _shelf()])


def _keys(model: type[Model]) -> str:
    return "\n".join([HEAD, *_rows(model, own_first(model))])


def _rows(model: type[Model], names: list[str], front: str = "") -> Iterator[str]:
    for name in names:
        text = described.of_key(model, name).replace("\n", " ").replace("|", "\\|")
        form = form_in(model, name)
        words = form.words.items() if form and name not in APART else ()
        text += "".join(f" `{word}`: {meaning}." for word, meaning in words if meaning)
        yield f"| `{front}{name}` | {_left_out(model, name)} | {text} |"


def _left_out(model: type[Model], name: str) -> str:
    """What a key is that isn't there."""
    field = model.model_fields[name]
    if field.is_required():
        return "needed"
    value: Any = field.get_default(call_default_factory=True)
    said = on_one_line(value_of(value)) if value not in (None, "", (), Reported()) else ""
    return f"`{said}`" if said else ""


def _data() -> str:
    rows = [f"| `{name}` | {text} |" for name, text in DATA_MEANINGS.items()]
    return "\n".join(["#### Data sets\n\n| name | is |\n| --- | --- |", *rows])


def _augmentations() -> str:
    rows = []
    for word, known in AUGMENTATIONS.items():
        low, high, usual = known.amount.low, known.amount.high, known.amount.usual
        alone = f"; `{word}` alone is {usual:g}" if usual is not None else ""
        rows.append(f"| `{known.example}` | {low:g} to {high:g}{alone} | {known.meaning} |")
    head = "#### Augmentations\n\n| written | number | is |\n| --- | --- | --- |"
    outside = (
        "| `v2.RandAugment num_ops=2` | | a transform of torchvision's `v2`, with its arguments |"
    )
    return "\n".join([head, *rows, outside])


def _ways(title: str, kinds: Mapping[str, type[Alternative]]) -> str:
    """The ways of one key, each with its keys; what they share comes last."""
    shared = own_first(Optimizer) if kinds is OPTIMIZERS else []
    rows = []
    for word, kind in kinds.items():
        text = described.of_way(kind).replace("\n", " ")
        rows.append(f"| `{kind.example}` | | {text} |")
        own = [name for name in own_first(kind) if name not in shared and not kind.whole]
        rows += _rows(kind, own, f"{word}.")
    rows += _rows(Optimizer, shared, "….")
    return "\n".join([f"### {title}\n\n{HEAD}", *rows])


def _shelf() -> str:
    head = "| recipe | is | test accuracy of its source | source |\n| --- | --- | --- | --- |"
    return "\n".join([f"## The shelf\n\n{head}", *map(_shelved, shelf.recipes())])


def _shelved(name: str) -> str:
    recipe = dsl.load_recipe(name)
    top5 = f", top-5 {recipe.reported.top5:.4g}" if recipe.reported.top5 else ""
    top1 = f"{recipe.reported.test:.4g}" if recipe.reported.test else ""
    return f"| `{name}` | {recipe.title} | {f'{top1}{top5}'.removeprefix(', ')} | {recipe.source} |"
