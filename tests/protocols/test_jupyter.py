"""The kernel's channel as values: one message in every form it can come in, and no other frame."""

import json
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyter_server.services.kernels.connection.base import (
    serialize_binary_message,
    serialize_msg_to_ws_v1,
)

from colab_cdp_protocols import jupyter
from colab_cdp_protocols.jupyter import (
    LONGEST_ID,
    Header,
    MalformedContentError,
    Message,
    content,
    messages,
)

SHAPES: tuple[Any, ...] = (
    jupyter.Status, jupyter.Stream, jupyter.ExecuteInput, jupyter.ExecuteRequest,
    jupyter.ExecuteReply, jupyter.Error, jupyter.Data, jupyter.ClearOutput, jupyter.InputRequest,
    jupyter.ShutdownReply,
)  # fmt: skip
PARTS = ("header", "parent_header", "metadata", "content")

any_text = st.text(st.characters(exclude_categories=()))
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | any_text
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
whole_text = st.text(st.characters(exclude_categories=["Cs"]))
headers = st.fixed_dictionaries(
    {"msg_id": whole_text.filter(bool), "msg_type": whole_text.filter(bool)},
    optional={"session": whole_text, "username": any_text, "date": any_text, "version": values},
)
wire_messages = st.fixed_dictionaries(
    {
        "header": headers,
        "parent_header": headers | st.just({}),
        "metadata": st.dictionaries(st.text(), values),
        "content": st.dictionaries(st.text(), values),
        "channel": st.sampled_from(["iopub", "shell", "stdin", "control"]),
    }
)


def parts_of(message: dict[str, Any]) -> list[bytes]:
    """Pack the four parts as a kernel does: not ASCII alone."""
    return [
        json.dumps(message[part], ensure_ascii=False).encode("utf-16", "surrogatepass")
        .decode("utf-16", "replace").encode()
        for part in PARTS
    ]  # fmt: skip


def text(message: object) -> str:
    return json.dumps(message)


def binary(message: dict[str, Any], buffers: tuple[bytes, ...] = ()) -> bytes:
    """Write the layout of `v1.kernel.websocket.jupyter.org` with buffers in it."""
    parts = [message["channel"].encode(), *parts_of(message), *buffers]
    offsets = [8 * (len(parts) + 2)]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    return struct.pack(f"<{len(offsets) + 1}Q", len(offsets), *offsets) + b"".join(parts)


def old_binary(message: dict[str, Any], buffers: tuple[bytes, ...] = ()) -> bytes:
    whole = message | {"buffers": list(buffers)}
    frame: bytes = serialize_binary_message(whole)  # type: ignore[no-untyped-call] # it has no types
    return frame


def servers_binary(message: dict[str, Any]) -> bytes:
    parts, channel = parts_of(message), message["channel"]
    frame: bytes = serialize_msg_to_ws_v1(parts, channel)  # type: ignore[no-untyped-call] # it has no types
    return frame


FORMS: dict[str, Callable[[Any], str | bytes]] = {
    "text": text,
    "utf8": lambda it: json.dumps(it, ensure_ascii=False).encode(errors="surrogatepass"),
    "pretty, with keys of its own": lambda it: json.dumps({"msg_id": "?", "n": 1} | it, indent=4),
    "v1": binary,
    "v1 with buffers": lambda it: binary(it, (b"\0\xffmsg_id", b"", b'{"header"')),
    "v1 of jupyter_server": servers_binary,
    "before v1": old_binary,
    "before v1 with buffers": lambda it: old_binary(it, (b"\0\xffmsg_id", b"{}")),
    "list": lambda it: text([it]),
    "event": lambda it: text(["message", it]),
    "socket.io": lambda it: "42" + text(["message", it]),
    "socket.io with namespace and number": lambda it: "42/kernel,13" + text(["message", it]),
    "socket.io with an attachment": lambda it: "451-" + text(["message", it]),
    "prefixed object": lambda it: "42|" + text(it),
    "socket.io as bytes": lambda it: b"42" + text(["message", it]).encode(),
    "data": lambda it: text({"data": it}),
    "msg": lambda it: text({"type": "kernel", "msg": it}),
    "message in message": lambda it: text({"message": {"data": it}}),
    "string": lambda it: text(text(it)),
    "string in an event in a string": lambda it: text("42" + text(["message", text(it)])),
}


