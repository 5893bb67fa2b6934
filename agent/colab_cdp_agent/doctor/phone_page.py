"""The phone page: whether its port is free, or serves the page already."""

import asyncio
import urllib.error
import urllib.request
from typing import Final

from colab_cdp_agent.config import Config
from colab_cdp_agent.doctor.finding import Finding
from colab_cdp_agent.settings.names import UsualPort
from colab_cdp_agent.tell.lan import lan_address
from colab_cdp_agent.tell.ports import EVERYWHERE, HOST
from colab_cdp_agent.tell.web.listening import listening

ANSWER_LIMIT_S: Final = 5.0
OURS: Final = b"colab-cdp-agent"
LARGEST_PAGE_BYTES: Final = 100_000


async def examine(settings: Config) -> Finding:
    """Look whether the page can be served, or is."""
    web = settings.web
    if not web.on or settings.mqtt.url.none:
        why = "web.on is false" if not web.on else "nothing is published"
        return Finding(ok=None, what=f"phone page: off, since {why}")
    host = lan_address() if web.lan else HOST
    if host is None:
        what = "phone page: this computer is in no network, so no phone reaches it"
        remedy = "connect it to the network of the phone, or leave out --lan"
        return Finding(ok=False, what=what, remedy=remedy, brief="no phone reaches the page")
    try:
        listening(EVERYWHERE if web.lan else HOST, web.port).close()
    except OSError as error:
        if await asyncio.to_thread(_is_ours, web.port):
            what = f"phone page: http://{host}:{web.port} is served by an agent at work"
            return Finding(ok=True, what=what)
        if isinstance(web.port, UsualPort):
            what = f"phone page: port {web.port} is taken, so it gets the next one that is free"
            return Finding(ok=True, what=what)
        why = error.strerror or str(error)
        return Finding(
            ok=False,
            what=f"phone page: port {web.port}: {why}",
            remedy="name another in web.port, or end what has it",
            brief="the phone page is not served",
        )
    return Finding(ok=True, what=f"phone page: http://{host}:{web.port} is free for it")


def _is_ours(port: int) -> bool:
    """Return whether what listens on this computer serves the page, or its login."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{HOST}:{port}/login", timeout=ANSWER_LIMIT_S) as answer:
            return OURS in answer.read(LARGEST_PAGE_BYTES)
    except (OSError, urllib.error.URLError, ValueError):
        return False
