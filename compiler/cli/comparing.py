"""The command `diff`: what differs between two networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
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
    named,
    optimize_option,
    optimized,
    overrides,
    parameter,
)
from compiler.cli.picturing import form_asked, made, pixel_options
from compiler.cli.piped import is_piped, is_stdin, taken
from compiler.cli.toning import tone_options
from compiler.cli.wishing import page_options, wished
from compiler.ir.network import Network
from compiler.lowering.prepare import NO_OVERRIDES, Overrides, Piped, Prepared, prepare
from dsl.models.changes import CHANGES

if TYPE_CHECKING:
    from compiler.diagram.wishes import Wishes
    from compiler.diff import Diff
    from compiler.picture import Tone

FIRST = "-a"
"""How options end that change the first of the two."""
ENDS = FIRST, ""


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
@pixel_options
@page_options
@click.option("--exit-code", is_flag=True, help="Exit with 1 where the structure differs.")
def diff(
    specs: tuple[str, ...],
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
      inception-compile diff inception_v3 inception_v4 --mono --fit 17cm -o v3_v4.pdf
      inception-compile diff googlenet --optimize
      inception-compile diff --git main
      inception-compile diff --git HEAD~1 specs --format markdown
    """
    picture = _Picture.asked(output, form, options)
    if base is not None:
        if picture:
            raise click.UsageError("-o draws two networks, and --git compares all that changed")
        return _since(base, specs, form, exit_code, options)
    names = _both_named(specs, options)
    both = [
        _side(where, options, end)
        for where, end in zip(_taken(names, options["stdin_name"]), ENDS, strict=True)
    ]
    found = _compared([each.network for each in both], names)
    if picture:
        picture.draw(found, {file for each in both for file in each.spec.texts})
    else:
        _print(found, form)
    return int(exit_code and bool(found.changes))


@dataclass(frozen=True)
class _Picture:
    """How a comparison is to be drawn, and where to."""

    output: Path
    form: str
    tone: Tone
    scale: float | None
    wishes: Wishes | None

    @classmethod
    def asked(cls, output: Path | None, form: str, options: dict[str, Any]) -> _Picture | None:
        """What is asked for, if anything is. Raises a usage error for what is no drawing's."""
        tone, scale, wishes = options["tone"], options["scale"], options["wishes"]
        if output and form != "text":
            raise click.UsageError("-o draws, and --format is of what is printed: give one of them")
        if output:
            asked = form_asked(output, scale)
            return cls(output, asked, tone or "auto", scale, wishes)
        odd = [f"--{tone}"] if tone else ["--scale or --dpi"] if scale else [*wished(wishes)]
        if odd:
            raise click.UsageError(f"{odd[0]} is of a drawing: say with -o where it goes")
        return None

    def draw(self, found: Diff, sources: set[str]) -> None:
        """Write it. Raises a usage error for wishes that it can't fulfil."""
        from compiler.diagram.sides import sides
        from compiler.diagram.wishes import PLAIN
        from compiler.picture import Picture

        try:
            drawn = Picture(sides(found, self.wishes or PLAIN)).toned(self.tone)
        except ValueError as error:
            raise click.UsageError(str(error)) from None
        deliver(made(drawn, self.form, self.scale), self.output, sources)


def _since(
    base: str, places: tuple[str, ...], form: str, exit_code: bool, options: dict[str, Any]
) -> int:
    """What changed since a revision of git, of specs as they stand."""
    changed = any(_wishes(options, end) != NO_OVERRIDES or _is_rewritten(options, end)
                  for end in ENDS)  # fmt: skip
    if changed or options["stdin_name"] is not None:
        raise click.UsageError("--git compares specs as they stand: nothing can change them")
    from compiler.cli.reviewing import since

    return since(base, places, options["limit"], form, exit_code)


def _both_named(specs: tuple[str, ...], options: dict[str, Any]) -> tuple[str, str]:
    """A and B; A twice where it is compared with itself, changed."""
    one, other = _named(specs)
    if other is None:
        if _wishes(options, "") == NO_OVERRIDES and not _is_rewritten(options, ""):
            told = "there is nothing to compare with"
            raise click.UsageError(f"{told}: name B, or say what changes")
        return one, one
    if all(map(is_stdin, (one, other))) or (one == other and is_piped(one)):
        raise click.UsageError("one pipe can't be both: leave B out to compare with A, changed")
    return one, other


def _compared(both: list[Network], names: tuple[str, str]) -> Diff:
    """The comparison, each side called as it was named, with what changes it."""
    from compiler.diff import diff as compared

    one, other = (" ".join((name, *each.options)) for name, each in zip(names, both, strict=True))
    training = not any(":" in name for name in names)
    return compared(both[0], both[1], (one, other), training=training)


def _print(found: Diff, form: str) -> None:
    from compiler.diff.markdown import as_markdown

    forms: dict[str, Callable[[], str]]
    forms = {"text": found.as_text, "json": found.as_json, "markdown": partial(as_markdown, found)}
    click.echo(forms[form](), nl=False)


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


def _is_rewritten(options: dict[str, Any], end: str) -> bool:
    return bool(options[parameter("optimize", end)])


def _taken(names: tuple[str, str], stdin_name: str | None) -> list[str | Piped]:
    """Both sides; what comes through a pipe is read once, also where it is both."""
    if stdin_name is not None and not any(map(is_piped, names)):
        raise click.UsageError("--stdin-name names a spec that is piped in, and neither is")
    found: dict[str, str | Piped] = {}
    for name in names:
        if name not in found:
            found[name] = taken(name, stdin_name if is_piped(name) else None)
    return [found[name] for name in names]


def _side(where: str | Piped, options: dict[str, Any], end: str) -> Prepared:
    """One of the two, with all that its options change."""
    changes, limit = _wishes(options, end), options["limit"]
    if isinstance(where, str) and ":" in where:
        found = prepare(imported(where), overrides=changes, limit=limit)
        found = replace(found, network=replace(found.network, origin=where))
    else:
        found = named(where, changes, limit)
    if _is_rewritten(options, end):
        found = replace(found, network=optimized(found.network))
    return found
