"""The configuration: where it is looked for, what comes before it, and what it means."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct, structs

from colab_cdp_agent.settings.broker_url import BrokerUrl, check_chrome_host, check_plaintext
from colab_cdp_agent.settings.browsers import by_folders, by_ports, check_apart
from colab_cdp_agent.settings.document import ConfigError, Document
from colab_cdp_agent.settings.duties import Clear, Duties, KeepAlive, Reconnect
from colab_cdp_agent.settings.names import Site, agent_name
from colab_cdp_agent.settings.policy import policy
from colab_cdp_agent.settings.secret import Secret
from colab_cdp_agent.settings.shape import convert
from colab_cdp_agent.settings.telling import Alerts, Commands, Mqtt, Publish, Web
from colab_cdp_agent.settings.tree import Archive, Chrome, Config, Progress

__all__ = [
    "Alerts",
    "Archive",
    "BrokerUrl",
    "Chrome",
    "Clear",
    "Commands",
    "Config",
    "ConfigError",
    "Duties",
    "KeepAlive",
    "Mqtt",
    "Progress",
    "Publish",
    "Reconnect",
    "Secret",
    "Web",
    "agent_name",
    "check_chrome_host",
    "check_plaintext",
    "config_dir",
    "find_config",
    "from_environment",
    "override",
    "policy",
    "read",
    "schema",
    "state_dir",
]

APP: Final = "colab-cdp-agent"
FILE_NAME: Final = "colab-cdp-agent.yaml"
STATE_DIR_VARIABLE: Final = "COLAB_CDP_AGENT_STATE_DIR"
VARIABLES: Final = {
    "COLAB_CDP_AGENT_MQTT_USERNAME": ("mqtt", "username"),
    "COLAB_CDP_AGENT_MQTT_PASSWORD": ("mqtt", "password"),
    "COLAB_CDP_AGENT_COMMANDS_KEY": ("commands", "key"),
}


def find_config(explicit: Path | None) -> Path | None:
    """Return the file that was asked for, else the person's own if it exists, else nothing."""
    if explicit is not None:
        return explicit
    own = config_dir() / FILE_NAME
    return own if own.is_file() else None


def config_dir() -> Path:
    """Return the person's configuration folder for this program."""
    from platformdirs import user_config_path  # noqa: PLC0415 - most commands don't need it

    return user_config_path(APP, appauthor=False)


def state_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for archive, journal and broker, which the environment may move."""
    if chosen := environ.get(STATE_DIR_VARIABLE):
        return convert(Document(STATE_DIR_VARIABLE, chosen), Path)
    from platformdirs import user_state_path  # noqa: PLC0415 - most commands don't need it

    return user_state_path(APP, appauthor=False)


def read(path: Path | None, environ: Mapping[str, str] = os.environ) -> Config:
    """Return the configuration of a file, or the defaults; the environment comes first."""
    config = Config()
    if path is not None:
        from colab_cdp_agent.yaml_file import load  # noqa: PLC0415 - the defaults need no YAML

        document = load(path, "check --config, or leave it out: the defaults are complete")
        if document.value is not None:
            config = _anchored(convert(document, Config), path)
            check_apart(config.browsers, document)
    return from_environment(config, environ)


def from_environment(config: Config, environ: Mapping[str, str]) -> Config:
    """Return the configuration with the environment's secrets; an empty one counts as none."""
    for variable, key in VARIABLES.items():
        if text := environ.get(variable):
            config = _with(config, variable, key, text)
    return config


def override(  # noqa: PLR0913 - one keyword for each option of the command line
    config: Config,
    *,
    ports: Sequence[int] | None = None,
    profile_dirs: Sequence[Path] | None = None,
    sites: list[str] | None = None,
    mqtt: str | None = None,
    root: str | None = None,
    name: str | None = None,
    lan: bool = False,
) -> Config:
    """Return the configuration with the command line's options; what wasn't given stays."""
    if ports:
        config = _attached(config, "--port", by_ports(config.browsers, ports))
    if profile_dirs:
        config = _attached(config, "--profile-dir", by_folders(config.browsers, profile_dirs))
    if sites:
        config = _with(config, "--site", ("sites",), sites)
    if mqtt is not None:
        config = _with(config, "--mqtt", ("mqtt", "url"), mqtt)
    if root is not None:
        config = _with(config, "--root", ("mqtt", "root"), root)
    if name is not None:
        config = _with(config, "--name", ("name",), name)
    if lan:
        config = _with(config, "--lan", ("web", "lan"), lan)
    return config


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the configuration file."""
    from colab_cdp_agent.settings import reference  # noqa: PLC0415 - `config schema` only

    return reference.schema()


def _attached(config: Config, source: str, browsers: object) -> Config:
    """Put the browsers in their place, each another than the others."""
    config = _with(config, source, ("chrome",), browsers)
    check_apart(config.browsers, Document(source, browsers))
    return config


def _with(config: Config, source: str, key: tuple[str, ...], plain: object) -> Config:
    """Put one plain value in its place, checked as if it stood in a file."""
    nested = plain
    for name in reversed(key):
        nested = {name: nested}
    given: Any = convert(Document(source, nested), Config)
    for name in key:
        given = getattr(given, name)
    changed: Config = _replaced(config, key, given)
    return changed


def _replaced(struct: Any, key: tuple[str, ...], value: object) -> Any:
    name, *below = key
    if below:
        value = _replaced(getattr(struct, name), tuple(below), value)
    return structs.replace(struct, **{name: value})


def _anchored(config: Config, file: Path) -> Config:
    """Start relative paths from the file's folder: a service has no other that means anything."""
    config = _replaced(
        config, ("sites",), tuple(_anchored_site(site, file) for site in config.sites)
    )
    config = _replaced(config, ("chrome",), _anchored_browsers(config.chrome, file))
    for key in (("mqtt", "ca_file"), ("archive", "dir")):
        part: Struct = getattr(config, key[0])
        path: Path | None = getattr(part, key[1])
        if path is not None:
            config = _replaced(config, key, file.parent / path)
    return config


def _anchored_browsers(
    chrome: Chrome | tuple[Chrome, ...], file: Path
) -> Chrome | tuple[Chrome, ...]:
    if not isinstance(chrome, Chrome):
        return tuple(_anchored_browser(browser, file) for browser in chrome)
    return _anchored_browser(chrome, file)


def _anchored_browser(chrome: Chrome, file: Path) -> Chrome:
    folder = chrome.profile_dir
    return chrome if folder is None else structs.replace(chrome, profile_dir=file.parent / folder)


def _anchored_site(site: Site, file: Path) -> Site:
    return Site(file.parent / convert(Document(str(file), site), Path)) if site.is_path else site
