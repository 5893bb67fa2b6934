"""What the agent may do in a tab: the keys under `duties`."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from colab_cdp_agent.settings.units import Interval, Size


class KeepAlive(Struct, frozen=True, forbid_unknown_fields=True):
    """The duty that keeps a tab connected."""

    on: Annotated[bool, Meta(description="Whether the agent does this at all.")] = True
    every: Annotated[Interval, Meta(description="Time between two rounds, at least 10s.")] = field(
        default_factory=lambda: Interval(300)
    )
    when: Annotated[
        Literal["running", "connected"],
        Meta(
            description=(
                "`running`: only while a cell runs. `connected`: as long as the tab has a "
                "runtime, and when it asks to connect."
            )
        ),
    ] = "running"
    dialogs: Annotated[
        bool,
        Meta(
            description=(
                "Cancel the harmless yes/no dialogs that the site profile names. Captchas and "
                '"are you still there?" are never touched.'
            )
        ),
    ] = True
    connect: Annotated[bool, Meta(description="Click the connect control.")] = True


class Reconnect(Struct, frozen=True, forbid_unknown_fields=True):
    """The duty that connects again when the page asks for it and a run was going on."""

    on: Annotated[bool, Meta(description="Whether the agent does this at all.")] = True
    tries: Annotated[
        int,
        Meta(
            ge=0,
            le=20,
            description=(
                "Tries for one loss, with growing pauses, 0 to 20; a limit, a block or a "
                "captcha ends them."
            ),
        ),
    ] = 5


class Clear(Struct, frozen=True, forbid_unknown_fields=True):
    """The duty that clears the running cell's output once the archive has it."""

    on: Annotated[bool, Meta(description="Whether the agent does this at all.")] = True
    every: Annotated[Interval, Meta(description="Time between two clearings, at least 10s.")] = (
        field(default_factory=lambda: Interval(1_800))
    )
    max_lines: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(description="Clear sooner when the page holds more lines than this; null: no limit."),
    ] = 5_000
    max_bytes: Annotated[
        Size | None,
        Meta(description="Clear sooner when the page holds more output than this; null: no limit."),
    ] = field(default_factory=lambda: Size(2_000_000))


class Duties(Struct, frozen=True, forbid_unknown_fields=True):
    """What the agent does in a tab. `--observe` does none of it."""

    keep_alive: KeepAlive = field(default_factory=KeepAlive)
    reconnect: Reconnect = field(default_factory=Reconnect)
    clear: Clear = field(default_factory=Clear)
