"""The site in a real browser, from a folder of a server: how it reads, and what leaves it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browsing import browser, missing, violations
from tests.serving import served
from tests.test_rooms import ROOT
from website.made import digest, is_made
from website.staging import PLAYGROUND, stage

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

SITE = ROOT / "site"
PAGES = (
    *("index.html", "docs/tutorial.html", "docs/language.html", "docs/gallery.html"),
    *("docs/diagnostics.html", "docs/codes/E021.html", "docs/codes/W130.html"),
    *("docs/editor.html", "docs/reference/compiler.html", "genindex.html", "404.html"),
)
"""One of each kind."""
SCREENS = {"desk": (1360, 900, False), "phone": (360, 740, True)}
BROKEN = "return [...document.images].filter(each => !each.naturalWidth).map(each => each.src)"
LOADED = "return performance.getEntriesByType('resource').map(each => each.name)"
OUTLINED = """
const style = getComputedStyle(document.activeElement);
return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0"""
TAB, ENTER = "\ue004", "\ue007"
LONG = 60
"""Seconds that a busy machine may take for anything."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if missing() or not (SITE / "index.html").is_file():
        pytest.skip(missing() or "there is no site: `make site` builds it, and needs npm")
    folders = (tmp_path_factory.mktemp("staged"), tmp_path_factory.mktemp("carried"))
    stage(ROOT, *folders, playground=(SITE / PLAYGROUND).is_file())
    if not is_made(SITE, digest(folders)):
        pytest.skip("the site was built of other files: `make site` builds it anew")
    with served(SITE.parent) as address:
        yield f"{address}{SITE.name}/"


@pytest.fixture(scope="module")
def chromium(root: str) -> Iterator[Chrome]:
    del root  # Without a site there is nothing to start a browser for.
    with browser() as driver:
        yield driver


def shown(driver: Chrome, scheme: str, screen: str) -> None:
    width, height, mobile = SCREENS[screen]
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)


def until(driver: Chrome, selector: str) -> Any:
    """The first element that a page has come to have."""
    end = time.monotonic() + LONG
    while not (found := driver.find_elements("css selector", selector)):
        assert time.monotonic() < end, selector
        time.sleep(0.05)
    return found[0]


def faults(driver: Chrome) -> list[str]:
    """What the browser says went wrong, since it was last asked."""
    log: list[dict[str, str]] = driver.get_log("browser")  # type: ignore[no-untyped-call]  # selenium leaves it untyped
    return [each["message"] for each in log if each["level"] == "SEVERE"]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_reads_well_anywhere(chromium: Chrome, root: str, page: str) -> None:
    for scheme, screen in (("light", "desk"), ("dark", "phone")):
        shown(chromium, scheme, screen)
        chromium.get(f"{root}{page}")
        assert violations(chromium) == []
        assert chromium.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    assert chromium.execute_script(BROKEN) == []
    assert all(each.startswith((root, "data:")) for each in chromium.execute_script(LOADED))
    assert faults(chromium) == []


def test_search_finds_and_leads_to_pages(chromium: Chrome, root: str) -> None:
    shown(chromium, "light", "desk")
    chromium.get(f"{root}docs/codes/W130.html")
    field = chromium.find_element("css selector", "input[name=q]")
    field.send_keys("concat", ENTER)
    until(chromium, "#search-results li a[href*='docs/language.html']")
    assert violations(chromium) == []


def test_the_keyboard_shows_where_it_is(chromium: Chrome, root: str) -> None:
    shown(chromium, "light", "desk")
    chromium.get(f"{root}docs/codes/W130.html")
    seen = set()
    for _ in range(12):
        chromium.switch_to.active_element.send_keys(TAB)
        seen.add(chromium.execute_script("return document.activeElement.outerHTML.slice(0, 80)"))
        assert chromium.execute_script(OUTLINED), seen
    assert len(seen) > 8


def test_a_page_that_is_not_there_leads_back(chromium: Chrome, root: str, tmp_path: Path) -> None:
    shown(chromium, "light", "desk")
    below = SITE / "docs" / "codes"  # A server shows the page under the address that was asked for.
    copy = below / f"{tmp_path.name}.html"
    copy.write_bytes((SITE / "404.html").read_bytes())
    try:
        chromium.get(f"{root}docs/codes/{copy.name}")
        link = until(chromium, "li a")
        assert link.get_attribute("href") == f"{root}index.html"
    finally:
        copy.unlink()
    assert faults(chromium)  # It asked for what isn't beside it.
