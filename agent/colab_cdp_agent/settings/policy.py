"""The agent's intentions in plain English, said before the first act."""

from collections.abc import Iterator, Sequence
from typing import Final

from colab_cdp_agent.settings.duties import Clear, KeepAlive, Reconnect
from colab_cdp_agent.settings.names import UsualPort
from colab_cdp_agent.settings.telling import Alerts, Mqtt
from colab_cdp_agent.settings.tree import Config

REFUSED: Final = (
    'never: solves or dismisses captchas, answers "are you still there?", tries again after a '
    "usage limit, changes accounts, closes or raises a tab, reads cookies, runs code sent over MQTT"
)


def policy(config: Config, *, observe: bool = False, sites: Sequence[str] = ()) -> list[str]:
    """Say in plain English what is done and when, who is told, what may be asked and what not.

    `sites` are the site profiles, where more is known of them than the names.
    """
    return list(_lines(config, sites or config.sites, observe=observe))


def _lines(config: Config, sites: Sequence[str], *, observe: bool) -> Iterator[str]:
    duties = config.duties
    yield f"watches: {', '.join(sites)}{_where(config)}"
    if observe:
        yield "observe: acts on no tab; what follows is what it would have done"
    yield f"keep-alive: {_keep_alive(duties.keep_alive)}"
    yield f"reconnect: {_reconnect(duties.reconnect)}"
    yield f"clear: {_clear(duties.clear)}"
    archive = config.archive
    yield f"archive: every line that is heard, for {archive.keep}, at most {archive.max_bytes}"
    if config.awake:
        yield "awake: keeps this computer from going to sleep by itself while a cell runs"
    yield f"publishes: {_publishes(config.mqtt)}"
    yield f"phone page: {_phone_page(config)}"
    yield f"rings: {_rings(config.alerts)}"
    yield f"carries out over MQTT: {_carries_out(config)}"
    yield REFUSED


def _where(config: Config) -> str:
    """Name the browsers where there are several; the folder of one is nobody's business."""
    names = [browser.called for browser in config.browsers]
    return f" in the browsers {', '.join(names)}, each for itself" if len(names) > 1 else ""


def _keep_alive(duty: KeepAlive) -> str:
    if not duty.on:
        return "off"
    acts = [
        words
        for chosen, words in (
            (duty.dialogs, "cancels the harmless dialogs that the site profile names"),
            (duty.connect, "clicks the connect control"),
        )
        if chosen
    ]
    when = "while a cell runs" if duty.when == "running" else "while the tab is to stay connected"
    return f"every {duty.every} {when}: {' and '.join(acts) or 'only thaws a frozen tab'}"


def _reconnect(duty: Reconnect) -> str:
    if not duty.on or duty.tries == 0:
        return "off"
    tries = "one try" if duty.tries == 1 else f"at most {duty.tries} tries"
    return f"{tries} when the page asks for it and a run was going on"


def _clear(duty: Clear) -> str:
    if not duty.on:
        return "off"
    limits = [
        words
        for chosen, words in (
            (duty.max_lines, f"{duty.max_lines or 0:,} lines"),
            (duty.max_bytes, str(duty.max_bytes)),
        )
        if chosen
    ]
    sooner = f", sooner above {' or '.join(limits)}" if limits else ""
    return f"every {duty.every}{sooner}: the running cell's output, once it is in the archive"


def _publishes(mqtt: Mqtt) -> str:
    if mqtt.url.none:
        return "nothing"
    where = "a broker of its own" if mqtt.url.embedded else mqtt.url.shown
    return f"under {mqtt.root}/ to {where}"


def _phone_page(config: Config) -> str:
    if not config.web.on:
        return "off"
    if config.mqtt.url.none:
        return "off, since nothing is published"
    port = config.web.port
    else_next = " or the next port that is free" if isinstance(port, UsualPort) else ""
    where = (
        f"port {port}{else_next} of this computer, open to the local network"
        if config.web.lan
        else f"http://127.0.0.1:{port}{else_next}, on this computer only"
    )
    has_login = config.web.lan or config.commands.key is not None
    return f"{where}, behind a password" if has_login else where


def _carries_out(config: Config) -> str:
    allowed = config.commands.allow
    if config.mqtt.url.none:
        return "nothing"
    if not allowed:
        return "nothing that touches or reads a notebook"
    signed = "; what acts must be signed" if config.commands.key is not None else ""
    return ", ".join(allowed) + signed


def _rings(alerts: Alerts) -> str:
    if not alerts.apprise or not alerts.ring:
        return "nobody"
    channels = ", ".join(url.channel for url in alerts.apprise)
    kept = f", not from {alerts.quiet.replace('-', ' to ')}" if alerts.quiet else ""
    return f"{channels} for {', '.join(alerts.ring)}{kept}"
