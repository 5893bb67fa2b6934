"""What Chrome and a kernel say: frames of CDP and of Jupyter."""

import json
from functools import partial
from typing import Any

from colab_cdp_agent.watch.kernel import Conversation
from colab_cdp_agent.watch.seen import PageReading
from colab_cdp_agent.watch.wire import WireWitness
from colab_cdp_protocols import cdp, jupyter
from fuzz.printing import PIECES
from fuzz.target import Target, encoded, refusal

RESULTS = (
    cdp.get_version(), cdp.get_frame_tree(), cdp.create_isolated_world("f", "w"),
    cdp.attach("t"), cdp.call_function("f", 1, {}, group="g", wait=True),
)  # fmt: skip
EVENTS = (
    cdp.TargetEvent, cdp.TargetGone, cdp.SessionGone, cdp.SessionOpened, cdp.SocketCreated,
    cdp.SocketClosed, cdp.SocketFrame, cdp.ScreencastFrame,
)  # fmt: skip
SHAPES = (
    jupyter.Status, jupyter.Stream, jupyter.ExecuteInput, jupyter.ExecuteRequest,
    jupyter.ExecuteReply, jupyter.Error, jupyter.Data, jupyter.ClearOutput, jupyter.InputRequest,
    jupyter.ShutdownReply,
)  # fmt: skip


def kernel_message(kind: str, content: dict[str, Any], number: int = 1) -> dict[str, Any]:
    """Return a message of a kernel's that answers the request R."""
    return {
        "header": {"msg_id": f"m{number}", "msg_type": kind, "session": "P"},
        "parent_header": {"msg_id": "R", "msg_type": "execute_request", "session": "page"},
        "metadata": {},
        "content": content,
        "channel": "iopub",
    }


CONTENTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("status", {"execution_state": "busy"}),
    ("execute_input", {"code": "x", "execution_count": 1}),
    ("error", {"ename": "E", "evalue": "no", "traceback": ["a", "b"]}),
    ("execute_reply", {"status": "ok", "execution_count": 1}),
    ("execute_result", {"data": {"text/plain": ["1", "2"]}}),
    ("clear_output", {"wait": True}),
    ("input_request", {"prompt": "name? ", "password": False}),
    ("shutdown_reply", {"restart": True}),
    *(("stream", {"name": "stdout", "text": piece}) for piece in PIECES[:5]),
)
MESSAGES = [json.dumps(kernel_message(kind, content)) for kind, content in CONTENTS]
WRAPPED = [f'42["message",{message}]' for message in MESSAGES[:3]]
TARGET = {"targetId": "T", "type": "page", "title": "train", "url": "https://x/", "attached": False}
FRAMES = [
    {"id": 1, "result": {"product": "Chrome/156.0", "sessionId": "S", "executionContextId": 3}},
    {"id": 2, "error": {"code": -32000, "message": "Not attached"}},
    {"id": 3, "result": {"result": {"type": "string", "value": '{"states": {"connected": 0}}'}}},
    {"id": 4, "result": {"frameTree": {"frame": {"id": "F", "url": "https://x/"}}}},
    {"method": "Target.targetCreated", "params": {"targetInfo": TARGET}},
    {"method": "Target.attachedToTarget", "params": {"sessionId": "S", "targetInfo": TARGET}},
    {"method": "Target.detachedFromTarget", "params": {"sessionId": "S"}, "sessionId": "S"},
    {
        "method": "Network.webSocketCreated",
        "params": {"requestId": "1", "url": "wss://x/api/kernels/k/channels?token=t"},
        "sessionId": "S",
    },
    {"method": "Network.webSocketClosed", "params": {"requestId": "1"}, "sessionId": "S"},
    *(
        {
            "method": f"Network.webSocketFrame{way}",
            "params": {"requestId": "1", "response": {"opcode": 1, "payloadData": message}},
            "sessionId": "S",
        }
        for way in ("Received", "Sent")
        for message in MESSAGES[:4]
    ),
]


def read_cdp(frame: bytes) -> None:
    """Read a frame of Chrome's, as the reply to each command and as each event."""
    message = cdp.decode(frame)
    if isinstance(message, cdp.Refusal):
        return
    if isinstance(message, cdp.Reply):
        for command in RESULTS:
            assert refusal(partial(_read_reply, command, message), cdp.MalformedFrameError) != ""
        return
    for shape in EVENTS:
        assert refusal(partial(cdp.params, message, shape), cdp.MalformedFrameError) != ""
    WireWitness(_ignore, _ignore, lambda: None, lambda take: take(), "T").take(message)


def _read_reply(command: cdp.Command[Any], reply: cdp.Reply) -> None:
    result = command.parse(reply.result)
    if isinstance(result, cdp.ScriptResult):
        result.read(PageReading)


def _ignore(_each: object) -> None:
    """Take a fact, or a sentence."""


def read_jupyter(frame: bytes) -> None:
    """Read a frame of a kernel's as bytes and as text, and carry a conversation with it."""
    talk = Conversation()
    for form in (frame, frame.decode(errors="surrogateescape")):
        for message in jupyter.messages(form):
            for shape in SHAPES:
                try:
                    content: Any = jupyter.content(message, shape)
                except jupyter.MalformedContentError:
                    continue
                _ = content.text if isinstance(content, jupyter.Data) else None
            list(talk.said(message))
            list(talk.heard(message, "socket"))
            list(talk.left())


TARGETS = (
    Target("cdp", read_cdp, encoded(map(json.dumps, FRAMES)), (cdp.MalformedFrameError,)),
    Target("jupyter", read_jupyter, encoded([*MESSAGES, *WRAPPED])),
)
