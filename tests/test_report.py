"""The report as a text: whole, closed to the network, and the same as what it was made from."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from base64 import b64encode
from collections import Counter
from fractions import Fraction
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

from compiler.cost import cost
from compiler.cost.footer import short_size
from compiler.cost.growing import growth
from compiler.cost.render import as_json
from compiler.diff import diff
from compiler.ir.nodes import Leaf, Series, leaves, nodes
from compiler.lowering.prepare import Piped, Prepared, prepare
from compiler.ops.words import is_unit
from compiler.report import page
from compiler.report.charts.marks import ticks
from compiler.report.page import as_html
from compiler.source.forward import function_of
from tests.odd_specs import TEXTS, spec
from tests.pages import Element, page_of
from tests.repositories import SPEC
from tests.test_cli import TINY, ran, tiny  # noqa: F401  # a fixture

ROOT = Path(__file__).parent.parent
ODD = [*TEXTS][::6]
"""Some of the specs at the edges of the language."""
NAMES = ["googlenet", "inception_v3", "inception_resnet_v1", "inception_unet", "inception_time"]
"""Heads, residual sums, repeats, splits in splits, a series."""


@cache
def made(name: str) -> tuple[Prepared, Element]:
    prepared = prepare(name)
    return prepared, page_of(as_html([prepared]))


def paths(elements: list[Element]) -> list[str]:
    return [path for each in elements for path in each.attrs["data-paths"].split()]


def test_the_same_networks_give_the_same_bytes() -> None:
    one, other = (as_html([prepare("googlenet"), prepare("inception_v1")]) for _ in range(2))
    assert one == other


def test_nothing_can_be_loaded_and_only_our_script_runs() -> None:
    text = as_html([prepare("googlenet")])
    top = page_of(text)
    (policy,) = (
        each.attrs["content"]
        for each in top.all("meta")
        if each.attrs.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    (script,) = (each for each in top.all("script") if "type" not in each.attrs)
    digest = b64encode(sha256(script.text.encode()).digest()).decode()
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["script-src"] == f"'sha256-{digest}'"
    assert all(
        set(each.attrs) & {"src", "srcset", "action", "style"} == set() for each in top.all()
    )
    assert all(link.attrs["href"].startswith("#") for link in top.all(having="href"))
    assert set(re.findall(r"\w+://[^\s\"<)]+", text)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|url\(", text)
    assert not any(name.startswith("on") for each in top.all() for name in each.attrs)


@pytest.mark.parametrize("name", NAMES)
def test_the_island_is_what_cost_prints(name: str) -> None:
    prepared, top = made(name)
    island = top.one("script", "cost")
    printed = json.loads(as_json(cost(prepared.network)))
    assert island.text == json.dumps(printed, separators=(",", ":"))


@pytest.mark.parametrize("name", NAMES)
def test_ids_are_unique_and_what_is_referred_to_is_there(name: str) -> None:
    _, top = made(name)
    ids = Counter(each.attrs["id"] for each in top.all(having="id"))
    assert ids.most_common(1)[0][1] == 1
    links = [each.attrs["href"][1:] for each in top.all("a")]
    labels = [
        i
        for each in top.all(having="aria-labelledby")
        for i in each.attrs["aria-labelledby"].split()
    ]
    assert {*links, *labels} <= set(ids)


@pytest.mark.parametrize("name", NAMES)
def test_the_cost_table_has_every_layer_in_order(name: str) -> None:
    prepared, top = made(name)
    rows = top.one("table", "cost").all("tr", having="data-path")
    training = cost(prepared.network, training=True)
    layers = [row.attrs["data-path"] for row in rows if "of-layer" in row.attrs["class"]]
    steps = [row.attrs["data-path"] for row in rows if "of-step" in row.attrs["class"]]
    assert steps == [row.path for row in training.blocks]
    assert [
        path for path in layers if path in {row.path for row in cost(prepared.network).layers}
    ] == [row.path for row in cost(prepared.network).layers]
    heads = {tap.name for tap in prepared.network.taps}
    assert [path for path in layers if path.split(".")[0] in heads] == [
        row.path for row in training.layers if row.path.split(".")[0] in heads
    ]


def boxes(prepared: Prepared) -> list[str]:
    """What a drawing has a box for: layers, a convolution with what belongs to it as one."""
    return [
        path
        for path, node in nodes(prepared.network.nodes)
        if (isinstance(node, Series) and is_unit(node)) or isinstance(node, Leaf)
        if not any(
            path.startswith(f"{outer}.") and isinstance(unit, Series) and is_unit(unit)
            for outer, unit in nodes(prepared.network.nodes)
        )
    ]


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_every_layer_is_there_once_in_each_view(name: str) -> None:
    prepared, top = made(name)
    key, wanted = prepared.network.name, boxes(prepared)
    own = [
        row.attrs["data-path"]
        for table in top.all("table", "own")
        for row in table.all("tr", having="data-path")
    ]
    assert sorted(own) == sorted(wanted)
    ids = {each.attrs["id"] for each in top.all("g", "node")}
    inner = [path for path in wanted if "." in path and "dropout" not in path]
    like = {
        each.attrs["data-roots"]: each.attrs["data-like"].removeprefix(f"{key}.")
        for each in top.all("figure", having="data-like")
    }

    def drawn(path: str) -> str:
        step = path.split(".", maxsplit=1)[0]
        first = like.get(step, step)
        return f"{key}.{first}-{first}{path.removeprefix(step)}"

    assert [path for path in inner if drawn(path) not in ids] == []
    said = Counter(paths(top.one("section", "spec").all(having="data-paths")))
    assert set(said.values()) == {1}
    assert set(wanted) <= set(said)
    source = set(paths(top.one("section", "source").all(having="data-paths")))
    called = {path for path, leaf in leaves(prepared.network.nodes) if function_of(leaf, "x")}
    assert set(wanted) - source <= called, "what isn't made in a constructor is in `forward` alone"


def test_words_of_a_spec_lead_to_what_was_made_of_them() -> None:
    _, top = made("inception_v3")
    said = top.one("section", "spec").all(having="data-paths")
    found = {path: each.text for each in said for path in each.attrs["data-paths"].split()}
    assert found["mixed_6d.branch3.1"] == found["mixed_6b.branch3.1.conv"] == "7x1 c7"
    assert found["mixed_6d"] == "B c7=160"
    lines = top.one("section", "source").all(having="data-paths")
    run = [each.text.strip() for each in lines if "mixed_6d" in each.attrs["data-paths"].split()]
    assert run[0].startswith("self.mixed_6d = InceptionB(768, c7=160)")
    assert run[1] == "x = self.mixed_6d(x)"


def test_the_texts_are_whole() -> None:
    _, top = made("inception_v3")
    lines = [line.text for line in top.one("section", "spec").all("code", "line")]
    assert lines == (ROOT / "specs" / "inception_v3.yaml").read_text().splitlines()
    emitted = (ROOT / "generated" / "inception_v3" / "inception_v3.py").read_text().splitlines()
    assert [line.text for line in top.one("section", "source").all("code", "line")] == emitted


@pytest.mark.parametrize(("batch", "size"), [(1, 4), (7, 2), (10**6, 8)])
def test_what_the_page_multiplies_is_what_cost_counts(batch: int, size: int) -> None:
    prepared, top = made("inception_v3")
    rows = top.one("table", "cost").all("tr", having="data-path")
    counted = {
        row.path: row for row in cost(prepared.network, batch=batch, dtype_bytes=size).blocks
    }
    factors: tuple[int | Fraction, ...] = (1, Fraction(size, 4), batch, 0, batch)
    seen = 0
    for row in rows:
        block = counted.get(row.attrs["data-path"]) if "of-step" in row.attrs["class"] else None
        if block:
            cells = [each.text.replace(",", "") for each in row.all("td")[2:7]]
            shown = [int(n) * by for n, by in zip(cells, factors, strict=True) if by]
            assert shown == [block.params, block.weight_bytes, block.macs, block.activations]
            seen += 1
    assert seen == len(prepared.network.trunk)


HOSTILE = """</script><script>alert(1)</script><img src=x onerror=alert(1)>"'&amp;\u05d0\u05d1"""


