"""A commented file to start a new network from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from dsl.changing.inherit import loads
from dsl.models import shelf
from dsl.models.extent import extent_text, kernel_text
from dsl.models.layers import Call, Conv, Layer, Ramp, Step
from dsl.models.naming import named_sections
from dsl.models.spec import Spec, walk
from dsl.models.spelling import write
from dsl.text.source import read


def starter(name: str, base: str, variant: str | None, folder: Path) -> str:
    """The text of a spec for `folder` that extends `base` and changes nothing yet.

    Each comment that begins with `# key:` is a change that works as it stands, in the names of
    the base. Raises `SpecError` where the base can't be read.
    """
    path = shelf.find(base)
    spec = loads(read(path), str(path), variant)
    extends = _reference(base, folder) + (f"@{variant}" if variant else "")
    lines = [
        f"# {name}: made from {spec.name}. It is the same network until something is said below.",
        f"#   inception-compile resolve {name}.yaml   # the whole of it, and where it comes from",
        f"#   inception-compile check {name}.yaml     # what it comes to",
        f"extends: {_quoted(extends)}",
        f"name: {name}",
        "",
        "# What stands here replaces the base's; all else is inherited.",
        f"# title: {name}",
        f"# classes: {spec.classes}",
        f"# input: {extent_text(spec.input)}",
        *_changes(spec),
    ]
    return "\n".join(lines) + "\n"


def _quoted(path: str) -> str:
    """A path as YAML takes it: in quotes where a character in it could mean something."""
    harmless = re.fullmatch(r"[\w./][\w./@-]*", path)
    return path if harmless else "'" + path.replace("'", "''") + "'"


def _reference(base: str, folder: Path) -> str:
    """How the new file names its base: on the shelf, or from where it lies."""
    path = shelf.find(base)
    return base if path.parent == shelf.folder() else os.path.relpath(path, folder)


def _changes(spec: Spec) -> Iterator[str]:
    yield "\n# Every width but `in` and `classes`, and every repeat (xN), by a factor."
    yield "# width: {by: 0.5, min: 16, round_to: 8}"
    if _repeats(spec):
        yield "# depth: 0.5"
    yield "\n# Steps, branches and auxiliary heads by their names, never by their places."
    if spec.aux:
        yield f"# remove: [aux.{spec.aux[0].name}]"
    names = _names(spec)
    calls = {name: step for name, step in names.items() if isinstance(step, Call)}
    keeping = {name: call for name, call in calls.items() if call.block in spec.inception}
    beside = next(iter(keeping or names))
    step = write(_once(keeping[beside])) if keeping else _plain(spec)
    yield f"# insert: [{{after: {beside}, extra: {step}}}]"
    yield from _settings(names)


def _once(call: Call) -> Call:
    """A call without its repeats, of which it is like the last."""
    args = {name: _last(value) for name, value in call.args.items()}
    return call.model_copy(update={"repeat": 1, "args": args})


def _last(value: float | str | Ramp) -> int | float | str:
    return value.last if isinstance(value, Ramp) else value


def _plain(spec: Spec) -> str:
    """A convolution that looks at one place: `1x1 64` for images."""
    return f"{kernel_text([1] * len(spec.input[1:]))} 64"


def _repeats(spec: Spec) -> bool:
    """Whether there is any depth to scale."""
    tops = [step for _, steps in spec.sections() for step in steps]
    tops += [block.body for block in spec.blocks.values()]
    tops += [step for head in spec.aux for step in head.steps]
    return any(isinstance(step, Layer) and step.repeat != 1 for step in walk(tuple(tops)))


def _names(spec: Spec) -> dict[str, Step]:
    """Every step of the trunk by name."""
    return dict(pair for level in named_sections(dict(spec.sections())).values() for pair in level)


def _settings(names: dict[str, Step]) -> Iterator[str]:
    """One value of a layer and one of a call, set to what they are."""
    weighted = {n: step for n, step in names.items() if isinstance(step, Layer) and step.weighted}
    convs = [name for name, step in weighted.items() if isinstance(step, Conv)]
    others = [name for name, step in weighted.items() if not isinstance(step, Call)]
    conv = next(iter((*convs, *others)), None)
    call = next(
        (name for name, step in names.items() if isinstance(step, Call) and step.args), None
    )
    if conv or call:
        yield "# set:"
    if conv and isinstance(names[conv], Layer):
        yield f"#   {conv}: {write(names[conv])}"  # type: ignore[arg-type]  # a layer
    if call:
        key, value = next(iter(names[call].args.items()))  # type: ignore[attr-defined]  # a call
        yield f"#   {call}.{key}: {value}"
