"""The playground in a real browser: Python there, what a visitor does, and what leaves the page."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dsl.models import shelf
from playground.building import sources
from tests.browsing import browser, missing, violations
from tests.commanding import (
    Given,
    commands,
    complained,
    complaints,
    questions,
    refusals,
    texts,
)
from tests.serving import served
from tests.test_bad import SPECS as BAD
from tests.test_rooms import ROOT

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

SITE = ROOT / "site"
MADE = SITE / "playground" / "made-of.txt"


def unmade() -> str:
    """Why there is no page to try; empty where it is there."""
    if not MADE.is_file():
        return "the playground isn't built: `make site` does it, and needs npm"
    if MADE.read_text(encoding="utf-8") != sources():
        return "the playground was built of other files: `make site` builds it anew"
    return missing()


pytestmark = pytest.mark.skipif(bool(unmade()), reason=unmade() or "a page and a browser are here")
LONG = 120
"""Seconds that a busy machine may take for anything."""
ASK = """
const [questions, done] = arguments;
const script = new URL('worker.js', document.querySelector('script[src]').src).href;
const source = new Blob([`import ${JSON.stringify(script)};`], { type: 'text/javascript' });
const worker = new Worker(URL.createObjectURL(source), { type: 'module' });
const answers = [];
worker.onmessage = ({ data }) => {
  const fault = data.why ?? data.fault;
  if (fault) done([JSON.stringify({ fault })]);
  if (data.id === undefined) return;
  answers.push(data.answer);
  if (answers.length === questions.length) { worker.terminate(); done(answers); }
};
questions.forEach((question, id) => worker.postMessage({ id, question }));
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(SITE) as root:
        yield f"{root}playground/"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chrome]:
    with browser() as driver:
        driver.set_script_timeout(LONG)
        yield driver


def until(driver: Chrome, told: str, *given: Any) -> Any:
    """Wait until a script gives something true, and give that."""
    end = time.monotonic() + LONG
    while not (found := driver.execute_script(f"return {told}", *given)):
        assert time.monotonic() < end, told
        time.sleep(0.05)
    return found


LOOKED = "document.documentElement.dataset.looked"


def opened(driver: Chrome, address: str, link: str = "") -> Chrome:
    """The page, once it has looked at what it shows."""
    driver.get("about:blank")
    driver.get(f"{address}{link}")
    until(driver, LOOKED)
    return driver


@pytest.fixture
def page(chromium: Chrome, address: str) -> Chrome:
    chromium.get(f"{address}made-of.txt")
    chromium.execute_script("localStorage.clear()")
    return opened(chromium, address)


def one(driver: Chrome, selector: str) -> Any:
    return driver.find_element("css selector", selector)


def told(driver: Chrome, selector: str) -> str:
    found: str = driver.execute_script(
        "return document.querySelector(arguments[0])?.textContent ?? ''", selector
    )
    return found