def test_whatever_a_spec_says_is_text() -> None:
    quoted = json.dumps(HOSTILE, ensure_ascii=False)
    spec = TINY.replace("name: tiny", f"name: tiny\ntitle: {quoted}\npaper: {quoted}")
    text = f"# {HOSTILE}\n{spec}"
    top = page_of(as_html([prepare(Piped(text, "<b>.yaml", "<i>.yaml"))], "<u>.html"))
    tags = {each.tag for each in top.all()}
    assert tags & {"img", "b", "i", "u"} <= {"b"}
    assert len(top.all("script")) == 3
    assert top.one("h1").text == HOSTILE
    assert top.one("p", "paper").text == HOSTILE
    assert top.one("section", "spec").all("code", "line")[0].text == f"# {HOSTILE}"
    assert "'<i>.yaml' -o '<u>.html'" in top.one("footer").text
    json.loads(top.one("script", "cost").text)


def test_what_would_turn_a_text_around_is_shown_as_nothing_of_the_kind() -> None:
    """The language refuses it in a spec; a file's name may have it."""
    text = as_html([prepare(Piped(TINY, "tiny.yaml"))], "a\u202eb\u2066c.html")
    assert not {"\u202e", "\u2066"} & set(text)
    assert "a\ufffdb\ufffdc.html" in page_of(text).one("footer").text


