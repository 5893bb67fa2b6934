"""The messenger: has a broker, one of its own or another's, and publishes to it for ever."""

from collections.abc import Callable
from itertools import cycle

import structlog

from colab_cdp_agent.config import Mqtt
from colab_cdp_agent.retry import keep
from colab_cdp_agent.tell.broker import BrokerAddress, BrokerFailedError, EmbeddedBroker
from colab_cdp_agent.tell.link import BrokerLostError, Link, configured_links
from colab_cdp_agent.tell.publisher import Publisher

RETRY_FIRST_S, RETRY_LONGEST_S = 1.0, 8.0
USUAL_PORT = 1883

log = structlog.get_logger()


class Messenger:
    """Keeps the publisher connected.

    Args:
        settings: which broker.
        embedded: the broker that is started where no other is configured.
        publisher: what is kept connected.
        started: is given the address of the embedded broker, once and when it changes.

    Attributes:
        says: how it stands with the broker, in a few words.
        link: the way to the broker that was found last, None as long as none was.

    """

    def __init__(
        self,
        settings: Mqtt,
        embedded: EmbeddedBroker,
        publisher: Publisher,
        started: Callable[[BrokerAddress], None] = lambda _address: None,
    ) -> None:
        self.says = "not connected yet"
        self.link: Link | None = None
        self._settings = settings
        self._embedded = embedded
        self._publisher = publisher
        self._started = started
        self._address: BrokerAddress | None = None
        self._links = cycle(configured_links(settings))

    @property
    def kind(self) -> str:
        """Which broker it is: `embedded`, `external` or `none`."""
        url = self._settings.url
        return str(url) if url.embedded or url.none else "external"

    async def run(self) -> None:
        """Publish for ever: a broker that is not there is waited for.

        Raises:
            NameTakenError: another agent has this name at the broker.
            BrokerRefusedError: the broker refused the login.

        """
        if self._settings.url.none:
            self.says = "none"
            return
        await keep(
            self._tend,
            on=(BrokerLostError, BrokerFailedError),
            failed=lambda error: self._is(f"waiting ({error})", trouble=True),
            first=RETRY_FIRST_S,
            longest=RETRY_LONGEST_S,
        )

    async def stop(self) -> None:
        """End the embedded broker, unless another agent uses it too."""
        try:
            await self._embedded.stop()
        except BrokerFailedError as error:
            log.warning("the embedded broker did not end", reason=str(error))

    async def _tend(self) -> None:
        self.link = link = await self._find()
        where = link.where
        if self._settings.url.embedded and link.port != USUAL_PORT:
            where += f" ({USUAL_PORT} is taken by another program)"
        await self._publisher.run(link, lambda: self._is(where))

    async def _find(self) -> Link:
        """Return the next address of the configured broker, or start the embedded one."""
        if not self._settings.url.embedded:
            return next(self._links)
        address = await self._embedded.start()
        if address != self._address:
            self._address = address
            for reason in filter(None, (address.warning, address.otherwise)):
                log.warning("the embedded broker runs with a reservation", reason=reason)
            self._started(address)
        return address.link

    def _is(self, says: str, *, trouble: bool = False) -> None:
        """Take note of how it stands with the broker; each change is said once."""
        if says == self.says:
            return
        self.says = says
        if trouble:
            log.warning("the broker cannot be reached", reason=says)
        else:
            log.info("publishing", broker=says)
