"""Reading YAML: raw values at their places, and a clear refusal of everything else."""

from __future__ import annotations

import errno
import os
import re
import socket
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.text.composing import MAX_NODES, MAX_PROBLEMS
from dsl.text.parsing import parse
from dsl.text.problems import SpecError
from dsl.text.source import MAX_BYTES, MAX_DEPTH, hidden, read
from dsl.text.values import Mapping, Scalar, Sequence, Value
from tests.counting import counted


def faults(text: str) -> list[str]:
    """`line:column code message` of every problem that parsing `text` finds."""
    with pytest.raises(SpecError) as caught:
        parse(text, "net.yaml")
    return [f"{p.span.line}:{p.span.column} {p.code} {p.message}" for p in caught.value.problems]


def scalar(text: str, key: str = "a") -> Scalar:
    value = parse(text, "net.yaml").get(key)
    assert isinstance(value, Scalar)
    return value


def scalars(value: Value) -> Iterator[Scalar]:
    if isinstance(value, Scalar):
        yield value
    elif isinstance(value, Sequence):
        for item in value.items:
            yield from scalars(item)
    else:
        for entry in value.entries:
            yield entry.key
            yield from scalars(entry.value)


SPEC = """\
# a comment
name: inception_v3
input: [3, 299, 299]
inception:
  A:
    params: {pool: 32}
    concat:
      - 1x1 64
      - [1x1 48, 5x5 64]   # two in order
      - {pool_proj: avgpool 3x3}
body:
- mixed_5b: A pool=32
- dropout 0.4
"""


# --- values and their places


def test_a_spec_becomes_a_tree_in_file_order() -> None:
    root = parse(SPEC, "net.yaml")
    assert root.keys() == ("name", "input", "inception", "body")
    block = root.get("inception")
    assert isinstance(block, Mapping)
    a = block.get("A")
    assert isinstance(a, Mapping)
    concat = a.get("concat")
    assert isinstance(concat, Sequence)
    assert [type(item) for item in concat.items] == [Scalar, Sequence, Mapping]
    assert root.get("absent") is None
    assert root.entry("absent") is None


def test_every_plain_scalar_is_found_at_its_span() -> None:
    lines = SPEC.split("\n")
    for value in scalars(parse(SPEC, "net.yaml")):
        line, start = lines[value.span.line - 1], value.span.column - 1
        assert value.plain
        assert line[start : start + value.span.length] == value.text


def test_a_token_inside_an_op_string_has_its_own_place() -> None:
    value = scalar("a: 1x7 192 /2")
    assert str(value.at(4, 3)) == "net.yaml:1:8"
    assert value.at(4, 3).length == 3


@pytest.mark.parametrize("raw", ["no", "010", "1:30", "1e-3", "~", "null", "0x1F", "2001-01-01"])
def test_yaml_1_1_scalars_stay_raw_text(raw: str) -> None:
    assert scalar(f"a: {raw}").text == raw


@pytest.mark.parametrize(
    ("text", "value", "column", "length"),
    [
        ("a: 'x y'", "x y", 5, 3),
        ('a: "x y"', "x y", 5, 3),
        ("a: 'it''s'", "it's", 5, 5),
        (r'a: "\x41b"', "Ab", 5, 5),
        ("a: ''", "", 5, 1),
        ("a: 'x\n  y'", "x y", 5, 1),
    ],
)
def test_quoted_scalars_point_inside_the_quotes(
    text: str, value: str, column: int, length: int
) -> None:
    found = scalar(text)
    assert (found.text, found.span.column, found.span.length) == (value, column, length)
    assert not found.plain


def test_a_token_in_quotes_is_placed_unless_escapes_shift_it() -> None:
    assert scalar("a: 'xx yy'").at(3, 2).column == 8
    assert scalar("a: 'it''s yy'").at(5, 2) == scalar("a: 'it''s yy'").span


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: x\n  y\nb: z", "x y"),
        ("a: |\n  x\n  y\nb: z", "x\ny\n"),
        ("a: >-\n  x\n  y\nb: z", "x y"),
    ],
)
def test_multi_line_text_is_kept_and_placed_on_its_first_line(text: str, value: str) -> None:
    found = scalar(text)
    assert (found.text, found.plain) == (value, False)
    assert (found.span.line, found.span.column, found.span.length) == (1, 4, 1)