def plain(value: object) -> Any:
    """Return what JSON makes of a value, with halves of UTF-16 pairs replaced."""
    whole = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass")
    return json.loads(whole.decode("utf-16", "replace"))


def header(wire: dict[str, Any]) -> Header | None:
    if not wire:
        return None
    return Header(wire["msg_id"], wire["msg_type"], wire.get("session", ""))


@given(wire_messages)
def test_a_message_is_the_same_in_every_form(wire: dict[str, Any]) -> None:
    own, parent = header(wire["header"]), header(wire["parent_header"])
    for form, written in FORMS.items():
        (message,) = messages(written(wire))
        assert (message.channel, message.header, message.parent) == (wire["channel"], own, parent)
        if form != "utf8":  # where half of a pair is three bytes, and so three marks
            assert content(message, dict) == plain(wire["content"])


def example(**changes: Any) -> dict[str, Any]:
    own = {"msg_id": "m1", "msg_type": "stream", "session": "s1"}
    parent = {"msg_id": "m0", "msg_type": "execute_request", "session": "s1"}
    return {
        "header": own,
        "parent_header": parent,
        "metadata": {},
        "content": {"name": "stdout", "text": "loss 0.5\n"},
        "channel": "iopub",
    } | changes


EXPECTED = Message(
    "iopub", Header("m1", "stream", "s1"), Header("m0", "execute_request", "s1"),
    msgspec.Raw(b'{"name": "stdout", "text": "loss 0.5\\n"}'),
)  # fmt: skip


def test_a_frame_may_carry_several_messages_in_their_order() -> None:
    second = example(header={"msg_id": "m2", "msg_type": "stream"}, parent_header={})
    found = messages("42" + text(["batch", {"data": example()}, text(second), 7, None]))
    assert [message.header.msg_id for message in found] == ["m1", "m2"]


# What a front end may leave out, or say with null.
@pytest.mark.parametrize(
    ("changes", "channel", "parent"),
    [
        ({"channel": None}, "", EXPECTED.parent),
        ({"parent_header": None}, "iopub", None),
        ({"parent_header": {}}, "iopub", None),
        ({"parent_header": {"msg_id": "", "msg_type": ""}}, "iopub", None),
        ({"parent_header": {"msg_id": "m0"}}, "iopub", Header("m0", "")),
        (
            {"parent_header": {"msg_id": "m0", "msg_type": "x", "session": None}},
            "iopub",
            Header("m0", "x"),
        ),
    ],
)
def test_what_a_message_does_not_say_is_empty(
    changes: dict[str, Any], channel: str, parent: Header | None
) -> None:
    (message,) = messages(text(example(**changes)))
    assert (message.channel, message.parent) == (channel, parent)


def test_a_message_of_a_header_alone_has_no_content() -> None:
    (message,) = messages('{"header": {"msg_id": "m1", "msg_type": "status"}}')
    assert message == Message("", Header("m1", "status"), None, msgspec.Raw(b"{}"))
    with pytest.raises(MalformedContentError, match=r"^status carried .*execution_state"):
        content(message, jupyter.Status)


