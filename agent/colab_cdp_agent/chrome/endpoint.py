"""Where Chrome listens: from a host and port to the WebSocket address of the running browser.

A restarted Chrome has a new browser id, so the address is asked for before every connection.
"""

import asyncio
import ipaddress
import json
import sys
from pathlib import Path

from colab_cdp_agent.chrome.own_folder import OWN_FOLDER

ANSWER_LIMIT_S = 3.0
ANSWER_LIMIT_BYTES = 64_000
PORT_FILE = "DevToolsActivePort"

# The folder is the one that `colab-cdp-agent chrome` takes: who signed in here has signed in there.
START_COMMAND = {
    "win32": r'"C:\Program Files\Google\Chrome\Application\chrome.exe"'
    rf' --remote-debugging-port={{port}} --user-data-dir="%LOCALAPPDATA%\{OWN_FOLDER}"',
    "darwin": r"/Applications/Google\ Chrome.app/Contents/MacOS/Google\ Chrome"
    " --remote-debugging-port={port}"
    rf' --user-data-dir="$HOME/Library/Application Support/{OWN_FOLDER}"',
    "linux": "google-chrome"
    rf' --remote-debugging-port={{port}} --user-data-dir="$HOME/.local/share/{OWN_FOLDER}"',
}


class ChromeAbsentError(Exception):
    """No Chrome can be reached there; `str` says what was found, `remedy` what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.remedy = remedy


def start_remedy(port: int, platform: str = sys.platform) -> str:
    """Return what a person does to get a Chrome that listens, on this operating system."""
    command = START_COMMAND.get(platform, START_COMMAND["linux"]).format(port=port)
    return (
        "start a Chrome that listens, with a profile folder of its own (since Chrome 136 the"
        f" port is ignored for the everyday profile): {command}"
    )


async def locate(host: str, port: int, profile_dir: Path | None) -> str:
    """Return the WebSocket address of the running Chrome, by its profile folder or its port.

    Raises:
        ChromeAbsentError: no Chrome can be reached there.

    """
    if profile_dir is None:
        return await find_endpoint(host, port)
    port, path = read_port_file(profile_dir)
    return f"ws://{_literal(host)}:{port}{path}"


async def find_endpoint(host: str, port: int) -> str:
    """Return the `ws://…/devtools/browser/<id>` address of the Chrome on that port.

    Raises:
        ChromeAbsentError: nothing listens there, or something that is not Chrome.

    """
    status, body = await _get_version(host, port)
    where = f"{host}:{port}"
    if status == 404:  # noqa: PLR2004 - HTTP's own number
        raise ChromeAbsentError(
            f"{where} answers 404 for /json/version: either this is not Chrome, or it is a Chrome"
            " whose remote debugging was allowed at chrome://inspect and asks for consent",
            "give the profile folder with --profile-dir, or " + start_remedy(port),
        )
    try:
        address = json.loads(body)["webSocketDebuggerUrl"]
        path = "/" + str(address).split("://", 1)[1].split("/", 1)[1]
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ChromeAbsentError(
            f"{where} is an HTTP server (status {status}), but not Chrome's debugging port",
            f"free port {port}, or name Chrome's own port with --port",
        ) from error
    return f"ws://{_literal(host)}:{port}{path}"


def read_port_file(folder: Path) -> tuple[int, str]:
    """Return the port and path in a profile folder's `DevToolsActivePort`.

    Raises:
        ChromeAbsentError: there is no such file, or it holds something else.

    """
    file = folder / PORT_FILE
    try:
        lines = file.read_text(encoding="ascii").splitlines()
        port, path = int(lines[0]), lines[1]
    except OSError as error:
        raise ChromeAbsentError(
            f"{file}: {error.strerror}",
            "name the folder of a running Chrome that listens: the one that chrome://version"
            " calls 'Profile Path', without its last part",
        ) from error
    except (ValueError, IndexError) as error:
        raise ChromeAbsentError(
            f"{file} does not hold a port and a path", "restart that Chrome: it writes the file"
        ) from error
    return port, path


async def _get_version(host: str, port: int) -> tuple[int, bytes]:
    """Return status and body of `GET /json/version`."""
    where = f"{host}:{port}"
    try:
        async with asyncio.timeout(ANSWER_LIMIT_S):
            reader, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError) as error:
        raise ChromeAbsentError(f"nothing listens on {where}", start_remedy(port)) from error
    answer = b""
    try:
        async with asyncio.timeout(ANSWER_LIMIT_S):
            # Chrome refuses any other Host than localhost and IP literals (DNS rebinding).
            request = f"GET /json/version HTTP/1.1\r\nHost: localhost:{port}\r\n"
            writer.write(f"{request}Connection: close\r\n\r\n".encode())
            answer = await reader.read(ANSWER_LIMIT_BYTES)
            while b"\r\n\r\n" not in answer or len(answer) < _length(answer):
                more = await reader.read(ANSWER_LIMIT_BYTES)
                if not more or len(answer) > ANSWER_LIMIT_BYTES:
                    break
                answer += more
    except TimeoutError as error:
        raise ChromeAbsentError(
            f"{where} accepts connections but does not answer: a frozen Chrome, or no Chrome",
            f"look what holds port {port}, or name Chrome's own port with --port",
        ) from error
    except OSError as error:
        raise _no_http(where, port) from error
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    words = head.split(None, 2)
    if not head.startswith(b"HTTP/") or len(words) < 2 or not words[1].isdigit():  # noqa: PLR2004 - version and status
        raise _no_http(where, port)
    return int(words[1]), body


def _no_http(where: str, port: int) -> ChromeAbsentError:
    return ChromeAbsentError(
        f"{where} does not speak HTTP: another program holds this port",
        f"name Chrome's own port with --port, or free port {port}",
    )


def _length(answer: bytes) -> int:
    """Return how long the whole answer is by its own head, or 0 where it does not say."""
    head, separator, _body = answer.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length" and value.strip().isdigit():
            return len(head) + len(separator) + int(value)
    return 0


def _literal(host: str) -> str:
    """Return a host as it stands in an address: an IPv6 literal in brackets."""
    try:
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host  # noqa: PLR2004
    except ValueError:
        return host
