"""The Chrome DevTools Protocol as values: any frame is read or refused, none does harm."""

import json
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_protocols import cdp
from colab_cdp_protocols.cdp import Command, Event, MalformedFrameError, Refusal, Reply, decode

SHAPES = (
    cdp.Version, cdp.TargetInfo, cdp.AttachedSession, cdp.World, cdp.FrameTree, cdp.ScriptResult,
    cdp.TargetEvent, cdp.TargetGone, cdp.SessionGone, cdp.SessionOpened, Any,
)  # fmt: skip

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(st.characters(exclude_categories=()))
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
frames = st.fixed_dictionaries(
    {},
    optional={
        "id": st.integers(0, 10**6) | scalars,
        "method": st.text() | scalars,
        "params": values,
        "result": values,
        "error": st.fixed_dictionaries({}, optional={"code": scalars, "message": scalars}) | values,
        "sessionId": st.text() | scalars,
    },
)


def read(frame: str | bytes) -> None:
    """Read a frame, and what is in it as every shape there is: refused or not, nothing else."""
    try:
        message = decode(frame)
    except MalformedFrameError:
        return
    for shape in SHAPES:
        with suppress(MalformedFrameError):
            if isinstance(message, Reply):
                Command("Some.method", {}, shape).parse(message.result)
            elif isinstance(message, Event):
                cdp.params(message, shape)


@given(st.binary())
def test_any_bytes_are_read_or_refused(frame: bytes) -> None:
    read(frame)


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_read_or_refused(frame: str) -> None:
    read(frame)


@given(frames | values, st.booleans())
def test_any_json_is_read_or_refused(value: object, escaped: bool) -> None:  # noqa: FBT001
    frame = json.dumps(value, ensure_ascii=escaped)
    read(frame)
    read(frame.encode(errors="surrogatepass"))


@given(frames, st.data())
def test_a_frame_that_was_cut_is_read_or_refused(value: object, data: st.DataObject) -> None:
    frame = json.dumps(value)
    read(frame[: data.draw(st.integers(0, len(frame)))])


@pytest.mark.parametrize(
    "frame",
    [
        "", "null", "[]", "{}", '""', "{", '{"id": null}', '{"id": 1.5}', '{"id": true}',
        '{"id": "1"}', '{"id": 1e400}', '{"id": ' + "9" * 5000 + "}", '{"method": 7}',
        '{"id": 1, "result": NaN}', '{"id": 1, "error": []}',
        "[" * 100_000, '{"id": 1, "result": ' + "[" * 100_000, b"\xff\xfe\x00", b"\x00\x01\x02",
        '{"id": 1, "result": ' + "[" * 50_000 + "]" * 50_000 + "}",
    ],
    ids=lambda frame: repr(frame[:24]),
)  # fmt: skip
def test_what_is_no_frame_is_refused_with_a_sentence(frame: str | bytes) -> None:
    with pytest.raises(MalformedFrameError, match=r"not a CDP frame: ."):
        decode(frame)


@given(
    st.integers(0, 2**53),
    st.none() | st.text(min_size=1),
    st.dictionaries(st.text(), st.text() | st.integers(-(2**53), 2**53) | st.booleans()),
)
def test_a_command_arrives_as_it_was_meant(
    number: int, session: str | None, options: dict[str, Any]
) -> None:
    frame = json.loads(Command("Page.enable", options).encode(number, session))
    expected = {"id": number, "method": "Page.enable", "params": options}
    assert frame == expected | ({} if session is None else {"sessionId": session})


def test_every_command_is_a_method_of_a_domain_with_json_parameters() -> None:
    commands: list[Command[Any]] = [
        cdp.get_version(), cdp.discover_targets(), cdp.attach("T"), cdp.detach("S"),
        cdp.auto_attach(), cdp.watch_network(), cdp.get_frame_tree(),
        cdp.create_isolated_world("F", "w"), cdp.call_function("f", 3, {}, group="g", wait=True),
        cdp.release_objects("g"), cdp.thaw(),
    ]  # fmt: skip
    for command in commands:
        assert json.loads(command.encode(1, None))["params"] == command.params
        domain, method = command.method.split(".")
        assert (domain[0].isupper(), method[0].islower()) == (True, True)


def test_a_reply_is_parsed_as_the_result_of_its_command() -> None:
    reply = decode('{"id": 4, "sessionId": "S", "result": {"product": "Chrome/141.0", "new": 1}}')
    assert isinstance(reply, Reply)
    assert reply.number == 4
    assert cdp.get_version().parse(reply.result) == cdp.Version("Chrome/141.0")


def test_a_reply_of_another_shape_names_the_method() -> None:
    with pytest.raises(MalformedFrameError, match=r"Browser\.getVersion.*product"):
        cdp.get_version().parse(msgspec.Raw(b'{"produce": 1}'))


def test_a_reply_without_a_result_is_an_empty_one() -> None:
    reply = decode('{"id": 4}')
    assert isinstance(reply, Reply)
    assert cdp.thaw().parse(reply.result) == {}


def test_a_refusal_has_the_browsers_own_words() -> None:
    frame = '{"id": 9, "error": {"code": -32000, "message": "Cannot find context", "data": 1}}'
    assert decode(frame) == Refusal(9, -32000, "Cannot find context")


