"""The playground in a real browser: what a visitor does, and what leaves the page."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dsl.models import shelf
from tests.browsing import browser, violations
from tests.playing import (
    LONG,
    LOOKED,
    PAGE,
    SITE,
    SOUND,
    STATE,
    TYPO,
    gone_to,
    link_of,
    looked_at,
    one,
    opened,
    pasted,
    renewed,
    title,
    told,
    unmade,
    until,
)
from tests.serving import served

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = [
    pytest.mark.skipif(bool(unmade()), reason=unmade() or "a page and a browser are here"),
    pytest.mark.xdist_group("playground"),
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(SITE) as root:
        yield f"{root}playground/"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chrome]:
    with browser() as driver:
        driver.set_script_timeout(LONG)
        yield driver


@pytest.fixture
def page(chromium: Chrome, address: str) -> Chrome:
    return renewed(chromium, address)


def test_a_fault_is_seen_mended_and_drawn(page: Chrome) -> None:
    before = told(page, "#overview svg title")
    place = one(page, "#overview").rect
    pasted(page, TYPO)
    looked_at(page, TYPO)
    assert one(page, "#old").is_displayed()
    assert one(page, "#overview").rect == place  # What is half typed lets nothing jump.
    assert "maxpol" in told(page, "#problems li")
    assert told(page, "#problems .place") == "4:19"
    assert told(page, "#problems .more code") == "3x3 64 /2"
    assert page.find_elements("css selector", ".cm-lintRange-error")
    assert told(page, "#overview svg title") == before
    one(page, "#problems summary").click()
    assert until(page, "document.querySelector('.explained').textContent").startswith("E")
    one(page, "#problems .fix").click()
    looked_at(page, SOUND)
    assert until(page, "document.querySelector('#overview svg title').textContent === 'net'")
    assert told(page, "#problems") == ""
    assert told(page, "#overview svg title") != before


def test_the_editor_completes_and_explains(page: Chrome) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    pasted(page, TYPO)
    looked_at(page, TYPO)
    one(page, "#problems .place").click()
    editor = page.switch_to.active_element
    editor.send_keys(*[Keys.ARROW_RIGHT] * 6, Keys.CONTROL, Keys.SPACE)
    offered = "document.querySelector('.cm-tooltip-autocomplete [aria-selected]')"
    assert "maxpool" in until(page, f"{offered}?.textContent")
    time.sleep(0.1)  # The editor takes no Enter that may have been meant for the text.
    editor.send_keys(Keys.ENTER)
    looked_at(page, SOUND)
    x, y = page.execute_script(
        """
        const spec = document.querySelector('.cm-content');
        const words = document.createTreeWalker(spec, NodeFilter.SHOW_TEXT);
        while (!words.nextNode().data.includes('maxpool')) {}
        const range = document.createRange();
        range.selectNodeContents(words.currentNode);
        const { left, width, top, height } = range.getBoundingClientRect();
        return [left + width / 2, top + height / 2].map(Math.round);
        """
    )
    hand: Any = ActionChains(page)
    hand.w3c_actions.pointer_action.move_to_location(x, y)
    hand.perform()
    assert "max pool" in until(page, "document.querySelector('.cm-tooltip .spoken')?.textContent")


def test_what_can_be_downloaded_closes_as_menus_do(page: Chrome) -> None:
    from selenium.webdriver.common.keys import Keys

    summary = one(page, "#save summary")
    for way in ("a key", "a click"):
        summary.click()
        assert one(page, "#save button").is_displayed()
        if way == "a key":
            summary.send_keys(Keys.ESCAPE)
        else:
            one(page, "h1").click()
        assert not one(page, "#save button").is_displayed()


WIDER = SOUND.replace("3x3 32", "3x3 320")


def test_an_edit_says_what_it_changes(page: Chrome) -> None:
    pasted(page, SOUND)
    looked_at(page, SOUND)
    pasted(page, WIDER)
    looked_at(page, WIDER)
    assert "parameters +" in told(page, "#changed")
    assert "MACs +" in told(page, "#changed")


def test_a_link_opens_what_it_was_made_of(page: Chrome, address: str) -> None:
    """A link that can't be read is told, and what was there stays."""
    pasted(page, SOUND)
    looked_at(page, SOUND)
    until(page, "location.hash.startsWith('#spec=')")
    link = page.current_url.partition("#")[2]
    page.execute_script("localStorage.clear()")
    opened(page, address, f"#{link}")
    assert title(page) == "net"
    gone_to(page, "#inception_v3@keras")
    assert one(page, "#variant").get_attribute("value") == "keras"
    broken = ("#spec=%25", "#spec=AAAA", "#nobody", "#spec=", "#%E0%A4%A", f"#spec={'A' * 100_000}")
    for each in broken:
        gone_to(page, each)
        assert "can't be read" in told(page, "#said"), each
    assert title(page) == "Inception-v3 (Keras)"
    with without_storage(page):
        opened(page, address, "#__proto__")
    assert "can't be read" in told(page, "#said")
    gone_to(page, "#inception_v3@nobody")
    until(page, f"document.getElementById('said').textContent && {STATE} === 'ready'")
    assert "no variant nobody" in told(page, "#said")
    assert told(page, "#refused") == ""
    page.get("about:blank")  # Others have a storage.