@pytest.mark.parametrize("text", ["a:", "a:\nb: 1", "{a, b: 1}", "a: # none"])
def test_an_empty_value_is_an_empty_scalar(text: str) -> None:
    found = scalar(text)
    assert (found.text, found.plain) == ("", True)


def test_collections_span_their_brackets_or_first_key() -> None:
    root = parse("a: [1, 2]\nb:\n  cc: {d: 1}\ne:\n- x", "net.yaml")
    spans = [entry.value.span for entry in root.entries]
    assert [(s.line, s.column, s.length) for s in spans] == [(1, 4, 6), (3, 3, 2), (5, 1, 1)]
    assert root.span.length == 1


def test_windows_line_ends_and_bom_change_no_place() -> None:
    assert parse("\ufeffa: b\r\nc: d\r\n", "f") == parse("a: b\nc: d\n", "f")


def test_one_document_marker_and_text_beyond_ascii_are_fine() -> None:
    assert scalar("---\na: Größe 网络 🙂\n...\n").text == "Größe 网络 🙂"


# --- YAML features that are refused


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a: !!str x", "1:4 E003 YAML tags (`!…`) are refused"),
        ("a: !!python/object:os.system {}", "1:4 E003 YAML tags (`!…`) are refused"),
        ("a: ! x", "1:4 E003 YAML tags (`!…`) are refused"),
        ("a: !e!x y", "1:4 E003 YAML tags (`!…`) are refused"),
        ("a: !<x", "1:4 E003 YAML tags (`!…`) are refused"),
        ("a: &x\n  b: 1", "1:4 E003 the YAML anchor `&x` is refused"),
        ("a: &", "1:4 E003 YAML anchors and aliases are refused"),
        ("a: *x", "1:4 E003 the YAML alias `*x` is refused"),
        ("*x : a", "1:1 E003 the YAML alias `*x` is refused"),
        ("a:\n  <<: {b: 1}", "2:3 E003 YAML merge keys (`<<`) are refused"),
        ("%YAML 1.1\n---\na: 1", "1:1 E003 YAML directives (`%…`) are refused"),
        ("%TAG ! x:\n---\na: 1", "1:1 E003 YAML directives (`%…`) are refused"),
        (
            "%YAML 1." + "9" * 5000 + "\n---\na: 1",
            "1:1 E003 YAML directives (`%…`) are refused",
        ),
        (
            "a: 1\n---\nb: 2",
            "2:1 E003 a file holds one YAML document, and a second one starts here",
        ),
        (
            "a: 1\n...\nb: 2",
            "3:1 E003 a file holds one YAML document, and a second one starts here",
        ),
        ("[a]: 1", "1:1 E003 a key must be a plain word, not a list or a mapping"),
        ("? {a: 1}\n: 1", "1:3 E003 a key must be a plain word, not a list or a mapping"),
    ],
)
def test_refused_features(text: str, wanted: str) -> None:
    assert faults(text) == [wanted]


@pytest.mark.parametrize("text", ["a: &x 1", "a: *x", "<<: {}", "a: &"])
def test_reuse_is_offered_in_the_languages_own_way(text: str) -> None:
    with pytest.raises(SpecError, match=r"`params:`.*`xN`.*`variants:`"):
        parse(text, "net.yaml")


def test_anchor_and_tag_on_one_value_are_two_problems_at_two_places() -> None:
    assert faults("a: &x !!str b") == [
        "1:4 E003 the YAML anchor `&x` is refused",
        "1:7 E003 YAML tags (`!…`) are refused",
    ]


def test_quoted_merge_sign_is_only_a_key() -> None:
    assert parse("'<<': 1", "f").keys() == ("<<",)


