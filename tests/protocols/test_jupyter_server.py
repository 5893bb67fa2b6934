"""The frames of a real Jupyter server with a real kernel, on a socket of either kind."""

import json
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from websockets.sync.client import ClientConnection, connect

from colab_cdp_protocols import jupyter
from colab_cdp_protocols.jupyter import Message, content, messages
from jupyterlab import JupyterLab

V1 = "v1.kernel.websocket.jupyter.org"
WAIT_S = 60.0
CODE = r"""
import sys
from IPython.display import clear_output, display
from comm import create_comm
print("loss 0.5 \x1b[31mred\x1b[0m\r", end="")
print("한글 🚀 half \udcff", flush=True)
print("warned", file=sys.stderr, flush=True)
display({"text/plain": ["one\n", "two"]}, raw=True)
create_comm(target_name="colab", data={"n": 1}, buffers=[b"\x00\xff msg_id", b""])
clear_output(wait=True)
print(input("name? "), flush=True)
6 * 7
"""


class Channel:
    """One socket of a front end to a kernel, and every frame that it received."""

    def __init__(self, socket: ClientConnection) -> None:
        self.session = uuid.uuid4().hex
        self.frames: list[str | bytes] = []
        self.heard: list[Message] = []
        self._socket = socket

    def send(self, channel: str, kind: str, body: dict[str, object]) -> str:
        number = uuid.uuid4().hex
        header = {
            "msg_id": number, "msg_type": kind, "session": self.session,
            "username": "", "version": "5.3", "date": "2026-11-23T22:00:00.000Z",
        }  # fmt: skip
        frame = {"header": header, "parent_header": {}, "metadata": {}, "content": body}
        self._socket.send(json.dumps(frame | {"channel": channel, "buffers": []}))
        return number

    def until(self, seen: Callable[[Message], bool]) -> None:
        while not any(map(seen, self.heard)):
            self.frames.append(self._socket.recv(timeout=WAIT_S))
            self.heard += messages(self.frames[-1])

    def run(self, code: str, answer: str) -> str:
        """Run code that asks for one line, and return the id of its request."""
        request = {"code": code, "silent": False, "store_history": True, "allow_stdin": True}
        number = self.send("shell", "execute_request", request)
        self.until(lambda message: message.channel == "stdin")
        self.send("stdin", "input_reply", {"value": answer})
        self.until(lambda message: is_idle(message, number) and message.channel == "iopub")
        self.until(lambda message: message.header.msg_type == "execute_reply")
        return number


def is_idle(message: Message, parent: str) -> bool:
    return (
        message.header.msg_type == "status"
        and message.parent is not None
        and message.parent.msg_id == parent
        and content(message, jupyter.Status).execution_state == "idle"
    )


@pytest.fixture(scope="module")
def kernel_url() -> Iterator[str]:
    with JupyterLab() as lab:
        asked = urllib.request.Request(
            f"http://127.0.0.1:{lab.port}/api/kernels", data=b"{}", method="POST"
        )
        with urllib.request.urlopen(asked, timeout=WAIT_S) as answer:
            kernel = json.loads(answer.read())["id"]
        yield f"ws://127.0.0.1:{lab.port}/api/kernels/{kernel}/channels"


def test_both_kinds_of_socket_carry_the_same_run(kernel_url: str) -> None:
    with ExitStack() as sockets:
        plain = Channel(sockets.enter_context(connect(kernel_url, max_size=None)))
        binary = Channel(
            sockets.enter_context(connect(kernel_url, max_size=None, subprotocols=[V1]))  # type: ignore[list-item] # Subprotocol is a NewType of str
        )
        # A server drops the first messages of a socket until its kernel has answered once.
        for channel in (plain, binary):
            channel.until(lambda message: message.header.msg_type == "status")
        run = plain.run(CODE, "Ada")
        binary.until(lambda message: is_idle(message, run))
    for channel in (plain, binary):
        assert all(len(messages(frame)) == 1 for frame in channel.frames)
    assert {type(frame) for frame in plain.frames} == {str, bytes}
    assert {type(frame) for frame in binary.frames} == {bytes}

    def told(channel: Channel) -> list[Message]:
        return [
            message
            for message in channel.heard
            if message.channel == "iopub" and message.parent and message.parent.msg_id == run
        ]

    assert [(message.header, message.parent) for message in told(plain)] == [
        (message.header, message.parent) for message in told(binary)
    ]
    for channel in (plain, binary):
        kinds = [message.header.msg_type for message in told(channel)]
        assert kinds == [
            "status", "execute_input", "stream", "stream", "display_data", "comm_open",
            "clear_output", "stream", "execute_result", "status",
        ]  # fmt: skip
        out = told(channel)
        assert content(out[0], jupyter.Status) == jupyter.Status("busy")
        assert content(out[1], jupyter.ExecuteInput) == jupyter.ExecuteInput(CODE, 1)
        printed = "loss 0.5 \x1b[31mred\x1b[0m\r한글 🚀 half \ufffd\n"
        assert content(out[2], jupyter.Stream) == jupyter.Stream("stdout", printed)
        assert content(out[3], jupyter.Stream) == jupyter.Stream("stderr", "warned\n")
        assert content(out[4], jupyter.Data).text == "one\ntwo"
        assert content(out[6], jupyter.ClearOutput) == jupyter.ClearOutput(wait=True)
        assert content(out[7], jupyter.Stream) == jupyter.Stream("stdout", "Ada\n")
        assert content(out[8], jupyter.Data).text == "42"
