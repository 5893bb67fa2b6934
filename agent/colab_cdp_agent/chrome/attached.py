"""Which browsers are attached to, so that none is attached to twice."""

from collections.abc import Iterator
from contextlib import contextmanager

from colab_cdp_agent.chrome.absent import ChromeAbsentError


class Attached:
    """The browsers of one agent that it is attached to, or about to be, by their own ids."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    @contextmanager
    def hold(self, address: str, name: str) -> Iterator[None]:
        """Keep a browser, by its WebSocket address, for the one of that name.

        Raises:
            ChromeAbsentError: it is attached to under another name: as a port, and as a folder.

        """
        browser = address.rpartition("/")[2]
        other = self._names.setdefault(browser, name)
        if other != name:
            raise ChromeAbsentError(
                f"this is the browser that is watched as '{other}' already",
                "leave one of the two out: a port and a profile folder may be of one browser",
            )
        try:
            yield
        finally:
            del self._names[browser]
