"""The page itself: chapters, style and scripts put together by a template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from shlex import quote
from typing import Any

import jinja2

from compiler.cost.footer import short_size
from compiler.lowering.prepare import Prepared
from compiler.picture.sheet import distinct
from compiler.picture.words import clean
from compiler.report.chapter import Chapter
from compiler.report.comparing import Comparison
from compiler.report.costs import pair, shape_text
from compiler.report.island import digest_of
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
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src '{}'; "
    "base-uri 'none'; form-action 'none'"
)
"""The page may fetch and send nothing, and run the script that it was made with alone.

Drawings bring style sheets of their own, so styles are let through; they can't load anything.
"""


def as_html(given: Sequence[Prepared], output: str = "report.html") -> str:
    """Everything of some networks as one file; `output` is what the command on it writes.

    The same networks give the same bytes.
    """
    chapters = _chapters(given)
    script = _script()
    command = f"inception-compile report {' '.join(each.named for each in chapters)}"
    return _template().render(
        chapters=chapters,
        comparison=Comparison(chapters),
        command=f"{command} -o {quote(output)}",
        policy=POLICY.format(digest_of(script)),
        style=_joined(STYLES),
        script=script,
        version=__version__,
    )


def _chapters(given: Sequence[Prepared]) -> list[Chapter]:
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
def _script() -> str:
    return f"'use strict';\n(() => {{\n{_joined(SCRIPTS)}}})();\n"


def _joined(names: Sequence[str]) -> str:
    folder = resources.files("compiler.report") / "assets"
    return "".join((folder / name).read_text(encoding="utf-8") for name in names)


def _shown(value: Any) -> Any:
    """What the template prints: texts of a spec without what a reader would obey or can't see."""
    return clean(value) if type(value) is str else value


@cache
def _template() -> jinja2.Template:
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
    return environment.get_template("report.html.j2")
