"""The phone page as a part of the agent: where it is served, and what the terminal says of it."""

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import structlog

from colab_cdp_agent.config import Config
from colab_cdp_agent.retry import keep
from colab_cdp_agent.tell.link import Link
from colab_cdp_agent.tell.ports import EVERYWHERE, HOST, lan_address
from colab_cdp_agent.tell.publisher import Identity
from colab_cdp_agent.tell.web.address import own_names, qr_code
from colab_cdp_agent.tell.web.listening import listening, visited
from colab_cdp_agent.tell.web.login import Login, PasswordFileError, read_or_make_password

RETRY_FIRST_S, RETRY_LONGEST_S = 5.0, 60.0
SERVER = "colab_cdp_agent.tell.web.server"
PASSWORD_FILE = "page-password"  # noqa: S105 - its name

log = structlog.get_logger()


class NotServedError(Exception):
    """The page cannot be served; `str` says why."""


class PhonePage:
    """Serves the page for as long as the agent runs; a port that is taken is waited for.

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
        self._folder = folder
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
        lan, port = self._settings.lan, self._settings.port
        try:
            if lan or self._key is not None:
                self._login = self._login or Login(read_or_make_password(self._password_file))
            listener = listening(EVERYWHERE if lan else HOST, port)
        except PasswordFileError as error:
            raise NotServedError(f"no page: {error}") from error
        except OSError as error:
            raise NotServedError(f"no page: port {port}: {error.strerror or error}") from error
        with listener:
            self._started()
            await visited(listener)
            # Not before: aiohttp is 10 MiB, and many a night nobody looks.
            await asyncio.to_thread(import_module, SERVER)
            from colab_cdp_agent.tell.web.server import Access, Server  # noqa: PLC0415

            access = None
            if self._login is not None:
                access = Access(self._login, own_names() if lan else (), self._key)
            await Server(self._identity, self._link, access).serve(listener)

    @property
    def _password_file(self) -> Path:
        return self._folder / PASSWORD_FILE

    def _started(self) -> None:
        host = lan_address() if self._settings.lan else None
        self.says = f"http://{host or HOST}:{self._settings.port}"
        log.info("the phone page is served", at=self.says)
        if self._login is not None:
            for line in self._invitation(self._login):
                self._say(line)

    def _invitation(self, login: Login) -> Iterator[str]:
        """Yield how a browser comes in; secrets are for a terminal, and for no file."""
        if not sys.stdout.isatty():
            yield f"Phone page: {self.says}, with the password in {self._password_file}"
            return
        address = f"{self.says}/login#{login.ticket(time.time())}"
        if self._settings.lan:
            yield qr_code(address)
            yield f"Phone page: scan this within 15 minutes, or open {self.says}"
            yield f"and type {login.password}"
            yield "Whoever is in this network and has the password can read and ask as you can."
        else:
            yield f"Phone page: {address} within 15 minutes, or type {login.password} there"

    def _note_failure(self, error: Exception) -> None:
        if str(error) != self.says:
            self.says = str(error)
            log.warning("the phone page is not served", reason=self.says)
