"""The page itself: chapters, style and scripts put together by a template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from shlex import quote
from typing import Any

import jinja2
from markupsafe import Markup

from compiler.cost.footer import short_size
from compiler.lowering.prepare import Prepared
from compiler.picture.sheet import distinct
from compiler.picture.words import clean
from compiler.report.chapter import Chapter
from compiler.report.comparing import Comparison
from compiler.report.costs import pair, shape_text
from compiler.report.island import digest_of
from compiler.report.pieces import Gathering, Laid, place
from compiler.version import __version__

STYLES = (
    "colours.css",
    "page.css",
    "drawings.css",
    "tables.css",
    "texts.css",
    "findings.css",
    "charts.css",
    "print.css",
)
SCRIPTS = (
    "hearing.js",
    "sharing.js",
    "paths.js",
    "selecting.js",
    "opening.js",
    "moving.js",
    "searching.js",
    "heating.js",
    "growing.js",
    "table.js",
    "copying.js",
    "start.js",
)
"""In the order in which they stand; each says at its top what it needs of those before it."""
WATCHED_STYLES = (*STYLES, "watching.css")
WATCHED_SCRIPTS = (*SCRIPTS, "carrying.js", "watching.js")
"""Those of a page that is watched: it takes what is new from where it is."""
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src '{}'; "
    "base-uri 'none'; form-action 'none'"
)
"""The page may fetch and send nothing, and run the script that it was made with alone.

Drawings bring style sheets of their own, so styles are let through; they can't load anything.
"""
FROM_ITS_PLACE = "; connect-src 'self'"
"""What a watched page may do besides: ask where it comes from."""
Parts = Sequence[Chapter]
"""What a page is made of: what has been worked out of a network stays with its chapter."""


def as_html(given: Sequence[Prepared], output: str = "report.html") -> str:
    """Everything of some networks as one file; `output` is what the command on it writes.

    The same networks give the same bytes.
    """
    return _page(parts_of(given), _script(SCRIPTS), output).html()


def as_swept(given: Sequence[Prepared], plot: str, command: str) -> str:
    """The same of the best networks of a sweep, whose plot of all of them stands at the top."""
    return _page(parts_of(given), _script(SCRIPTS), command=command, plot=plot).html()


def as_watched(parts: Parts) -> Laid:
    """The same page, which hears of saves where it comes from; its `number` tells it from others.

    Without parts it says that there is nothing yet.
    """
    script, policy = _script(WATCHED_SCRIPTS), POLICY + FROM_ITS_PLACE
    return _page(parts, script, policy=policy, number=place("number"))


def first_of(chapter: Chapter) -> Mapping[str, str]:
    """The pieces that one looks at first, which need little of the rest: figures and picture."""
    made, usual = Gathering(_macros()), chapter.usual
    made("head", chapter)
    made("overview", chapter, usual.amount, usual, True)
    return made.found


def _page(
    chapters: Parts,
    script: str,
    output: str = "report.html",
    *,
    policy: str = POLICY,
    number: Markup | None = None,
    command: str = "",
    plot: str = "",
) -> Laid:
    again = f"inception-compile report {' '.join(each.named for each in chapters)}"
    piece = Gathering(_macros())
    around = _template().render(
        piece=piece,
        chapters=chapters,
        comparison=Comparison(chapters),
        command=command or f"{again} -o {quote(output)}",
        plot=plot,
        policy=policy.format(digest_of(script)),
        style=_style(number is not None),
        script=script,
        number=number,
        version=__version__,
    )
    return Laid(around, piece.found)


def parts_of(given: Sequence[Prepared]) -> Parts:
    """The networks, each under a name that no other has on the page."""
    found: dict[str, Chapter] = {}
    for prepared in given:
        network = prepared.network
        key = distinct("-".join(filter(None, [network.name, network.variant])), found)
        found[key] = Chapter(prepared, key)
    titles = Counter(each.title for each in found.values())
    return [
        replace(each, apart=key) if titles[each.title] > 1 else each for key, each in found.items()
    ]


@cache
def _script(names: Sequence[str]) -> str:
    """Scripts as one: what a module gives to others is theirs without a word here."""
    joined = _joined(names).replace("\nexport function ", "\nfunction ")
    return f"'use strict';\n(() => {{\n{joined}}})();\n"


@cache
def _style(watched: bool) -> str:
    return _joined(WATCHED_STYLES if watched else STYLES)


def _joined(names: Sequence[str]) -> str:
    folder = resources.files("compiler.report") / "assets"
    return "".join((folder / name).read_text(encoding="utf-8") for name in names)


def _shown(value: Any) -> Any:
    """What the template prints: texts of a spec without what a reader would obey or can't see."""
    return clean(value) if type(value) is str else value


@cache
def _template() -> jinja2.Template:
    return _environment().get_template("report.html.j2")


@cache
def _macros() -> Any:
    """What writes the pieces."""
    return _environment().get_template("parts.html.j2").module


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("compiler.report", "assets"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "count": "{:,}".format,
        "shape": shape_text,
        "size": short_size,
        "pixels": pair,
    }
    return environment