def test_an_event_has_its_session_or_none() -> None:
    info = {"targetId": "T", "type": "page", "title": "t", "url": "u", "attached": False}
    frame = {"method": "Target.targetCreated", "params": {"targetInfo": info}}
    for session in (None, "S"):
        told = frame if session is None else frame | {"sessionId": session}
        event = decode(json.dumps(told).encode())
        assert isinstance(event, Event)
        assert (event.method, event.session) == ("Target.targetCreated", session)
        expected = cdp.TargetEvent(cdp.TargetInfo("T", "page", "t", "u"))
        assert cdp.params(event, cdp.TargetEvent) == expected
        with pytest.raises(MalformedFrameError, match=r"Target\.targetCreated.*sessionId"):
            cdp.params(event, cdp.SessionGone)


def test_what_a_script_threw_is_told_in_its_own_words() -> None:
    details = {"text": "Uncaught", "exception": {"description": "TypeError: x", "type": "object"}}
    result = msgspec.Raw(json.dumps({"result": {}, "exceptionDetails": details}).encode())
    command: Command[cdp.ScriptResult] = Command("Runtime.callFunctionOn", {}, cdp.ScriptResult)
    thrown = command.parse(result).exception_details
    assert str(thrown) == "TypeError: x"
    assert str(cdp.ExceptionDetails("Uncaught")) == "Uncaught"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_what_a_script_returned_arrives_as_it_was(value: object) -> None:
    assert returned(json.dumps(value)).read(object) == value


@given(st.text(st.characters(exclude_categories=())))
def test_a_text_that_a_script_returned_arrives_with_its_halves_replaced(text: str) -> None:
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert returned(json.dumps(text)).read(str) == whole


def returned(text: str) -> cdp.ScriptResult:
    """Return the result of a script which returned that JSON text, as Chrome answers it."""
    command: Command[cdp.ScriptResult] = Command("Runtime.callFunctionOn", {}, cdp.ScriptResult)
    answer = {"result": {"type": "string", "value": text}}
    return command.parse(msgspec.Raw(json.dumps(answer).encode()))


@pytest.mark.parametrize("value", ["{", "", 7, None, {"a": 1}, '"text"', "[" * 100_000])
def test_a_script_that_returned_another_shape_is_refused(value: object) -> None:
    with pytest.raises(MalformedFrameError, match=r"returned something else"):
        cdp.ScriptResult(cdp.RemoteValue(value)).read(int)


def test_a_script_that_returned_nothing_returned_null() -> None:
    assert cdp.ScriptResult(cdp.RemoteValue()).read(object) is None


# What Chrome sends of a page's text that was cut through an emoji.
@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"x\ud83d y", "x\ufffd y"),
        (r"\udE80", "\ufffd"),
        (r"\ud83d\ud83d\ude80", "\ufffd\U0001f680"),
        (r"\ud83d\u00e9", "\ufffdé"),
        (r"\\ud83d \ud83d", "\\ud83d \ufffd"),
        (r"\\\ud83d", "\\\ufffd"),
        (r"\ud55c\uae00 \ud83d\ude80", "한글 \U0001f680"),
    ],
)
@pytest.mark.parametrize("binary", [False, True])
def test_half_a_utf16_pair_spoils_no_frame(escaped: str, text: str, binary: bool) -> None:  # noqa: FBT001
    frame = f'{{"id": 1, "result": {{"product": "{escaped}"}}}}'
    reply = decode(frame.encode() if binary else frame)
    assert isinstance(reply, Reply)
    assert cdp.get_version().parse(reply.result).product == text


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_of_a_page_arrives_with_its_halves_replaced(text: str) -> None:
    reply = decode(json.dumps({"id": 1, "result": {"product": text}}))
    assert isinstance(reply, Reply)
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert cdp.get_version().parse(reply.result).product == whole


def test_a_byte_that_is_no_utf8_spoils_no_frame() -> None:
    reply = decode(b'{"id": 1, "result": {"product": "a\xffb"}}')
    assert isinstance(reply, Reply)
    assert cdp.get_version().parse(reply.result).product == "a\ufffdb"
    event = decode(b'{"method": "Target.targetDestroyed", "params": {"targetId": "a\xffb"}}')
    assert isinstance(event, Event)
    assert cdp.params(event, cdp.TargetGone).target_id == "a\ufffdb"


# What Chromium 156 says of a document without a title.
@pytest.mark.parametrize(
    ("title", "url"),
    [
        (
            "127.0.0.1:8888/lab/tree/a bé.ipynb?token=abc=",
            "http://127.0.0.1:8888/lab/tree/a%20b%C3%A9.ipynb?token=abc%3D#x=1",
        ),
        ("localhost:8888/lab?token=abc", "http://localhost:8888/lab?token=abc"),
        ("[::1]:8888/lab", "http://[::1]:8888/lab"),
        ("ex-ämple.com:8888/a/", "http://user:pw@www.xn--ex-mple-7wa.com:8888/a/"),
        ("colab.research.google.com/drive/1vc", "https://colab.research.google.com/drive/1vc"),
    ],
)
def test_an_address_in_place_of_a_title_is_none(title: str, url: str) -> None:
    assert cdp.TargetInfo("1", "page", title, url).title == ""


@pytest.mark.parametrize(
    ("title", "url"),
    [
        ("train/val.ipynb - Colab", "https://colab.research.google.com/drive/1vc"),
        ("/lab", "http://localhost:8888/lab"),
        ("a / b", "about:blank"),
        ("a/b", "http://[::1"),
        ("localhost", "http://localhost:8888/lab"),
    ],
)
def test_a_title_with_a_slash_stays(title: str, url: str) -> None:
    assert cdp.TargetInfo("1", "page", title, url).title == title
