"""The group of commands, and the short form without a command's name."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import click

from compiler.version import __version__
from dsl.models import shelf
from dsl.text.problems import did_you_mean

COMMANDS = {
    "compile": "compiling:compile_",
    "check": "checking:check",
    "explain": "explaining:explain",
    "fmt": "formatting:fmt",
    "cost": "asking:cost",
    "source": "emitting:source",
    "draw": "emitting:draw",
    "report": "reporting:report",
    "verify": "compiling:verify",
    "ir": "asking:ir",
    "diff": "comparing:diff",
    "drift": "drifting:drift",
    "watch": "watching:watch",
    "resolve": "authoring:resolve",
    "new": "authoring:new",
    "schema": "schemas:schema",
    "import": "importing:import_",
    "weights": "weights:weights",
    "export": "exporting:export",
    "train": "training:train",
    "evaluate": "judging:evaluate",
    "predict": "judging:predict",
    "curves": "learning:curves",
    "sweep": "sweeping:sweep",
    "lsp": "editing:lsp",
    "list": "asking:list_",
    "completion": "asking:completion",
}
"""Where each command is: it is loaded when it is asked for, so that others needn't wait for it."""

HELP = """Compile specs of Inception-style networks.

A SPEC is a path to a YAML file, the name of one on the shelf, or - for the standard input.
Without a command the whole job is done: check, build, cross-check, emit source, draw, count.

\b
Examples:
  inception-compile specs/googlenet.yaml
  inception-compile inception_v3 --out build
  inception-compile check my_net.yaml
  inception-compile cost googlenet --format json
  inception-compile source inception_v3 --width 0.5 --remove aux.aux

Exit codes: 0 fine, 1 something is wrong with the spec or the results, 2 wrong usage.
"""


class Shortcut(click.Group):
    """A group whose first word may be a spec: then it is `compile`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by its name; None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found: click.Command = getattr(import_module(f"compiler.cli.{module}"), name)
        return found

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `compile` in front of whatever isn't a command or an option of the group."""
        own = {option for param in self.get_params(ctx) for option in param.opts}
        if args and args[0] not in COMMANDS and args[0] not in own:
            self._explain(args)
            args = ["compile", *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; of an option that it lacks, say which ones have it."""
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            if not (others := [*self._having(ctx, error.option_name)]):
                raise
            message = f"{error.option_name} is an option of {', '.join(others)}"
            raise click.UsageError(message, error.ctx) from None

    def _having(self, ctx: click.Context, option: str) -> Iterator[str]:
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command and any(option in param.opts for param in command.params):
                yield name

    def _explain(self, args: list[str]) -> None:
        """Say what is wrong with two words of which neither order nor spelling fits."""
        first, second = (*args, "")[:2]
        if second in COMMANDS:
            fixed = f"inception-compile {second} {first}"
            raise click.UsageError(f"the command comes first: {fixed}")
        spec = "." in first or "/" in first or first in shelf.names()
        two = second and not second.startswith("-")
        if two and not spec and (hint := did_you_mean(first, COMMANDS)):
            raise click.UsageError(f"there is no command {first}; {hint}")


@click.group(cls=Shortcut, help=HELP, context_settings={"help_option_names": ["-h", "--help"]},
             no_args_is_help=True)  # fmt: skip
@click.version_option(__version__, prog_name="inception-compile")
def cli() -> None:
    """The group; its help is `HELP`."""
