"""The site's pages as Sphinx gets them: all there and in its contents, and no link is dead."""

from __future__ import annotations

import re
from importlib import import_module
from inspect import get_annotations
from os.path import normpath
from pathlib import Path

import pytest

from compiler.checking.explaining import every_code
from dsl.models import shelf
from website.api import Entry
from website.codes import by_code
from website.links import dead
from website.made import MADE, digest, is_made
from website.markdown import FENCED, Link, linked
from website.mirroring import mirrored
from website.published import CHAPTERS, FOR_ROOMS
from website.reading import body_read, contents_read
from website.reference import as_markdown, reference
from website.staging import INVITATION, MARK, PLAYGROUND, pages, stage
from website.titles import titled, titles_of

ROOT = Path(__file__).parent.parent
FENCE = re.compile(FENCED, re.MULTILINE | re.DOTALL)
TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
IMPORTED = re.compile(r"^from ((?:compiler|dsl)[\w.]*) import (\([^)]*\)|[\w, ]+)$", re.MULTILINE)
CALLED = re.compile(r"^(?!>>>).*\b((?:compiler|dsl)\.\w+)\(", re.MULTILINE)


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
                if anchor and anchor not in places(texts[there]):
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
    codes = {page for page in texts if page.parent.name == "codes"}
    assert listed == set(texts) - codes - {Path("index.md")}


def test_every_code_has_a_page_with_what_explain_says(texts: dict[Path, str]) -> None:
    named = {page.stem for page in texts if page.parent.name == "codes"}
    assert named == set(every_code())
    page = texts[Path("docs/codes/W130.md")]
    assert (
        "\n# W130 dead-bias: a bias before a batch norm\n\nA warning, mended by `--fix`. [All"
        in page
    )
    error = texts[Path("docs/codes/E021.md")]
    assert "\n# E021: a parameter that the block doesn't have\n\nAn error. [All errors]" in error
    assert error.count("arameter that the block doesn't have") == 1  # Not headed and said.
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


