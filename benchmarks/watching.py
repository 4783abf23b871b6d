"""Watching: what a person waits for from a save to the page in the browser, and what that takes.

Milliseconds, as in `editing`. From the write of a file until a real browser's page has other
figures and another picture, until it is all new, and until that is on the screen; then what the
command and the page's own thread had of a processor, and what each stage has of one. The clock of
the browser is the machine's.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.editing import spent
from compiler.checking.examining import examined
from compiler.lowering.prepare import Piped, Prepared
from compiler.report.page import as_watched, first_of, parts_of
from compiler.review.turns import turned
from dsl.models import shelf
from tests.browsing import browser, missing
from tests.test_watch import Watching

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

AIM = 0.3
"""Seconds from a save to the whole page, on cores that nobody else uses."""
SAVES = 12


@dataclass(frozen=True)
class Edit:
    """What stands in a spec in the place of some words of it, by how many saves there were."""

    name: str
    what: str
    words: str
    now: Callable[[int], str]

    def text(self, count: int) -> str:
        """The spec after so many saves."""
        whole = (shelf.folder() / f"{self.name}.yaml").read_text(encoding="utf-8")
        assert self.words in whole, self
        return f"{marker(count)}\n{whole.replace(self.words, self.now(count), 1)}"


def marker(count: int) -> str:
    """What a page shows of a save once it is all of it."""
    return f"# save {count},"


EDITS = (
    Edit("googlenet", "a parameter of one block", "n1=160 r3=112", lambda n: f"n1=160 r3={n + 99}"),
    Edit("inception_v3", "a width of the stem", "1a: 3x3 32", lambda n: f"1a: 3x3 {n + 25}"),
    Edit("inception_v3", "a parameter of one block", "6e: B c7=192", lambda n: f"6e: B c7={n + 9}"),
    Edit("inception_v3", "a line more above all others", "name:", lambda n: "\n" * n + "name:"),
    Edit("inception_v3", "a step more", "body:", lambda n: "body:" + "\n  - 1x1 288" * n),
    Edit("inception_v4", "a width in a block used 7 times", "1x7 224", lambda n: f"1x7 {n + 200}"),
)
STAGES = ("read, checked and linted", "compared", "figures and picture", "the rest of the page")


class Saved(NamedTuple):
    """What one save took, in seconds."""

    first: float
    whole: float
    painted: float
    command: float
    page: float


WATCHED = """
const [marker] = arguments;
const now = () => performance.timeOrigin + performance.now();
const told = {};
const picture = () => document.querySelector('.overview svg');
const before = picture();
const look = () => {
  if (picture() !== before) told.first ??= now();
  if (told.whole || !document.querySelector('.spec').textContent.includes(marker)) return;
  told.whole = now();
  requestAnimationFrame(() => setTimeout(() => { told.painted = now(); }, 0));
};
new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
window.told = told;
"""


@contextmanager
def watched(name: str, text: str) -> Iterator[tuple[Path, Watching, Chrome]]:
    """A spec that is being watched, and its page in a browser."""
    with TemporaryDirectory() as folder, browser() as driver:
        path = Path(folder) / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        watching = Watching(Path(folder), path.name, "--open")
        try:
            said = "\n".join(watching.until("Ctrl-C ends"))
            driver.get(re.findall(r"http://\S+", said)[0])
            driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
            yield path, watching, driver
        finally:
            watching.close()


def saved(path: Path, watching: Watching, driver: Chrome, text: str, mark: str) -> Saved:
    """One save, waited for."""
    driver.execute_script(WATCHED, mark)
    before = spent(watching.process.pid) or 0, _busy(driver)
    began = time.time()
    path.write_text(text, encoding="utf-8")
    told: dict[str, Any] = {}
    deadline = time.monotonic() + 60
    while "painted" not in told:
        assert time.monotonic() < deadline, (path, told)
        time.sleep(0.1)  # Whoever asks often takes of what is measured.
        told = driver.execute_script("return window.told")
    time.sleep(0.2)
    after = spent(watching.process.pid) or 0, _busy(driver)
    first, whole, painted = (told[key] / 1000 - began for key in ("first", "whole", "painted"))
    return Saved(first, whole, painted, after[0] - before[0], after[1] - before[1])


def _busy(driver: Chrome) -> float:
    """Seconds that the page's own thread has had of a processor."""
    found = driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return float(next(each["value"] for each in found if each["name"] == "TaskDuration"))


def in_browser(edit: Edit, *, count: int) -> Iterator[str]:
    """What some saves took, the first two apart, which find nothing remembered."""
    with watched(edit.name, edit.text(0)) as (path, watching, driver):
        every = [
            saved(path, watching, driver, edit.text(n), marker(n)) for n in range(1, count + 3)
        ][2:]
    least = Saved(*map(min, zip(*every, strict=True)))
    middle = Saved(*map(median, zip(*every, strict=True)))
    met = "yes" if least.whole <= AIM else "no"
    yield (
        f"{edit.name}, {edit.what}: {_ms(least.first)} ms until figures and picture, "
        f"{_ms(least.whole)} until all, aim {_ms(AIM)}: {met}"
    )
    others = ", ".join(map(_ms, (middle.first, middle.whole, middle.painted)))
    yield f"  {_ms(least.painted)} until it is on the screen; medians {others}"
    mean = sum(each.command for each in every) / count
    yield f"  of a processor {_ms(mean)} ms the command, {_ms(middle.page)} the page"


def stages(edit: Edit, *, count: int) -> dict[str, float]:
    """Seconds of a processor that each stage of a save takes here, the least of some."""
    last = _read(edit, 0)
    found = []
    for n in range(1, count + 3):
        times = [time.process_time()]
        now = _read(edit, n)
        times.append(time.process_time())
        turned(last.network, now.network)
        times.append(time.process_time())
        parts = parts_of([now])
        first_of(parts[0])
        times.append(time.process_time())
        as_watched(parts)
        times.append(time.process_time())
        found.append([later - earlier for earlier, later in pairwise(times)])
        last = now
    return dict(zip(STAGES, map(min, zip(*found[2:], strict=True)), strict=True))


def _read(edit: Edit, count: int) -> Prepared:
    file = f"{edit.name}.yaml"
    found = examined(Piped(edit.text(count), file, file)).prepared
    assert found, edit
    return found


def report(*, quick: bool) -> Iterator[str]:
    """What saves take until they are seen, where a browser is, and of a processor by stages."""
    count = 4 if quick else SAVES
    why = missing()
    if why:
        yield f"no page was looked at: {why}"
    for edit in EDITS:
        if not why:
            yield from in_browser(edit, count=count)
        took = stages(edit, count=count)
        said = ", ".join(f"{name} {_ms(each)}" for name, each in took.items())
        yield f"  {edit.name}, {edit.what}, by stages: {said}, {_ms(sum(took.values()))} in all"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f}"
