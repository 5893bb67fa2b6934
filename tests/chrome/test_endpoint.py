"""Finding Chrome: what stands on the port instead of it, each told in its own sentence."""

import asyncio
import os
import socket
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from chromium import free_port
from colab_cdp_agent.chrome import user_data_folders, version_page
from colab_cdp_agent.chrome.absent import ChromeAbsentError, start_remedy
from colab_cdp_agent.chrome.endpoint import Endpoint, locate
from colab_cdp_agent.chrome.user_data_folders import UserDataFolder
from colab_cdp_agent.settings.names import UsualPort
from mosquitto import Mosquitto, find_mosquitto
from night import Night
from stranger import HOST, http, stranger

ASKS = http("404 Not Found", b"")
PATH = "/devtools/browser/an-id"
VERSION = b'{"webSocketDebuggerUrl": "ws://localhost:1/devtools/browser/an-id"}'


def absent(
    port: int, folder: Path | None = None, folders: Sequence[UserDataFolder] = ()
) -> ChromeAbsentError:
    with pytest.raises(ChromeAbsentError) as raised:
        asyncio.run(locate(HOST, port, folder, folders))
    assert raised.value.remedy
    return raised.value


def folder(above: Path, name: str, port: int, path: str = PATH, *, at: float = 0) -> UserDataFolder:
    """Return a browser's folder in which its file lies, written so many seconds after others."""
    below = above / name
    below.mkdir()
    file = below / "DevToolsActivePort"
    file.write_text(f"{port}\n{path}", encoding="ascii")
    os.utime(file, (at, at))
    return UserDataFolder(name, below)


def test_chrome_is_found_under_the_address_that_was_asked_not_the_one_it_names() -> None:
    with stranger(http("200 OK", VERSION)) as there:
        found = asyncio.run(locate(HOST, there.port, None))
    assert found == Endpoint(f"ws://{HOST}:{there.port}/devtools/browser/an-id")


def test_nothing_listens() -> None:
    port = free_port()
    error = absent(port)
    assert str(error) == f"nothing listens on {HOST}:{port}"
    assert f"--remote-debugging-port={port}" in error.remedy
    assert "--user-data-dir" in error.remedy


def test_what_answers_404_and_has_left_no_file_is_not_known() -> None:
    with stranger(ASKS) as there:
        error = absent(there.port)
    assert "404" in str(error)
    assert "--profile-dir" in error.remedy


def test_a_browser_that_asks_is_found_by_its_port_and_its_file(tmp_path: Path) -> None:
    with stranger(ASKS) as there:
        folders = [
            folder(tmp_path, "Chrome", there.port, "/devtools/browser/ended", at=1),
            folder(tmp_path, "Edge", there.port, at=2),
            folder(tmp_path, "Chromium", free_port(), at=3),
        ]
        found = asyncio.run(locate(HOST, there.port, None, folders))
    address = f"ws://{HOST}:{there.port}{PATH}"
    assert found == Endpoint(address, asks=True, browser="Edge", folder=tmp_path / "Edge")


def test_without_a_port_the_usual_one_comes_first(tmp_path: Path) -> None:
    with stranger(http("200 OK", VERSION)) as usual, stranger(ASKS) as other:
        folders = [folder(tmp_path, "Chrome", other.port)]
        found = asyncio.run(locate(HOST, UsualPort(usual.port), None, folders))
    assert found == Endpoint(f"ws://{HOST}:{usual.port}{PATH}")


@pytest.mark.parametrize("answer", [ASKS, http("200 OK", VERSION)])
def test_without_a_port_every_folder_is_looked_into(tmp_path: Path, answer: bytes) -> None:
    with stranger(answer) as there:
        folders = [
            folder(tmp_path, "Chrome", free_port()),
            UserDataFolder("Edge", tmp_path / "none"),
            folder(tmp_path, "Chrome Beta", there.port, "/devtools/browser/ended", at=1),
            folder(tmp_path, "Brave", there.port, at=2),
        ]
        found = asyncio.run(locate(HOST, UsualPort(free_port()), None, folders))
        assert found.browser == "Brave"
        assert found.asks == (answer == ASKS)
        assert found.address == f"ws://{HOST}:{there.port}{PATH}"
        # A port that a person names is the only one that is tried.
        assert "nothing listens" in str(absent(free_port(), None, folders))


def test_what_has_ended_is_told_by_its_name(tmp_path: Path) -> None:
    folders = [folder(tmp_path, name, free_port()) for name in ("Chrome", "Edge")]
    error = absent(UsualPort(free_port()), None, folders)
    assert "nor where Chrome, Edge listened before" in str(error)
    both = ("--user-data-dir", "chrome://inspect/#remote-debugging")
    assert all(remedy in error.remedy for remedy in both)
    assert "no browser of this computer has allowed" in str(absent(UsualPort(free_port())))


def test_nothing_is_looked_for_at_home_when_chrome_is_on_another_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = [folder(tmp_path, "Chrome", free_port())]
    monkeypatch.setattr(user_data_folders, "here", lambda: looked)
    for host, ended in (("127.0.0.1", True), ("not-this-machine.invalid", False)):
        with pytest.raises(ChromeAbsentError) as raised:
            asyncio.run(locate(host, UsualPort(free_port()), None))
        assert ("listened before" in str(raised.value)) == ended