def test_a_site_is_made_again_where_anything_is_another(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# A")
    first = digest([tmp_path])
    assert digest([tmp_path]) == first and not is_made(tmp_path, first)
    (tmp_path / "page.md").write_text("# B")
    second = digest([tmp_path])
    (tmp_path / "page.md").rename(tmp_path / "other.md")
    assert len({first, second, digest([tmp_path])}) == 3
    (tmp_path / MADE).write_text(second)
    assert is_made(tmp_path, second) and not is_made(tmp_path, first)


def test_links_called_by_a_file_are_called_by_its_title() -> None:
    titles = titles_of({Path("docs/cost.md"): "# Cost\n## More\n", Path("docs/x.md"): "none"})
    text = "[cost.md](cost.md#peak) [the cost](cost.md) [x.md](x.md) `[cost.md](cost.md)`"
    assert titled(text, Path("docs/y.md"), titles) == (
        "[“Cost”](cost.md#peak) [the cost](cost.md) [x.md](x.md) `[cost.md](cost.md)`"
    )


def test_front_page_and_gallery_lead_to_a_playground_that_is_there(tmp_path: Path) -> None:
    for playground, shown in ((False, MARK), (True, INVITATION)):
        stage(ROOT, tmp_path / "staged", tmp_path / "carried", playground=playground)
        front = (tmp_path / "staged" / "index.md").read_text(encoding="utf-8")
        assert shown in front and PLAYGROUND in INVITATION
        gallery = (tmp_path / "staged" / "docs" / "gallery.md").read_text(encoding="utf-8")
        begun = re.findall(rf'<a href="\.\./{PLAYGROUND}#(\w+)">', gallery)
        assert sorted(begun) == (sorted(shelf.names()) if playground else [])
    assert (tmp_path / "carried" / "generated" / "googlenet" / "diagrams" / "v1.svg").is_file()


def told() -> dict[str, str]:
    """What the reference has, by its place in the packages, with how it is told."""
    parts = re.split(r"^`````\{py:\w+\} ", "\n".join(reference(ROOT).values()), flags=re.MULTILINE)
    return {re.split(r"[(\n]", part, maxsplit=1)[0]: part for part in parts[1:]}


def test_the_reference_has_what_modules_offer() -> None:
    found = told()
    for chapter in CHAPTERS:
        module = import_module(chapter.module)
        for name in chapter.only or module.__all__:
            theirs = getattr(getattr(module, name), "__module__", "")
            assert f"{chapter.module}.{name}" in found or theirs.startswith("pydantic"), name
        assert set(chapter.more) <= set(found)
    assert (
        "(spec: dsl.Spec | str | Path, variant: str | None = None,"
        in found["compiler.compile_spec"]
    )
    assert "device: str = ..." in found["compiler.train"]
    assert "{py:method} render(text: str | None = None) -> str\n" in found["dsl.Problem"]
    recipe = found["dsl.Recipe"]
    assert ':type: "int"' in recipe and "How often each training image is used." in recipe
    assert ":value: \"'keep'\"" in recipe


def test_the_reference_has_what_the_docs_use(texts: dict[Path, str]) -> None:
    found = told()
    for page in (ROOT / "docs").glob("*.md"):
        for code in re.findall(
            r"^```python\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL
        ):
            names = [
                f"{module}.{name}"
                for module, listed in IMPORTED.findall(code)
                for name in re.findall(r"\w+", listed)
                if not hasattr(import_module("pydantic"), name)
            ]
            for name in (*names, *CALLED.findall(code)):
                assert name in found, f"{page.name}: {name}"


def test_the_reference_has_nothing_that_is_for_rooms_alone() -> None:
    found = told()
    text = "\n".join(found.values())
    for inner in ("model_config", "model_validate", "Annotated[", "factory", "{py:method} _"):
        assert inner not in text
    assert "remember" not in found["dsl.Changes"]
    for place, names in FOR_ROOMS.items():
        module, _, owner = place.rpartition(".")
        cls = getattr(import_module(module), owner)
        known = {*dir(cls), *get_annotations(cls)}
        assert names <= known, place


def test_a_docstring_is_markdown() -> None:
    entry = Entry(
        "function", "a.b", "`x < 1`, x < 2 in docs/cost.md.\n\n>>> f(1) < 2\n2\n\nSo.", "()"
    )
    assert as_markdown(entry).splitlines() == [
        *("`````{py:function} a.b()", ":single-line-parameter-list:", ""),
        *("`x < 1`, x &lt; 2 in [docs/cost.md](../cost.md).", ""),
        *("```pycon", ">>> f(1) < 2", "2", "```", "", "So.", "", "", "`````"),
    ]


def test_a_page_with_scripts_may_know_its_places_itself(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<a href='index.html#net'>x</a><a href='no.html'>y</a>")
    assert len([*dead(tmp_path)]) == 2
    assert [*dead(tmp_path, ["index.html"])] == ["index.html: no.html: no such file"]


def test_screen_readers_get_lines_and_heads_that_say_something() -> None:
    table = '<th class="head"><p></p></th><th class="head"><p>is</p></th>'
    signature = '<dl><dt class="sig sig-object">f(<dl>\n<dd>x,</dd>\n</dl>)</dt><dd>It.</dd></dl>'
    assert body_read(table) == '<td></td><th class="head"><p>is</p></th>'
    assert body_read(signature) == (
        '<dl><dt class="sig sig-object">f(<span class="lines">\n<span>x,</span>\n</span>)</dt>'
        "<dd>It.</dd></dl>"
    )
    assert contents_read('<p role="heading">') == '<p role="heading" aria-level="2">'


@pytest.mark.parametrize("tag", ["script src", "img src", "link href"])
def test_nothing_is_loaded_from_elsewhere(tmp_path: Path, tag: str) -> None:
    page = tmp_path / "index.html"
    for address in ("https://elsewhere.example/x", "//elsewhere.example/x"):
        page.write_text(f"<{tag}='{address}'>")
        assert [*dead(tmp_path)] == [f"index.html: {address}: loaded from elsewhere"]
    page.write_text(f"<{tag}='data:,x'>")
    assert [*dead(tmp_path)] == []


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
