"""A script of the person's own, out of the folder `scripts` of their configuration.

It is one function without arguments, run in the isolated world of the page. What it returns is
sent as JSON. No script comes over MQTT: a request can only name one that lies here.
"""

import asyncio
import re
from pathlib import Path

from colab_cdp_agent.answer import Answer, done, failed
from colab_cdp_agent.chrome.browser import CommandRefusedError
from colab_cdp_agent.chrome.tab import Tab
from colab_cdp_agent.chrome.worlds import WORLD
from colab_cdp_agent.config import config_dir
from colab_cdp_protocols import cdp

LIMIT_S = 10.0
BLOCKING_LIMIT_S = 2.0
"""How long it may hold up the page: no longer than a page that is taken for awake."""
LARGEST_RESULT = 4096
"""In characters of JSON."""
LARGEST_SOURCE_BYTES = 100_000
NAME = re.compile(r"[a-z0-9_-]{1,32}")


class ScriptMissingError(Exception):
    """There is no such script, or it cannot be read; `str` says so."""


async def run(tab: Tab, name: str) -> Answer:
    """Run the script of that name in a page, and return what it returned.

    Raises:
        ChromeError: the tab does not answer, or the script threw.

    """
    try:
        source = await asyncio.to_thread(_read, config_dir() / "scripts", name)
    except ScriptMissingError as error:
        return failed(str(error))
    try:
        result = await tab.in_world(lambda world: _call(source, world), LIMIT_S, f"{name}.js")
    except CommandRefusedError as error:
        if error.code != cdp.INTERNAL_ERROR:
            raise
        # What an evaluation is answered that the browser had to end.
        return failed(f"{name}.js was ended: it held up the page for {BLOCKING_LIMIT_S:g} s")
    text = result.result.value
    if isinstance(text, str) and len(text) > LARGEST_RESULT:
        return failed(f"{name}.js returned more than {LARGEST_RESULT} characters of JSON")
    try:
        return done(f"{name}.js returned", {"result": result.read(object)})
    except cdp.MalformedFrameError as error:
        return failed(f"{name}.js: {error}")


def _call(source: str, world: int) -> cdp.Command[cdp.ScriptResult]:
    return cdp.run_source(
        source, world, group=WORLD, limit_s=BLOCKING_LIMIT_S, most_characters=LARGEST_RESULT
    )


def _read(folder: Path, name: str) -> str:
    if NAME.fullmatch(name) is None:
        raise ScriptMissingError("a script's name holds a to z, 0 to 9, _ and -")
    path = folder / f"{name}.js"
    try:
        with path.open("rb") as file:
            source = file.read(LARGEST_SOURCE_BYTES + 1)
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise ScriptMissingError(f"scripts/{name}.js of the configuration: {reason}") from error
    if len(source) > LARGEST_SOURCE_BYTES:
        raise ScriptMissingError(f"scripts/{name}.js is larger than {LARGEST_SOURCE_BYTES} bytes")
    return source.decode(errors="replace")