@pytest.mark.parametrize(
    "body",
    [
        b"<h1>It works!</h1>",
        b"{}",
        b"[]",
        b"3",
        b'{"webSocketDebuggerUrl": 5}',
        b"\xff\xfe",
        b"",
        b"[" * 50_000,
        b'{"webSocketDebuggerUrl": "ws://h/#fragment"}',
        b'{"webSocketDebuggerUrl": "ws://h/a path\\r\\nX: y"}',
        '{"webSocketDebuggerUrl": "ws://h/\ud55c"}'.encode(),
    ],
)
def test_another_http_server_is_no_chrome(body: bytes) -> None:
    with stranger(http("200 OK", body)) as there:
        assert "is an HTTP server (status 200), but not Chrome" in str(absent(there.port))


def test_an_http_server_without_an_end_is_no_chrome() -> None:
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n" + b"x" * 200_000
    with stranger(endless) as there:
        assert "but not Chrome" in str(absent(there.port))


def test_a_port_that_accepts_and_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version_page, "ANSWER_LIMIT_S", 0.2)
    with stranger(None) as there:
        assert "accepts connections but does not answer" in str(absent(there.port))


def test_tls_on_the_port() -> None:
    with stranger(b"\x15\x03\x01\x00\x02\x02\x46") as there:
        assert str(absent(there.port)).endswith("speaks TLS: another program holds this port")


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"SSH-2.0-OpenSSH_9.9\r\n", b"HTTP/1.1 \r\n\r\n",
        b"HTTP/1.1 " + b"2" * 5000 + b" OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\nContent-Length: " + b"1" * 5000 + b"\r\n\r\n",
    ],
    ids=range(5),
)  # fmt: skip
def test_another_protocol_on_the_port(answer: bytes) -> None:
    with stranger(answer) as there:
        assert "does not speak HTTP" in str(absent(there.port))


@pytest.mark.skipif(find_mosquitto() is None, reason="no mosquitto installed")
def test_a_broker_on_the_port_is_told_by_the_command_line_once(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as wrong, Night(wrong.port) as night:
        line = night.until(lambda: night.logged("waiting for Chrome"))[0]
        assert "does not speak HTTP: another program holds this port" in line["reason"]
        assert night.info()["chrome"] == {
            "state": "waiting",
            "product": None,
            "since": night.info()["chrome"]["since"],
            "reason": line["reason"],
        }
        # Publishing takes longer than a few tries do: they are not said again.
        assert len(night.logged("waiting for Chrome")) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "is no folder of Chrome's: there is no 'Local State' in it"),
        ("", "does not hold a port and a path"),
        ("nine\n/devtools/browser/x", "does not hold a port and a path"),
        ("9222", "does not hold a port and a path"),
        ("99999\n/devtools/browser/x", "does not hold a port and a path"),
        ("-1\n/devtools/browser/x", "does not hold a port and a path"),
        (f"{'9' * 5000}\n/devtools/browser/x", "does not hold a port and a path"),
        ("9222\nhttps://evil.example/#", "does not hold a port and a path"),
        ("9222\n/devtools/browser/x#y", "does not hold a port and a path"),
    ],
)
def test_a_profile_folder_without_a_port_in_it(tmp_path: Path, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "DevToolsActivePort").write_text(text, encoding="ascii")
    assert says in str(absent(0, tmp_path))


@pytest.mark.parametrize("asks", [True, False])
def test_a_profile_folder_names_port_and_path(tmp_path: Path, *, asks: bool) -> None:
    with stranger(ASKS if asks else http("200 OK", VERSION)) as there:
        named = folder(tmp_path, "its", there.port).path
        found = asyncio.run(locate(HOST, 1, named))
    address = f"ws://{HOST}:{there.port}{PATH}"
    assert found == Endpoint(address, asks=asks, folder=named)


def test_a_profile_folder_of_a_browser_that_has_ended(tmp_path: Path) -> None:
    port = free_port()
    named = folder(tmp_path, "its", port).path
    assert f"names port {port}, and nothing listens there" in str(absent(1, named))


def test_a_profile_folder_is_not_taken_for_another_browser_on_its_port(tmp_path: Path) -> None:
    with stranger(http("200 OK", VERSION)) as there:
        named = folder(tmp_path, "its", there.port, "/devtools/browser/ended").path
        error = absent(1, named)
    assert "is of a Chrome that has ended: another one listens" in str(error)
    assert f"--port {there.port}" in error.remedy


def test_an_address_of_version_6_is_written_in_brackets(tmp_path: Path) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        port = listener.getsockname()[1]
        serving = threading.Thread(target=_answer_once, args=(listener,))
        serving.start()
        found = asyncio.run(locate("::1", 1, folder(tmp_path, "its", port).path))
        serving.join()
    assert found.address == f"ws://[::1]:{port}{PATH}"


def _answer_once(listener: socket.socket) -> None:
    peer, _ = listener.accept()
    with peer:
        peer.recv(4096)
        peer.sendall(ASKS)


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32", "freebsd14"])
def test_every_system_has_a_remedy_with_a_folder_of_its_own(platform: str) -> None:
    remedy = start_remedy(9555, platform)
    assert "--remote-debugging-port=9555" in remedy
    assert "--user-data-dir" in remedy
