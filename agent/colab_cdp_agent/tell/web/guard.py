"""Which requests are answered at all: pure rules over what a browser says of itself.

A page of any other site, open in the same browser, can send requests to this machine. Such a page
gives itself away: by its own name in `Host` when it made that name mean this machine (DNS
rebinding), and by its own address in `Origin` when it opens a WebSocket or posts a form.
"""

from collections import deque
from ipaddress import ip_address

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
WRONG_TRIES, WITHIN_S = 5, 60.0
MOST_ADDRESSES = 256


def is_own_host(host: str, port: int, names: tuple[str, ...] | None) -> bool:
    """Say whether a `Host` can only mean this machine.

    Args:
        host: the header, in lower case.
        port: where the page is served.
        names: this machine's own names, where the local network may come too: then any address in
            figures is taken, since no other site can have one for its name; None: loopback alone.

    """
    name, ours = _name(host, port)
    if not ours:
        return False
    if name in LOOPBACK_NAMES:
        return True
    return names is not None and (_is_address(name) or name in names)


def is_own_origin(origin: str | None, host: str) -> bool:
    """Say whether a page that this server itself served is asking; a browser always says which."""
    return origin is not None and origin.lower() == f"http://{host}"


class WrongTries:
    """Counts wrong passwords by address: a few a minute, and whoever has tried them waits."""

    def __init__(self) -> None:
        self._tries: dict[str, deque[float]] = {}  # in order of the last try

    def may_try(self, address: str, now: float) -> bool:
        """Say whether an address may try once more; where very many try, nobody new may."""
        tries = self._tries.get(address)
        if tries is None:
            return len(self._tries) < MOST_ADDRESSES or self._forget_old(now)
        return len(tries) < WRONG_TRIES or now - tries[0] > WITHIN_S

    def failed(self, address: str, now: float) -> None:
        """Take note of a wrong try."""
        tries = self._tries.pop(address, None) or deque(maxlen=WRONG_TRIES)
        tries.append(now)
        self._tries[address] = tries

    def _forget_old(self, now: float) -> bool:
        """Forget who has not tried for a while; say whether there is room now."""
        for address in [each for each, tries in self._tries.items() if now - tries[-1] > WITHIN_S]:
            del self._tries[address]
        return len(self._tries) < MOST_ADDRESSES


def _name(host: str, port: int) -> tuple[str, bool]:
    """Return a host's name without its port, and whether the port is ours."""
    name, _, given = host.rpartition(":")
    if not name or host.endswith("]"):
        return host, port == 80  # noqa: PLR2004 - a browser leaves out http's own port
    return name, given == str(port)


def _is_address(name: str) -> bool:
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
