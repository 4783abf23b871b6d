"""The command `explain`: what a code of an error or a finding means."""

from __future__ import annotations

import click

from compiler.checking.examining import explained
from compiler.checking.explaining import every_code, explanation
from compiler.cli.terminal import sentence
from dsl.text.problems import did_you_mean


@click.command()
@click.argument("code", default="")
@click.option("--list", "whole", is_flag=True, help="Every code, a line each.")
def explain(code: str, whole: bool) -> None:
    """Say what an error or a finding means, why it matters and what to write instead.

    CODE is as errors give it, or the name of a finding; of the beginning of codes, such as W1,
    those are listed that begin so.

    \b
    Examples:
      inception-compile explain W112
      inception-compile explain dead-bias
      inception-compile explain --list
    """
    if bool(code) == whole:
        raise click.UsageError("say a CODE, such as W112, or --list")
    known = every_code()
    named = {each.name: each.code for each in explained()}
    asked = named.get(code, code.upper())
    if asked in known:
        click.echo(explanation(asked))
    elif begun := [each for each in known if each.startswith(asked)]:
        click.echo("\n".join(f"{each}  {known[each]}" for each in begun))
    else:
        hint = sentence(did_you_mean(asked, known) or did_you_mean(code, named))
        raise click.UsageError(f"there is no code {code}. {hint or '--list has them all.'}")
