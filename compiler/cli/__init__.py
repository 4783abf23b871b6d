"""The command line: `inception-compile SPEC`, and its single steps as commands.

Nothing is imported before `run`, so that an interrupt is quiet from the first moment.
"""

from __future__ import annotations

import gc
import os
import signal
import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit with its code."""
    _open_standard_streams()
    _without_plugins()
    gc.set_threshold(100_000, 50, 50)  # A command lives too briefly to leave much behind.
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP.
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _stop)
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
        _close_standard_output()
        return 1


LOADER = "pydantic.plugin._loader"


def _without_plugins() -> None:
    """Spare pydantic its search for plugins through every package that is installed.

    By its variable it would still load what reads their metadata: a twentieth of a command's time.
    """
    if os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__") == "__all__":
        none = type(sys)(LOADER)
        vars(none)["get_plugins"] = tuple
        sys.modules.setdefault(LOADER, none)


def _open_standard_streams() -> None:
    """Open to nowhere what the caller has closed.

    The next file to be opened would get its number otherwise, and what is printed would end there.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # Gets the least number that is free: this one.
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def _stop(number: int, frame: object) -> None:
    """End as on an interrupt: what is half written is removed. A second signal ends at once."""
    signal.signal(number, signal.SIG_DFL)
    raise SystemExit(128 + number)


def _close_standard_output() -> None:
    """Let what is still to be printed go nowhere, or Python would complain on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _blame(error: Exception) -> str:
    """The plugin whose code failed, in a line; empty where it is none's: then it is our fault."""
    from dsl.models.layers import FOREIGN

    if not FOREIGN:
        return ""
    from compiler.plugins.loading import blame

    return blame(error)


def _run(args: list[str] | None) -> int:
    import click

    from compiler.cli import terminal
    from compiler.cli.group import cli
    from dsl.text.problems import SpecError

    terminal.tolerate_any_encoding()
    try:
        code = cli.main(args, prog_name="inception-compile", standalone_mode=False)
        sys.stdout.flush()
    except SpecError as error:
        terminal.complain(str(error))
        return 1
    except click.ClickException as error:
        vars(error)["message"] = terminal.shown(error.message)  # final in click's types
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
    except Exception as error:
        if not (line := _blame(error)):
            raise
        terminal.complain(f"error: {line}")
        return 1
    return code if isinstance(code, int) else 0
