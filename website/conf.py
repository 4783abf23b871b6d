"""What Sphinx is told of the site."""

from sphinx.application import Sphinx

from compiler.version import __version__
from website.reading import body_read, contents_read

project = "inception-compile"
author = "the inception-compile authors"
version = release = __version__
extensions = ["myst_parser"]
language = "en"

myst_heading_anchors = 4  # As GitHub has them, so that a link works in both.
highlight_language = "text"
add_module_names = False
python_use_unqualified_type_names = True  # `Spec`, which leads to `dsl.Spec`.
python_maximum_signature_line_length = 1  # Those that fit a line say so.
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = "inception-compile"
html_static_path = ["static"]
html_extra_path = ["extra"]
html_favicon = "static/icon.svg"
templates_path = ["templates"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
html_domain_indices = False  # The reference is one.

POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'self'"
)
"""A page loads nothing from elsewhere. The theme says in the page which colours a reader chose."""


def setup(app: Sphinx) -> None:
    """Say what the theme leaves out."""
    app.connect("html-page-context", _guarded)
    app.connect("html-page-context", _read, priority=900)  # Behind the theme's own.


def _guarded(  # Sphinx calls it so.
    app: Sphinx, page: str, template: str, context: dict[str, str], tree: object
) -> None:
    """Say what a page may load."""
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    context["metatags"] = f"{policy}{context.get('metatags', '')}"


def _read(  # Sphinx calls it so.
    app: Sphinx, page: str, template: str, context: dict[str, str], tree: object
) -> None:
    """Have readers of screens get along with it."""
    for name, change in (("body", body_read), ("furo_navigation_tree", contents_read)):
        if name in context:
            context[name] = change(context[name])
