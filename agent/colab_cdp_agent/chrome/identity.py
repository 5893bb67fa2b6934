"""Which browser it is that listens on a port: the one with a certain profile folder, or another."""

import asyncio
import re
from contextlib import suppress
from pathlib import Path

from colab_cdp_agent.chrome.browser import BrowserLostError, connect_browser
from colab_cdp_protocols import cdp

HANDSHAKE_LIMIT_S = 10.0


async def runs_on(address: str, folder: Path) -> bool:
    """Return whether the browser at a WebSocket address was started with that profile folder.

    The browser is asked for its command line: with a fixed port it writes no `DevToolsActivePort`.

    Raises:
        ChromeError: it does not answer.

    """
    async with connect_browser(address, _pass_over, patience=HANDSHAKE_LIMIT_S) as browser:
        reading = asyncio.create_task(browser.read(), name="chrome read")
        try:
            info = await browser.call(cdp.get_system_info())
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError, BrowserLostError):
                await reading
    return names_folder(info.command_line, folder)


def names_folder(command_line: str, folder: Path) -> bool:
    """Return whether a browser's command line names a profile folder.

    On Windows its parts stand in quotes where they need them, elsewhere without any.
    """
    end = r'(?="|\s+-|\s*$)'
    return re.search(rf'--user-data-dir="?{re.escape(str(folder))}{end}', command_line) is not None


def _pass_over(_event: cdp.Event) -> None:
    """Take an event, of which none was asked for."""
