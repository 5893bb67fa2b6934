"""The wire witness: Chrome's network events in, a kernel's facts out, whatever else is on it."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.watch import facts, wire
from colab_cdp_agent.watch.printed import HeardText
from colab_cdp_agent.watch.wire import WireWitness
from colab_cdp_protocols import cdp

METHODS = (
    "Network.webSocketCreated",
    "Network.webSocketFrameReceived",
    "Network.webSocketFrameSent",
    "Network.webSocketClosed",
    "Network.responseReceived",
    "Network.loadingFailed",
)
PAGE = "main frame"
TEXT, BYTES = 1, 2


class Ear:
    """A witness with all that it told."""

    def __init__(self, at_next_beat: Callable[[Callable[[], None]], object] | None = None) -> None:
        self.facts: list[facts.Fact] = []
        self.lost: list[str] = []
        self.news = 0
        self.witness = WireWitness(
            self.facts.append, self.lost.append, self._count, at_next_beat or _at_once, PAGE
        )

    def _count(self) -> None:
        self.news += 1

    def take(self, name: str, params: Any, session: str = "page") -> None:
        raw = msgspec.Raw(json.dumps(params).encode())
        self.witness.take(cdp.Event(name, raw, session))

    def hear(self, payload: str, socket: str = "1", session: str = "page") -> None:
        response = {"opcode": TEXT, "mask": False, "payloadData": payload}
        self.take(METHODS[1], {"requestId": socket, "timestamp": 1, "response": response}, session)

    def hear_bytes(self, payload: bytes, socket: str = "1") -> None:
        data = base64.b64encode(payload).decode()
        response = {"opcode": BYTES, "mask": False, "payloadData": data}
        self.take(METHODS[1], {"requestId": socket, "timestamp": 1, "response": response})

    def printed(self) -> str:
        return "".join(fact.text for fact in self.facts if isinstance(fact, facts.Printed))


def _at_once(call: Callable[[], None]) -> None:
    call()


def message(kind: str, number: str, content: dict[str, Any], run: str = "R") -> str:
    """Return a kernel's message as a front end gets it."""
    return json.dumps(
        {
            "header": {"msg_id": number, "msg_type": kind, "session": "process"},
            "parent_header": {"msg_id": run, "msg_type": "execute_request", "session": "page"},
            "metadata": {},
            "content": content,
            "channel": "iopub",
        }
    )


def line(number: int, run: str = "R") -> str:
    return message("stream", f"m{number}{run}", {"name": "stdout", "text": f"{number}\n"}, run)


def created(kernel: str) -> dict[str, Any]:
    secret = "colab-runtime-proxy-token=secret"
    return {"requestId": "1", "url": f"wss://x/api/kernels/{kernel}/channels?{secret}"}


def test_nothing_is_known_before_the_first_message() -> None:
    ear = Ear()
    assert ear.witness.reading().kernel == "unknown"
    assert not ear.witness.open
    ear.take(METHODS[0], created("abc"))
    assert ear.witness.open
    assert not ear.witness.heard
    assert ear.witness.reading().kernel == "unknown"


def test_a_socket_that_carried_heartbeats_all_evening_is_heard_when_a_run_begins() -> None:
    ear = Ear()
    for _ in range(10 * wire.FOREIGN_AFTER):
        ear.hear("2")
        ear.hear("")
    ear.hear(f'42["message",{line(1)}]')
    assert ear.printed() == "1\n"
    assert ear.witness.reading().kernel == "busy"


def test_a_socket_of_another_protocol_is_soon_passed_over_and_another_still_heard() -> None:
    ear = Ear()
    for number in range(wire.FOREIGN_AFTER):
        ear.hear(json.dumps({"jsonrpc": "2.0", "id": number, "params": {"x": "y" * 80}}), "foreign")
    ear.hear(line(1), "foreign")
    assert ear.printed() == ""
    ear.hear(line(2), "kernel")
    assert ear.printed() == "2\n"