@contextmanager
def without_storage(page: Chrome) -> Iterator[None]:
    """What is loaded meanwhile has no storage, as some people set up their browsers."""
    forbidden = "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no'); }})"
    given = {"source": forbidden}
    script = page.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", given)
    try:
        yield
    finally:
        page.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


def test_the_way_back_leads_to_what_was_there(page: Chrome, tmp_path: Path) -> None:
    """Also from a file, and from the shelf to what had been typed."""
    pasted(page, SOUND)
    looked_at(page, SOUND)
    path = tmp_path / "own.yaml"
    path.write_text(SOUND.replace("name: net", "name: own"), encoding="utf-8")
    one(page, "#file").send_keys(str(path))
    assert until(page, "document.querySelector('#overview svg title').textContent === 'own'")
    page.back()
    assert until(page, "document.querySelector('#overview svg title').textContent === 'net'")
    page.forward()
    assert until(page, "document.querySelector('#overview svg title').textContent === 'own'")
    path.write_bytes(bytes(range(256)))
    one(page, "#file").send_keys(str(path))
    assert "own.yaml can't be opened" in until(page, "document.getElementById('said').textContent")
    assert title(page) == "own"
    page.execute_script(
        """
        const data = new DataTransfer();
        data.items.add(new File([arguments[0]], 'dropped.yaml'));
        const event = { dataTransfer: data, bubbles: true, cancelable: true };
        document.querySelector('.cm-content').dispatchEvent(new DragEvent('drop', event));
        """,
        SOUND.replace("name: net", "name: dropped"),
    )
    assert until(page, "document.querySelector('#overview svg title').textContent === 'dropped'")
    assert "own" not in told(page, ".cm-content")


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


HOSTILE = "</title></style>]]><img src=x onerror=window.hurt=1><script>window.hurt=1</script>"


def test_what_a_spec_says_is_never_html(page: Chrome) -> None:
    said = f"name: net\ntitle: '{HOSTILE}'\npaper: '{HOSTILE}'  # {HOSTILE}"
    sound = SOUND.replace("name: net", said)
    wrong = (sound.replace("mixed", HOSTILE), sound.replace("maxpool", f"'{HOSTILE}'"))
    for text in (*wrong, sound):
        pasted(page, text)
        looked_at(page, text)
        for tab in ("cost", "source", "diff", "picture"):
            one(page, f"#tab-{tab}").click()
    until(page, "document.querySelector('#overview svg title').textContent.includes('<img')")
    gone_to(page, f"#googlenet@{HOSTILE}")
    until(page, "document.getElementById('said').textContent.includes('<img')")
    assert page.execute_script("return window.hurt ?? null") is None
    assert not page.find_elements("css selector", "main img, main script")


