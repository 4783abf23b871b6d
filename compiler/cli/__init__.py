"""The command line: `inception-compile SPEC`, and its single steps as commands.

Nothing is imported before `run`, so that an interrupt is quiet from the first moment.
"""

from __future__ import annotations

import os
import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(run())


def run(args: list[str] | None = None) -> int:
    """Run the command line; its exit code. No traceback for what a user can cause."""
    try:
        return _run(args)
    except ImportError as error:
        from compiler.missing import advice

        if not (line := advice(error)):
            raise
        sys.stderr.write(f"error: {line}\n")  # click may be what is missing
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(args: list[str] | None) -> int:
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # or it scans every package
    import click

    from compiler.cli import terminal
    from compiler.cli.group import cli
    from dsl.problems import SpecError

    terminal.tolerate_any_encoding()
    try:
        code = cli.main(args, prog_name="inception-compile", standalone_mode=False)
        sys.stdout.flush()
    except SpecError as error:
        terminal.complain(str(error))
        return 1
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        terminal.complain(f"error: {where}{error.strerror or error}")
        return 1
    return code if isinstance(code, int) else 0
