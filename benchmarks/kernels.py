"""Notebook pages whose kernels print lines at a given rate, at little cost to Chrome.

Run in a process of its own. Each page opens one WebSocket as a front end does, and looks at
nothing that comes over it. The first line on the output is the port; a line on the input begins
the printing; the last line on the output says how many lines each kernel has printed.
"""

import argparse
import asyncio
import json
import sys
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

HOST = "127.0.0.1"
TICK_S = 0.01
PAGE = """<!doctype html>
<html lang="en"><title>{name}</title>
<button id="control" class="connected">{name}</button><p id="cell" class="running">printing</p>
<script>
  new WebSocket(`ws://${{location.host}}/api/kernels/{name}/channels?session_id=1`);
</script>
"""


class Kernel:
    """One kernel: it is busy for as long as it prints."""

    def __init__(self, name: str) -> None:
        self.printed = 0
        self.connected = asyncio.Event()
        self._name = name
        self._sockets: set[ServerConnection] = set()
        self._last = 0

    async def attend(self, socket: ServerConnection) -> None:
        """Serve one page's socket until it is closed."""
        self._sockets.add(socket)
        self.connected.set()
        await socket.wait_closed()
        self._sockets.discard(socket)

    async def run(self, rate: float, seconds: float, at_once: int, after: float) -> None:
        """Run one cell that prints that many lines a second, so many in each message.

        It begins after a while of its own, so that many slow kernels do not print in step.
        """
        await asyncio.sleep(after)
        await self._say("status", {"execution_state": "busy"})
        await self._say("execute_input", {"code": "train()", "execution_count": 1})
        loop = asyncio.get_running_loop()
        began = loop.time()
        while (elapsed := loop.time() - began) < seconds:
            while self.printed + at_once <= rate * elapsed:
                await self._print(at_once)
            await asyncio.sleep(max(TICK_S, (self.printed + at_once) / rate - elapsed))
        await self._say("execute_reply", {"status": "ok", "execution_count": 1}, "shell")
        await self._say("status", {"execution_state": "idle"})

    async def _print(self, lines: int) -> None:
        numbers = range(self.printed, self.printed + lines)
        text = "".join(
            f"{self._name} line {number:07} loss {1 / (number + 1):.6f} accuracy 0.9134 lr 3.0e-4\n"
            for number in numbers
        )
        await self._say("stream", {"name": "stdout", "text": text})
        self.printed += lines

    async def _say(self, kind: str, content: dict[str, Any], channel: str = "iopub") -> None:
        self._last += 1
        head = {"username": "", "session": "kernel", "date": "2026-01-01T00:00:00Z"}
        message = {
            "header": head
            | {"msg_id": f"{self._name}-{self._last}", "msg_type": kind, "version": "5.3"},
            "msg_id": f"{self._name}-{self._last}",
            "msg_type": kind,
            "parent_header": head
            | {"msg_id": f"{self._name}-run", "msg_type": "execute_request", "version": "5.3"},
            "metadata": {},
            "content": content,
            "buffers": [],
            "channel": channel,
        }
        frame = json.dumps(message)
        for socket in list(self._sockets):
            await socket.send(frame)


async def main(options: argparse.Namespace) -> None:
    """Serve until the input ends."""
    kernels = {name: Kernel(name) for name in (f"k{number}" for number in range(options.tabs))}

    async def attend(socket: ServerConnection) -> None:
        await kernels[socket.request.path.split("/")[3]].attend(socket)

    def page(_socket: ServerConnection, request: Request) -> Response | None:
        if not request.path.startswith("/note/"):
            return None
        body = PAGE.format(name=request.path.split("/")[2]).encode()
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body))}
        return Response(HTTPStatus.OK, "OK", Headers(headers), body)

    async with serve(attend, HOST, 0, process_request=page, compression=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.gather(*(kernel.connected.wait() for kernel in kernels.values()))
        print("connected", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        rate, at_once = options.rate / options.tabs, options.at_once
        await asyncio.gather(
            *(
                kernel.run(rate, options.seconds, at_once, at_once / options.rate * place)
                for place, kernel in enumerate(kernels.values())
            )
        )
        print(json.dumps({name: kernel.printed for name, kernel in kernels.items()}), flush=True)
        await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tabs", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True, help="lines a second, of all tabs")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--at-once", type=int, required=True, help="lines in one message")
    asyncio.run(main(parser.parse_args()))
