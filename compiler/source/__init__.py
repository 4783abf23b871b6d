"""From the IR to Python source that reads as if written by hand.

The same constructor calls that `compiler.nn.module` performs are printed here, so module
and source agree by construction: same state-dict keys, same outputs to the last bit.
"""

from __future__ import annotations

import ast
import textwrap
from functools import cache
from shlex import quote
from typing import TYPE_CHECKING, Any

import jinja2

from compiler.ir.network import Network
from compiler.ir.nodes import macs, params
from compiler.source import classnames, network
from compiler.source.auditing import audit
from compiler.source.classes import Emitter
from compiler.source.describe import sizes
from compiler.source.expr import Expr, heading, lay_out
from compiler.source.foreign import copies, provenance
from compiler.source.helpers import helper_sources
from compiler.source.loss import functions
from compiler.source.made import ClassText
from compiler.source.members import methods, output_name
from compiler.source.parsing import stretches, tree_of
from compiler.version import __version__
from dsl.models.extent import sample
from dsl.models.faults import expect
from dsl.text.memory import by_value

if TYPE_CHECKING:
    from compiler.source.copied import Copies

IMPORTS = "#\fimports"
"""Holds their place until the text that follows tells which are needed.

No text of a spec can hold it: `plain` lets no form feed through.
"""


def emit(net: Network, digest: str = "") -> str:
    """The network as one Python module that needs torch alone; deterministic to the byte.

    `digest` identifies the spec in the header.
    """
    expect(net, (Network,), "emit takes a Network", "`lower` gives one of a Spec")
    emitter = Emitter(net)
    init = list(network.init(net, emitter))
    if alike := emitter.merged():
        emitter = Emitter(net, alike)
        init = list(network.init(net, emitter))
    values: dict[str, Any] = {
        **header(net, digest),
        "doc": list(document(net)),
        "name": classnames.class_name(net),
        "summary": summary(net),
        "init": init,
        "methods": list(methods(net)),
        "classes": [*unit_classes(emitter), *(made.text() for made in emitter.classes.values())],
        "output": {
            "name": output_name(net),
            "fields": list(network.fields(net)),
            "registered": list(network.registered(net)),
        },
        "heading": heading,
        "room_for_imports": IMPORTS,
    }
    helpers = helper_sources([*_helpers_used(emitter), *_losses(net)])
    theirs = copies(net)
    helpers += theirs.pieces.values() if theirs else ()
    body = _template().render(**values, helpers=helpers, exported=exported(net))
    text = body.replace(IMPORTS, "\n".join(imports(body, net, emitter, theirs)), 1)
    audit(text, theirs.names if theirs else frozenset())
    return text


def _losses(net: Network) -> list[str]:
    return [] if net.rewritten else [*functions(net).values()]


def _helpers_used(emitter: Emitter) -> list[str]:
    units = (f"{key}" for unit in emitter.units for key in unit)
    called = [key.split(":")[1] for key in units]
    return [*emitter.helpers, *(name for name in called if not name.startswith("nn."))]


@cache
def _template() -> jinja2.Template:
    loader = jinja2.PackageLoader("compiler", "templates")
    environment = jinja2.Environment(
        loader=loader, undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    return environment.get_template("network.py.j2")


def header(net: Network, digest: str) -> dict[str, str]:
    """What the comment at the top says."""
    chosen = [f"--variant {net.variant}"] if net.variant else []
    options = "".join(f" {option}" for option in (*chosen, *net.options))
    origin = file_name(net.origin) or f"{net.name}.yaml"
    whose, needed = provenance(net)
    return {
        "version": __version__,
        "origin": origin + (f", variant {net.variant}" if net.variant else ""),
        "digest": digest or "unknown",
        "command": f"inception-compile source {quote(origin)}{options}{needed}",
        "plugins": plain(whose),
        "yours": "take and change" if net.rewritten else "take, change and train",
    }


def file_name(text: str) -> str:
    """A file's name without what means something in a comment: `coding=`, a second `#`."""
    return "".join(c if c.isalnum() or c in " ._-" else "_" for c in text).strip()


def plain(text: str) -> str:
    """Free text made safe for a comment or docstring: one line, no quotes that could end it."""
    line = "".join(c if c.isprintable() else " " for c in text)
    return line.replace("\\", "/").replace('"', "'").strip()


def titled(net: Network) -> str:
    """The title as the start of a sentence; the name where there is nothing to read."""
    return plain(net.title).rstrip(". ") or net.name


def document(net: Network) -> list[str]:
    """The module docstring's lines."""
    title = textwrap.shorten(titled(net), 80, placeholder="…")
    paper = [f"{plain(net.paper).rstrip('.')}.", ""] if net.paper else []
    rest = [line for text in [*paper, _figures(net)] for line in textwrap.wrap(text, 88) or [""]]
    made = f"For inference: {plain(', '.join(net.rewritten))}; it is not made to be trained."
    how = [*textwrap.wrap(made, 88), ""] if net.rewritten else []
    return [f"{title}.", "", *how, *rest]


def _figures(net: Network) -> str:
    count = f"{params(*net.nodes):,} parameters"
    if net.taps:
        heads = "auxiliary head" + "s" * (len(net.taps) > 1)
        count += f", {params(*net.trunk):,} without the training-only {heads}"
    work = f"{_big(macs(*net.trunk))}MACs per {sample(len(net.input.grid))}"
    return f"Input {sizes(net.input)}; {count}; {work}."


def _big(count: int) -> str:
    for scale, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= scale:
            return f"{count / scale:.2f} {letter}"
    return f"{count} "


def summary(net: Network) -> str:
    """The class's docstring."""
    title = titled(net)
    heads = len(net.taps)
    extra = {0: "", 1: " with an optional training-only auxiliary head"}
    more = extra.get(heads, f" with {heads} optional training-only auxiliary heads")
    sentence = f"{title}{more}."
    return sentence if len(sentence) <= 78 else f"{title[:70].strip()}."


def exported(net: Network) -> str:
    """`__all__`."""
    public = [classnames.class_name(net)] + ([output_name(net)] if net.taps else [])
    names_of = Expr("[", tuple(Expr(f'"{name}"') for name in public), "]")
    return "\n".join(lay_out("__all__ = ", names_of))


def imports(text: str, net: Network, emitter: Emitter, theirs: Copies | None) -> list[str]:
    """Just what the text uses, in the order that import sorters want; `theirs` are of plugins."""
    used = set[str]().union(*map(_names, stretches(text)))
    if theirs:
        from compiler.source.imported import among

        return among(used, theirs.imports, postponed=theirs.postponed)
    standard = ["from collections import OrderedDict"] if emitter.ordered_dict else []
    standard += ["from typing import NamedTuple"] if net.taps else []
    torch = ["import torch"] if "torch" in used else []
    functional = ["import torch.nn.functional as F"] if "F" in used else []
    pytree = ["import torch.utils._pytree as pytree"] if "pytree" in used else []
    gap = [""] if standard else []
    return [*standard, *gap, *torch, *functional, *pytree, "from torch import Tensor, nn"]


@by_value(512)
def _names(text: str) -> frozenset[str]:
    """The names that a stretch of the text reads or gives."""
    return frozenset(node.id for node in ast.walk(tree_of(text)) if isinstance(node, ast.Name))


def unit_classes(emitter: Emitter) -> list[ClassText]:
    """The unit classes as the template wants them."""
    return [
        ClassText(unit.name, unit.doc(), list(unit.init()), unit.forward())
        for unit in emitter.units.values()
    ]
