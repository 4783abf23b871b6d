"""What Sphinx is told of the site."""

import re

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.ext.autodoc import Options

from compiler.version import __version__

project = "inception-compile"
author = "the inception-compile authors"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]
language = "en"

myst_heading_anchors = 4  # As GitHub has them, so that a link works in both.
default_role = "code"  # Docstrings have `names` as Markdown does.
highlight_language = "text"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True

html_theme = "furo"
html_title = "inception-compile"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False

READ = re.compile(r"Annotated\[(.*?), BeforeValidator\(.*\)\]")
PYDANTIC = ("model_config", "model_post_init")


def setup(app: Sphinx) -> None:
    """Show of pydantic's models what their users see."""
    app.connect("autodoc-skip-member", _skipped)
    app.connect("object-description-transform", _shortened)
    app.connect("html-page-context", _levelled, priority=900)  # Behind the theme's own.


def _skipped(  # Sphinx calls it so.
    app: Sphinx, what: str, name: str, it: object, skip: bool, options: Options
) -> bool | None:
    return True if name in PYDANTIC else None


def _shortened(app: Sphinx, domain: str, kind: str, content: addnodes.desc_content) -> None:
    """Types of fields without the functions that read them."""
    for node in content.parent.findall(addnodes.desc_annotation):
        if "Annotated[" in (text := node.astext()):
            node.clear()
            node.append(nodes.Text(READ.sub(r"\1", text)))


def _levelled(  # Sphinx calls it so.
    app: Sphinx, page: str, template: str, context: dict[str, str], tree: object
) -> None:
    """Say of which level the headings in the contents are, as readers of screens ask."""
    name = "furo_navigation_tree"
    if name in context:
        context[name] = context[name].replace('role="heading"', 'role="heading" aria-level="2"')
