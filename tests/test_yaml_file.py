"""YAML as this project means it: 1.2 values, lines, and no tricks."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.config import Config, Secret
from colab_cdp_agent.yaml_file import ConfigError, convert, load, parse


class Detector(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    path: str
    years: tuple[int, ...] = ()
    token: Secret | None = None


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    urls: tuple[str, ...]
    texts: dict[str, tuple[str, ...]] = {}
    detectors: dict[str, tuple[Detector, ...]] = {}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("{on: true, off: 1, yes: 2, no: 3}", {"on": True, "off": 1, "yes": 2, "no": 3}),
        ("[on, off, yes, no, y, n]", ["on", "off", "yes", "no", "y", "n"]),
        ("[true, False, TRUE, ~, null, Null]", [True, False, True, None, None, None]),
        ("[22:00, 1:30:00, 2026-01-31, 007, 0x1F, 0o17]", None),
        ("[0, -1, +2, 1.5, .5, 1e3, -1.5e-3]", [0, -1, 2, 1.5, 0.5, 1000.0, -0.0015]),
        ("[1., 1_000, .inf, .nan, 1e999]", None),
        (f"[{'9' * 19}]", None),
        ("{2024: a, true: b, null: c}", {"2024": "a", "true": "b", "null": "c"}),
        ("'on': \"\"", {"on": ""}),
        ("a: {<<: {b: 1}}", {"a": {"<<": {"b": 1}}}),
        ("a: |\n  b\n  c\n", {"a": "b\nc\n"}),
    ],
)
def test_values_are_read_as_yaml_1_2(text: str, value: object) -> None:
    if value is None and text:
        value = text.strip("[]").split(", ")  # nothing but text
    assert parse(text, "x").value == value


def test_every_key_and_item_knows_its_line() -> None:
    document = parse("# head\na:\n  b:\n  - 1\n  - c: 2\n\n    d: 3\n", "x")
    lines = {(): 2, ("a",): 2, ("a", "b"): 3, ("a", "b", 0): 4, ("a", "b", 1): 5}
    lines |= {("a", "b", 1, "c"): 5, ("a", "b", 1, "d"): 7}
    assert document.lines == lines
    assert document.line(("a", "b", 7, "x")) == 3
    assert document.at(("a", "b", 1, "d")) == 3
    assert document.at(("a", "x", 1)) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", "3: a: the key stands in line 1 already"),
        ("a:\n  on: 1\n  on: 2", "3: a.on: the key stands in line 2 already"),
        ("? [a]\n: 1", "1: a key must be a plain text"),
        (
            "a: &x 1\nb: *x",
            (
                "1:4: not valid YAML: aliases and anchors are refused; a text that begins "
                "with * or & "
                "needs quotes"
            ),
        ),
        (
            "a: 1\nb: *x",
            (
                "2:4: not valid YAML: aliases and anchors are refused; a text that begins "
                "with * or & "
                "needs quotes"
            ),
        ),
        (
            "a: !!python/object:os.system 1",
            "1:4: not valid YAML: tags are refused; a text that begins with ! needs quotes",
        ),
        ("[" * 41, "1:41: not valid YAML: nested more than 40 levels deep"),
        (
            "a: [1",
            (
                "1:6: not valid YAML: while parsing a flow sequence: expected ',' or ']', but got "
                "'<stream end>'"
            ),
        ),
        (
            "a: 1\n\tb: 2",
            (
                "2:1: not valid YAML: while scanning for the next token: found character "
                "'\\t' that "
                "cannot start any token"
            ),
        ),
        (
            "--- 1\n--- 2",
            (
                "2:1: not valid YAML: expected a single document in the stream: but found another "
                "document"
            ),
        ),
        ("a: 1\nb: \x01", "2:4: not valid YAML: the character U+0001 is not allowed"),
        ('a: "\\U00110000"', " not valid YAML: chr() arg not in range(0x110000)"),
        ('a:\n  "\\ud800"', "2: a: half of a UTF-16 pair is no character"),
        ("x" * 1_000_001, " larger than 1,000,000 characters"),
    ],
)
def test_broken_yaml_is_a_sentence_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, "f.yaml")
    assert str(caught.value) == f"f.yaml:{message}"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_of_every_editor_load(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes("a: 밤\r\nb: 1\r\n".encode(encoding))
    assert load(path).value == {"a": "밤", "b": 1}


def test_a_file_that_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    with pytest.raises(ConfigError) as caught:
        load(path, "leave out --config")
    assert str(caught.value) == f"{path}: there is no such file; leave out --config"
    with pytest.raises(ConfigError, match=r": cannot be read: .*; check the path$"):
        load(tmp_path)
    path.write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value) == f"{path}:2: not UTF-8 text; save the file as UTF-8"
    path.write_bytes(b" " * 1_000_001)
    with pytest.raises(ConfigError, match="larger than 1,000,000 bytes"):
        load(path)


def test_a_profile_of_another_type_loads() -> None:
    text = "urls: [a]\ntexts: {en: [b]}\ndetectors:\n  connect:\n  - {path: p, years: [2026]}\n"
    detectors: dict[str, tuple[Detector, ...]] = {"connect": (Detector("p", (2026,)),)}
    profile = Profile(urls=("a",), texts={"en": ("b",)}, detectors=detectors)
    assert convert(parse(text, "x"), Profile) == profile


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("texts: {}", "1: the key 'urls' is missing"),
        ("urls: [a]\ntexts:\n  en: [b]\n  ko: [1]\n", "4: texts.ko[0]: expected text, found 1"),
        (
            "urls: [a]\ndetectors:\n  ok:\n  - path: p\n  bad:\n  - path: p\n  - pat: q\n",
            "7: detectors.bad[1].pat: unknown key; did you mean 'path'? Known: path, years, token",
        ),
        (
            "urls: []\ndetectors: {a: [{path: p, token: [x]}]}",
            (
                "2: detectors.a[0].token: expected text (a number needs quotes); what was "
                "found is not "
                "shown here"
            ),
        ),
        ("urls: []\ndetectors: hunter2", "2: detectors: expected keys with values, found text"),
        (
            "urls: []\ndetectors: 5",
            "2: detectors: expected keys with values, found a value that is not text",
        ),
        ("urls: x" + "y" * 80, f"1: urls: expected a list, found 'x{'y' * 57}…"),
    ],
)
def test_a_misfit_is_found_inside_mappings_too(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        convert(parse(text, "f.yaml"), Profile)
    assert str(caught.value) == f"f.yaml:{message}"


def loads_or_says_why(text: str, kind: type) -> None:
    message = "f.yaml"
    try:
        convert(parse(text, "f.yaml"), kind)
    except ConfigError as error:
        message = str(error)
    assert message.startswith("f.yaml")


@given(st.text() | st.text(alphabet="ab:-[]{}?|>&*!%@#'\"\\\n\t ,0123.~<U"))
def test_any_text_loads_or_raises_our_error(text: str) -> None:
    loads_or_says_why(text, Config)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "chrome", "port", "sites", "duties", "clear", "urls", "texts"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
)


@given(PLAIN)
def test_any_values_fit_or_raise_our_error(value: object) -> None:
    text = msgspec.yaml.encode(value).decode()
    loads_or_says_why(text, Config)
    loads_or_says_why(text, Profile)
