"""The page as a part of the agent: where it is served, and what the terminal says of it."""

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from msgspec import structs

from chromium import free_port
from colab_cdp_agent.config import BrokerUrl, Commands, Config, Mqtt, Web
from colab_cdp_agent.settings.names import UsualPort
from colab_cdp_agent.settings.secret import CommandKey
from colab_cdp_agent.tell.lan import lan_address
from colab_cdp_agent.tell.publisher import Identity
from colab_cdp_agent.tell.web import page as page_module
from colab_cdp_agent.tell.web import page_file
from colab_cdp_agent.tell.web.listening import listening, own_port
from colab_cdp_agent.tell.web.page import PhonePage
from colab_cdp_agent.tell.web.welcome import PASSWORD_FILE, qr_code, welcome

HOST = "127.0.0.1"
FIRST_LOOK = """
import asyncio, http.client, sys
from pathlib import Path
from msgspec import structs
from colab_cdp_agent.config import Config, Web
from colab_cdp_agent.tell.publisher import Identity
from colab_cdp_agent.tell.web.listening import listening, own_port
from colab_cdp_agent.tell.web.page import PhonePage

port = int(sys.argv[1])

def look():
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/")
    return connection.getresponse().status

async def main():
    config = structs.replace(Config(), web=Web(port=port))
    page = PhonePage(config, Identity("colab", "desk", "1"), lambda: None, Path(), print)
    task = asyncio.create_task(page.run())
    while str(port) not in page.says:
        await asyncio.sleep(0)
    assert "aiohttp" not in sys.modules
    assert await asyncio.to_thread(look) == 200
    assert "aiohttp" in sys.modules
    task.cancel()

asyncio.run(main())
"""
LIMIT_S = 20.0


@asynccontextmanager
async def served(folder: Path, said: list[str], **changes: Any) -> AsyncIterator[PhonePage]:
    config = structs.replace(Config(), **changes)
    page = PhonePage(config, Identity("colab", "desk", "1"), lambda: None, folder, said.append)
    task = asyncio.create_task(page.run())
    try:
        yield page
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(page: PhonePage, says: str) -> None:
    async with asyncio.timeout(LIMIT_S):
        while says not in page.says:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)


async def status(port: int, path: str = "/") -> int:
    url = f"http://{HOST}:{port}{path}"
    async with aiohttp.ClientSession() as client, client.get(url) as answer:
        return answer.status


def play(story: Any) -> None:
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(story)


def test_by_default_this_machine_sees_the_page_and_nobody_else(tmp_path: Path) -> None:
    port, said = free_port(), list[str]()

    async def story() -> None:
        async with served(tmp_path, said, web=Web(port=port)) as page:
            await until(page, f"http://{HOST}:{port}")
            assert await status(port) == 200
            address = lan_address()
            if address is not None:
                with pytest.raises(OSError, match="refused"):
                    socket.create_connection((address, port), LIMIT_S)

    play(story())
    assert said == []
    assert list(tmp_path.iterdir()) == [], "no password was made, and no page is noted any more"


def test_until_somebody_looks_the_server_is_not_even_loaded() -> None:
    subprocess.run([sys.executable, "-c", FIRST_LOOK, str(free_port())], check=True)


def test_a_port_that_is_taken_is_said_and_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_module, "RETRY_FIRST_S", 0.05)
    port = free_port()

    async def story() -> None:
        with socket.create_server((HOST, port)):
            async with served(tmp_path, [], web=Web(port=port)) as page:
                await until(page, f"no page: port {port}: ")
        async with served(tmp_path, [], web=Web(port=port)) as page:
            await until(page, f"http://{HOST}:{port}")

    play(story())


def test_of_two_agents_the_second_takes_the_next_port(tmp_path: Path) -> None:
    usual = UsualPort(free_port())

    async def story() -> None:
        web = Web(port=usual)
        async with served(tmp_path / "a", [], web=web) as first:
            await until(first, f"http://{HOST}:{usual}")
            async with served(tmp_path / "b", [], web=web) as second:
                await until(second, f"http://{HOST}:")
                assert second.says != first.says
                port = int(second.says.rpartition(":")[2])
                assert await status(port) == await status(usual) == 200
                assert [each.port for each in page_file.served(tmp_path / "b")] == [port]

    play(story())
    assert isinstance(Config().web.port, UsualPort)
    assert Config().web.port == 8770


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"url": "x", "port": 99999999}', b"\xff", b'{"a": ' + b"[" * 100_000],
)
def test_a_damaged_note_of_a_page_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "page-desk.json").write_bytes(content)
    assert [*page_file.served(tmp_path)] == []


