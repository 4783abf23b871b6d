"""The command `watch`: a spec is checked, counted and drawn again at each save."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from compiler.checking import as_text
from compiler.checking.configuring import ConfigError, policy_of
from compiler.checking.examining import Asked, Examined, examined
from compiler.cli import terminal
from compiler.cli.drawing import Drawing, if_drawn
from compiler.cli.limits import limit_options, limits
from compiler.cli.options import LIMIT_OPTION, PLUGIN, SpecType, change_options, overrides
from compiler.cli.piped import is_piped
from compiler.cli.summary import summary
from compiler.cli.terminal import Failed
from compiler.cost import cost
from compiler.lowering.prepare import Prepared
from compiler.review.saves import saves
from compiler.review.turns import turned
from dsl.models import shelf

if TYPE_CHECKING:
    from compiler.live.board import Board


PATIENCE = 0.05
"""Seconds until a spec that can't be built is looked at again: it may not be written to its end."""


@dataclass
class Watched:
    """A spec that is being written: how it was found last, and the last network that it gave."""

    spec: str
    asked: Asked
    drawing: Drawing | None
    board: Board | None = None
    """What the browser shows, if one is opened."""
    found: Examined | None = None
    good: Prepared | None = None

    def files(self) -> set[Path]:
        """The spec's file and those that it extends, as far as they are known."""
        return {shelf.find(self.spec), *map(Path, self.found.texts if self.found else ())}

    def look(self) -> Examined:
        """Look at the spec anew; what a project says of findings is read anew too."""
        found = self._examined()
        if self.found and not (found.prepared or found.recipe):
            time.sleep(PATIENCE)
            found = self._examined()
        self.found = found
        return found

    def _examined(self) -> Examined:
        return policy_of(self.spec).applied(examined(self.spec, self.asked))


@click.command()
@click.argument("spec", type=SpecType())
@click.option("--variant", metavar="NAME", help="A variant that the spec names.")
@change_options()
@LIMIT_OPTION
@PLUGIN
@limit_options
@click.option("--draw", "output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="A picture to draw anew at each save, as `draw -o` takes it.")  # fmt: skip
@click.option("--open", "in_browser", is_flag=True,
              help="Show its report in the browser, anew at each save.")  # fmt: skip
@if_drawn
def watch(
    spec: str,
    variant: str | None,
    limit: int,
    drawing: Drawing | None,
    in_browser: bool,
    **options: Any,
) -> None:
    """Check a spec at each save, and say what the save changed.

    What it extends is watched too. A spec that can't be built is told with its errors; the next
    sound one is compared with the last that was. With --open the browser shows its report, which
    follows each save. Ctrl-C ends.

    \b
    Examples:
      inception-compile watch my_net.yaml
      inception-compile watch my_net.yaml --open
      inception-compile watch my_net.yaml --draw my_net.svg
      inception-compile watch my_net.yaml --draw my_net.pdf --layout column --mono
      inception-compile watch my_net.yaml --max-params 8M --input 128x128
    """
    import watchfiles  # noqa: F401  # Before anything is told, if it is missing.

    if is_piped(spec):
        raise click.UsageError("a file is watched, and a pipe has only one content")
    budgets = limits(options)
    asked = Asked(variant, overrides(**options), limit, budgets)
    watched = Watched(spec, asked, drawing)
    try:
        for _ in saves(watched.files):
            if watched.found:
                _turn(watched, watched.found)
            else:
                _begin(watched, in_browser)
    except ConfigError as error:
        raise click.UsageError(str(error)) from None


def _begin(watched: Watched, in_browser: bool) -> None:
    """What the spec comes to as it is, the first picture, and the page in the browser."""
    found = watched.look()
    if in_browser and found.kind != "spec":
        raise click.UsageError(f"--open shows a network, and a {found.kind} is none")
    if found.prepared:
        watched.good = found.prepared
        click.echo(_summary(found.prepared), nl=False)
        if watched.drawing:
            watched.drawing.draw(found.prepared)
    _complain(found)
    if in_browser:
        watched.board = _opened(found)
    click.echo(f"watching {', '.join(sorted(map(str, watched.files())))}; Ctrl-C ends")


def _opened(found: Examined) -> Board:
    """The page of a spec as it is, in a browser where there is one."""
    from compiler.live.board import Board
    from compiler.live.loopback import Loopback
    from compiler.live.opening import opened

    board = Board()
    try:
        server = Loopback(board)
    except OSError as error:
        raise Failed(f"error: no page can be served here: {error.strerror or error}") from None
    _show(board, found, ())
    gc.freeze()  # What was made by now stays, so garbage isn't looked for among it at each save.
    server.start()
    there = opened(server.address)
    click.echo(f"{'page at' if there else 'no browser to open here; open'} {server.address}")
    return board


def _turn(watched: Watched, before: Examined) -> None:
    """What a save changed; nothing where it is no other text and has no other problems."""
    found = watched.look()
    if (found.texts, found.problems) == (before.texts, before.problems):
        return
    changed = [*_changed(watched.good, found)]
    if watched.board:
        _show(watched.board, found, changed)
    first, *lines = changed
    click.echo(f"{time.strftime('%H:%M:%S')}  {first}")
    click.echo("".join(f"{line}\n" for line in lines), nl=False)
    if _said(found) != _said(before):
        _tell_change(before, found)
    if found.prepared:
        watched.good = found.prepared
        _redraw(watched, found.prepared)


def _show(board: Board, found: Examined, changed: Sequence[str]) -> None:
    """Bring the page up to date; what is only found has its place on it."""
    errors = tuple(each for each in found.problems if each.severity == "error")
    trouble = terminal.shown(as_text.written([replace(found, problems=errors)]))
    if found.prepared:
        board.show(found.prepared, changed, trouble)
    else:
        board.trouble(trouble)


def _changed(good: Prepared | None, found: Examined) -> Iterable[str]:
    if found.recipe or found.sweep:
        return [f"the {found.kind} can be read"]
    if not found.prepared:
        return ["it can't be built"]
    if good is None:
        return ["it can be built", *_summary(found.prepared).splitlines()]
    return turned(good.network, found.prepared.network)


def _summary(prepared: Prepared) -> str:
    return summary(prepared, cost(prepared.network))


def _said(found: Examined) -> list[tuple[str, str]]:
    """What is wrong, wherever it stands by now."""
    return [(problem.code, problem.message) for problem in found.problems]


def _tell_change(before: Examined, found: Examined) -> None:
    """The problems that are new, and how many others there are still, and are no more."""
    old, now = set(_said(before)), set(_said(found))
    new = tuple(each for each in found.problems if (each.code, each.message) not in old)
    _complain(replace(found, problems=new))
    same, gone = len(found.problems) - len(new), len(old - now)
    if not found.problems:
        click.echo("  no problems any more")
    elif same or gone:
        told = [f"{same} as before"] if same else []
        told += [f"{gone} gone"] if gone else []
        click.echo(f"  {', '.join(told)}")


def _complain(found: Examined) -> None:
    if said := as_text.written([found]):
        terminal.complain(said.rstrip("\n"))


def _redraw(watched: Watched, prepared: Prepared) -> None:
    """Draw again; what can't be drawn just now is told, and watching goes on."""
    if not watched.drawing:
        return
    try:
        watched.drawing.draw(prepared)
    except click.ClickException as error:
        terminal.complain(f"not drawn: {error.message}")
