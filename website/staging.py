"""The docs as Sphinx is to read them, laid out in a folder of their own."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from website.codes import by_code, elsewhere, sections_of
from website.mirroring import mirrored
from website.reference import reference
from website.titles import titled, titles_of

DOCS = Path("docs")
FRONT = Path("index.md")
DIAGNOSTICS = "diagnostics.md"
PLAYGROUND = "playground/index.html"
MARK = "<!-- playground -->"
INVITATION = f'<p><a href="{PLAYGROUND}"><b>Try it here</b></a>, without installing anything.</p>'
"""How the front page leads to the playground, where that is built into the same site."""
GALLERY = DOCS / "gallery.md"
SHOWN = re.compile(r"^\[`(\w+)`\]\(\.\./specs/\w+\.yaml\) · .+$", re.MULTILINE)
BEGUN = rf'\g<0> · <a href="../{PLAYGROUND}#\1">playground</a>'
"""How the gallery does, from what it says of a network."""


def stage(root: Path, staged: Path, carried: Path, *, playground: bool) -> None:
    """Write what Sphinx reads, and copy into another folder the files that pages lead to."""
    texts = pages(root)
    if playground:
        texts[FRONT] = texts[FRONT].replace(MARK, INVITATION)
        texts[GALLERY] = SHOWN.sub(BEGUN, texts[GALLERY])
    titles = titles_of(texts)
    for path, text in texts.items():
        changed, files = mirrored(titled(text, path, titles), path, root, set(texts))
        (staged / path).parent.mkdir(parents=True, exist_ok=True)
        (staged / path).write_text(changed, encoding="utf-8")
        for file in files:
            (carried / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / file, carried / file)


def pages(root: Path) -> dict[Path, str]:
    """Every page by its place in the repository, which is its place on the site."""
    written = {
        path.relative_to(root): path.read_text(encoding="utf-8")
        for path in (*(root / DOCS).glob("*.md"), root / "CONTRIBUTING.md", root / "CHANGELOG.md")
    }
    diagnostics = written.pop(DOCS / DIAGNOSTICS)
    homes = sections_of(diagnostics, DIAGNOSTICS)
    found = {path: elsewhere(text, homes) for path, text in written.items()}
    found |= {DOCS / name: text for name, text in by_code(diagnostics, DIAGNOSTICS).items()}
    found |= {DOCS / name: text for name, text in reference(root).items()}
    found[FRONT] = (root / "website" / "index.md").read_text(encoding="utf-8")
    return found
