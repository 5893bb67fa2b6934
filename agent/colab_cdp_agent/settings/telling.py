"""Whom the agent tells, and who may ask: `mqtt`, `publish`, `alerts`, `commands` and `web`."""

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from colab_cdp_agent.settings.broker_url import EMBEDDED, BrokerUrl
from colab_cdp_agent.settings.names import Port, TopicRoot, UsualPort
from colab_cdp_agent.settings.secret import CommandKey, PushUrl, Secret
from colab_cdp_agent.settings.units import QuietHours

Occasion = Literal[
    # Groups
    "needs_you",
    "ended",
    "failed",
    "finished",
    # Single kinds
    "captcha",
    "still_there",
    "usage_limit",
    "too_many_sessions",
    "account_blocked",
    "backend_error",
    "out_of_memory",
    "kernel_died",
    "run_failed",
    "run_finished",
    "run_ended",
    "run_interrupted",
    "stalled",
    "diverged",
    "disconnected",
    "fresh_runtime",
    "run_anyway",
    "drive_consent",
    "sign_in",
    "input_request",
    "unreadable",
    "tab_crashed",
    "tab_gone",
    "chrome_gone",
    "lifetime_near",
    "host_slept",
]
Verb = Literal[
    "reconnect",
    "clear",
    "screenshot",
    "pause",
    "resume",
    "keep_alive",
    "clear_every",
    "log",
    "history",
    "interrupt",
    "run_all",
    "script",
]


class Mqtt(Struct, frozen=True, forbid_unknown_fields=True):
    """The broker to publish to."""

    url: Annotated[
        BrokerUrl,
        Meta(
            description=(
                "`embedded` starts a broker on this machine, `none` publishes nothing; any "
                "other broker by `mqtt://`, `mqtts://`, `ws://` or `wss://`; several machines of "
                "one, separated by commas, are tried in turn. No password in here."
            )
        ),
    ] = field(default_factory=lambda: BrokerUrl(EMBEDDED))
    root: Annotated[TopicRoot, Meta(description="The first levels of every topic.")] = field(
        default_factory=lambda: TopicRoot("colab")
    )
    username: Annotated[
        str | None,
        Meta(
            description=(
                "The broker's user. The environment variable `COLAB_CDP_AGENT_MQTT_USERNAME` "
                "comes first."
            )
        ),
    ] = None
    password: Annotated[
        Secret | None,
        Meta(
            description=(
                "The broker's password. Better in the environment variable "
                "`COLAB_CDP_AGENT_MQTT_PASSWORD`, which comes first."
            )
        ),
    ] = None
    ca_file: Annotated[
        Path | None,
        Meta(
            description=(
                "Certificates (PEM) to trust for `mqtts://` and `wss://`; null trusts what this"
                " machine trusts."
            )
        ),
    ] = None


class Publish(Struct, frozen=True, forbid_unknown_fields=True):
    """What is said over MQTT beside the status."""

    last_line: Annotated[
        bool, Meta(description="The last printed line, as a field of the status.")
    ] = True
    log: Annotated[
        bool,
        Meta(description="What is printed, on the topic `log`: the newest 200 lines of a second."),
    ] = False
    homeassistant: Annotated[bool, Meta(description="Discovery for Home Assistant.")] = True


class Alerts(Struct, frozen=True, forbid_unknown_fields=True):
    """When and where a phone rings."""

    apprise: Annotated[
        tuple[PushUrl, ...],
        Meta(
            description=(
                "Push channels as Apprise URLs, such as `ntfy://my-topic` or "
                "`tgram://token/chat`; they are never shown."
            )
        ),
    ] = ()
    ring: Annotated[
        tuple[Occasion, ...],
        Meta(
            description=(
                "What rings: the groups `needs_you`, `ended`, `failed` and `finished`, or "
                "single kinds such as `captcha`; which is which stands in alerts.md."
            )
        ),
    ] = ("needs_you", "ended", "failed", "finished")
    quiet: Annotated[
        QuietHours | None,
        Meta(
            description=(
                "Hours of the local day in which nothing rings, such as `22:00-07:00`; what "
                "still stands at their end is told then."
            )
        ),
    ] = None


class Commands(Struct, frozen=True, forbid_unknown_fields=True):
    """What may be asked for over MQTT."""

    allow: Annotated[
        tuple[Verb, ...],
        Meta(
            description=(
                "The verbs that are carried out; `interrupt`, `run_all` and `script` only when "
                "they are named here. An empty list refuses all that touches or reads a notebook."
            )
        ),
    ] = (
        "reconnect",
        "clear",
        "screenshot",
        "pause",
        "resume",
        "keep_alive",
        "clear_every",
        "log",
        "history",
    )
    key: Annotated[
        CommandKey | None,
        Meta(
            description=(
                "With a key of at least 16 characters, acting commands must be signed with it. "
                "The environment variable `COLAB_CDP_AGENT_COMMANDS_KEY` comes first."
            )
        ),
    ] = None


class Web(Struct, frozen=True, forbid_unknown_fields=True):
    """The phone page."""

    on: Annotated[bool, Meta(description="Whether the page is served.")] = True
    port: Annotated[
        Port,
        Meta(
            description=(
                "The page's port. By default it is the next that is free where 8770 is taken; one "
                "that is named here is waited for."
            )
        ),
    ] = field(default_factory=lambda: UsualPort(8770))
    lan: Annotated[
        bool,
        Meta(
            description=(
                "Open the embedded broker, and the page, to the local network, behind generated "
                "passwords; false: on this machine only."
            )
        ),
    ] = False
