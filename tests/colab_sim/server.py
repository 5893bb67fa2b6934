"""The HTTPS side of the stand-in: Colab's page, its output frames and its kernel channel."""

import asyncio
import html
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from colab_sim import deeds
from colab_sim.errands import Errands
from colab_sim.frames import Wrapping, unwrap, wrap
from colab_sim.kernel import Kernel
from colab_sim.line import Line
from colab_sim.notebook import Notebook
from colab_sim.page import Page

PAGES = Path(__file__).with_name("pages")
BUILD = "b8629101fed591b8cb8c96c45ee6f083"
PAGE_HOST = "colab.research.google.com"
FRAME_HOSTS = ".googleusercontent.com"
RUNTIME_HOSTS = ".prod.colab.dev"
# No unsafe-eval, as on the real page.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self' wss://colab.research.google.com wss://*.prod.colab.dev; "
    "frame-src https://*.googleusercontent.com; img-src 'self' data:"
)
FRAME_POLICY = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src data:"
CHANNEL_FRAME_POLICY = f"{FRAME_POLICY}; connect-src wss://*.prod.colab.dev"

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Answers for every host of the stand-in on one port; the Host header tells them apart."""

    def __init__(self, notebooks: dict[str, Notebook], errands: Errands) -> None:
        self._notebooks = notebooks
        self._errands = errands
        self._sockets: set[web.WebSocketResponse] = set()

    def app(self) -> web.Application:
        """Return the application with every route."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/drive/{id}", on(PAGE_HOST, self._page)),
                web.get("/_sim/link/{id}", on(PAGE_HOST, self._link)),
                web.get("/outputframe.html", on(FRAME_HOSTS, self._frame)),
                web.get("/channelframe.html", on(FRAME_HOSTS, self._channel_frame)),
                web.get("/api/kernels/{id}/channels", on(RUNTIME_HOSTS, self._channel)),
                web.get("/colab/lsp", on(RUNTIME_HOSTS, self._language_server)),
                web.static("/_sim/pages", PAGES),
            ]
        )
        app.on_shutdown.append(self._close_sockets)
        return app

    async def _close_sockets(self, _app: web.Application) -> None:
        await asyncio.gather(*(socket.close() for socket in list(self._sockets)))

    def _notebook(self, request: web.Request) -> Notebook:
        number = request.match_info["id"]
        for notebook in self._notebooks.values():
            if notebook.id == number:
                return notebook
        raise web.HTTPNotFound

    async def _page(self, request: web.Request) -> web.Response:
        sheet = self._notebook(request).sheet
        account = '<meta name="og-profile-acct" content="someone@example.com">'
        text = (PAGES / "notebook.html").read_text("utf-8")
        text = text.format(
            language=sheet.options.language,
            title=html.escape(sheet.options.title),
            account=account if sheet.view.signed_in else "",
            build=BUILD,
        )
        return page_of(text, PAGE_POLICY)

    async def _frame(self, _request: web.Request) -> web.Response:
        return page_of((PAGES / "outputframe.html").read_text("utf-8"), FRAME_POLICY)

    async def _channel_frame(self, _request: web.Request) -> web.Response:
        return page_of((PAGES / "channelframe.html").read_text("utf-8"), CHANNEL_FRAME_POLICY)

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        notebook = self._notebook(request)
        socket = await self._accept(request)
        page = Page()
        pages = notebook.sheet.pages
        notebook.sheet.log.loads += 1

        def told(message: dict[str, Any]) -> None:
            if "touch" in message:
                notebook.sheet.log.touches.append(message["touch"])
            else:
                self._errands.start(deeds.do(notebook, page, message), f"deed {message}")

        first = pages.add(page, notebook.sheet.as_json())
        self._errands.start(pages.count_shown(page, first), "page shown")
        self._errands.start(notebook.execution.attend(page), "page attended")
        await page.serve(socket, told)
        await pages.remove(page)
        self._sockets.discard(socket)
        return socket

    async def _channel(self, request: web.Request) -> web.WebSocketResponse:
        notebook, kernel = self._with_kernel(request)
        wrapping = notebook.sheet.options.wrapping
        session = request.query["session_id"]
        socket = await self._accept(request)
        writing = _write(socket, kernel.line(session), wrapping)
        writer = asyncio.create_task(writing, name="kernel writer")
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    kernel.send(unwrap(message.data, wrapping))
        finally:
            kernel.hang_up(session)
            writer.cancel()
            await asyncio.wait([writer])
        self._sockets.discard(socket)
        return socket

    def _with_kernel(self, request: web.Request) -> tuple[Notebook, Kernel]:
        number, token = request.match_info["id"], request.query.get("colab-runtime-proxy-token")
        for notebook in self._notebooks.values():
            runtime = notebook.execution.runtime
            if runtime.kernel is not None and runtime.kernel.id == number:
                if token != runtime.token:
                    raise web.HTTPForbidden
                return notebook, runtime.kernel
        raise web.HTTPNotFound

    async def _language_server(self, request: web.Request) -> web.WebSocketResponse:
        socket = await self._accept(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                asked = json.loads(message.data)
                await socket.send_json({"jsonrpc": "2.0", "id": asked["id"], "result": {}})
        self._sockets.discard(socket)
        return socket

    async def _accept(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=0, compress=False)
        await socket.prepare(request)
        self._sockets.add(socket)
        return socket


async def _write(socket: web.WebSocketResponse, line: Line, wrapping: Wrapping) -> None:
    async for frame in line.frames():
        try:
            await socket.send_str(wrap(frame, wrapping))
        except ConnectionResetError:
            return  # the page went away; the reading side ends too
    await socket.close(code=WSCloseCode.GOING_AWAY)


def on(host: str, answer: Answer) -> Answer:
    """Answer only where the request names this host, or one that ends like it."""

    async def checked(request: web.Request) -> web.StreamResponse:
        named = request.host.partition(":")[0]
        if named != host and not (host.startswith(".") and named.endswith(host)):
            raise web.HTTPNotFound
        return await answer(request)

    return checked


def page_of(text: str, policy: str) -> web.Response:
    """Return an HTML page under a content security policy."""
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
    return web.Response(text=text, content_type="text/html", headers=headers)
