"""The command `diff`: what differs between two networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from compiler.cli.files import deliver
from compiler.cli.importing import imported
from compiler.cli.options import (
    LIMIT_OPTION,
    PLUGIN,
    STDIN_NAME,
    SpecType,
    change_options,
    optimize_option,
    optimized,
    overrides,
    parameter,
)
from compiler.cli.picturing import form_asked, made
from compiler.cli.piped import is_piped, is_stdin, taken
from compiler.cli.toning import tone_options
from compiler.ir.network import Network
from compiler.lowering.prepare import NO_OVERRIDES, Overrides, Piped, Prepared, prepare
from dsl.models import shelf
from dsl.models.changes import CHANGES

if TYPE_CHECKING:
    from compiler.diff import Diff
    from compiler.picture import Tone

FIRST = "-a"
"""How options end that change the first of the two."""


@click.command()
@click.argument("specs", type=SpecType(), metavar="A [B]", nargs=-1)
@change_options(whose="B's")
@change_options(FIRST, whose="A's")
@optimize_option(whose="B")
@optimize_option(FIRST, whose="A")
@LIMIT_OPTION
@PLUGIN
@STDIN_NAME
@click.option("--git", "base", metavar="BASE",
              help="Compare each changed spec with what it was at a revision of git. What stands "
              "before it are files and folders then, all of the repository without any.",
              )  # fmt: skip
@click.option("--format", "form", type=click.Choice(["text", "markdown", "json"]), default="text",
              show_default=True, help="How to print it.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
              help="Draw both side by side instead, as a .svg, .pdf, .png, .dot, .tex or .tikz.",
              )  # fmt: skip
@tone_options
@click.option("--exit-code", is_flag=True, help="Exit with 1 where the structure differs.")
def diff(
    specs: tuple[str, ...],
    limit: int,
    stdin_name: str | None,
    base: str | None,
    form: str,
    output: Path | None,
    exit_code: bool,
    **options: Any,
) -> int:
    """Say what differs between two networks, in structure and in cost.

    A and B are specs, as everywhere; SPEC@VARIANT is one of a spec's variants, and
    torchvision:NAME, timm:NAME or MODULE:NAME is a model that is installed. Blocks, branches and
    layers are matched by their names and by what they are, not by their places.

    --set, --width, --input, --optimize and so on change B; with -a behind their names they change
    A. B may be left out where it is A, changed.

    With --git BASE each spec of the repository that isn't what it was at that revision is compared
    with what it was, its variants too, and specs that extend a changed one with them. What follows
    are files and folders then.

    \b
    Examples:
      inception-compile diff inception_v3 my_net.yaml
      inception-compile diff googlenet googlenet@torchvision
      inception-compile diff inception_v3 torchvision:inception_v3 --format json
      inception-compile diff inception_v3 --set mixed_6b.c7=96
      inception-compile diff googlenet my_net.yaml --input 64x64 --input-a 64x64
      inception-compile diff inception_v3 inception_v4 -o v3_v4.svg
      inception-compile diff inception_v3 inception_v4 --mono -o v3_v4.pdf
      inception-compile diff googlenet --optimize
      inception-compile diff --git main
      inception-compile diff --git HEAD~1 specs --format markdown
    """
    tone: Tone | None = options["tone"]
    picture = _picture_asked(output, form, tone)
    changes = [_wishes(options, end) for end in (FIRST, "")]
    rewrite = [options[parameter("optimize", end)] for end in (FIRST, "")]
    if base is not None:
        if any(rewrite) or stdin_name is not None or changes != [NO_OVERRIDES, NO_OVERRIDES]:
            raise click.UsageError("--git compares specs as they stand: nothing can change them")
        if output:
            raise click.UsageError("-o draws two networks, and --git compares all that changed")
        from compiler.cli.reviewing import since

        return since(base, specs, limit, form, exit_code)
    one, other = _named(specs)
    if other is None and changes[1] == NO_OVERRIDES and not rewrite[1]:
        raise click.UsageError("there is nothing to compare with: name B, or say what changes")
    names = (one, other if other is not None else one)
    if other is not None and (all(map(is_stdin, names)) or (one == other and is_piped(one))):
        raise click.UsageError("one pipe can't be both: leave B out to compare with A, changed")
    if stdin_name is not None and not any(map(is_piped, names)):
        raise click.UsageError("--stdin-name names a spec that is piped in, and neither is")
    sides = _sides(names, stdin_name)
    prepared = [_prepared(*each, limit) for each in zip(sides, changes, strict=True)]
    both = [
        optimized(each.network) if asked else each.network
        for each, asked in zip(prepared, rewrite, strict=True)
    ]
    labels = [_label(*each) for each in zip(names, both, strict=True)]
    found = _compared(both, (labels[0], labels[1]), training=not any(":" in n for n in names))
    if picture:
        sources = {file for each in prepared for file in each.spec.texts}
        deliver(_drawn(found, picture, tone or "auto"), output, sources)
    else:
        _print(found, form)
    return int(exit_code and bool(found.changes))


def _picture_asked(output: Path | None, form: str, tone: Tone | None) -> str | None:
    """The form of the picture that is asked for, if one is."""
    if output and form != "text":
        raise click.UsageError("-o draws, and --format is of what is printed: give one of them")
    if tone and not output:
        raise click.UsageError(f"--{tone} is of a drawing: say with -o where it goes")
    return form_asked(output) if output else None


def _compared(both: list[Network], labels: tuple[str, str], training: bool) -> Diff:
    from compiler.diff import diff as compared

    return compared(both[0], both[1], labels, training=training)


def _print(found: Diff, form: str) -> None:
    from compiler.diff.markdown import as_markdown

    forms: dict[str, Callable[[], str]]
    forms = {"text": found.as_text, "json": found.as_json, "markdown": partial(as_markdown, found)}
    click.echo(forms[form](), nl=False)


def _drawn(found: Diff, form: str, tone: Tone) -> bytes:
    """The comparison as a picture."""
    from compiler.diagram.sides import sides
    from compiler.picture import Picture

    return made(Picture(sides(found)).toned(tone), form)


def _named(specs: tuple[str, ...]) -> tuple[str, str | None]:
    """A, and B where it is named."""
    if not specs:
        raise click.UsageError("Missing argument 'A'.")
    if len(specs) > 2:
        raise click.UsageError(f"two networks are compared, and these are {len(specs)}")
    return specs[0], specs[1] if len(specs) == 2 else None


def _wishes(options: dict[str, Any], end: str) -> Overrides:
    """What the options change that end in this way."""
    keys = [*CHANGES, "classes", "size", "no_aux"]
    return overrides(**{key: options[parameter(key, end)] for key in keys})


def _sides(names: tuple[str, str], stdin_name: str | None) -> list[str | Piped]:
    """Both sides; what comes through a pipe is read once, also where it is both."""
    found: dict[str, str | Piped] = {}
    for name in names:
        if name not in found:
            found[name] = taken(name, stdin_name if is_piped(name) else None)
    return [found[name] for name in names]


def _prepared(where: str | Piped, changes: Overrides, limit: int) -> Prepared:
    """What a word on the command line names, with its changes."""
    if isinstance(where, Piped):
        return prepare(where, overrides=changes, limit=limit)
    if ":" in where:
        found = prepare(imported(where), overrides=changes, limit=limit)
        return replace(found, network=replace(found.network, origin=where))
    spec, variant = shelf.split(where)
    return prepare(spec, variant or None, overrides=changes, limit=limit)


def _label(name: str, network: Network) -> str:
    """What a side is called: as it was named, with what changes it."""
    return " ".join((name, *network.options))