def test_who_waits_at_a_page_is_admitted_by_what_another_process_says(tmp_path: Path) -> None:
    port = free_port()
    commands = Commands(key=CommandKey("sixteen characters"))

    async def story() -> None:
        async with served(tmp_path, [], web=Web(port=port), commands=commands) as page:
            await until(page, f"http://{HOST}:{port}")
            (noted,) = page_file.served(tmp_path, "desk")
            assert [*page_file.served(tmp_path, "*")] == []
            (line,) = welcome(noted, tmp_path / PASSWORD_FILE, to_terminal=True)
            ticket = line.partition("#")[2].split()[0]
            url = f"http://{HOST}:{port}/login"
            shown = json.dumps({"ticket": ticket})
            headers = {"Origin": f"http://{HOST}:{port}"}
            jar = aiohttp.CookieJar(unsafe=True)  # of an address, not a name
            async with aiohttp.ClientSession(headers=headers, cookie_jar=jar) as client:
                async with client.post(url, data=shown) as answer:
                    assert answer.ok, await answer.text()
                async with client.get(f"http://{HOST}:{port}/about") as answer:
                    assert answer.status == 200

    play(story())


@pytest.mark.parametrize(
    "changes", [{"web": Web(on=False)}, {"mqtt": Mqtt(url=BrokerUrl("none"))}], ids=["off", "none"]
)
def test_where_it_is_off_or_nothing_is_published_there_is_no_page(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    async def story() -> None:
        config = structs.replace(Config(), **changes)
        identity = Identity("colab", "desk", "1")
        page = PhonePage(config, identity, lambda: None, tmp_path, print)
        async with asyncio.timeout(LIMIT_S):
            await page.run()
        assert page.says == "off"

    play(story())


def test_on_the_local_network_it_has_a_password_that_no_file_of_output_holds(
    tmp_path: Path,
) -> None:
    port, said = free_port(), list[str]()

    async def story() -> None:
        async with served(tmp_path, said, web=Web(port=port, lan=True)) as page:
            await until(page, f":{port}")
            assert await status(port, "/about") == 401
            assert (lan_address() or HOST) in page.says

    play(story())
    password = (tmp_path / PASSWORD_FILE).read_text().strip()
    (line,) = said
    assert str(tmp_path / PASSWORD_FILE) in line
    assert password not in line


def test_a_terminal_shows_the_code_to_scan_and_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    port, said = free_port(), list[str]()

    async def story() -> None:
        async with served(tmp_path, said, web=Web(port=port, lan=True)) as page:
            await until(page, f":{port}")

    play(story())
    assert (tmp_path / PASSWORD_FILE).read_text().strip() in "\n".join(said)
    assert max(map(len, said[0].splitlines())) < 80
    assert {"█", "▀", "▄", " "} >= set(said[0]) - {"\n"}


def test_where_requests_must_be_signed_this_machine_logs_in_too(tmp_path: Path) -> None:
    port, said = free_port(), list[str]()
    commands = Commands(key=CommandKey("sixteen characters"))

    async def story() -> None:
        async with served(tmp_path, said, web=Web(port=port), commands=commands) as page:
            await until(page, f"http://{HOST}:{port}")
            assert await status(port, "/about") == 401

    play(story())


def test_a_password_that_cannot_be_kept_is_a_page_that_is_not_served(tmp_path: Path) -> None:
    (tmp_path / PASSWORD_FILE).write_text("short")

    async def story() -> None:
        async with served(tmp_path, [], web=Web(port=free_port(), lan=True)) as page:
            await until(page, "holds no password")

    play(story())


def test_a_port_is_nobody_elses_on_any_system() -> None:
    assert own_port("win32") == [(-5, 1)]
    assert own_port("linux") == own_port("darwin") == [(socket.SO_REUSEADDR, 1)]
    with listening(HOST, 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            listening(HOST, port)


def test_a_code_reads_as_the_address_it_was_made_of() -> None:
    lines = qr_code("http://192.168.1.5:8770/login#ticket").splitlines()
    assert len({len(line) for line in lines}) == 1
    assert len(lines) >= 15