ODD = {
    "nothing": "",
    "lines": SOUND + "# more\n" * 100_000,
    "one line": "a" * 1_000_000,
    "a picture": "\x89PNG\r\n\x1a\n\0\0\0\rIHDR" * 500,
    "another order": SOUND.replace("name: net", 'name: net\ntitle: "a\u202egnp"'),
    "brackets": "[" * 20_000,
    "layers": SOUND.replace("mixed: A", "A x100000"),
    "a wide layer": SOUND.replace("3x3 32", f"3x3 {'9' * 400}"),
    "aliases": "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(40)),
}


def test_whatever_is_typed_is_answered(page: Chrome) -> None:
    """Each odd text is complained of within the page, whose last picture stays."""
    page.execute_script(
        """
        window.faults = [];
        for (const kind of ['error', 'unhandledrejection']) {
          addEventListener(kind, ({ message, reason }) => faults.push(String(message ?? reason)));
        }
        """
    )
    for name, text in ODD.items():
        pasted(page, text)
        until(page, LOOKED)
        _complained_of(page, name)
    gone_to(page, link_of('["name: ne\\ud800t", "", ""]'))
    _complained_of(page, "half a letter")
    assert page.execute_script("return faults") == []


def _complained_of(page: Chrome, name: str) -> None:
    assert "error" in told(page, "#count"), name
    assert told(page, "#problems li"), name
    assert (title(page), told(page, "#said")) == ("GoogLeNet", ""), name


SEEN = """(() => {
  const words = document.querySelector('.cm-content .chosen')?.getBoundingClientRect();
  const pane = document.querySelector('.cm-scroller').getBoundingClientRect();
  return words && pane.top <= words.top && words.bottom <= pane.bottom;
})()"""
"""Whether words that are chosen are in sight in the editor."""


def test_a_layer_is_chosen_in_all_views(page: Chrome) -> None:
    box = one(page, '#overview [data-path="inception_3a"]')
    box.click()
    assert told(page, "#chosen") == "inception_3a"
    assert box.value_of_css_property("outline-style") == "none"  # Its frame says it.
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
    until(page, f"{STATE} === 'busy'")
    page.execute_script("document.getElementById('stop').click()")
    assert "Stopped" in told(page, "#said")
    until(page, f"{STATE} === 'ready'")
    page.execute_script(f"{LOOKED} = 0")
    pasted(page, SOUND)
    looked_at(page, SOUND)
    assert until(page, "document.querySelector('#overview svg title').textContent === 'net'")


@pytest.mark.parametrize("width", [1400, 360])
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
        for text in (SOUND, WIDER):  # Changes are told, and a summary.
            pasted(page, text)
            looked_at(page, text)
        for tab in ("cost", "source", "diff", "picture"):
            one(page, f"#tab-{tab}").click()
            assert violations(page) == [], tab
        pasted(page, TYPO)
        looked_at(page, TYPO)
        assert violations(page) == []
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
        "googlenet.json": b'{\n "network": "googlenet",',
        "googlenet.svg": b"<svg ",
        "googlenet.png": b"\x89PNG\r\n",
        "googlenet.html": b"<!doctype html>",
    }
    buttons = page.find_elements("css selector", "[data-save]")
    for button, name in zip(buttons, wanted, strict=True):
        page.execute_script("arguments[0].click()", button)
        end = time.monotonic() + LONG
        while not (tmp_path / name).is_file() and time.monotonic() < end:
            time.sleep(0.1)
        assert (tmp_path / name).read_bytes().startswith(wanted[name])


def test_the_licences_of_all_that_is_shipped_are_there() -> None:
    """Of npm all but what Node alone or the types are for; each with its own words."""
    import json

    from playground.licences import RULE
    from playground.wheels import PINS
    from tests.test_rooms import ROOT

    parts = (PAGE / "licences.txt").read_text(encoding="utf-8").split(f"{RULE}\n")
    named = [each.strip().split(" ")[0] for each in parts[1::2]]
    lock = json.loads((ROOT / "playground" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {
        name.removeprefix("node_modules/")
        for name, each in lock["packages"].items()
        if name and not each.get("dev")
    }
    wheels = {line.split("==")[0] for line in PINS.read_text().splitlines() if "==" in line}
    assert {*named} == {"inception-compile", *packages, *wheels} - {"ws", "@types/emscripten"}
    assert all(len(words) > 200 for words in parts[2::2])