def test_the_sockets_of_a_worker_that_ended_are_closed_though_nobody_says_so() -> None:
    ear = Ear()
    ear.hear(line(1), session="worker")
    assert ear.witness.reading().kernel == "busy"
    ear.witness.child_ended("another")
    assert ear.witness.heard
    ear.witness.child_ended("worker")
    assert not ear.witness.open
    assert ear.witness.reading().kernel == "unknown"
    assert ear.facts[-1] == facts.Deafened()


def loaded(kind: str, frame: str) -> dict[str, Any]:
    return {"requestId": "L", "type": kind, "frameId": frame, "response": {}}


def test_the_sockets_of_a_page_that_was_left_are_closed_though_nobody_says_so() -> None:
    ear = Ear()
    ear.hear(line(1))
    ear.take(METHODS[4], loaded("Document", PAGE))
    ear.hear(line(2))  # the old page is there until the new one takes its place
    assert facts.Deafened() not in ear.facts
    ear.take(METHODS[0], {"requestId": "7", "url": "wss://x/news"})
    assert ear.facts[-1] == facts.Deafened()
    assert not ear.witness.heard
    ear.hear(line(5), socket="8")
    assert ear.printed() == "1\n2\n5\n"
    ear.take(METHODS[0], {"requestId": "9", "url": "wss://x/more"})
    assert ear.witness.heard


def test_a_page_that_opens_no_socket_leaves_none_of_the_page_before_it() -> None:
    ear = Ear()
    ear.hear(line(1))
    ear.witness.page_came()
    assert ear.witness.heard
    ear.take(METHODS[4], loaded("Document", PAGE))
    ear.witness.page_came()
    assert ear.facts[-1] == facts.Deafened()
    assert not ear.witness.open
    ear.hear(line(2), socket="new")
    ear.witness.page_came()
    assert ear.witness.heard


@pytest.mark.parametrize(("kind", "frame"), [("Document", "an advert"), ("Image", PAGE)])
def test_what_else_is_loaded_closes_no_socket(kind: str, frame: str) -> None:
    ear = Ear()
    ear.hear(line(1))
    ear.take(METHODS[4], loaded(kind, frame))
    ear.take(METHODS[0], {"requestId": "7", "url": "wss://x/news"})
    assert ear.witness.heard
    assert facts.Deafened() not in ear.facts


def test_a_download_that_takes_the_place_of_no_page_closes_no_socket() -> None:
    ear = Ear()
    ear.hear(line(1))
    ear.take(METHODS[4], loaded("Document", PAGE))
    ear.take(METHODS[5], {"requestId": "L", "type": "Document", "canceled": True})
    ear.take(METHODS[0], {"requestId": "7", "url": "wss://x/news"})
    assert ear.witness.heard
    assert facts.Deafened() not in ear.facts


@pytest.mark.parametrize(("request_id", "canceled"), [("another", True), ("L", False)])
def test_a_page_that_is_there_in_part_has_taken_the_place_of_another(
    request_id: str, *, canceled: bool
) -> None:
    ear = Ear()
    ear.hear(line(1))
    ear.take(METHODS[4], loaded("Document", PAGE))
    ear.take(METHODS[5], {"requestId": request_id, "type": "Document", "canceled": canceled})
    ear.take(METHODS[0], {"requestId": "7", "url": "wss://x/news"})
    assert not ear.witness.heard


def test_a_kernel_has_a_name_and_neither_its_id_nor_the_secret_of_its_address_is_in_it() -> None:
    ear = Ear()
    ear.take(METHODS[0], created("kernel-id"))
    runtime = ear.witness.runtime
    assert runtime
    assert "kernel-id" not in runtime
    other = Ear()
    other.take(METHODS[0], created("other-id"))
    assert other.witness.runtime != runtime


def test_what_is_too_large_to_be_read_is_told_as_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "FRAME_LIMIT_BYTES", 2000)
    ear = Ear()
    ear.hear(message("stream", "m", {"name": "stdout", "text": "x" * 3000}))
    assert len(ear.lost) == 1
    ear.hear(line(1))
    assert ear.printed() == "1\n"


