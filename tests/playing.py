"""The playground as a visitor has it: built, and open in a browser; what a hand does there."""

from __future__ import annotations

import base64
import time
import zlib
from typing import TYPE_CHECKING, Any

from playground.building import sources
from tests.browsing import missing
from tests.test_rooms import ROOT

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

SITE = ROOT / "site"
PAGE = SITE / "playground"
LONG = 120
"""Seconds that a busy machine may take for anything."""
LOOKED = "document.documentElement.dataset.looked"
STATE = "document.documentElement.dataset.python"


def unmade() -> str:
    """Why there is no page to try; empty where it is there."""
    made = PAGE / "made-of.txt"
    if not made.is_file():
        return "the playground isn't built: `make site` does it, and needs npm"
    if made.read_text(encoding="utf-8") != sources():
        return "the playground was built of other files: `make site` builds it anew"
    return missing()


def until(driver: Chrome, told: str, *given: Any, within: float = LONG) -> Any:
    """Wait until a script gives something true, and give that."""
    end = time.monotonic() + within
    while not (found := driver.execute_script(f"return {told}", *given)):
        assert time.monotonic() < end, told
        time.sleep(0.05)
    return found


def opened(driver: Chrome, address: str, link: str = "") -> Chrome:
    """The page loaded anew, once it has looked at what it shows."""
    driver.get("about:blank")
    driver.get(f"{address}{link}")
    until(driver, LOOKED)
    return driver


def renewed(driver: Chrome, address: str) -> Chrome:
    """The page as it begins. It isn't loaded again where it is there: Python takes seconds."""
    if not driver.current_url.startswith(address):
        opened(driver, address)
    until(driver, f"{STATE} === 'ready'")
    driver.execute_script(
        f"""
        document.getElementById('tab-picture').click();
        for (const [id, key, value] of [['heat', 'value', 'macs'], ['layers', 'checked', false]]) {{
          const field = document.getElementById(id);
          if (field[key] === value) continue;
          field[key] = value;
          field.dispatchEvent(new Event('change'));
        }}
        document.getElementById('clear').click();
        delete {LOOKED};
        const start = document.getElementById('start');
        start.value = 'googlenet';
        start.dispatchEvent(new Event('change'));
        """
    )
    until(driver, LOOKED)
    until(driver, f"{STATE} === 'ready'")
    assert title(driver) == "GoogLeNet"
    assert (told(driver, "#said"), told(driver, "#chosen")) == ("", "")
    driver.execute_script("localStorage.clear(); scrollTo(0, 0)")
    return driver


def one(driver: Chrome, selector: str) -> Any:
    """The first element."""
    return driver.find_element("css selector", selector)


def told(driver: Chrome, selector: str) -> str:
    """What the first element says; nothing where there is none."""
    found: str = driver.execute_script(
        "return document.querySelector(arguments[0])?.textContent ?? ''", selector
    )
    return found


def title(driver: Chrome) -> str:
    """What the overview is of."""
    return told(driver, "#overview svg title")


def pasted(driver: Chrome, text: str) -> None:
    """Put a text in the place of all that the editor holds, as a paste does."""
    assert driver.execute_script(f"const was = {LOOKED}; delete {LOOKED}; return was")
    driver.execute_script(
        """
        const editor = document.querySelector('.cm-content');
        editor.focus();
        getSelection().selectAllChildren(editor);
        document.dispatchEvent(new Event('selectionchange'));
        const data = new DataTransfer();
        data.setData('text/plain', arguments[0]);
        const event = { clipboardData: data, bubbles: true, cancelable: true };
        setTimeout(() => editor.dispatchEvent(new ClipboardEvent('paste', event)), 50);
        """,
        text,
    )


def looked_at(driver: Chrome, text: str) -> None:
    """Wait until the page has looked at a text."""
    until(driver, f"{LOOKED} === arguments[0]", str(len(text.encode("utf-16-le")) // 2))


def link_of(words: str) -> str:
    """A link that holds some JSON, as the page packs it."""
    packing = zlib.compressobj(wbits=-15)
    packed = packing.compress(words.encode()) + packing.flush()
    return "#spec=" + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def gone_to(driver: Chrome, link: str) -> None:
    """Follow a link within the page, and wait until it was looked at or refused."""
    driver.execute_script(
        f"""
        delete {LOOKED};
        document.getElementById('said').textContent = '';
        location.hash = arguments[0];
        """,
        link,
    )
    until(driver, f"{LOOKED} || document.getElementById('said').textContent")


TYPO = """name: net
input: [3, 64, 64]
classes: 10
stem: [3x3 16 /2, maxpol 3x3 /2]
inception:
  A: {concat: [1x1 16, [1x1 16, 3x3 32]]}
body: [mixed: A]
head: [globalpool avg, fc classes]
"""
SOUND = TYPO.replace("maxpol", "maxpool")
