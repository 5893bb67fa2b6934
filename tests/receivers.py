"""What alerts are sent to: a web server and a mail server of this machine, which remember them.

with WebReceiver() as phone:
    Push(PushUrl(phone.url)).send(…)
    phone.until(lambda: phone.heard)
"""

import asyncio
import email
import json
import threading
from collections.abc import Callable
from contextlib import ExitStack
from email.message import Message as Mail
from email.policy import default
from typing import Any, Self, cast

from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from chromium import free_port

HOST = "127.0.0.1"
LIMIT_S = 30.0
SECRET = "s3cr3t-t0ken"


class Told(ExitStack):
    """What came, in order; it is waited for from the test's thread."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Any] = []
        self._news = threading.Condition()

    def tell(self, what: Any) -> None:
        with self._news:
            self.heard.append(what)
            self._news.notify_all()

    def until(self, holds: Callable[[], Any], limit: float = LIMIT_S) -> None:
        with self._news:
            assert self._news.wait_for(holds, limit), f"after {limit:g} s: {self.heard}"


class WebReceiver(Told):
    """A web server that takes what is posted to it, from entry to exit.

    Attributes:
        status: what it answers with.
        heard: what came: `body`, which was JSON or text, `headers`, and `path`.

    """

    def __init__(self, port: int = 0) -> None:
        super().__init__()
        self.port = port
        self.status = 200
        self._loop: asyncio.AbstractEventLoop
        self._thread: threading.Thread
        self._runner: web.AppRunner

    @property
    def json(self) -> str:
        """Its address for plain JSON."""
        return f"json://{HOST}:{self.port}/{SECRET}"

    @property
    def ntfy(self) -> str:
        """Its address as if it were an ntfy server."""
        return f"ntfy://{HOST}:{self.port}/{SECRET}"

    @property
    def titles(self) -> list[str]:
        return [str(each["body"]["title"]) for each in self.heard]

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.callback(self._end)
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(LIMIT_S)
        return self

    def _end(self) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(LIMIT_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_post("/{path:.*}", self._take)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self.port).start()
        self.port = self._runner.addresses[0][1]

    async def _take(self, request: web.Request) -> web.Response:
        text = await request.text()
        body = json.loads(text) if text.startswith("{") else text
        if self.status == 200:
            self.tell({"body": body, "headers": dict(request.headers), "path": request.path})
        return web.Response(status=self.status, text="{}")


class MailReceiver(Told):
    """A mail server that takes every mail, from entry to exit; `heard` are the mails."""

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()
        self._controller = Controller(self, HOST, self.port)

    @property
    def url(self) -> str:
        """Its address, with a sender and one who is sent to."""
        who = f"from=agent@example.org&to={SECRET}@example.org"
        return f"mailto://{HOST}:{self.port}/?{who}&mode=insecure"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd calls it by this name
        content = cast("bytes", envelope.content)
        self.tell(cast("Mail[str, str]", email.message_from_bytes(content, policy=default)))
        return "250 OK"

    def __enter__(self) -> Self:
        self._controller.start()
        self.callback(self._controller.stop)
        return self
