"""What is said to the process that sends, and what it answers. Imported there: next to nothing."""

from typing import Literal

import msgspec

Tone = Literal["info", "success", "warning", "failure"]
Urgency = Literal["high", "normal", "low"]
How = Literal["sent", "unreachable", "refused", "unknown_url"]


class Message(msgspec.Struct, frozen=True):
    """One message as a channel is given it."""

    title: str
    body: str
    tone: Tone = "info"
    urgency: Urgency = "normal"


class Order(msgspec.Struct, frozen=True):
    """The address of a channel, and the message; None: only look at the address."""

    url: str
    message: Message | None


class Outcome(msgspec.Struct, frozen=True):
    """How it went; `reason` says it in words that hold nothing of the address."""

    how: How
    reason: str = ""