def pasted(driver: Chrome, text: str) -> None:
    """Put a text in the place of all that the editor holds, as a paste does."""
    before = driver.execute_script(f"const was = {LOOKED}; delete {LOOKED}; return was")
    assert before
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
    until(driver, f"{LOOKED} === arguments[0]", str(len(text.encode("utf-16-le")) // 2))


NET = """name: net
input: [3, 64, 64]
classes: 10
stem: [3x3 16 /2, maxpol 3x3 /2]
inception:
  A: {concat: [1x1 16, [1x1 16, 3x3 32]]}
body: [mixed: A]
head: [globalpool avg, fc classes]
"""
SOUND = NET.replace("maxpol", "maxpool")


def test_python_in_the_browser_says_what_the_command_line_says(
    chromium: Chrome, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every spec of the shelf and every bad one of the tests, byte for byte."""
    monkeypatch.chdir(tmp_path)
    chromium.get(f"{address}#googlenet")
    asked: list[Given] = []
    wanted: list[list[str]] = []
    kinds: list[tuple[int, Callable[[list[Given]], list[str]]]] = []
    for name in shelf.names():
        text = shelf.find(name).read_text(encoding="utf-8")
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")
        here = questions(text, f"{name}.yaml", "googlenet")
        asked += here
        kinds.append((len(here), texts))
        wanted.append(commands(f"{name}.yaml", "googlenet"))
    for path in BAD:
        text = path.read_text(encoding="utf-8")
        Path(path.name).write_text(text, encoding="utf-8")
        here = complaints(text, path.name)
        asked += here
        kinds.append((len(here), refusals))
        wanted.append(complained(path.name))
    chromium.set_script_timeout(4 * LONG)
    answers = [json.loads(each) for each in chromium.execute_async_script(ASK, asked)]
    assert len(answers) == len(asked), answers
    found = []
    for count, kind in kinds:
        found.append(kind(answers[:count]))
        del answers[:count]
    assert len(found) > 200
    names = [*shelf.names(), *(path.stem for path in BAD)]
    for name, one_found, one_wanted in zip(names, found, wanted, strict=True):
        assert one_found == one_wanted, name


def test_a_fault_is_seen_mended_and_drawn(page: Chrome) -> None:
    before = told(page, "#overview svg title")
    pasted(page, NET)
    looked_at(page, NET)
    assert "maxpol" in told(page, "#problems li")
    assert told(page, "#problems .place") == "4:19"
    assert page.find_elements("css selector", ".cm-lintRange-error")
    assert told(page, "#overview svg title") == before
    one(page, "#problems summary").click()
    assert until(page, "document.querySelector('.explained').textContent").startswith("E")
    one(page, "#problems .fix").click()
    looked_at(page, SOUND)
    assert until(page, "document.querySelector('#overview svg title').textContent === 'net'")
    assert told(page, "#problems") == ""
    assert told(page, "#overview svg title") != before


def test_an_edit_says_what_it_changes(page: Chrome) -> None:
    pasted(page, SOUND)
    looked_at(page, SOUND)
    wider = SOUND.replace("3x3 32", "3x3 320")
    pasted(page, wider)
    looked_at(page, wider)
    assert "parameters +" in told(page, "#changed")
    assert "MACs +" in told(page, "#changed")


def test_a_link_opens_what_it_was_made_of(page: Chrome, address: str) -> None:
    pasted(page, SOUND)
    looked_at(page, SOUND)
    until(page, "location.hash.startsWith('#spec=')")
    link = page.current_url.partition("#")[2]
    page.execute_script("localStorage.clear()")
    opened(page, address, f"#{link}")
    assert until(page, "document.querySelector('#overview svg title').textContent") == "net"
    opened(page, address, "#inception_v3@keras")
    assert one(page, "#variant").get_attribute("value") == "keras"
    for broken in ("#spec=%25", "#spec=AAAA", "#nobody", "#spec=", "#%E0%A4%A"):
        opened(page, address, broken)
        assert "can't be read" in told(page, "#said"), broken


def test_what_was_typed_survives(page: Chrome, address: str) -> None:
    pasted(page, SOUND)
    looked_at(page, SOUND)
    until(page, "location.hash.startsWith('#spec=')")
    opened(page, address)
    assert "maxpool 3x3 /2" in told(page, ".cm-content")


def test_without_a_network_it_goes_on(page: Chrome) -> None:
    page.execute_cdp_cmd("Network.enable", {})
    cut = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
    page.execute_cdp_cmd("Network.emulateNetworkConditions", cut)
    try:
        pasted(page, SOUND)
        looked_at(page, SOUND)
        assert until(page, "document.querySelector('#overview svg title').textContent === 'net'")
    finally:
        whole = {**cut, "offline": False, "downloadThroughput": -1, "uploadThroughput": -1}
        page.execute_cdp_cmd("Network.emulateNetworkConditions", whole)


def test_what_is_asked_of_others_is_refused(page: Chrome) -> None:
    """The page asks its own origin alone, and can ask no other, nor can its worker."""
    names = page.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")
    origin = page.execute_script("return location.origin")
    assert names
    assert all(name.startswith((origin, f"blob:{origin}")) for name in names)
    tried = """
      const done = arguments[0];
      const source = `fetch('http://localhost:9/').then(() => postMessage('asked'),
        () => postMessage('refused'))`;
      addEventListener('securitypolicyviolation', (event) => seen.push(event.violatedDirective));
      const seen = [];
      const worker = new Worker(URL.createObjectURL(
        new Blob([source], { type: 'text/javascript' })), { type: 'module' });
      worker.onmessage = ({ data }) => fetch('http://localhost:9/').then(
        () => done('asked'), () => setTimeout(() => done([data, ...seen]), 100));
    """
    assert page.execute_async_script(tried) == ["refused", "connect-src"]
    logged: list[Any] = page.get_log("browser")  # type: ignore[no-untyped-call]  # selenium's own
    errors = [each for each in logged if "Content Security" in each["message"]]
    assert errors  # Nothing but these two tries.
    assert all("localhost:9" in each["message"] for each in errors)


HOSTILE = "<img src=x onerror=window.hurt=1><script>window.hurt=1</script>"


def test_what_a_spec_says_is_never_html(page: Chrome) -> None:
    spec = SOUND.replace("name: net", f'name: net\ntitle: "{HOSTILE}"').replace("mixed", "m<b>x")
    for text in (spec, spec.replace("m<b>x", "mixed")):
        pasted(page, text)
        looked_at(page, text)
        for tab in ("cost", "source", "diff", "picture"):
            one(page, f"#tab-{tab}").click()
    until(page, "document.querySelector('#overview svg title').textContent.includes('<img')")
    assert page.execute_script("return window.hurt ?? null") is None
    assert not page.find_elements("css selector", "main img, main script")


SEEN = """(() => {
  const words = document.querySelector('.cm-content .chosen')?.getBoundingClientRect();
  const pane = document.querySelector('.cm-scroller').getBoundingClientRect();
  return words && pane.top <= words.top && words.bottom <= pane.bottom;
})()"""
"""Whether words that are chosen are in sight in the editor."""


def test_a_layer_is_chosen_in_all_views(page: Chrome) -> None:
    box = one(page, '#overview [data-path="inception_3a"]')
    page.execute_script("arguments[0].dispatchEvent(new MouseEvent('click'))", box)
    assert told(page, "#chosen") == "inception_3a"
    until(page, "document.querySelector('#detail svg')")
    assert "v1" in told(page, ".cm-content .chosen")
    page.execute_script(
        """
        document.querySelector('#detail svg').remove();
        const heat = document.getElementById('heat');
        heat.value = 'params';
        heat.dispatchEvent(new Event('change'));
        """
    )
    until(page, "document.querySelector('#detail svg')")
    assert told(page, "#said") == ""
    for path in ("inception_5b", "inception_3a"):
        page.execute_script("document.querySelector('.cm-scroller').scrollTop = 0")
        other = one(page, f'#overview [data-path="{path}"]')
        page.execute_script("arguments[0].dispatchEvent(new MouseEvent('click'))", other)
        assert until(page, SEEN)
    one(page, "#tab-cost").click()
    assert "inception_3a" in until(
        page, "document.querySelector('#rows .chosen')?.textContent ?? ''"
    )
    one(page, "#tab-source").click()
    assert "inception_3a" in until(
        page, "document.querySelector('#lines .chosen')?.textContent ?? ''"
    )
    one(page, "#clear").click()
    assert told(page, "#chosen") == ""
    assert not page.find_elements("css selector", ".chosen")


def test_what_takes_long_is_stopped(page: Chrome) -> None:
    rows = "\n".join(f"  - s{n}: [1x1 8, 3x3 8]" for n in range(1500))
    long = SOUND.replace("body: [mixed: A]", f"body:\n{rows}")
    pasted(page, long)
    until(page, "document.documentElement.dataset.python === 'busy'")
    page.execute_script("document.getElementById('stop').click()")
    assert "Stopped" in told(page, "#said")
    until(page, "document.documentElement.dataset.python === 'ready'")
    page.execute_script(f"{LOOKED} = 0")
    pasted(page, SOUND)
    looked_at(page, SOUND)
    assert until(page, "document.querySelector('#overview svg title').textContent === 'net'")


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("night", [False, True])
def test_nothing_keeps_anybody_out(page: Chrome, width: int, night: bool) -> None:
    page.set_window_size(width, 900)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if night else "light"}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    page.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    try:
        pasted(page, NET)
        looked_at(page, NET)
        for tab in ("picture", "cost", "source", "diff"):
            one(page, f"#tab-{tab}").click()
            assert violations(page) == [], tab
        wide = page.execute_script("return document.documentElement.scrollWidth")
        assert wide <= width
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        page.set_window_size(1400, 1000)


def test_the_keyboard_is_enough(page: Chrome) -> None:
    """Tab leaves the editor, goes to the tabs and through the boxes."""
    from selenium.webdriver.common.keys import Keys

    page.execute_script("document.querySelector('.cm-content').focus()")
    seen = set()
    for _ in range(40):
        active = page.switch_to.active_element
        seen.add(active.get_attribute("id") or active.get_attribute("aria-label"))
        active.send_keys(Keys.TAB)
    box = "googlenet.overview-inception_3a"
    assert {"Spec", "wrong", "tab-picture", "heat", box} <= seen
    one(page, "#tab-picture").send_keys(Keys.ARROW_RIGHT)
    assert one(page, "#tab-cost").get_attribute("aria-selected") == "true"


def test_all_can_be_taken_along(page: Chrome, tmp_path: Path) -> None:
    """Spec, source, drawing, pixels and report: what each file holds, by how it begins."""
    page.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    wanted = {
        "googlenet.yaml": shelf.find("googlenet").read_bytes()[:40],
        "googlenet.py": b"# Written by inception-compile",
        "overview.svg": b"<svg ",
        "overview.png": b"\x89PNG\r\n",
        "report.html": b"<!doctype html>",
    }
    buttons = page.find_elements("css selector", "[data-save]")
    for button, name in zip(buttons, wanted, strict=True):
        page.execute_script("arguments[0].click()", button)
        end = time.monotonic() + LONG
        while not (tmp_path / name).is_file() and time.monotonic() < end:
            time.sleep(0.1)
        assert (tmp_path / name).read_bytes().startswith(wanted[name])
