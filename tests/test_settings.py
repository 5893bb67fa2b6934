"""The value types: units, names, secrets, brokers."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.config import (
    BrokerUrl,
    ConfigError,
    Secret,
    agent_name,
    check_chrome_host,
    check_plaintext,
)
from colab_cdp_agent.settings.broker_url import is_loopback
from colab_cdp_agent.settings.names import SLUG, Site
from colab_cdp_agent.settings.secret import PushUrl
from colab_cdp_agent.settings.units import Duration, Interval, Size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0s", 0), ("30s", 30), ("5m", 300), ("12h", 43_200), ("30d", 2_592_000), ("1.5h", 5_400)],
)
def test_durations_are_seconds(text: str, seconds: float) -> None:
    assert Duration.parse(text) == seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [("500kB", 500_000), ("2MB", 2_000_000), ("1.5GB", 1_500_000_000), ("64MiB", 67_108_864)],
)
def test_sizes_are_bytes(text: str, size: int) -> None:
    assert Size.parse(text) == size


@pytest.mark.parametrize(
    "text", ["", "5", "5 m", "5M", "m", "-5m", "5m\n", "\u0665m", "1h30m", "1e3s", "5.m"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(
        ValueError, match="expected a duration such as 30s, 5m, 12h or 30d, found '"
    ):
        Duration.parse(text)


@pytest.mark.parametrize(
    "text", ["", "5", "5 MB", "5M", "5mb", "5KB", "-5MB", "MB", "5MB\n", "5Mb"]
)
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(
        ValueError, match="expected a size such as 500kB, 2MB, 2GB or 64MiB, found '"
    ):
        Size.parse(text)


@pytest.mark.parametrize("value", [True, None, [], {}])
def test_other_values_are_refused(value: object) -> None:
    for kind in (Duration, Size):
        with pytest.raises(ValueError, match=r"^expected a (duration|size) such as .*, found "):
            kind.parse(value)


@given(st.integers(min_value=0, max_value=3_650 * 86_400 * 1_000))
def test_a_duration_reads_back_as_it_was_written(milliseconds: int) -> None:
    duration = Duration(milliseconds / 1_000)
    assert Duration.parse(str(duration)) == duration
    assert re.fullmatch(Duration.json_schema()["pattern"], str(duration))


@given(st.integers(min_value=1_000, max_value=10**15))
def test_a_size_reads_back_as_it_was_written(count: int) -> None:
    size = Size(count)
    assert Size.parse(str(size)) == size
    assert re.fullmatch(Size.json_schema()["pattern"], str(size))


@given(st.text() | st.from_regex(r"[0-9]{0,20}\.?[0-9]{0,5}[a-zA-Z]{0,3}", fullmatch=True))
def test_any_text_is_a_value_or_a_value_error(text: str) -> None:
    for kind in (Interval, Size, BrokerUrl, Site, PushUrl):
        message = "expected "
        try:
            kind.parse(text)
        except ValueError as error:
            message = str(error)
        assert message.startswith("expected ")


@given(st.text())
def test_any_host_name_makes_a_slug(hostname: str) -> None:
    name = agent_name(None, hostname)
    assert re.fullmatch(SLUG, name)
    assert agent_name(None, name) == name


@pytest.mark.parametrize(
    ("hostname", "name"),
    [
        ("MacBook-Pro.local", "macbook-pro-local"),
        ("Büro  PC!", "b-ro-pc"),
        ("서버", "agent"),
        ("", "agent"),
        ("a" * 31 + ".b", "a" * 31),
    ],
)
def test_a_host_name_becomes_an_agent_name(hostname: str, name: str) -> None:
    assert agent_name(None, hostname) == name
    assert agent_name("night", hostname) == "night"


def test_a_broker_knows_its_parts() -> None:
    url = BrokerUrl.parse("wss://me%40x@[2001:db8::1]/ws")
    assert (url.scheme, url.host, url.port, url.path) == ("wss", "2001:db8::1", 443, "/ws")
    assert (url.username, url.encrypted, url.shown) == ("me@x", True, "wss://[2001:db8::1]/ws")
    plain = BrokerUrl.parse("mqtt://broker")
    assert (plain.port, plain.path, plain.username, plain.encrypted) == (1883, "/mqtt", None, False)
    own = BrokerUrl.parse("embedded")
    assert (own.embedded, own.none, own.scheme, own.shown) == (True, False, "", "embedded")
    assert (own.each, BrokerUrl.parse("none").each) == ((), ())


def test_a_broker_of_several_machines_has_a_url_for_each() -> None:
    url = BrokerUrl.parse("mqtts://me@one, wss://me@two/ws,mqtts://three:1")
    assert url.each == ("mqtts://me@one", "wss://me@two/ws", "mqtts://three:1")
    assert [each.port for each in url.each] == [8883, 443, 1]
    assert url.shown == "mqtts://one,wss://two/ws,mqtts://three:1"
    assert re.fullmatch(BrokerUrl.json_schema()["pattern"], url)
    with pytest.raises(ConfigError, match=r"^mqtt.url: mqtt://far is on another machine"):
        check_plaintext(BrokerUrl.parse("mqtts://one,mqtt://far"), allowed=False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "http://x",
            (
                "expected embedded, none, or a URL such as mqtts://broker.example:8883 "
                "(mqtt, mqtts, ws, wss), found 'http://x'"
            ),
        ),
        (
            "mqtt://:1883",
            (
                "expected embedded, none, or a URL such as mqtts://broker.example:8883 "
                "(mqtt, mqtts, ws, wss), found 'mqtt://:1883'"
            ),
        ),
        (
            "mqtt//a:b@host",
            (
                "expected embedded, none, or a URL such as mqtts://broker.example:8883 "
                "(mqtt, mqtts, ws, wss), found '***@host'"
            ),
        ),
        (
            "mqtt://a:b@host",
            (
                "expected a URL without a password, which would show in logs and process "
                "lists: put it "
                "into the environment variable COLAB_CDP_AGENT_MQTT_PASSWORD"
            ),
        ),
        (
            "mqtts://one,mqtt://a:b,c@host",
            (
                "expected embedded, none, or a URL such as mqtts://broker.example:8883 "
                "(mqtt, mqtts, ws, wss), found '***@host'"
            ),
        ),
        (
            "mqtts://one,mqtts://a:b@host",
            (
                "expected a URL without a password, which would show in logs and process "
                "lists: put it "
                "into the environment variable COLAB_CDP_AGENT_MQTT_PASSWORD"
            ),
        ),
        (
            "mqtts://one,embedded",
            (
                "expected embedded, none, or a URL such as mqtts://broker.example:8883 "
                "(mqtt, mqtts, ws, wss), found 'mqtts://one,embedded'"
            ),
        ),
        (
            "mqtts://one,",
            (
                "expected embedded, none, or a URL such as mqtts://broker.example:8883 "
                "(mqtt, mqtts, ws, wss), found 'mqtts://one,'"
            ),
        ),
        ("mqtt://host/x", "expected a URL that ends after the host and port, found more"),
        ("wss://host/x?y", "expected a URL that ends after the host or its path, found more"),
    ],
)
def test_what_is_no_broker_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        BrokerUrl.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "embedded",
        "none",
        "mqtts://far",
        "wss://far/x",
        "mqtt://localhost",
        "ws://127.0.0.9",
        "mqtt://[::1]",
    ],
)
def test_a_safe_way_to_the_broker_is_allowed(text: str) -> None:
    check_plaintext(BrokerUrl.parse(text), allowed=False)


def test_plaintext_to_another_machine_needs_the_flag() -> None:
    url = BrokerUrl.parse("ws://me@far:9001/mqtt")
    check_plaintext(url, allowed=True)
    with pytest.raises(ConfigError) as caught:
        check_plaintext(url, allowed=False)
    assert str(caught.value) == (
        "mqtt.url: ws://far:9001/mqtt is on another machine and not encrypted: everyone on the way "
        "can read your notebooks' output and the broker's password, and send commands in your "
        "name. "
        "Use wss://, or insist with --insecure-plaintext"
    )


def test_a_chrome_on_another_machine_needs_the_flag() -> None:
    check_chrome_host("localhost", allowed=False)
    check_chrome_host("far", allowed=True)
    with pytest.raises(ConfigError, match=r"^chrome\.host: far is another machine: the debugging"):
        check_chrome_host("far", allowed=False)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("a.localhost", True),
        ("127.1.2.3", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("192.168.0.1", False),
        ("localhost.example", False),
        ("127.0.0.1.example", False),
        ("", False),
    ],
)
def test_only_this_machine_is_loopback(host: str, *, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_a_secret_shows_nothing_and_compares() -> None:
    secret = Secret("hunter2")
    assert f"{secret} {secret!r} {[secret]}" == "*** *** [***]"
    assert secret == Secret("hunter2")
    assert secret != Secret("other")
    assert secret != "hunter2"
    assert hash(secret) == hash(Secret("hunter2"))
    assert PushUrl.parse("tgram://hunter2/1").channel == "tgram"
