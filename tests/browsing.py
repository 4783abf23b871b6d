"""A real browser for tests: Chromium with its driver, and axe. Says what is missing where it is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

AXE = Path(__file__).parent / "browser" / "node_modules" / "axe-core" / "axe.min.js"
NAMES = ("chromium", "chromium-browser", "google-chrome")
HELP = "`make browser` installs it"
RULES = "axe.run(document, {resultTypes: ['violations']})"
FOUND = "found.violations.map(v => [v.id, v.nodes.length, v.nodes[0].html])"


def missing() -> str:
    """What keeps tests from a browser; empty where there is one."""
    if not any(map(shutil.which, NAMES)):
        return f"there is no {NAMES[0]} here: {HELP}"
    return "" if shutil.which("chromedriver") else f"there is no chromedriver here: {HELP}"


@contextmanager
def browser(*switches: str, scripts: bool = True) -> Iterator[Chrome]:
    """Chromium without a window; its profile is its own, and it may load nothing from a network."""
    if why := missing():
        pytest.skip(why)
    webdriver: Any = pytest.importorskip("selenium.webdriver", reason="selenium isn't installed")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = next(filter(None, map(shutil.which, NAMES)))
    always = ("headless=new", "no-sandbox", "disable-gpu", "window-size=1400,1000")
    for switch in (*always, *switches):
        options.add_argument(f"--{switch}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    if not scripts:
        never = {"profile.managed_default_content_settings.javascript": 2}
        options.add_experimental_option("prefs", never)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def violations(driver: Chrome) -> list[Any]:
    """What axe holds against the page as it is shown now."""
    if not AXE.is_file():
        pytest.skip(f"axe isn't here: {HELP}")
    driver.execute_script(AXE.read_text(encoding="utf-8"))
    asked = f"{RULES}.then(found => arguments[0]({FOUND}), why => arguments[0]([String(why)]))"
    found: list[Any] = driver.execute_async_script(asked)
    return found
