"""Where the broker is, and whether the way there is safe."""

import re
from typing import Any, Final, Self
from urllib.parse import SplitResult, unquote, urlsplit

from colab_cdp_agent.settings.document import ConfigError, found

PASSWORD_VARIABLE: Final = "COLAB_CDP_AGENT_MQTT_PASSWORD"  # noqa: S105 - a name
PORTS: Final = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}
PLAIN_SCHEMES: Final = ("mqtt", "ws")
EMBEDDED: Final = "embedded"
NONE: Final = "none"
EXAMPLES: Final = (
    "embedded, none, or a URL such as mqtts://broker.example:8883 (mqtt, mqtts, ws, wss)"
)
URL_PATTERN: Final = r"(mqtts?|wss?)://[^\s?#,]+"


class BrokerUrl(str):
    """A broker: `embedded` (the agent's own), `none`, or its URL without a password.

    A broker of several machines has several URLs, separated by commas; what is said of scheme,
    host and path is of one.
    """

    __slots__ = ()

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a broker; anything else is a ValueError that says what was expected."""
        if value in (EMBEDDED, NONE):
            return cls(value)
        urls = [url.strip(" ") for url in value.split(",")] if isinstance(value, str) else []
        every = list(map(_parts, urls))
        if not every or None in every:
            raise ValueError(f"expected {EXAMPLES}, found {_unread(value)}")
        for parts in filter(None, every):
            _check_rest(parts)
        return cls(",".join(urls))

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Describe the text for JSON Schema."""
        return {"type": "string", "pattern": rf"^(embedded|none|{URL_PATTERN}(, *{URL_PATTERN})*)$"}

    @property
    def embedded(self) -> bool:
        """Say whether this is the broker that the agent starts itself."""
        return self == EMBEDDED

    @property
    def none(self) -> bool:
        """Say whether nothing is published at all."""
        return self == NONE

    @property
    def each(self) -> tuple[Self, ...]:
        """Return the URL of each machine of the broker; none where the agent starts its own."""
        if self.embedded or self.none:
            return ()
        return tuple(type(self)(url) for url in self.split(","))

    @property
    def scheme(self) -> str:
        """Return `mqtt`, `mqtts`, `ws`, `wss`, or nothing where there is no URL."""
        return urlsplit(self).scheme

    @property
    def host(self) -> str:
        """Return the host, without the brackets of IPv6; nothing where there is no URL."""
        return urlsplit(self).hostname or ""

    @property
    def port(self) -> int:
        """Return the port, or the usual one of the scheme."""
        parts = urlsplit(self)
        return parts.port or PORTS[parts.scheme]

    @property
    def path(self) -> str:
        """Return the WebSocket path, by default `/mqtt`."""
        return urlsplit(self).path or "/mqtt"

    @property
    def username(self) -> str | None:
        """Return the user that the URL names."""
        name = urlsplit(self).username
        return unquote(name) if name else None

    @property
    def encrypted(self) -> bool:
        """Say whether TLS protects the way to the broker."""
        return self.scheme in ("mqtts", "wss")

    @property
    def shown(self) -> str:
        """Return the broker without the user, for a log or a screen."""
        return re.sub(r"//[^,]*@", "//", self)


def check_plaintext(url: BrokerUrl, *, allowed: bool) -> None:
    """Refuse an unencrypted way to a broker on another machine, unless the person insists."""
    for each in url.each:
        _check_plaintext(each, allowed=allowed)


def _check_plaintext(url: BrokerUrl, *, allowed: bool) -> None:
    if url.scheme not in PLAIN_SCHEMES or is_loopback(url.host) or allowed:
        return
    secure = {"mqtt": "mqtts://", "ws": "wss://"}[url.scheme]
    raise ConfigError(
        f"{url.shown} is on another machine and not encrypted: everyone on the way can read your "
        "notebooks' output and the broker's password, and send commands in your name. "
        f"Use {secure}, or insist with --insecure-plaintext",
        key=("mqtt", "url"),
    )


def check_chrome_host(host: str, *, allowed: bool) -> None:
    """Refuse a Chrome on another machine, unless the person insists."""
    if is_loopback(host) or allowed:
        return
    raise ConfigError(
        f"{host} is another machine: the debugging port has no password and no encryption, and "
        "whoever reaches it can read every tab, cookie and account of that browser. "
        "Use an SSH tunnel to 127.0.0.1, or insist with --remote-chrome",
        key=("chrome", "host"),
    )


def is_loopback(host: str) -> bool:
    """Say whether a host name or address can only mean this machine."""
    from ipaddress import ip_address  # noqa: PLC0415 - 10 ms that most starts don't need

    name = host.strip("[]").lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False  # a name, and names can mean any machine


def _check_rest(parts: SplitResult) -> None:
    """Refuse what a broker's URL must not hold."""
    if parts.password is not None:
        raise ValueError(
            "expected a URL without a password, which would show in logs and process lists: "
            f"put it into the environment variable {PASSWORD_VARIABLE}"
        )
    if parts.query or parts.fragment or (parts.scheme.startswith("mqtt") and parts.path.strip("/")):
        raise ValueError(f"expected a URL that ends after the host{_path_hint(parts)}, found more")


def _parts(value: str) -> SplitResult | None:
    """Split a broker's URL, or return nothing where it isn't one."""
    if re.search(r"[\s\x00-\x1f]", value):
        return None
    try:
        parts = urlsplit(value)
        usable = bool(parts.scheme in PORTS and parts.hostname and parts.port != 0)
    except ValueError:
        return None
    return parts if usable else None


def _unread(value: object) -> str:
    """Name a value that is no broker, without what may be its password."""
    if isinstance(value, str) and "@" in value:
        return found("***@" + value.rpartition("@")[2])
    return found(value)


def _path_hint(parts: SplitResult) -> str:
    return " or its path" if parts.scheme.startswith("ws") else " and port"
