"""Finding Chrome: what stands on the port instead of it, each told in its own sentence."""

import asyncio
from pathlib import Path

import pytest

from chromium import free_port
from colab_cdp_agent.chrome import endpoint
from colab_cdp_agent.chrome.endpoint import ChromeAbsentError, locate, start_remedy
from mosquitto import Mosquitto, find_mosquitto
from night import Night
from stranger import HOST, http, stranger

VERSION = b'{"webSocketDebuggerUrl": "ws://localhost:1/devtools/browser/an-id"}'


def absent(port: int, folder: Path | None = None) -> ChromeAbsentError:
    with pytest.raises(ChromeAbsentError) as raised:
        asyncio.run(locate(HOST, port, folder))
    assert raised.value.remedy
    return raised.value


def test_chrome_is_found_under_the_address_that_was_asked_not_the_one_it_names() -> None:
    with stranger(http("200 OK", VERSION)) as there:
        found = asyncio.run(locate(HOST, there.port, None))
    assert found == f"ws://{HOST}:{there.port}/devtools/browser/an-id"


def test_nothing_listens() -> None:
    port = free_port()
    error = absent(port)
    assert str(error) == f"nothing listens on {HOST}:{port}"
    assert f"--remote-debugging-port={port}" in error.remedy
    assert "--user-data-dir" in error.remedy


def test_a_chrome_that_asks_for_consent_answers_404() -> None:
    with stranger(http("404 Not Found", b"")) as there:
        error = absent(there.port)
    assert "404" in str(error)
    assert "--profile-dir" in error.remedy


@pytest.mark.parametrize(
    "body",
    [b"<h1>It works!</h1>", b"{}", b"[]", b"3", b'{"webSocketDebuggerUrl": 5}', b"\xff\xfe", b""],
)
def test_another_http_server_is_no_chrome(body: bytes) -> None:
    with stranger(http("200 OK", body)) as there:
        assert "is an HTTP server (status 200), but not Chrome" in str(absent(there.port))


def test_an_http_server_without_an_end_is_no_chrome() -> None:
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n" + b"x" * 200_000
    with stranger(endless) as there:
        assert "but not Chrome" in str(absent(there.port))


def test_a_port_that_accepts_and_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "ANSWER_LIMIT_S", 0.2)
    with stranger(None) as there:
        assert "accepts connections but does not answer" in str(absent(there.port))


def test_tls_on_the_port() -> None:
    with stranger(b"\x15\x03\x01\x00\x02\x02\x46") as there:
        assert str(absent(there.port)).endswith("speaks TLS: another program holds this port")


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9.9\r\n", b"HTTP/1.1 \r\n\r\n"])
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
    ],
)
def test_a_profile_folder_without_a_port_in_it(tmp_path: Path, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "DevToolsActivePort").write_text(text, encoding="ascii")
    assert says in str(absent(0, tmp_path))


def test_a_profile_folder_names_port_and_path(tmp_path: Path) -> None:
    (tmp_path / "DevToolsActivePort").write_text("9333\n/devtools/browser/x", encoding="ascii")
    assert asyncio.run(locate("::1", 1, tmp_path)) == "ws://[::1]:9333/devtools/browser/x"


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32", "freebsd14"])
def test_every_system_has_a_remedy_with_a_folder_of_its_own(platform: str) -> None:
    remedy = start_remedy(9555, platform)
    assert "--remote-debugging-port=9555" in remedy
    assert "--user-data-dir" in remedy
