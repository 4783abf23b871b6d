"""`watch --open` in a real browser: saves are seen, faults told, and no place is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browsing import browser, missing, violations
from tests.repositories import SPEC
from tests.test_watch import Watching

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "a browser is here")
WIDER = SPEC.replace("3x3 8 /2", "3x3 16 /2")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chrome]:
    with browser() as driver:
        yield driver


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[tuple[Watching, str]]:
    (tmp_path / "net.yaml").write_text(SPEC)
    found = Watching(tmp_path, "net.yaml", "--open")
    try:
        said = "\n".join(found.until("Ctrl-C ends"))
        address = re.search(r"http://127\.0\.0\.1:\d+/\S+", said)
        assert address
        yield found, address[0]
    finally:
        found.close()


def until(driver: Chrome, test: Callable[[], Any]) -> Any:
    from selenium.webdriver.support.wait import WebDriverWait

    return WebDriverWait(driver, 60, 0.02).until(lambda _: test())


def text(driver: Chrome, selector: str) -> str:
    found: str = driver.execute_script(
        "return document.querySelector(arguments[0]).textContent", selector
    )
    return found


def test_a_session_of_saves(
    chromium: Chrome, watching: tuple[Watching, str], tmp_path: Path
) -> None:
    process, address = watching
    spec = tmp_path / "net.yaml"
    chromium.get(address)
    until(chromium, lambda: text(chromium, ".state") == "Watching")
    assert violations(chromium) == []
    place = """
      document.querySelector('.step[data-paths="mixed"]').open = true;
      const field = document.querySelector('.find');
      field.value = '3x3';
      field.dispatchEvent(new Event('input'));
      const rows = document.querySelector('.rows');
      rows.value = 'layers';
      rows.dispatchEvent(new Event('change'));
      document.querySelector('.cost thead th:nth-child(6) button').click();
      document.querySelector('.own tr[data-path^="mixed."]').click();
      scrollTo({ top: 200, behavior: 'instant' });
      field.focus({ preventScroll: true });"""
    chromium.execute_script(place)
    chosen = text(chromium, "#chosen b")
    seen = "return Math.round(document.querySelector('.overview').getBoundingClientRect().top)"
    top = chromium.execute_script(seen)

    spec.write_text(WIDER)
    until(chromium, lambda: "width 8 -> 16" in text(chromium, ".told"))
    assert "parameters (+" in text(chromium, ".told")
    until(chromium, lambda: "3x3 16 /2" in text(chromium, ".spec"))
    kept = chromium.execute_script("""return {
      open: [...document.querySelectorAll('.step[open]')].map(each => each.dataset.paths),
      find: document.querySelector('.find').value,
      found: document.querySelectorAll('.found').length > 0,
      rows: document.querySelector('.cost tbody tr:not([hidden])').className,
      sorted: document.querySelector('.cost thead th:nth-child(6)').getAttribute('aria-sort'),
      chosen: document.querySelector('#chosen b').textContent,
      top: Math.round(document.querySelector('.overview').getBoundingClientRect().top),
      focus: document.activeElement.className,
    };""")
    assert kept == {
        "open": ["mixed"],
        "find": "3x3",
        "found": True,
        "rows": kept["rows"],
        "sorted": "descending",
        "chosen": chosen,
        "top": pytest.approx(top, abs=2),
        "focus": "find",
    }
    assert kept["rows"].startswith("of-layer")

    drawn = text(chromium, "main")
    spec.write_text(WIDER.replace("3x3 16", "3x3 <b>eight</b>"))
    until(chromium, lambda: "can't be built" in text(chromium, ".state"))
    assert "net.yaml:" in text(chromium, ".trouble")
    assert "<b>eight</b>" in text(chromium, ".trouble")
    assert not chromium.find_elements("css selector", ".trouble b")
    assert text(chromium, "main") == drawn
    assert violations(chromium) == []

    spec.write_text(SPEC)
    until(chromium, lambda: text(chromium, ".state") == "Watching")
    assert "width 16 -> 8" in text(chromium, ".told")
    assert text(chromium, ".trouble") == ""
    assert chromium.get_log("browser") == []  # type: ignore[no-untyped-call]  # selenium's own

    assert process.end() == 130
    assert [line for line in process.lines.queue if "Traceback" in line or "Error" in line] == []
    until(chromium, lambda: "Nothing watches" in text(chromium, ".state"))


USES = """name: net
input: [3, 64, 64]
classes: 10
stem: [conv1: 3x3 8 /2]
inception:
  A: {params: [n], concat: [1x1 n, [1x1 4, 3x3 n]]}
body: [one: A n=8, two: A n=8, three: A n=8, pool: maxpool 3x3 /2]
head: [globalpool avg, fc classes]
"""
EDITS = [
    USES.replace("3x3 8 /2", "3x3 12 /2"),
    USES.replace("3x3 n]", "3x3 n, 3x3 n]"),
    USES.replace("three: A n=8", "three: A n=9"),
    USES.replace("[1x1 n, [", "[1x1 n linear, ["),
    f"# one more line\n{USES}",
    USES.replace("body: [", "body: [more: 3x3 8 bias, "),
    USES,
]


def test_what_is_put_in_place_is_the_page_as_it_would_be_loaded(
    chromium: Chrome, tmp_path: Path
) -> None:
    (tmp_path / "net.yaml").write_text(USES)
    found = Watching(tmp_path, "net.yaml", "--open")
    try:
        said = "\n".join(found.until("Ctrl-C ends"))
        chromium.get(re.findall(r"http://\S+", said)[0])
        until(chromium, lambda: text(chromium, ".state") == "Watching")
        for edit in EDITS:
            chromium.execute_script("window.first = document.querySelector('main')")
            (tmp_path / "net.yaml").write_text(edit)
            line = edit.splitlines()[0 if edit[0] == "#" else 3]
            found.until(r"^\d\d:\d\d:\d\d ")
            number = chromium.execute_async_script(NEWEST)
            until(chromium, partial(is_at, chromium, number))
            shown = text_of_main(chromium)
            same = "return window.first === document.querySelector('main')"
            assert chromium.execute_script(same)  # None of it was fetched whole.
            chromium.refresh()
            until(chromium, lambda: text(chromium, ".state") == "Watching")
            assert line in text(chromium, ".spec")
            assert shown == text_of_main(chromium)
    finally:
        found.close()


NEWEST = """fetch(location.pathname).then(answer => answer.text()).then(html =>
  arguments[0](Number(html.match(/data-number="(\\d+)"/)[1])))"""


def is_at(driver: Chrome, number: int) -> bool:
    """Whether a page is that of a number, or newer."""
    found = driver.execute_script("return document.querySelector('.watched').dataset.number")
    return int(found) >= number


def text_of_main(driver: Chrome) -> str:
    """Its elements, whatever lines end between them."""
    found: str = driver.execute_script("return document.querySelector('main').innerHTML")
    return re.sub(r">\s+<", "><", found)


def test_a_spec_that_is_wrong_from_the_start(chromium: Chrome, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("name: net\n")
    found = Watching(tmp_path, "net.yaml", "--open")
    try:
        said = "\n".join(found.until("Ctrl-C ends"))
        chromium.get(re.findall(r"http://\S+", said)[0])
        until(chromium, lambda: text(chromium, ".state") == "It can't be built")
        assert "`classes` is missing" in text(chromium, ".trouble")
        assert violations(chromium) == []
        (tmp_path / "net.yaml").write_text(SPEC)
        until(chromium, lambda: chromium.find_elements("css selector", ".overview svg"))
        assert text(chromium, ".state") == "Watching"
    finally:
        found.close()
