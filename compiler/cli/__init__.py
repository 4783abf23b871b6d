"""The command line: `inception-compile SPEC`, and its single steps as commands."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from compiler import __version__
from compiler.cli import terminal
from compiler.cli.commands import COMMANDS
from dsl.problems import SpecError

HELP = """Compile specs of Inception-style networks.

A SPEC is a path to a YAML file, or the name of one on the shelf. Without a command the
whole job is done: check, build, cross-check, emit source, draw, count.

\b
Examples:
  inception-compile specs/googlenet.yaml
  inception-compile inception_v3 --out build
  inception-compile check my_net.yaml
  inception-compile cost googlenet --format json

Exit codes: 0 fine, 1 something is wrong with the spec or the results, 2 wrong usage.
"""


class Shortcut(click.Group):
    """A group whose first word may be a spec: then it is `compile`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `compile` in front of whatever isn't a command or an option of the group."""
        own = {option for param in self.get_params(ctx) for option in param.opts}
        if args and args[0] not in self.commands and args[0] not in own:
            args = ["compile", *args]
        return super().parse_args(ctx, args)


@click.group(cls=Shortcut, help=HELP, context_settings={"help_option_names": ["-h", "--help"]},
             commands=list(COMMANDS), no_args_is_help=True)  # fmt: skip
@click.version_option(__version__, prog_name="inception-compile")
def cli() -> None:
    """The group; its help is `HELP`."""


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit with its code; no traceback for what a user can cause."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(args))


def run(args: list[str] | None = None) -> int:
    """Run the command line; its exit code."""
    try:
        found: Any = cli.main(args, prog_name="inception-compile", standalone_mode=False)
        sys.stdout.flush()
        return found if isinstance(found, int) else 0
    except SpecError as error:
        terminal.complain(str(error))
        return 1
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        terminal.complain(f"error: {where}{error.strerror or error}")
        return 1
