"""The report in a real browser: what it does when it is used, printed, and without its scripts."""

from __future__ import annotations

import base64
import csv
import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest

from compiler.cost import cost, measure
from compiler.diagram import Wishes, overview
from compiler.ir.measures import Amount
from compiler.lowering.prepare import prepare
from compiler.picture import as_svg
from compiler.report.page import as_html
from tests.browsing import browser, missing, violations
from tests.pages import page_of

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "a browser is here")
SHOWN = ".overview figure:not([hidden])"
TAB, ENTER = "\ue004", "\ue007"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(as_html([prepare("inception_v3")]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chrome]:
    with browser() as driver:
        yield driver


@pytest.fixture
def opened(page: Path, chromium: Chrome) -> Chrome:
    """The page as it is first shown."""
    chromium.get("about:blank")
    chromium.get(page.as_uri())
    return chromium


def all_of(driver: Chrome, selector: str) -> list[Any]:
    return driver.find_elements("css selector", selector)


def click(driver: Chrome, element: Any) -> None:
    """As a pointer does it, wherever the page has scrolled to; what SVG draws has no `click`."""
    event = "arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))"
    driver.execute_script(event, element)


def one(driver: Chrome, selector: str) -> Any:
    return driver.find_element("css selector", selector)


def chosen(driver: Chrome) -> dict[str, list[str]]:
    """What is marked, by view: ids of boxes, paths of rows, texts of lines."""
    script = """
      const found = (selector, tell) => [...document.querySelectorAll(selector)].map(tell);
      return {
        box: found('figure:not([hidden]) g.node.chosen', each => each.id),
        cost: found('.cost tr.chosen', each => each.dataset.path),
        numbers: found('.own tr.chosen', each => each.dataset.path),
        spec: found('.spec .chosen', each => each.textContent),
        source: found('.source .chosen', each => each.textContent.trim()),
      };"""
    found: dict[str, list[str]] = driver.execute_script(script)
    return found


BRANCH = {
    "box": ["inception_v3.overview-mixed_6d", "inception_v3.mixed_6d-mixed_6d.branch3.1"],
    "cost": [f"mixed_6d.branch3.1.{part}" for part in ("conv", "bn", "act")],
    "numbers": ["mixed_6d.branch3.1"],
    "spec": ["7x1 c7"],
    "source": ["ConvBNReLU(c7, c7, (7, 1), padding=(3, 0)),"],
}


def test_nothing_is_wrong_with_it_closed_or_open(opened: Chrome) -> None:
    assert violations(opened) == []
    click(opened, one(opened, ".expand"))
    assert all(each.get_attribute("open") for each in all_of(opened, ".step"))
    assert violations(opened) == []
    assert opened.get_log("browser") == []  # type: ignore[no-untyped-call]  # selenium's own


def test_colours_of_the_night_are_legible(page: Path) -> None:
    with browser("force-dark-mode", "blink-settings=preferredColorScheme=0") as driver:
        driver.get(page.as_uri())
        assert driver.execute_script("return matchMedia('(prefers-color-scheme: dark)').matches")
        assert violations(driver) == []


def test_a_layer_is_chosen_in_all_views_from_each(opened: Chrome) -> None:
    click(opened, one(opened, ".expand"))
    box = opened.find_element("id", BRANCH["box"][1])
    click(opened, box)
    assert chosen(opened) == BRANCH
    assert opened.current_url.endswith("#inception_v3/mixed_6d.branch3.1")
    row = one(opened, '.own tr[data-path="mixed_6d.branch3.1"]')
    click(opened, all_of(opened, "#chosen button")[-1])
    assert chosen(opened) == {view: [] for view in BRANCH}
    click(opened, row)
    assert chosen(opened) == BRANCH
    said = next(
        each
        for each in all_of(opened, ".spec .said")
        if "mixed_6d.branch3.1" in (each.get_attribute("data-paths") or "").split()
    )
    click(opened, said)
    assert chosen(opened)["spec"] == BRANCH["spec"]
    assert chosen(opened)["source"] == BRANCH["source"]
    line = next(
        each
        for each in all_of(opened, ".source .line")
        if "self.mixed_6d = " in (each.get_attribute("textContent") or "")
    )
    click(opened, line)
    assert chosen(opened)["box"][0] == "inception_v3.overview-mixed_6d"
    assert chosen(opened)["spec"] == ["B c7=160"]


def test_links_lead_to_a_layer_and_open_what_it_is_in(page: Path, chromium: Chrome) -> None:
    chromium.get("about:blank")
    chromium.get(f"{page.as_uri()}#inception_v3/mixed_6d.branch3.1")
    assert chosen(chromium) == BRANCH
    opened = [each.get_attribute("data-paths") for each in all_of(chromium, ".step[open]")]
    assert opened == ["mixed_6d"]


def test_an_address_that_cannot_be_read_is_no_place(page: Path, chromium: Chrome) -> None:
    chromium.get("about:blank")
    chromium.get(f"{page.as_uri()}#%E0%A4%A")
    assert chromium.get_log("browser") == []  # type: ignore[no-untyped-call]  # selenium's own
    assert one(chromium, ".scale") and not all_of(chromium, ".step[open]")


def test_cards_open_with_the_keyboard_in_the_order_of_the_network(opened: Chrome) -> None:
    cards = f"return [...document.querySelectorAll('{SHOWN} g.node[tabindex]')].map(e => e.id)"
    names = [each.split("-", 1)[1] for each in opened.execute_script(cards)]
    steps = [node.name for node in prepare("inception_v3").network.nodes]
    assert [name for name in names if name != "aux"] == [
        s for s in steps if s in names and s != "aux"
    ]
    opened.execute_script("document.querySelector('.overview .canvas').focus()")
    for _ in names[: names.index("mixed_5b") + 1]:
        opened.switch_to.active_element.send_keys(TAB)
    assert opened.switch_to.active_element.get_attribute("id") == "inception_v3.overview-mixed_5b"
    opened.switch_to.active_element.send_keys(ENTER)
    assert [each.get_attribute("data-paths") for each in all_of(opened, ".step[open]")] == [
        "mixed_5b"
    ]


def test_counts_are_exact_at_any_batch(opened: Chrome) -> None:
    network = prepare("inception_v3").network
    for batch, size in ((32, 2), (10**6, 8)):
        for name, value in (("batch", batch), ("bytes", size)):
            script = (
                "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))"
            )
            opened.execute_script(script, one(opened, f".{name}"), value)
        total = cost(network, batch=batch, dtype_bytes=size).total
        cells = [each.get_attribute("textContent") for each in all_of(opened, ".cost tfoot td")]
        assert [*cells[3:5], cells[6]] == [
            f"{total.weight_bytes:,}",
            f"{total.macs:,}",
            f"{total.activations:,}",
        ]
        saved = total.saved_for_backward_bytes
        assert f"({total.peak_bytes:,} bytes)" in one(opened, ".memory .peak").text
        assert f"({saved:,} bytes)" in one(opened, ".memory .saved").text
    opened.execute_script(script, one(opened, ".batch"), "1.5")
    refused = "Batch: a whole number from 1 to 1,000,000; the table is for "
    assert one(opened, ".told").text.startswith(refused)


def shown(driver: Chrome) -> list[str]:
    rows = "[...document.querySelectorAll('.cost tbody tr:not([hidden])')]"
    script = f"return {rows}.map(row => row.dataset.path)"
    found: list[str] = driver.execute_script(script)
    return found


def test_the_table_is_sorted_filtered_and_copied(opened: Chrome) -> None:
    steps = [row.path for row in cost(prepare("inception_v3").network, training=True).blocks]
    assert shown(opened) == steps
    heads = all_of(opened, ".cost thead button")
    click(opened, heads[5])
    assert shown(opened)[0] == "conv_4a"
    assert one(opened, '.cost [aria-sort="descending"]').text.startswith("MACs")
    click(opened, heads[5])
    click(opened, heads[5])
    assert shown(opened) == steps
    one(opened, ".filter").send_keys("max pool")
    assert shown(opened) == ["pool_3a", "pool_5a"]
    opened.execute_script("navigator.clipboard.writeText = async text => { window.copied = text; }")
    for button in all_of(opened, ".copy button"):
        click(opened, button)
        text = opened.execute_async_script("setTimeout(() => arguments[0](window.copied), 20)")
        assert text.count("\n") >= 4
        assert "pool_3a" in text.replace("\\_", "_")
        if button.get_attribute("data-form") == "csv":
            rows = list(csv.DictReader(io.StringIO(text)))
            assert rows[-1]["MACs"] == str(cost(prepare("inception_v3").network).total.macs)


def test_boxes_are_found_by_name_kernel_and_width(opened: Chrome) -> None:
    search = one(opened, ".find")
    for words, least in (("mixed_6d", 1), ("7x1 192", 2), ("1x7", 8)):
        search.clear()
        search.send_keys(words)
        assert len(all_of(opened, "g.node.found")) >= least
    search.clear()
    search.send_keys("nothing like it")
    assert one(opened, ".hits").text == "no box has that"
    assert all_of(opened, "g.node.found") == []
    search.clear()
    search.send_keys("mixed_6d", ENTER)
    assert "mixed_6d" in opened.current_url


def test_drawings_grow_and_fit_again(opened: Chrome) -> None:
    script = "return document.querySelector('.overview svg').getBoundingClientRect().width"
    larger, _, fit = all_of(opened, ".overview figure:not([hidden]) .tools button")
    before = opened.execute_script(script)
    for _ in range(3):
        click(opened, larger)
    assert opened.execute_script(script) > 1.5 * before
    click(opened, fit)
    assert opened.execute_script(script) == before


def test_without_scripts_it_is_all_there(page: Path) -> None:
    with browser(scripts=False) as driver:
        driver.get(f"{page.as_uri()}#inception_v3/mixed_6d")
        assert not any(each.is_displayed() for each in all_of(driver, ".tools"))
        assert len([each for each in all_of(driver, ".step") if each.get_attribute("open")]) <= 1
        rows = [each for each in all_of(driver, ".cost tbody tr") if each.is_displayed()]
        assert len(rows) == len(all_of(driver, ".cost tbody tr"))
        assert all_of(driver, ".overview svg")[0].is_displayed()
        opened = [each.get_attribute("data-paths") for each in all_of(driver, ".step[open]")]
        assert opened == ["mixed_6d"]


@pytest.mark.parametrize("paper", [(8.27, 11.69), (8.5, 11)])
def test_it_prints_with_all_open(
    opened: Chrome, paper: tuple[float, float], tmp_path: Path
) -> None:
    width, height = paper
    both = "arguments[0].value = 'both'; arguments[0].dispatchEvent(new Event('change'))"
    opened.execute_script(both, one(opened, ".rows"))
    asked = {"paperWidth": width, "paperHeight": height, "preferCSSPageSize": False}
    pdf = base64.b64decode(opened.execute_cdp_cmd("Page.printToPDF", asked)["data"])
    (tmp_path / "report.pdf").write_bytes(pdf)
    reader = shutil.which("pdftotext")
    if not reader:
        pytest.skip("there is no pdftotext here, which reads what was printed")
    told = subprocess.run(
        [reader, "-layout", tmp_path / "report.pdf", "-"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "mixed_6d.branch3.1" in told
    assert "Copy as" not in told
    table = [sheet for sheet in told.split("\f") if re.search(r"mixed_\w+\.branch.*\.bn ", sheet)]
    assert len(table) > 1
    assert all("weights, bytes" in sheet for sheet in table), "a page without its table's head"


def test_a_narrow_window_scrolls_down_alone(page: Path) -> None:
    with browser("window-size=500,900") as driver:
        driver.get(page.as_uri())
        click(driver, one(driver, ".expand"))
        wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert driver.execute_script(wide) == 0


def test_drawings_are_coloured_by_what_is_asked(opened: Chrome) -> None:
    """The overview with the numbers and the legend of each amount, boxes of steps with a legend."""
    network = prepare("inception_v3").network
    ask = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('change'))"
    shown = f"return [...document.querySelectorAll('{SHOWN} text')].map(e => e.textContent)"
    for amount in get_args(Amount):
        opened.execute_script(ask, one(opened, ".heat"), amount)
        drawn = as_svg(overview(network, Wishes(heat=measure(network, amount))))
        told = [each.text for each in page_of(drawn).all("text")]
        assert opened.execute_script(shown) == told
        assert all_of(opened, '.step .node[data-heat="5"]')
        assert one(opened, ".scale span").text == "0"
        assert violations(opened) == []
    opened.execute_script(ask, one(opened, ".heat"), "")
    assert all_of(opened, ".node[data-heat], .scale span") == []


def test_equal_uses_of_a_block_have_copies_of_one_drawing(opened: Chrome) -> None:
    parts = "[...document.querySelectorAll('[data-sheet=\"inception_v3.%s\"] %s')].map(each => %s)"
    ask = "return " + parts
    for part, tell in (
        ("[id]", "each.id"),
        ("title", "each.textContent"),
        ("td", "each.textContent"),
    ):
        first = opened.execute_script(ask % ("mixed_6c", part, tell))
        copy = opened.execute_script(ask % ("mixed_6d", part, tell))
        assert copy == [each.replace("mixed_6c", "mixed_6d") for each in first]
    click(opened, opened.find_element("id", "inception_v3.mixed_6d-mixed_6d.branch1"))
    assert opened.current_url.endswith("#inception_v3/mixed_6d.branch1")


def test_nothing_is_wrong_with_several(chromium: Chrome, tmp_path: Path) -> None:
    path = tmp_path / "several.html"
    both = [prepare("googlenet"), prepare("googlenet", "torchvision")]
    path.write_text(as_html(both), encoding="utf-8")
    chromium.get(f"{path.as_uri()}#googlenet-torchvision/inception_3a")
    opened = all_of(chromium, ".step[open]")
    assert [each.get_attribute("data-paths") for each in opened] == ["inception_3a"]
    assert violations(chromium) == []
