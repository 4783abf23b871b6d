"""Whether a YAML text is a spec, a recipe, a sweep or something else, by the keys at its top."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePath
from typing import Literal, TypeAlias, get_args

from dsl.models.changes import CHANGES
from dsl.models.recipe import Recipe
from dsl.models.spec import Spec
from dsl.models.sweep import Sweep
from dsl.text.parsing import glance, parse
from dsl.text.partial import seen
from dsl.text.problems import Problem, Report, SpecError
from dsl.text.source import unified
from dsl.text.values import Mapping, Scalar

Kind: TypeAlias = Literal["spec", "recipe", "sweep"]
"""What a file may be."""
KINDS: tuple[Kind, ...] = get_args(Kind)
A: dict[Kind, str] = {"spec": "a spec", "recipe": "a recipe for training", "sweep": "a sweep"}
"""What each is called in an error."""
KEYS: dict[Kind, tuple[str, ...]] = {
    "spec": (*Spec.model_fields, *CHANGES),
    "recipe": (*Recipe.model_fields,),
    "sweep": (*Sweep.model_fields,),
}
"""The keys of each."""
_OWN = {
    kind: {*keys}.difference(*(KEYS[other] for other in KINDS if other != kind))
    for kind, keys in KEYS.items()
}
"""The keys that only files of a kind have."""
_NEEDED = {
    model: {name for name, field in model.model_fields.items() if field.is_required()}
    for model in (Recipe, Sweep)
}
_ANYBODYS = {"name", "title", "meta"}
"""Keys that say nothing: much else has them."""
_ENOUGH = 2


def kind_of(keys: Collection[str]) -> Kind | None:
    """What a file is that somebody calls one of them; None where its keys don't say.

    >>> kind_of(["title", "epochs"]), kind_of(["title", "epochs", "name", "body"]), kind_of([])
    ('recipe', 'spec', None)
    """
    found = {kind: len(own.intersection(keys)) for kind, own in _OWN.items()}
    if found["sweep"] < _ENOUGH:  # `spec` alone may be around a whole spec.
        found["sweep"] = 0
    most = max(found.values())
    likeliest = [kind for kind, count in found.items() if count == most]
    return likeliest[0] if len(likeliest) == 1 else None


def found_by(keys: Collection[str]) -> Kind | None:
    """What a file is that may be anything; None for something else.

    >>> found_by(["extends", "epochs"]), found_by(["extends", "name"]), found_by(["extends"])
    ('recipe', 'spec', None)
    >>> found_by(["spec", "axes"]), found_by(["spec", "kind", "apiVersion"])
    ('sweep', None)
    """
    own, heir = {*keys} - {"extends"}, "extends" in keys
    if own >= _NEEDED[Sweep] and _mostly(own, "sweep"):
        return "sweep"
    recipe = len(own & _NEEDED[Recipe]) > _ENOUGH or (heir and kind_of(keys) == "recipe")
    if recipe and _mostly(own, "recipe"):
        return "recipe"
    telling = len(own.intersection(KEYS["spec"]) - _ANYBODYS)
    spec = telling >= _ENOUGH or (heir and (telling or "name" in own))
    return "spec" if spec else None


def _mostly(keys: set[str], kind: Kind) -> bool:
    """Whether more keys are those of a kind than are not."""
    return 2 * len(keys.intersection(KEYS[kind])) > len(keys)


def top_of(text: str, file: str = "") -> tuple[set[str], str]:
    """The keys at the top of a text, which need not be YAML yet, and what it extends.

    What can be read is read as the file that it is of, and remembered for who reads that next.
    """
    text = unified(text)
    root, refused = _read(text, file)
    keys = {*root.keys()} if root else set()
    base = root.get("extends") if root else None
    if refused or root is None:
        lines = text.splitlines()
        keys |= {line.partition(":")[0].strip("\"'") for line in lines if ":" in line}
    return keys, base.text if isinstance(base, Scalar) else ""


def _read(text: str, file: str) -> tuple[Mapping | None, bool]:
    """What can be read of a text, and whether YAML gives up somewhere."""
    try:
        return parse(text, file), False
    except SpecError:
        read = glance(seen(text), file)
        return read.root, read.refused is not None


def parsed(source: str, file: str, asked: Kind, report: Report) -> Mapping:
    """What a text of that kind holds; errors can quote from it. Raises `SpecError`."""
    root, text = parse(source, file), unified(source)
    _expect_kind(file, text, root, asked)
    report.texts[file] = text
    return root


def _expect_kind(file: str, text: str, root: Mapping, asked: Kind) -> None:
    """Raise `SpecError` for a file of another kind; `text` is what it holds."""
    kind = kind_of(root.keys())
    if kind in (None, asked):
        return
    name = PurePath(file).name
    help = HELP[(asked, kind) if asked == "spec" else asked].format(name=name)
    message = f"{name} is {A[kind]}, not {A[asked]}"
    telling = {*KEYS[kind]}.difference(KEYS[asked])
    span = next(entry.key.span for entry in root.entries if entry.key.text in telling)
    raise SpecError([Problem("E033", span, message, help=help)], {file: text})


def _needed(model: type[Recipe | Sweep]) -> str:
    return ", ".join(sorted(_NEEDED[model]))


HELP: dict[Kind | tuple[Kind, Kind], str] = {
    "recipe": f"a recipe has the keys {_needed(Recipe)}; a spec names one as `training`",
    "sweep": f"a sweep has the keys {_needed(Sweep)}",
    ("spec", "recipe"): "a recipe stands under `training` of a spec, or behind `--recipe`",
    ("spec", "sweep"): "`inception-compile sweep {name}` counts the networks of a sweep",
}
"""What a file is that is asked for, or where a file belongs that isn't a spec."""