deep = st.integers(1, 30_000).map(lambda depth: "[" * depth + "]" * depth)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["header", "msg_id", "msg_type", "parent_header", "content", "data"]),
            inner,
        )
    ),
    max_leaves=8,
)
payloads = st.one_of(
    st.text(max_size=40),
    anything.map(json.dumps),
    deep,
    deep.map(
        lambda text: f'{{"header": {{"msg_id": "a", "msg_type": "stream"}}, "content": {text}}}'
    ),
    st.binary(max_size=60).map(lambda raw: (b"msg_id" + raw).decode("latin-1")),
)
events = st.one_of(
    st.tuples(st.sampled_from(METHODS), anything),
    st.tuples(st.just(METHODS[0]), st.text().map(lambda url: {"requestId": "1", "url": url})),
    st.tuples(
        st.sampled_from(METHODS[1:3]),
        st.builds(
            lambda opcode, payload, socket: {
                "requestId": socket,
                "response": {"opcode": opcode, "payloadData": payload},
            },
            st.integers(0, 9), payloads, st.sampled_from(["1", "2"]),
        ),
    ),
)  # fmt: skip


@given(st.lists(events, max_size=8))
def test_no_event_and_no_frame_stops_the_witness(story: Iterable[tuple[str, Any]]) -> None:
    ear = Ear()
    for name, params in story:
        ear.take(name, params)
    ear.hear_bytes(b"msg_id" * 20)
    ear.hear(line(1), "kernel")
    assert ear.printed().endswith("1\n")
    ear.witness.leave()
    assert ear.witness.reading().kernel == "unknown"


def test_printed_text_waits_for_its_beat_and_is_taken_in_its_order() -> None:
    beats: list[Callable[[], None]] = []
    ear = Ear(beats.append)
    for number in range(3):
        ear.hear(line(number))
    assert ear.facts == []
    assert len(beats) == 1
    beats.pop()()
    assert ear.printed() == "0\n1\n2\n"
    ear.hear(line(3))
    assert len(beats) == 1


def test_what_is_no_text_comes_at_once_and_after_the_text_before_it() -> None:
    ear = Ear(lambda _call: None)
    ear.hear(line(1))
    ear.hear(message("status", "s", {"execution_state": "idle"}))
    assert ear.printed() == "1\n"
    assert isinstance(ear.facts[-1], facts.RunEnded)


@pytest.mark.parametrize("look", ["reading", "catch_up", "deafen", "leave"])
def test_whoever_looks_at_the_witness_looks_at_all_that_was_heard(look: str) -> None:
    ear = Ear(lambda _call: None)
    ear.hear(line(1))
    getattr(ear.witness, look)()
    assert ear.printed() == "1\n"


def test_a_socket_that_closes_closes_after_its_text() -> None:
    ear = Ear(lambda _call: None)
    ear.hear(line(1))
    ear.take(METHODS[3], {"requestId": "1", "timestamp": 1})
    assert ear.printed() == "1\n"
    assert isinstance(ear.facts[-1], facts.Deafened)


def test_no_more_waits_than_a_megabyte() -> None:
    ear = Ear(lambda _call: None)
    for number in range(20):
        text = {"name": "stdout", "text": f"{number} {'x' * 100_000}\n"}
        ear.hear(message("stream", f"m{number}", text))
    assert len(ear.printed()) > 1_000_000


def test_text_that_waits_for_its_beat_is_on_disk_before_the_page_is_cleared_of_it() -> None:
    ear = Ear(lambda _call: None)
    on_disk = []

    class Disk:
        async def kept(self) -> None:
            on_disk.append(ear.printed())

    ear.hear(line(1))
    asyncio.run(HeardText(Disk(), ear.witness.catch_up).keep("1\n"))
    assert on_disk == ["1\n"]