@pytest.mark.parametrize(
    "frame",
    [
        "", "null", "[]", "{}", '""', "{", "msg_id", "2probe", "3", "0{}", "42[]", "42|",
        "40/msg_id,",
        '{"jsonrpc": "2.0", "id": 1, "result": {"msg_id": "m", "msg_type": "t"}}',
        '{"msg_id": "m", "msg_type": "t", "content": {}}',
        '{"header": {"msg_id": "m"}}', '{"header": {"msg_id": "", "msg_type": "t"}}',
        '{"header": {"msg_id": "m", "msg_type": ""}}', '{"header": {"msg_id": 1, "msg_type": "t"}}',
        '{"header": ["msg_id", "m"]}', '{"header": "msg_id"}', '{"header": null, "data": "msg_id"}',
        '{"other": {"header": {"msg_id": "m", "msg_type": "t"}}}',
        b"", b"\0", b"\0" * 56, b"\xff" * 56, b"\xff" * 56 + b"msg_id", b"\0\0\0\1\0\0\0\x08msg_id",
    ],
    ids=lambda frame: repr(frame[:50]),
)  # fmt: skip
def test_what_is_no_jupyter_frame_has_no_messages(frame: str | bytes) -> None:
    assert messages(frame) == ()


def test_a_message_wrapped_without_end_is_not_searched_for_without_end() -> None:
    wrapped = text(example())
    for _ in range(12):
        wrapped = text([wrapped])
    assert messages(wrapped) == ()


def read(frame: str | bytes) -> None:
    """Read a frame, and what is in its messages as every shape there is."""
    for message in messages(frame):
        assert message.header.msg_id
        assert message.header.msg_type
        for shape in SHAPES:
            with suppress(MalformedContentError):
                content(message, shape)


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda it: it + b'"msg_id"'))
def test_any_bytes_are_read(frame: bytes) -> None:
    read(frame)


@given(any_text, st.sampled_from(["", "msg_id", '42["msg_id', '{"header":"msg_id']))
def test_any_text_is_read(frame: str, start: str) -> None:
    read(start + frame)


@given(values, st.booleans())
def test_any_json_is_read(value: object, escaped: bool) -> None:  # noqa: FBT001
    known = {"header": value, "parent_header": value, "content": value, "channel": value}
    for it in (value, known, known | {"header": {"msg_id": "m", "msg_type": "t"}}):
        frame = json.dumps(["msg_id", it], ensure_ascii=escaped)
        read(frame)
        read(frame.encode(errors="surrogatepass"))


@given(st.sampled_from(sorted(FORMS)), st.data())
def test_a_damaged_frame_is_read(form: str, data: st.DataObject) -> None:
    frame = FORMS[form](example())
    whole = frame.encode() if isinstance(frame, str) else frame
    at = data.draw(st.integers(0, len(whole)))
    until = data.draw(st.integers(at, len(whole)))
    damaged = whole[:at] + data.draw(st.binary(max_size=9)) + whole[until:]
    read(damaged)
    read(damaged.decode(errors="replace"))


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 400), min_size=7, max_size=7))
def test_any_offsets_are_read(offsets: list[int]) -> None:
    read(struct.pack("<7Q", *offsets) + binary(example())[56:])


@given(
    st.integers(0, 2**32 - 1) | st.integers(0, 400), st.integers(0, 2**32 - 1), st.integers(0, 9)
)
def test_any_offsets_of_the_old_layout_are_read(first: int, second: int, count: int) -> None:
    read(struct.pack(">3I", count, first, second) + old_binary(example())[8:])


@pytest.mark.parametrize("opening", ["[", '{"data":', '{"a":', '{"header":', '["'])
@pytest.mark.parametrize("closed", [True, False])
def test_deep_nesting_is_read(opening: str, closed: bool) -> None:  # noqa: FBT001
    closing = "]" if opening[0] == "[" else "}"
    depth = 50_000
    nest = opening * depth + '"msg_id"' + (closing * depth if closed else "")
    for frame in (nest, text(example())[:-1] + f', "x": {nest}}}'):
        read(frame)
        read(frame.encode())


def test_a_content_nested_too_deep_is_malformed() -> None:
    nest = b'{"data": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    message = Message("iopub", Header("m", "display_data"), None, msgspec.Raw(nest))
    with pytest.raises(MalformedContentError, match=r"display_data carried something else: ."):
        content(message, jupyter.Data)


