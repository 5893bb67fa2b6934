"""The phone page as a part of the agent: where it is served, and what the terminal says of it."""

import asyncio
import socket
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import structlog

from colab_cdp_agent.config import Config
from colab_cdp_agent.retry import keep
from colab_cdp_agent.settings.names import UsualPort
from colab_cdp_agent.tell.lan import lan_address, own_names
from colab_cdp_agent.tell.link import Link
from colab_cdp_agent.tell.password_file import PasswordFileError, read_or_make_password
from colab_cdp_agent.tell.ports import EVERYWHERE, HOST, first_free_port
from colab_cdp_agent.tell.publisher import Identity
from colab_cdp_agent.tell.web.listening import listening, visited
from colab_cdp_agent.tell.web.login import Login
from colab_cdp_agent.tell.web.page_file import PageFile, Served
from colab_cdp_agent.tell.web.welcome import PASSWORD_FILE, welcome

RETRY_FIRST_S, RETRY_LONGEST_S = 5.0, 60.0
SERVER = "colab_cdp_agent.tell.web.server"
USUAL_PORTS = 20
"""How many in a row are tried where nobody named one."""

log = structlog.get_logger()


class NotServedError(Exception):
    """The page cannot be served; `str` says why."""


def port_on(host: str, port: int) -> int:
    """Return a port that somebody named; of the usual ones the first that is free on a host."""
    if isinstance(port, UsualPort):
        return first_free_port(range(port, port + USUAL_PORTS), host)
    return port


class PhonePage:
    """Serves the page for as long as the agent runs; a port that somebody named is waited for.

    Args:
        config: whether it is served, on which port, and for whom. Where requests must be signed,
            the page has a login on this machine too.
        identity: whose page it is, and where its topics begin.
        link: returns the way to the broker, None while there is none.
        folder: where the password lies.
        say: prints a line that stays, for whoever started the agent.

    Attributes:
        says: where the page is, or why it is nowhere, in a few words.

    """

    def __init__(
        self,
        config: Config,
        identity: Identity,
        link: Callable[[], Link | None],
        folder: Path,
        say: Callable[[str], None],
    ) -> None:
        self._settings = config.web
        self._served = config.web.on and not config.mqtt.url.none
        self.says = "not served yet" if self._served else "off"
        self._key = config.commands.key.reveal() if config.commands.key is not None else None
        self._identity = identity
        self._link = link
        self._password_file = folder / PASSWORD_FILE
        self._file = PageFile(folder, identity.agent)
        self._say = say
        self._login: Login | None = None

    async def run(self) -> None:
        """Serve until cancelled; where it is off, or nothing is published, return."""
        if not self._served:
            return
        await keep(
            self._serve,
            on=(NotServedError,),
            failed=self._note_failure,
            first=RETRY_FIRST_S,
            longest=RETRY_LONGEST_S,
        )

    async def _serve(self) -> None:
        lan = self._settings.lan
        try:
            if lan or self._key is not None:
                self._login = self._login or Login(read_or_make_password(self._password_file))
        except PasswordFileError as error:
            raise NotServedError(f"no page: {error}") from error
        with await asyncio.to_thread(self._listening) as listener:
            try:
                self._started(listener.getsockname()[1])
                await visited(listener)
                # Not before: aiohttp is 10 MiB, and many a night nobody looks.
                await asyncio.to_thread(import_module, SERVER)
                from colab_cdp_agent.tell.web.server import Access, Server  # noqa: PLC0415

                access = None
                if self._login is not None:
                    access = Access(self._login, own_names() if lan else (), self._key)
                await Server(self._identity, self._link, access).serve(listener)
            finally:
                self._note(None)

    def _listening(self) -> socket.socket:
        """Return a socket that listens on the port, or on the next one if nobody named it."""
        host = EVERYWHERE if self._settings.lan else HOST
        port = port_on(host, self._settings.port)
        try:
            return listening(host, port)
        except OSError as error:
            raise NotServedError(f"no page: port {port}: {error.strerror or error}") from error

    def _started(self, port: int) -> None:
        lan = self._settings.lan
        host = lan_address() if lan else None
        self.says = f"http://{host or HOST}:{port}"
        page = Served(self.says, port, lan, self._login is not None)
        log.info("the phone page is served", at=self.says)
        if port != self._settings.port:
            log.info("the phone page's usual port was taken", port=self._settings.port)
        self._note(page)
        if self._login is not None:
            for line in welcome(page, self._password_file, to_terminal=sys.stdout.isatty()):
                self._say(line)

    def _note(self, page: Served | None) -> None:
        """Let the command `phone` know where the page is."""
        try:
            self._file.remove() if page is None else self._file.write(page)
        except OSError as error:
            log.info("where the phone page is cannot be noted", error=error.strerror or str(error))

    def _note_failure(self, error: Exception) -> None:
        if str(error) != self.says:
            self.says = str(error)
            log.warning("the phone page is not served", reason=self.says)