def test_alias_bomb_is_refused_at_every_place() -> None:
    rows = ["a: &a [x, x]", *(f"{c}: &{c} [*{p}, *{p}]" for p, c in zip("abc", "bcd", strict=True))]
    found = faults("\n".join(rows))
    assert len(found) == 4 + 6
    assert found[0] == "1:4 E003 the YAML anchor `&a` is refused"


def test_all_problems_are_told_at_once_and_a_syntax_error_ends_them() -> None:
    assert faults("a: !x 1\nb: &y 2\na: 3\nc: @\nd: *z") == [
        "1:4 E003 YAML tags (`!…`) are refused",
        "2:4 E003 the YAML anchor `&y` is refused",
        "3:1 E004 the key `a` is given again",
        "4:4 E002 a value can't start with `@`",
    ]


# --- duplicate keys


def test_duplicate_key_names_both_places() -> None:
    with pytest.raises(SpecError) as caught:
        parse("b:\n  B: 1\n  'B': 2\n", "net.yaml")
    (problem,) = caught.value.problems
    assert (problem.code, str(problem.span)) == ("E004", "net.yaml:3:4")
    assert [(str(span), text) for span, text in problem.notes] == [("net.yaml:2:3", "first given")]
    assert "note: first given at 2:3" in str(caught.value)


def test_the_same_key_in_two_mappings_is_fine() -> None:
    assert parse("a: {x: 1}\nb: {x: 1}", "f").keys() == ("a", "b")


def test_a_flood_of_problems_stops_the_reading() -> None:
    found = faults("a: 1\n" * 10_000)
    assert len(found) == MAX_PROBLEMS + 1
    assert f"101:1 E005 {MAX_PROBLEMS} problems: reading stops here" in found


# --- limits


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH, f"1:{3 + MAX_DEPTH}"),
        ("a: " + "{a: " * MAX_DEPTH, f"1:{4 * MAX_DEPTH}"),
        ("\n".join(" " * i + "a:" for i in range(MAX_DEPTH + 1)), "33:33"),
        ("- " * 500 + "a", "1:65"),
        ("? " * 500 + "a", "1:65"),
        ("[" * 50_000, "1:33"),
        ("[\n" * 50_000, "33:1"),
    ],
)
def test_nesting_is_limited(text: str, place: str) -> None:
    assert faults(text) == [f"{place} E005 nested more than {MAX_DEPTH} levels deep"]


def test_the_deepest_nesting_allowed_is_read() -> None:
    depth = MAX_DEPTH - 1
    assert parse("a: " + "[" * depth + "]" * depth, "f").keys() == ("a",)


OVER = f"more than {MAX_NODES:,} keys and values"


def test_nodes_are_limited() -> None:
    fits = "a: [" + "b," * (MAX_NODES - 3) + "]"
    assert parse(fits, "f").keys() == ("a",)
    assert faults(fits.replace("[", "[b,")) == [f"1:{len(fits)} E005 {OVER}"]


