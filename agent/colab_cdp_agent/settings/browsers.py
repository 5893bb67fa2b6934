"""Several browsers: which of them are meant, and that no two of them are one."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from colab_cdp_agent.settings.document import ConfigError, Document
from colab_cdp_agent.settings.tree import Chrome


def check_apart(browsers: Sequence[Chrome], document: Document) -> None:
    """Refuse two browsers of one place or of one name.

    Raises:
        ConfigError: two are the same, or are called the same.

    """
    places: dict[str, int] = {}
    names: dict[str, int] = {}
    for nth, browser in enumerate(browsers):
        key = "port" if browser.profile_dir is None else "profile_dir"
        if browser.place in places:
            first = places[browser.place]
            problem = f"{_said(browser, key)} is that of chrome[{first}] too: list it once"
            raise _fault(document, nth, key, problem)
        if browser.called in names:
            key = "name" if browser.name is not None else key
            first = names[browser.called]
            problem = (
                f"this browser and chrome[{first}] would both be called '{browser.called}': "
                "give one of them another name"
            )
            raise _fault(document, nth, key, problem)
        places[browser.place] = names[browser.called] = nth


def by_ports(configured: Sequence[Chrome], ports: Iterable[int]) -> Any:
    """Return, as a file would hold it, the browsers on these ports.

    One that is configured keeps its host and its name; another is where the only configured one is.
    """
    known = {browser.port: browser for browser in configured if browser.profile_dir is None}
    return _few([{"port": port} | _kept(known.get(port), configured) for port in ports])


def by_folders(configured: Sequence[Chrome], folders: Iterable[Path]) -> Any:
    """Return, as a file would hold it, the browsers with these profile folders."""
    known = {browser.place: browser for browser in configured}
    return _few(
        [
            {"profile_dir": str(folder)} | _kept(known.get(str(folder.resolve())), configured)
            for folder in folders
        ]
    )


def _kept(known: Chrome | None, configured: Sequence[Chrome]) -> dict[str, Any]:
    if known is not None:
        return {"host": known.host, "name": known.name}
    return {"host": configured[0].host} if len(configured) == 1 else {}


def _few(browsers: list[dict[str, Any]]) -> Any:
    """Return one browser as a group of keys, several as a list."""
    return browsers[0] if len(browsers) == 1 else browsers


def _said(browser: Chrome, key: str) -> str:
    return f"the port {browser.port}" if key == "port" else f"the folder {browser.profile_dir}"


def _fault(document: Document, nth: int, key: str, problem: str) -> ConfigError:
    place = ("chrome", nth, key)
    return ConfigError(problem, source=document.source, line=document.line(place), key=place)