def test_several_networks_stand_on_one_page() -> None:
    both = [prepare("googlenet"), prepare("googlenet"), prepare("googlenet", "torchvision")]
    top = page_of(as_html(both))
    keys = [each.attrs["id"] for each in top.all("article")]
    assert keys == ["googlenet", "googlenet-2", "googlenet-torchvision"]
    ids = Counter(each.attrs["id"] for each in top.all(having="id"))
    assert ids.most_common(1)[0][1] == 1
    titles = [each.one("h2").text for each in top.all("article")]
    assert [each.text for each in top.one("nav").all("a")] == titles


def test_the_command(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    assert ran(["report", "tiny.yaml", "tiny.yaml@wide", "-o", "both.html"], capsys) == (0, "", "")
    top = page_of(Path("both.html").read_text(encoding="utf-8"))
    (command,) = top.one("footer").all("code")
    assert command.text == "inception-compile report tiny.yaml tiny.yaml@wide -o both.html"
    code, out, _ = ran(["report", "tiny.yaml", "--classes", "7"], capsys)
    assert code == 0
    assert "--classes 7" in page_of(out).one("footer").text


def test_what_it_refuses(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    Path("other.yaml").write_text(TINY)
    for name in ("tiny.yaml", "other.yaml", "report", "report.txt"):
        code, _, err = ran(["report", "tiny.yaml", "-o", name], capsys)
        assert code == 2
        assert f"a report is a file that ends in .html or .htm, not {name}" in err
    assert Path("tiny.yaml").read_text() == Path("other.yaml").read_text() == TINY
    Path("tiny.html").symlink_to("tiny.yaml")
    code, _, err = ran(["report", "tiny.yaml", "-o", "tiny.html"], capsys)
    assert (code, Path("tiny.yaml").read_text()) == (2, TINY)
    assert "isn't written over" in err
    assert ran(["report"], capsys)[0] == 2
    assert ran(["report", "-", "/dev/stdin"], capsys)[0] == 2
    assert ran(["report", "tiny.yaml", "--stdin-name", "x.yaml"], capsys)[0] == 2
    assert ran(["report", "tiny.yaml@nothing"], capsys)[0] == 1
    assert ran(["report", "absent.yaml", "-o", "absent.html"], capsys)[0] == 1
    assert not Path("absent.html").exists()


def test_it_needs_no_torch() -> None:
    code = (
        "import sys; from compiler.cli import run; "
        "run(['report', 'googlenet', '-o', '/dev/null']); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_every_asset_is_used() -> None:
    folder = ROOT / "compiler" / "report" / "assets"
    written = {path.name for path in folder.iterdir() if path.suffix in (".css", ".js")}
    assert written == {*page.WATCHED_STYLES, *page.WATCHED_SCRIPTS}


@pytest.mark.parametrize("name", NAMES)
def test_charts_add_up(name: str) -> None:
    """Bars are as long as what they stand for, and a run's highest is the peak."""
    prepared, top = made(name)
    drawn = top.one("section", "charts").all("svg")
    total = cost(prepared.network).total
    told = [[title.text for title in each.all("title")] for each in drawn]
    for titles, whole in zip(told, (total.macs, total.params, total.activations), strict=False):
        amounts = [int(each.rpartition(": ")[2].replace(",", "")) for each in titles]
        assert sum(amounts) == whole
    labels = [each.attrs["aria-label"] for each in drawn]
    peak = next(each for each in labels if "alive" in each)
    assert short_size(total.peak_bytes) in peak


@pytest.mark.parametrize(
    ("most", "found"), [(0, [0, 1]), (1, [0, 1]), (93, [0, 50, 100]), (1311, [0, 500, 1000, 1500])]
)
def test_axes_are_round(most: float, found: list[int]) -> None:
    assert [*ticks(most)] == found


def test_findings_stand_at_their_places() -> None:
    wrong = TINY.replace("fc classes]", "fc classes, softmax]")
    top = page_of(as_html([prepare(Piped(wrong, "tiny.yaml", "tiny.yaml"))]))
    found = top.one("section", "findings").one("li")
    assert found.one("b").text == "warning W140"
    assert found.attrs["data-paths"] == "softmax"
    target = found.one("a").attrs["href"][1:]
    (line,) = (each for each in top.all("code", "line") if each.attrs.get("id") == target)
    assert line.text.strip().startswith("head:") and "warned" in line.attrs["class"]
    assert not page_of(as_html([prepare(Piped(TINY, "tiny.yaml"))])).all("section", "findings")


def test_uses_that_are_alike_share_a_drawing() -> None:
    _, top = made("inception_resnet_v1")
    (step,) = (
        each for each in top.all("details", "step") if each.attrs["data-paths"] == "repeat_1"
    )
    assert step.one("span", "block").text == "block35 ×5"
    (figure,) = step.all("figure")
    assert figure.attrs["data-roots"].split() == [f"repeat_1.{place}" for place in range(5)]


def test_several_networks_are_compared() -> None:
    both = [prepare("googlenet"), prepare("googlenet", "torchvision"), prepare("inception_v1")]
    top = page_of(as_html(both))
    section = top.one("section", "compared")
    rows = section.one("tbody").all("tr")
    for row, prepared in zip(rows, both, strict=True):
        total = cost(prepared.network).total
        cells = [each.text for each in row.all("td")]
        assert cells[2:4] == [f"{total.params:,}", f"{total.macs:,}"]
    assert len(section.one("svg", "chart").all("circle")) == 3
    told = [each.text for each in section.all("details", "difference")]
    assert "googlenet -> googlenet@torchvision" in told[0]
    assert "googlenet -> inception_v1" in told[1]
    names = ("googlenet", "googlenet@torchvision")
    text = diff(both[0].network, both[1].network, names).as_text()
    assert [line for line in text.splitlines() if line not in told[0]] == []
    drawn = section.all("figure", "drawing")
    assert [each.one("svg").attrs["id"] for each in drawn] == [
        "compared.googlenet-torchvision",
        "compared.inception_v1",
    ]
    assert not page_of(as_html(both[:1])).all("section", "compared")


def test_a_page_names_a_variant_once() -> None:
    top = page_of(as_html([prepare("googlenet", "torchvision")]))
    assert top.one("h1").text == "GoogLeNet (torchvision)"


@pytest.mark.parametrize("name", ODD)
def test_odd_networks_have_whole_pages(name: str) -> None:
    top = page_of(as_html([prepare(spec(name))]))
    ids = Counter(each.attrs["id"] for each in top.all(having="id"))
    assert ids.most_common(1)[0][1] == 1
    assert {each.attrs["href"][1:] for each in top.all("a")} <= set(ids)


@pytest.mark.parametrize("name", ["googlenet", "inception_resnet_v1", "inception_time"])
def test_memory_is_known_for_every_batch(name: str) -> None:
    prepared, top = made(name)
    grown = json.loads(top.one("script", "growth").text)
    for size in (1, 4, 8):
        for batch in (1, 2, 3, 17, 250_000, 10**6):
            total = cost(prepared.network, batch=batch, dtype_bytes=size).total
            wanted = {"peak": total.peak_bytes, "saved": total.saved_for_backward_bytes}
            for kind, pieces in grown[str(size)].items():
                start, first, more = [each for each in pieces if each[0] <= batch][-1]
                assert first + more * (batch - start) == wanted[kind]


@pytest.mark.parametrize("bends", [(), (7,), (3, 10), (3, 4, 5, 999_998)])
def test_growth_that_bends_is_in_pieces(bends: tuple[int, ...]) -> None:
    def size(batch: int) -> int:
        return 5 * batch + sum((place + 1) * max(0, batch - at) for place, at in enumerate(bends))

    pieces = growth(size)
    for batch in (1, 2, 3, 4, 5, 6, 7, 8, 11, 500, 999_997, 10**6):
        last = [each for each in pieces if each.batch <= batch][-1]
        assert (last.size or 0) + last.more * (batch - last.batch) == size(batch)


def test_networks_of_one_title_and_files_of_one_name_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = page_of(as_html([prepare("googlenet"), prepare("googlenet")]))
    titles = [each.one("h2").text for each in top.all("article")]
    assert titles == ["GoogLeNet (googlenet)", "GoogLeNet (googlenet-2)"]
    assert "googlenet -> googlenet-2" in top.one("details", "difference").text
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").touch()
    for folder in ("base", "own"):
        Path(folder).mkdir()
    Path("base/net.yaml").write_text(TINY.replace("fc classes]", "fc classes, softmax]"))
    Path("own/net.yaml").write_text("extends: ../base/net.yaml\nname: own\n")
    top = page_of(as_html([prepare("own/net.yaml")]))
    files = [each.text for each in top.one("section", "spec").all("p", "file")]
    assert sorted(files) == ["base/net.yaml", "own/net.yaml"]
    (found,) = top.one("section", "findings").all("a")
    assert found.text.startswith("base/net.yaml:")


def test_a_network_without_a_product_has_no_chart_of_them() -> None:
    text = "name: bare\ninput: [3, 8, 8]\nclasses: 3\nbody: [maxpool 3x3]\n"
    top = page_of(as_html([prepare(Piped(text, "bare.yaml"))]))
    charts = [each.text for each in top.one("section", "charts").all("summary")]
    assert not any("MACs" in each for each in charts)
    assert len(charts) == len(top.one("section", "charts").all("svg"))


@pytest.mark.parametrize(
    ("promised", "said"),
    [
        ("params: 826", "1 thing, and it holds"),
        ("params: 1", "1 thing; the network breaks 1"),
        ("params: 826, macs: 153760", "2 things, and they hold"),
        ("params: 1, macs: 1", "2 things; the network breaks 2"),
    ],
)
def test_it_says_which_promises_hold(promised: str, said: str) -> None:
    given = prepare(Piped(f"{SPEC}expect: {{{promised}}}\n", "net.yaml", "net.yaml"))
    summary = page_of(as_html([given])).one("details", "contract").one("summary")
    assert summary.text == f"The spec promises {said}"
