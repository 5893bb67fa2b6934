"""Where a browser listens: from what a person named, or nothing, to a WebSocket address.

A restarted browser has a new id, so the address is asked for before every connection. Nothing
here raises a question in a browser: that does the handshake alone.
"""

import ipaddress
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from colab_cdp_agent.chrome import user_data_folders
from colab_cdp_agent.chrome.absent import ChromeAbsentError, start_remedy
from colab_cdp_agent.chrome.port_file import is_path, read_port_file, written_at
from colab_cdp_agent.chrome.profile_folder import PORT_FILE
from colab_cdp_agent.chrome.user_data_folders import UserDataFolder
from colab_cdp_agent.chrome.version_page import NothingListensError, get_version
from colab_cdp_agent.settings.broker_url import is_loopback
from colab_cdp_agent.settings.names import UsualPort

NOT_FOUND = 404
SOME_CHROME = "Chrome"


class Endpoint(msgspec.Struct, frozen=True):
    """Where a running browser listens.

    Attributes:
        address: `ws://…/devtools/browser/…`.
        asks: whether each connection to it raises a question that a person answers in it.
        browser: its name; Chrome where it is not known which it is.
        folder: its user data folder, where that led to it.

    """

    address: str
    asks: bool = False
    browser: str = SOME_CHROME
    folder: Path | None = None


async def locate(
    host: str,
    port: int,
    profile_dir: Path | None,
    folders: Sequence[UserDataFolder] | None = None,
) -> Endpoint:
    """Return where the running browser listens.

    Args:
        host: where its port is.
        port: its port; a `UsualPort` is tried first, and then every folder.
        profile_dir: its user data folder, in place of a port.
        folders: where else browsers may be found; those of this computer.

    Raises:
        ChromeAbsentError: no browser can be reached there.

    """
    if profile_dir is not None:
        return await _by_folder(host, UserDataFolder(SOME_CHROME, profile_dir))
    if folders is None:
        folders = user_data_folders.here() if is_loopback(host) else ()
    try:
        return await _by_port(host, port, folders)
    except ChromeAbsentError as error:
        if not isinstance(port, UsualPort):
            raise
        found, ended = await _in_any(host, folders)
        if found is not None:
            return found
        raise ChromeAbsentError(f"{error}, {_nor(ended)}", error.remedy) from error


async def _by_port(host: str, port: int, folders: Sequence[UserDataFolder]) -> Endpoint:
    where = f"{host}:{port}"
    status, body = await get_version(host, port)
    if status != NOT_FOUND:
        return Endpoint(f"ws://{_literal(host)}:{port}{browser_path(where, port, status, body)}")
    folder = _newest(port, folders)
    if folder is None:
        raise ChromeAbsentError(
            f"{where} answers 404 for /json/version: either this is not Chrome, or it is a Chrome"
            " that asks for consent, and whose profile folder is at none of the usual places",
            "give the profile folder with --profile-dir, or " + start_remedy(port),
        )
    return _asking(host, folder)


async def _by_folder(host: str, folder: UserDataFolder) -> Endpoint:
    port, path = read_port_file(folder.path)
    where, file = f"{host}:{port}", folder.path / PORT_FILE
    try:
        status, body = await get_version(host, port)
    except NothingListensError as error:
        raise ChromeAbsentError(
            f"{file} names port {port}, and nothing listens there: that Chrome has ended",
            "start it again; if it runs, its box at chrome://inspect/#remote-debugging is unticked",
        ) from error
    if status == NOT_FOUND:
        return _asking(host, folder)
    if browser_path(where, port, status, body) != path:
        raise ChromeAbsentError(
            f"{file} is of a Chrome that has ended: another one listens on {where}",
            f"start the one of this folder, or name the other one with --port {port}",
        )
    address = f"ws://{_literal(host)}:{port}{path}"
    return Endpoint(address, browser=folder.browser, folder=folder.path)


async def _in_any(
    host: str, folders: Sequence[UserDataFolder]
) -> tuple[Endpoint | None, list[str]]:
    """Return the first that listens, and which browsers left a file and do not."""
    ended = []
    for folder in folders:
        try:
            port, _path = read_port_file(folder.path)
        except ChromeAbsentError:
            continue
        if folder == _newest(port, folders):
            with suppress(ChromeAbsentError):
                return await _by_folder(host, folder), []
        ended.append(folder.browser)
    return None, ended


def _newest(port: int, folders: Sequence[UserDataFolder]) -> UserDataFolder | None:
    """Return whose file names this port and is the newest: only one browser can listen there."""
    naming = []
    for folder in folders:
        with suppress(ChromeAbsentError):
            if read_port_file(folder.path)[0] == port:
                naming.append(folder)
    return max(naming, key=lambda each: written_at(each.path), default=None)


def _asking(host: str, folder: UserDataFolder) -> Endpoint:
    port, path = read_port_file(folder.path)
    address = f"ws://{_literal(host)}:{port}{path}"
    return Endpoint(address, asks=True, browser=folder.browser, folder=folder.path)


def _nor(ended: Sequence[str]) -> str:
    if not ended:
        return "and no browser of this computer has allowed remote debugging"
    whose = ", ".join(dict.fromkeys(ended))
    return f"nor where {whose} listened before: it has ended, or allows it no more"


def browser_path(where: str, port: int, status: int, body: bytes) -> str:
    """Return the path in what `/json/version` answered."""
    try:
        address = json.loads(body)["webSocketDebuggerUrl"]
        path = "/" + str(address).split("://", 1)[1].split("/", 1)[1]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        path = ""
    if not is_path(path):
        raise ChromeAbsentError(
            f"{where} is an HTTP server (status {status}), but not Chrome's debugging port",
            f"free port {port}, or name Chrome's own port with --port",
        )
    return path


def _literal(host: str) -> str:
    """Return a host as it stands in an address: an IPv6 literal in brackets."""
    try:
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host  # noqa: PLR2004
    except ValueError:
        return host
