"""The phone page that is not served, or that nobody may use so."""

import json
import urllib.error
import urllib.request

import pytest

from chromium import free_port
from colab_cdp_agent.tell.web.login import Login
from command import Command
from mosquitto import HOST
from page_link import PageLink
from page_server import PageServer
from stranger import stranger
from troubles.register import Place, logged, says


@says("the phone page is not served")
def taken_port(place: Place) -> str:
    with stranger(None) as there:
        config = f"web: {{port: {there.port}}}\n"
        (place.folder / "mine.yaml").write_text(config, encoding="utf-8")
        agent = Command(
            place.folder, "--port", str(free_port()), "--config", "mine.yaml",
            "--mqtt", f"mqtt://{HOST}:{free_port()}",
        )  # fmt: skip
        said = agent.until("the phone page is not")
        agent.process.terminate()
        agent.end()
    return said


@says("a wrong password or an old link for the page")
def wrong_password(_place: Place) -> str:
    def log_in() -> None:
        with PageServer(None, Login("the-right-one")) as server:
            request = urllib.request.Request(
                f"{server.url}/login",
                json.dumps({"password": "another"}).encode(),
                {"Origin": server.url, "Content-Type": "application/json"},
            )
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request)
            refused.value.close()

    return logged(log_in)


@says("a page was cut off")
def cut_off(_place: Place) -> str:
    def flood() -> None:
        with PageServer(None) as server, PageLink(server.url) as page:
            page.say(b"\xff\xff\xff\xff\xff\xff")
            page.closed()

    return logged(flood)
