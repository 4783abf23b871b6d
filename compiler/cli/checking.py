"""The command `check`: what is wrong with specs, and of one spec what it comes to."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import Any

import click

import dsl
from compiler.checking import as_text
from compiler.checking.configuring import ConfigError, check_codes, policy_of
from compiler.checking.examining import Asked, Examined, codes
from compiler.checking.forms import FORMS
from compiler.checking.gathering import gathered
from compiler.checking.likeness import named
from compiler.checking.many import examined_all
from compiler.checking.policy import THRESHOLDS, Policy, Threshold
from compiler.cli import terminal
from compiler.cli.limits import limit_options, limits
from compiler.cli.options import (
    LIMIT_OPTION,
    PLUGIN,
    STDIN_NAME,
    SpecType,
    change_options,
    overrides,
)
from compiler.cli.piped import is_stdin, taken
from compiler.cli.summary import recipe_summary, summary, sweep_summary
from compiler.cost import cost
from compiler.lowering.prepare import Piped, Where
from dsl.text.problems import SpecError


@click.command()
@click.argument("specs", type=SpecType(), metavar="SPEC...", nargs=-1, required=True)
@click.option("--variant", metavar="NAME", help="A variant alone; all are checked otherwise.")
@change_options()
@LIMIT_OPTION
@PLUGIN
@STDIN_NAME
@click.option("--format", "form", type=click.Choice(list(FORMS)), default="text",
              show_default=True, help="How to write what is found.")  # fmt: skip
@click.option("--select", metavar="CODES", help="Only these findings: W112,I or the like.")
@click.option("--ignore", metavar="CODES", help="All but these findings.")
@click.option("--error-on", type=click.Choice(THRESHOLDS),
              help="From what on the exit code is 1.  [default: warning]")  # fmt: skip
@click.option("--fix", is_flag=True, help="Mend what has one answer, in the file.")
@click.option("--guesses", is_flag=True, help="With --fix: what is only likely, too.")
@click.option("--diff", is_flag=True, help="With --fix: write nothing, show what would change.")
@limit_options
def check(
    specs: tuple[str, ...],
    form: str,
    variant: str | None,
    limit: int,
    stdin_name: str | None,
    **options: Any,
) -> int:
    """Check specs, recipes and sweeps: say what is wrong with them, and of one what it comes to.

    SPEC may be a recipe or a sweep, or a folder or a pattern, whose YAML files are looked through
    for all three, or torchvision:NAME, timm:NAME and MODULE:NAME for a model that is installed.
    Nothing is built or written. `explain CODE` says more of a finding, and docs/diagnostics.md of
    all.

    \b
    Examples:
      inception-compile check my_net.yaml
      inception-compile check specs/ --format github
      inception-compile check my_net.yaml --max-params 8M --max-peak "20 MiB"
      inception-compile check inception_v3 --input 139x139 --no-aux
      inception-compile check my_recipe.yaml
      inception-compile check my_net.yaml --fix --diff
      inception-compile check torchvision:inception_v3
    """
    wishes = {name: options.pop(name) for name in ("select", "ignore", "error_on")}
    fix, guesses, diff = (options.pop(name) for name in ("fix", "guesses", "diff"))
    if (guesses or diff) and not fix:
        raise click.UsageError(f"{'--guesses' if guesses else '--diff'} goes with --fix")
    budgets = limits(options)
    given = gathered(specs)
    if not given.files:
        raise click.UsageError(f"there is no spec in {', '.join(specs)}")
    asked = Asked(variant, overrides(**options), limit, budgets)
    _only_specs([word for word in specs if word in given.files], asked)
    policies = [_policy(word, **wishes) for word in given.files]
    if fix:
        from compiler.cli.mending import mend  # Writes files, which nothing else here does.

        return mend([*given.files], policies, asked, stdin_name, guesses=guesses, diff=diff)
    found = _examined([_read(word, stdin_name) for word in given.files], asked)
    told = [policy.applied(each) for policy, each in zip(policies, found, strict=True)]
    _tell(told, form, len(given.others), alone=len(specs) == 1 and [*specs] == [*given.files])
    failed = (policy.fails(each.problems) for policy, each in zip(policies, told, strict=True))
    return int(any(failed))


def _only_specs(words: list[str], asked: Asked) -> None:
    """Refuse to choose or change a recipe as one does a network; those of a folder stay as is."""
    if asked.whole and not asked.budgets:
        return
    for word in words:
        if not is_stdin(word) and (kind := named(word)) != "spec":
            message = f"a {kind} is checked as it is written"
            raise click.UsageError(f"{word}: {message}: --variant, --set and limits are for specs")


def _policy(
    word: str, select: str | None, ignore: str | None, error_on: Threshold | None
) -> Policy:
    """What the spec's project says, and the command line above that."""
    try:
        policy = policy_of(word)
        return replace(
            policy,
            select=policy.select if select is None else _codes("--select", select),
            ignore=policy.ignore if ignore is None else _codes("--ignore", ignore),
            error_on=error_on or policy.error_on,
        )
    except ConfigError as error:
        raise click.UsageError(str(error)) from None


def _codes(option: str, text: str) -> tuple[str, ...]:
    found = tuple(code.upper() for code in re.split(r"[\s,]+", text) if code)
    check_codes(found, codes(), option)
    return found


def _read(word: str, stdin_name: str | None) -> Where | Examined:
    """A spec as it is named; one that must be made or read first may come to nothing but errors.

    A model that is installed comes as the spec that it is.
    """
    try:
        if ":" not in word or os.path.lexists(word) or is_stdin(word):
            return taken(word, stdin_name)
        from compiler.cli.importing import imported

        return Piped(dsl.dump(imported(word)), word)
    except SpecError as error:
        return Examined(word, error.problems, error.texts)


def _examined(given: list[Where | Examined], asked: Asked) -> list[Examined]:
    """What is wrong with each spec, in the order in which they were given."""
    wheres = [each for each in given if not isinstance(each, Examined)]
    found = iter(examined_all(wheres, asked))
    return [each if isinstance(each, Examined) else next(found) for each in given]


def _tell(found: list[Examined], form: str, others: int, *, alone: bool) -> None:
    """Of one spec what it comes to; what is wrong goes where errors go, if people read it."""
    if form != "text":
        click.echo(FORMS[form](found), nl=False)
        return
    if alone and found[0].prepared:
        click.echo(summary(found[0].prepared, cost(found[0].prepared.network)), nl=False)
    elif alone and found[0].recipe:
        click.echo(recipe_summary(found[0].recipe), nl=False)
    elif alone and found[0].sweep:
        click.echo(sweep_summary(found[0].sweep), nl=False)
    if said := as_text.written(found):
        terminal.complain(said.rstrip("\n"))
    if not alone:
        click.echo("\n".join(as_text.summary(found, others)))
