"""The server of the phone page: its files, the login, and the bridge to the broker."""

import asyncio
import json
import socket
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import msgspec
import structlog
from aiohttp import WSCloseCode, web

from colab_cdp_agent import __version__
from colab_cdp_agent.tell.link import Link
from colab_cdp_agent.tell.publisher import Identity
from colab_cdp_agent.tell.web import guard
from colab_cdp_agent.tell.web.bridge import relay, socket_for_page
from colab_cdp_agent.tell.web.listening import BACKLOG
from colab_cdp_agent.tell.web.login import COOKIE_LIFE_S, Login
from colab_cdp_agent.tell.web.static_files import StaticFiles

COOKIE = "colab_cdp_agent"
MOST_PAGES = 32
MOST_CONNECTIONS = 128
LONGEST_FORM_BYTES = 1024
GOODBYE_LIMIT_S = 2.0
WITHOUT_LOGIN = frozenset({"login.html", "login.js", "words.js", "page.css", "icon.svg"})
"""What the login form is made of."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

log = structlog.get_logger()

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Access(msgspec.Struct, frozen=True):
    """What lets a browser in, and what it may do then.

    `names` are those by which the local network knows this machine; with `key` its requests are
    signed.
    """

    login: Login
    names: tuple[str, ...] = ()
    key: str | None = None


class Server:
    """Serves the page to the browsers of this machine or, with a login, of the local network.

    Args:
        identity: whose page it is, and where its topics begin.
        link: returns the way to the broker, None while there is none.
        access: what a browser must show; None: this machine's own browsers need nothing.

    """

    def __init__(
        self,
        identity: Identity,
        link: Callable[[], Link | None],
        access: Access | None = None,
    ) -> None:
        self._identity = identity
        self._link = link
        self._access = access
        self._names = access.names if access is not None else None
        self._key = access.key if access is not None else None
        self._port = 0
        self._static = StaticFiles()
        self._tries = guard.WrongTries()
        self._pages: set[web.WebSocketResponse] = set()

    async def serve(self, listener: socket.socket) -> None:
        """Serve whoever comes to a listening socket, until cancelled."""
        application = web.Application(
            middlewares=[self._guarded], client_max_size=LONGEST_FORM_BYTES
        )
        application.router.add_get("/mqtt", self._bridge)
        application.router.add_get("/about", self._about)
        application.router.add_post("/login", self._log_in)
        application.router.add_get("/{path:.*}", self._file)
        application.on_response_prepare.append(_add_headers)
        runner = web.AppRunner(
            application, access_log=None, handle_signals=False, shutdown_timeout=GOODBYE_LIMIT_S
        )
        self._port = listener.getsockname()[1]
        await asyncio.to_thread(self._static.compress)
        await runner.setup()
        try:
            server = await asyncio.get_running_loop().create_server(
                lambda: self._protocol(runner), sock=listener, backlog=BACKLOG
            )
            async with server:
                await server.serve_forever()
        finally:
            await self._dismiss_pages()
            await runner.cleanup()

    @staticmethod
    def _protocol(runner: web.AppRunner) -> asyncio.Protocol:
        assert runner.server is not None  # noqa: S101 - `setup` has made it
        crowded = len(runner.server.connections) >= MOST_CONNECTIONS
        return _Crowded() if crowded else runner.server()

    async def _dismiss_pages(self) -> None:
        for page in list(self._pages):
            await page.close(code=WSCloseCode.GOING_AWAY, message=b"the agent ends")

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Next) -> web.StreamResponse:
        host = request.headers.get("Host", "").lower()
        if not guard.is_own_host(host, self._port, self._names):
            raise web.HTTPMisdirectedRequest(text="This page has another name.")
        asks_to_act = request.method != "GET" or request.path == "/mqtt"
        if asks_to_act and not guard.is_own_origin(request.headers.get("Origin"), host):
            raise web.HTTPForbidden(text="Another page asks.")
        if not self._may_enter(request):
            if request.path == "/":
                raise web.HTTPSeeOther("/login")
            raise web.HTTPUnauthorized(text="Log in first.")
        return await handler(request)

    def _may_enter(self, request: web.Request) -> bool:
        found = self._static.find(request.path)
        if self._access is None or (found is not None and found[0] in WITHOUT_LOGIN):
            return True
        return self._access.login.knows(request.cookies.get(COOKIE, ""), time.time())

    async def _log_in(self, request: web.Request) -> web.Response:
        """Take a password or a ticket, as JSON, and give a cookie for it."""
        address = request.remote or ""
        if self._access is None:
            return web.Response(status=204)
        login = self._access.login
        if not self._tries.may_try(address, time.monotonic()):
            raise web.HTTPTooManyRequests(
                text="Too many tries.", headers={"Retry-After": f"{guard.WITHIN_S:.0f}"}
            )
        password, ticket = _shown(await request.read())
        now = time.time()
        if not (login.accepts(password) or login.admits(ticket, now)):
            self._tries.failed(address, time.monotonic())
            log.warning("a wrong password or an old link for the page", address=address)
            raise web.HTTPUnauthorized(text="That is not it.")
        response = web.Response(status=204)
        response.set_cookie(
            COOKIE,
            login.cookie(now),
            max_age=COOKIE_LIFE_S,
            httponly=True,
            samesite="Strict",
        )
        return response

    async def _about(self, _request: web.Request) -> web.Response:
        """Tell the page where its topics are, and what time it is here."""
        return web.json_response(
            {
                "root": self._identity.root,
                "agent": self._identity.agent,
                "version": __version__,
                "now": datetime.now(UTC).isoformat(),
            }
        )

    async def _bridge(self, request: web.Request) -> web.StreamResponse:
        if len(self._pages) >= MOST_PAGES:
            raise web.HTTPServiceUnavailable(text="Too many pages are open.")
        page = socket_for_page()
        await page.prepare(request)
        self._pages.add(page)
        try:
            await relay(page, self._link(), self._identity.root, self._key)
        finally:
            self._pages.discard(page)
        return page

    async def _file(self, request: web.Request) -> web.Response:
        found = self._static.find(request.path)
        if found is None:
            raise web.HTTPNotFound(text="There is no such file.")
        name, cached = found
        file = self._static.files[name]
        headers = {
            "Cache-Control": cached,
            "Content-Type": file.type,
            "ETag": f'"{file.tag}"',
            "Vary": "Accept-Encoding",
        }
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        if "gzip" not in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=file.body, headers=headers)
        headers["Content-Encoding"] = "gzip"
        return web.Response(body=file.compressed, headers=headers)


class _Crowded(asyncio.Protocol):
    """Hangs up at once: more connections than any number of phones would open."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


def _shown(body: bytes) -> tuple[str, str]:
    """Return the password and the ticket of a login's JSON; what is not there is empty."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(given, dict):
        return "", ""
    password, ticket = given.get("password"), given.get("ticket")
    return (
        password if isinstance(password, str) else "",
        ticket if isinstance(ticket, str) else "",
    )