def test_size_is_limited() -> None:
    assert scalar("a: " + "b" * (MAX_BYTES - 3)).plain
    assert faults("a: " + "b" * MAX_BYTES) == ["1:1 E005 larger than 256 KB, the limit for a spec"]
    assert faults("é" * (MAX_BYTES // 2 + 1))[0].startswith("1:1 E005")


OPENING = ("[", "{", "[],", "[a: ", "- ", "? ", "a: ", "'", '"', "&a ", "*a ", "!", "%")
NASTY = (
    *OPENING,
    ":",
    ",",
    "#",
    "\\",
    "|\n",
    "x ",
    "\n",
    " ",
    "\t",
    "---\n",
    "...\n",
    "a: 1\n",
    "- x\n",
    "- |\n",
)


@pytest.mark.parametrize("piece", NASTY)
def test_a_full_size_bomb_is_refused_in_time(piece: str) -> None:
    for text in (piece * MAX_BYTES, "a: [" + piece * MAX_BYTES):
        assert counted(partial(faults, text[:MAX_BYTES])) < 25 * MAX_BYTES


# --- characters


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a: 1\nb: x\0", "2:5 E006 the unprintable character U+0000"),
        ("a: \x1b[31m", "1:4 E006 the unprintable character U+001B"),
        ("a: \x7f", "1:4 E006 the unprintable character U+007F"),
        ("a: \ud800", "1:4 E006 the unprintable character U+D800"),
        ("a: \uffff", "1:4 E006 the unprintable character U+FFFF"),
        ("a: x\ufeff", "1:5 E006 the unprintable character U+FEFF"),
        ("a: 1\rb: 2", "1:5 E006 U+000D ends a line for YAML only"),
        ("a: 1\n# \x85b: 2", "2:3 E006 U+0085 ends a line for YAML only"),
        ("a: 1 # \u2028b: 2", "1:8 E006 U+2028 ends a line for YAML only"),
        ("a: 1 # \u2029b: 2", "1:8 E006 U+2029 ends a line for YAML only"),
        ('a: "\\0"', "1:5 E006 the unprintable character U+0000 (written as an escape)"),
        ('a: "x\\N"', "1:5 E006 U+0085 (written as an escape) ends a line for YAML only"),
        ('a: "\\uD800"', "1:5 E006 the unprintable character U+D800 (written as an escape)"),
        ('"\\0": a', "1:2 E006 the unprintable character U+0000 (written as an escape)"),
    ],
)
def test_hidden_characters_are_refused(text: str, wanted: str) -> None:
    assert faults(text) == [wanted]


def test_what_can_be_seen_is_not_hidden() -> None:
    refused = {"Cc", "Cs", "Zl", "Zp"}
    other = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF, 0xFFFE, 0xFFFF}
    for code in range(0x20000):
        char = chr(code)
        wanted = char not in "\t\n" and (unicodedata.category(char) in refused or code in other)
        assert bool(hidden(f"a{char}b")) == wanted, hex(code)


@pytest.mark.parametrize("char", [chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))])
@pytest.mark.parametrize(("text", "place"), [("# x{}", "1:4"), ("a: 'x{}'", "1:6")])
def test_bidi_controls_are_refused_anywhere(char: str, text: str, place: str) -> None:
    (found,) = faults(text.format(char))
    reason = "reorders the text around it, so that it can hide content"
    assert found == f"{place} E006 U+{ord(char):04X} {reason}"


def test_bidi_control_as_an_escape_is_refused() -> None:
    (found,) = faults('a: "\\u202E"')
    assert found.startswith("1:5 E006 U+202E (written as an escape) reorders")


