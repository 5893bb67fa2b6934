"""The link to a broker: where it is, how to log in, and the two ways in which it fails us."""

import re
import ssl
from pathlib import Path

import msgspec

from colab_cdp_agent.config import BrokerUrl, ConfigError, Mqtt, check_plaintext

NUMBER = re.compile(r"^\[(?:Errno|WinError|code:) ?-?\d+\] ")
"""By which errors of the system, and aiomqtt's words for them, begin."""


class BrokerLostError(Exception):
    """The broker cannot be reached, or the connection to it broke off."""


def loss(where: str, error: Exception) -> BrokerLostError:
    """Return the loss that an error tells of, in its words and without its number."""
    told = error.strerror if isinstance(error, OSError) else NUMBER.sub("", str(error))
    return BrokerLostError(f"{where}: {told or 'no answer'}")


class BrokerRefusedError(Exception):
    """Broker and settings do not fit: the login is refused, or a certificate not trusted.

    Attributes:
        says: what is wrong.
        remedy: what the person should set.

    """

    def __init__(self, says: str, remedy: str) -> None:
        super().__init__(f"{says}; {remedy}")
        self.says = says
        self.remedy = remedy


class Link(msgspec.Struct, frozen=True):
    """Where the broker is and how to log in."""

    host: str
    port: int
    tls: bool = False
    websocket_path: str | None = None
    username: str | None = None
    password: str | None = None
    ca_file: Path | None = None

    @property
    def where(self) -> str:
        """Host and port, for a sentence."""
        return f"{self.host}:{self.port}"


def check_broker(settings: Mqtt, *, plaintext: bool) -> None:
    """Refuse a broker whose configuration can lead to none, before anything is asked of it.

    Raises:
        ConfigError: the way to another machine is not encrypted, and `plaintext` does not allow
            that; or the certificates to trust cannot be read.

    """
    check_plaintext(settings.url, allowed=plaintext)
    if settings.ca_file is not None and any(url.encrypted for url in settings.url.each):
        try:
            tls_context(settings.ca_file)
        except BrokerRefusedError as error:
            raise ConfigError(str(error)) from error


def configured_links(settings: Mqtt) -> tuple[Link, ...]:
    """Return the ways to the configured broker, one for each address; the embedded one has none."""
    return tuple(_link(url, settings) for url in settings.url.each)


def _link(url: BrokerUrl, settings: Mqtt) -> Link:
    return Link(
        url.host,
        url.port,
        tls=url.encrypted,
        websocket_path=url.path if url.scheme.startswith("ws") else None,
        username=settings.username or url.username,
        password=settings.password.reveal() if settings.password is not None else None,
        ca_file=settings.ca_file,
    )


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return what TLS verifies by: these certificates, or those that this machine trusts.

    Raises:
        BrokerRefusedError: the file cannot be read.

    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise BrokerRefusedError(
            f"mqtt.ca_file {ca_file}: {error.strerror or error}", "expected certificates as PEM"
        ) from error
