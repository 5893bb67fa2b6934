"""Which broker is spoken to: the configured one, else the one that an agent here started."""

from itertools import cycle
from pathlib import Path

from colab_cdp_agent.config import Mqtt
from colab_cdp_agent.tell.broker_access import own_link
from colab_cdp_agent.tell.broker_files import BrokerFolder
from colab_cdp_agent.tell.link import BrokerLostError, Link, configured_links
from colab_cdp_agent.tell.mqtt_probe import nats_server_name
from colab_cdp_agent.tell.ports import HOST

PROBE_LIMIT_S = 2.0
NONE_HERE = (
    "no agent on this computer has a broker running: start one, or name another broker with --mqtt"
)


class Brokers:
    """Finds the broker anew each time: a cluster has several addresses, and a port may change.

    Args:
        settings: which broker.
        folder: where the agents of this user on this computer keep theirs.

    Attributes:
        addresses: how many there are to try, before the first comes again.

    """

    def __init__(self, settings: Mqtt, folder: Path) -> None:
        links = configured_links(settings)
        self.addresses = len(links) or 1
        self._links = cycle(links)
        self._embedded = settings.url.embedded
        self._folder = folder

    async def find(self) -> Link:
        """Return the link to the broker.

        Raises:
            BrokerLostError: there is none.

        """
        if not self._embedded:
            return next(self._links)
        broker = BrokerFolder(self._folder)
        try:
            record = broker.read_record()
        except OSError as error:
            raise BrokerLostError(f"{broker.config}: {error.strerror or error}") from error
        if record is None:
            raise BrokerLostError(NONE_HERE)
        # Where it ended, its port may be another program's by now.
        if await nats_server_name(HOST, record.client_port, PROBE_LIMIT_S) != broker.name:
            raise BrokerLostError(NONE_HERE)
        return own_link(record.mqtt_port, record.lan)