# --- syntax, in plain words


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "1:1 E002 the spec is empty"),
        ("# only a comment\n", "1:1 E002 the spec is empty"),
        ("---\n", "1:1 E002 the spec is empty"),
        ("- a", "1:1 E002 a spec is made of `key: value`, but this is a list"),
        ("hello", "1:1 E002 a spec is made of `key: value`, but this is only text"),
        ("a:1\nb:2", "1:1 E002 a spec is made of `key: value`, but this is only text"),
        ("a:\n\t- b", "2:1 E002 a tab where YAML allows only spaces"),
        ("a: b\t# c", "1:5 E002 a tab where YAML wants a space"),
        ("a: @b", "1:4 E002 a value can't start with `@`"),
        ("a: %b", "1:4 E002 a value can't start with `%`"),
        ("a: [b, c", "1:4 E002 this bracket is never closed"),
        ("a: {b: c", "1:4 E002 this bracket is never closed"),
        ("a: [b, c}", "1:9 E002 expected `,` or `]` here"),
        ("a: {b: 1 c: 2}", "1:11 E002 expected `,` or `}` here"),
        ("a: b]\nc: ]", "2:4 E002 this `]` closes nothing"),
        ("a: 1\n}", "2:1 E002 this `}` closes nothing"),
        ("a: [,]", "1:5 E002 a value is missing before this `,`"),
        ("a: 'b", "1:4 E002 this quote is never closed"),
        ('a: "b\n---\n', "1:4 E002 this quote is never closed"),
        ("a: 'it's'", "1:8 E002 text after the end of a value"),
        ("a: [b] c", "1:8 E002 text after the end of a value"),
        (r'a: "\q"', "1:6 E002 no such escape in double quotes"),
        (r'a: "\UFFFFFFFF"', "1:7 E002 no such escape in double quotes"),
        (r'a: "\U00110000"', "1:7 E002 no such escape in double quotes"),
        ("a: b: c", "1:5 E002 a second `: ` in one value"),
        (
            "a: 1\n  b: 2",
            "2:4 E002 the line above already has a value, so nothing can be indented under it",
        ),
        ("a: 1\nb\nc: 2", "2:1 E002 this line is neither `key: value` nor a `- ` item"),
        ("a:\n- b\n-c\nd: 1", "3:1 E002 this line is neither `key: value` nor a `- ` item"),
        ("a: - b", "1:4 E002 a `- ` item can't start here"),
        ("a: ? b", "1:4 E002 a `? ` key can't start here"),
        ("a: |b\n  c", "1:5 E002 the text of a `|` or `>` value starts on the line below it"),
        (": a", "1:1 E002 a key is missing before this `:`"),
        ("?\n: a", "1:2 E002 a key is missing here"),
        ("- a\nb: c", "2:1 E002 this line is not an item of the list above it"),
        ("a: 1\n- b", "2:1 E002 a `- ` item can't stand among `key: value` lines"),
        ("a:\n    b: 1\n  c: 2", "3:3 E002 this line lines up with no key above it"),
        (" a: 1\nb: 2", "2:1 E002 this line lines up with no key above it"),
        ("...", "1:1 E002 YAML can't read this"),
    ],
)
def test_syntax_faults_in_plain_words(text: str, wanted: str) -> None:
    assert faults(text) == [wanted]


@pytest.mark.parametrize(
    ("text", "told", "noted"),
    [
        (
            "a:\n    b: 1\n  c: 2\n  d: 3",
            "2:5 this line is indented otherwise",
            "they go on at 3:3",
        ),
        ("a:\n  b: 1\n # c\n d: 2", "4:2 this line lines up with no key", "starts at 2:3"),
        (" a: 1\nb: 2\nc: 3", "1:2 this line is indented otherwise", "they go on at 2:1"),
        ("a:\n  b: 1\n  - c", "3:3 a `- ` item can't stand", "the line above it starts at 2:3"),
        ("a: 1\n\n  b: 2\n", "3:4 the line above already has", "the line above it starts at 1:1"),
    ],
)
def test_a_line_that_fits_no_other_is_told_beside_the_one_above(
    text: str, told: str, noted: str
) -> None:
    with pytest.raises(SpecError) as caught:
        parse(text, "net.yaml")
    (problem,) = caught.value.problems
    assert f"{problem.span.line}:{problem.span.column} {problem.message}".startswith(told)
    assert noted in str(caught.value)


def test_an_unexpected_token_in_brackets_names_the_opening_bracket() -> None:
    with pytest.raises(SpecError, match="note: the bracket opens at 1:4"):
        parse("a: [1, 2\n  }\nb: 3", "net.yaml")


def test_the_report_shows_the_line_and_a_caret() -> None:
    with pytest.raises(SpecError) as caught:
        parse("a: 1\nb: c: d\n", "net.yaml")
    assert str(caught.value).splitlines()[:3] == [
        "net.yaml:2:5: error[E002]: a second `: ` in one value",
        " 2 | b: c: d",
        "   |     ^",
    ]


# --- files


def unreadable(path: Path) -> str:
    with pytest.raises(SpecError) as caught:
        read(path)
    (problem,) = caught.value.problems
    return f"{problem.code} {problem.message}".replace(str(path), "PATH")


