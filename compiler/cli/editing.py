"""The command for editors: `lsp`, a language server."""

from __future__ import annotations

import click

from compiler.cli.options import PLUGIN


@click.command()
@click.option("--stdio", is_flag=True, help="Speak over standard input and output: the default.")
@PLUGIN
def lsp(stdio: bool) -> int:
    """Serve an editor that speaks the Language Server Protocol.

    An editor starts this itself; by hand it waits for messages on standard input. Specs are read,
    and nothing is written.

    \b
    Examples:
      inception-compile lsp
    """
    from compiler.editor.serving import serve

    del stdio  # Editors pass it to every server, and there is nothing else.
    return serve()
