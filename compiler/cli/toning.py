"""The options that say in which colours a picture is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

F = TypeVar("F", bound=Callable[..., object])


def tone_options(command: F) -> F:
    """One of the tones as `tone`, the last that is given; None without."""
    options = (
        click.option(
            "--light", "tone", flag_value="light", help="By day, whatever the reader's system."
        ),
        click.option("--dark", "tone", flag_value="dark", help="By night, in every format."),
        click.option("--mono", "tone", flag_value="mono", help="In greys, as papers are printed."),
    )
    for option in reversed(options):
        command = option(command)
    return command
