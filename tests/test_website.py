"""The site's pages as Sphinx gets them: all there and in its contents, and no link is dead."""

from __future__ import annotations

import re
from importlib import import_module
from os.path import normpath
from pathlib import Path

import pytest

from compiler.checking.explaining import every_code
from dsl.models import shelf
from website import reference
from website.codes import by_code
from website.links import dead
from website.markdown import FENCED, Link, linked
from website.mirroring import mirrored
from website.staging import INVITATION, MARK, PLAYGROUND, pages, stage

ROOT = Path(__file__).parent.parent
FENCE = re.compile(FENCED, re.MULTILINE | re.DOTALL)
TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
GENERATED = Path("docs/reference.md")
"""Its headings are no text before Sphinx has read docstrings."""


@pytest.fixture(scope="module")
def texts() -> dict[Path, str]:
    return pages(ROOT)


def places(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub and the site make them."""
    found: set[str] = set()
    for heading in re.findall(r"^#{1,4} (.+)$", FENCE.sub("", text), re.MULTILINE):
        words = linked(heading, lambda link: link.words)
        plain = re.sub(r"[^\w -]", "", words.lower()).replace(" ", "-")
        same = [plain, *(f"{plain}-{n}" for n in range(1, 9))]
        found.add(next(each for each in same if each not in found))
    return found


def links_of(text: str) -> list[Link]:
    found: list[Link] = []

    def note(link: Link) -> str:
        found.append(link)
        return ""

    linked(text, note)
    return found


def test_every_link_leads_to_a_page_a_place_or_a_file(texts: dict[Path, str]) -> None:
    wrong, seen = [], 0
    for page, text in texts.items():
        for link in links_of(text):
            path, _, anchor = link.target.partition("#")
            if "://" in path:
                continue
            seen += 1
            there = Path(normpath(page.parent / path)) if path else page
            if there in texts:
                if anchor and there != GENERATED and anchor not in places(texts[there]):
                    wrong.append(f"{page}: {link.target}: no such place")
            elif anchor or not (ROOT / there).exists():
                wrong.append(f"{page}: {link.target}: no such file")
    assert wrong == []
    assert seen > 300


def test_every_page_is_in_the_contents(texts: dict[Path, str]) -> None:
    listed = set()
    for page, text in texts.items():
        for body in TOCTREE.findall(text):
            names = [line for line in body.splitlines() if line and not line.startswith(":")]
            listed |= {page.parent / f"{name}.md" for name in names}
    assert listed == set(texts) - {Path("index.md")}


def test_every_code_has_a_page_with_what_explain_says(texts: dict[Path, str]) -> None:
    named = {page.stem for page in texts if page.parent.name == "codes"}
    assert named == set(every_code())
    page = texts[Path("docs/codes/W130.md")]
    assert page.startswith("# W130 dead-bias\n")
    assert "Why it matters: " in page and "Instead:" in page
    table = texts[Path("docs/diagnostics.md")]
    assert "[W130](codes/W130.md)" in table and "### " not in table
    assert "diagnostics.md#e021" not in texts[Path("docs/tutorial.md")]
    with pytest.raises(ValueError, match=r"x\.md has no codes"):
        by_code("# Diagnostics\n", "x.md")


def test_every_picture_of_the_shelf_is_carried(texts: dict[Path, str]) -> None:
    gallery = Path("docs/gallery.md")
    _, files = mirrored(texts[gallery], gallery, ROOT, set(texts))
    for name in shelf.names():
        folder = Path("generated") / name / "diagrams"
        assert {folder / each.name for each in (ROOT / folder).glob("*.svg")} <= files, name


def test_links_are_no_code_and_files_are_carried() -> None:
    page = Path("docs/page.md")
    text = (
        "`[a](b)` and [`x`](../specs/googlenet.yaml)\n\n```\n[c](d)\n```\n"
        '![a "b"](../generated/googlenet/diagrams/v1.svg) [tests](../tests) [p](page.md#p)\n'
    )
    changed, files = mirrored(text, page, ROOT, {page})
    assert changed == (
        '`[a](b)` and <a href="../specs/googlenet.yaml">`x`</a>\n\n```\n[c](d)\n```\n'
        '<img src="../generated/googlenet/diagrams/v1.svg" alt="a &quot;b&quot;"> tests'
        " [p](page.md#p)\n"
    )
    assert {path.suffix for path in files} == {".yaml", ".svg"}
    for wrong in ("[x](nowhere.md)", '<img src="../generated/nowhere.md">'):
        with pytest.raises(ValueError, match=r"nowhere\.md leads nowhere"):
            mirrored(wrong, page, ROOT, {page})


def test_the_front_page_leads_to_a_playground_that_is_there(tmp_path: Path) -> None:
    out = tmp_path / "site"
    stage(ROOT, tmp_path / "without", out)
    assert MARK in (tmp_path / "without" / "index.md").read_text(encoding="utf-8")
    (out / PLAYGROUND).parent.mkdir(parents=True)
    (out / PLAYGROUND).write_text("<p>here</p>", encoding="utf-8")
    stage(ROOT, tmp_path / "with", out)
    assert INVITATION in (tmp_path / "with" / "index.md").read_text(encoding="utf-8")
    assert (out / PLAYGROUND).read_text(encoding="utf-8") == "<p>here</p>"


def test_the_reference_has_what_modules_offer() -> None:
    text = reference.reference()
    for name in reference.MODULES:
        module = import_module(name)
        assert f".. automodule:: {name}\n" in text
        assert hasattr(module, "__all__") or hasattr(module, reference.SOME[name])


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("other.html#here", ""),
        ("other.html", ""),
        ("#own", ""),
        ("folder", ""),
        ("https://elsewhere.example/x", ""),
        ("a%20b.txt", ""),
        ("other.html#there", "no such place"),
        ("#there", "no such place"),
        ("none.html", "no such file"),
        ("/other.html", "the site may lie in a folder"),
        ("../out.html", "outside of the site"),
    ],
)
def test_dead_links_are_found(tmp_path: Path, link: str, said: str) -> None:
    site = tmp_path / "site"
    (site / "folder").mkdir(parents=True)
    (tmp_path / "out.html").write_text("")
    (site / "a b.txt").write_text("")
    (site / "other.html").write_text("<h1 id=here>x</h1>")
    (site / "folder" / "index.html").write_text("")
    (site / "index.html").write_text(f"<p id=own><a href='{link}'>x</a><br/></p>")
    assert [*dead(site)] == ([f"index.html: {link}: {said}"] if said else [])