# Python and JavaScript both let half of a UTF-16 pair be printed.
@pytest.mark.parametrize(
    ("escaped", "printed"),
    [
        (r"x\ud83d y", "x\ufffd y"),
        (r"\udE80", "\ufffd"),
        (r"\ud83d\ud83d\ude80", "\ufffd\U0001f680"),
        (r"\\ud83d \ud83d", "\\ud83d \ufffd"),
        ("\ud83d.", "\ufffd."),
    ],
)
@pytest.mark.parametrize("form", ["text", "list", "socket.io", "string"])
def test_half_a_utf16_pair_loses_no_message(form: str, escaped: str, printed: str) -> None:
    frame = text(example()).replace("loss 0.5\\n", escaped)
    if form == "string":
        frame = json.dumps(frame)
    elif form != "text":
        frame = f'["x", {frame}]' if form == "list" else f'42["x", {frame}]'
    (message,) = messages(frame)
    assert content(message, jupyter.Stream).text == printed


def test_a_byte_that_is_no_utf8_loses_no_message() -> None:
    for frame in (binary(example()), text(example()).encode()):
        # A kernel writes a file name that is no text like this.
        broken = frame.replace(b"loss", b"\xffoss")
        (message,) = messages(broken)
        assert content(message, jupyter.Stream).text == "\ufffdoss 0.5\n"


def test_a_content_is_read_as_its_shape_and_what_else_it_says_is_let_go() -> None:
    def read_as(shape: type[Any], **body: Any) -> Any:
        (message,) = messages(text(example(content=body | {"new": [1]})))
        return content(message, shape)

    assert read_as(jupyter.Status, execution_state="idle") == jupyter.Status("idle")
    assert read_as(jupyter.ExecuteInput) == jupyter.ExecuteInput("", None)
    assert read_as(jupyter.ExecuteInput, code="1", execution_count=3).execution_count == 3
    assert read_as(jupyter.ExecuteRequest, code="1") == jupyter.ExecuteRequest("1", False, True)  # noqa: FBT003
    assert read_as(jupyter.ExecuteReply, status="aborted") == jupyter.ExecuteReply("aborted")
    error = read_as(jupyter.Error, ename="E", evalue="v", traceback=["a", "b"])
    assert error == jupyter.Error("E", "v", ("a", "b"))
    assert read_as(jupyter.ClearOutput) == jupyter.ClearOutput(wait=False)
    assert read_as(jupyter.InputRequest, prompt="> ", password=True).password
    assert read_as(jupyter.ShutdownReply, restart=True).restart


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"text/plain": "42"}, "42"),
        ({"text/plain": ["a\n", "b"]}, "a\nb"),
        ({"text/plain": ["a", 1]}, None),
        ({"text/plain": None}, None),
        ({"image/png": "iVBO"}, None),
        ({}, None),
    ],
)
def test_data_has_its_plain_text_or_none(data: dict[str, Any], expected: str | None) -> None:
    (message,) = messages(text(example(content={"data": data, "metadata": {}})))
    assert content(message, jupyter.Data).text == expected


def test_a_content_of_another_shape_names_its_message() -> None:
    (message,) = messages(text(example()))
    with pytest.raises(MalformedContentError, match=r"^stream carried something else: .*status"):
        content(message, jupyter.ExecuteReply)
    damaged = binary(example()).replace(b'"stdout"', b'stdout"x')
    (message,) = messages(damaged)
    with pytest.raises(MalformedContentError, match=r"^stream carried something else"):
        content(message, jupyter.Stream)


@pytest.mark.parametrize("part", ["header", "parent_header"])
@pytest.mark.parametrize("name", ["msg_id", "msg_type", "session"])
def test_an_id_longer_than_any_is_no_message(part: str, name: str) -> None:
    """Thousands of them are remembered, and somebody might send them by the megabyte."""
    headers = {"msg_id": "a", "msg_type": "status", "session": "s"}
    for length, found in ((LONGEST_ID, 1), (LONGEST_ID + 1, 0)):
        wire = {"header": headers, "parent_header": headers, "content": {}, "channel": "iopub"}
        wire |= {part: headers | {name: "x" * length}}
        assert len(messages(text(wire))) == found