def test_a_file_is_read_without_bom_and_carriage_returns(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes("\ufeffa: é\r\nb: 1\r\n".encode())
    assert read(path) == "a: é\nb: 1\n"


def test_a_link_to_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("a: 1")
    (tmp_path / "link").symlink_to("net.yaml")
    assert read(tmp_path / "link") == "a: 1"


def test_missing_file(tmp_path: Path) -> None:
    assert unreadable(tmp_path / "x") == "E001 can't read PATH: no such file or directory"


def test_directory(tmp_path: Path) -> None:
    assert unreadable(tmp_path) == "E001 can't read PATH: it is a directory"


def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x")
    wanted = "E001 can't read PATH: it is a pipe, not a regular file"
    assert unreadable(tmp_path / "x") == wanted


def test_a_pipe_swapped_in_after_the_check_does_not_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "x")
    (tmp_path / "y").touch()
    regular = (tmp_path / "y").stat()
    with monkeypatch.context() as patch:
        patch.setattr("dsl.text.source.os.stat", lambda *_, **__: regular)
        wanted = "E001 can't read PATH: it is a pipe, not a regular file"
        assert unreadable(tmp_path / "x") == wanted


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null", "/dev/tty"])
def test_device(name: str) -> None:
    if not Path(name).exists():
        pytest.skip(f"no {name} here")
    assert unreadable(Path(name)) == "E001 can't read PATH: it is a device, not a regular file"


def test_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("x")
        assert unreadable(Path("x")).endswith(": it is a socket, not a regular file")


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").touch()

    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("dsl.text.source.os.open", refuse)
        assert unreadable(tmp_path / "x") == "E001 can't read PATH: permission denied"


def test_link_to_itself(tmp_path: Path) -> None:
    (tmp_path / "x").symlink_to("x")
    assert unreadable(tmp_path / "x").startswith("E001 can't read PATH: too many levels")


def test_null_byte_and_line_break_in_a_path() -> None:
    assert re.search(r"a\\x00b: .*embedded null (byte|character)", unreadable(Path("a\0b")))
    assert "a\\nb: no such file" in unreadable(Path("a\nb"))


def test_a_large_file_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with path.open("wb") as stream:
        stream.truncate(1 << 40)
    assert unreadable(path) == "E005 PATH: larger than 256 KB, the limit for a spec"


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"a: 1\r\nb: \xff", "2:4 E006 byte 0xff is not valid UTF-8"),
        (b"\xef\xbb\xbfa: \xc3\xa9\xc3(", "1:5 E006 byte 0xc3 is not valid UTF-8"),
        (b"a: \xed\xa0\x80", "1:4 E006 byte 0xed is not valid UTF-8"),
        ("a: 1".encode("utf-16"), "1:1 E006 byte 0xff is not valid UTF-8"),
        (b"a: 1\nb: \x00", "2:4 E006 the unprintable character U+0000"),
    ],
)
def test_bytes_that_are_no_text(tmp_path: Path, data: bytes, wanted: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    with pytest.raises(SpecError) as caught:
        read(path)
    (problem,) = caught.value.problems
    span = problem.span
    assert f"{span.line}:{span.column} {problem.code} {problem.message}" == wanted
    assert span.file == str(path)


# --- anything at all

JARGON = ("while parsing", "while scanning", "<block", "<stream", "<document", "token", "scalar")
YAML_LIKE = st.lists(
    st.sampled_from([*NASTY, "b", "<<", "\r\n", "\n  ", "]", "}", ">-\n", "\\u", "\ufeff", "é"])
).map("".join)


@settings(max_examples=300, database=None)
@given(st.one_of(YAML_LIKE, YAML_LIKE.map("a: ".__add__), st.text()))
def test_any_text_is_read_or_refused_clearly(text: str) -> None:
    try:
        root = parse(text, "net.yaml")
    except SpecError as error:
        shown = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
        for problem in error.problems:
            assert not any(word in problem.message for word in JARGON)
            assert 1 <= problem.span.line <= len(shown)
            assert 1 <= problem.span.column <= len(shown[problem.span.line - 1]) + 1
        return
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    for value in scalars(root):
        start = value.span.column - 1
        line = lines[value.span.line - 1] if value.span.line <= len(lines) else ""
        if value.plain and value.text:
            assert line[start : start + value.span.length] == value.text


@settings(max_examples=100, database=None)
@given(data=st.binary())
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data)
    with suppress(SpecError):
        assert "\0" not in read(path)
