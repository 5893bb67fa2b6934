"""The process that sends one message through Apprise, and the one module that imports it.

`push.py` starts it: an order on standard input, an outcome on standard output. What Apprise logs
may hold parts of an address, so of all that only the number of an answer is passed on.
"""

import logging
import re
import sys
from typing import Any, Final

import apprise
import msgspec

from colab_cdp_agent.tell.alerts.order import Message, Order, Outcome, Urgency

APP: Final = "colab-cdp-agent"
ANSWERED: Final = re.compile(r"error=(\d{3})\b|Socket Exception: \((\d{3}),")
UNREACHABLE: Final = "onnection error"
WITH_PRIORITY: Final = frozenset({"ntfy", "ntfys", "gotify", "gotifys", "pover"})
"""The services whose addresses take `priority=high` and `priority=low`."""
TAGS: Final[dict[Urgency, str]] = {"high": "rotating_light", "normal": "", "low": ""}
"""Of ntfy: it shows this one as a picture before the title."""


class _Said(logging.Handler):
    """Remembers what was logged, in memory only."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Remember a line."""
        self.lines.append(record.getMessage())


def main() -> None:
    """Read an order, carry it out, and write the outcome."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.json.encode(carry_out(order)))


def carry_out(order: Order) -> Outcome:
    """Send what is ordered, or only look at the address."""
    said = _listen()
    url = order.url if order.message is None else addressed(order.url, order.message.urgency)
    asset = apprise.AppriseAsset(
        app_id=APP, app_desc=APP, image_url_mask="", storage_mode="memory",
        pgp_autogen=False, pem_autogen=False,
    )  # fmt: skip
    sender = apprise.Apprise(asset=asset)
    if not sender.add(url):
        return Outcome("unknown_url", "Apprise cannot read this address")
    if order.message is None:
        return Outcome("sent")
    return Outcome("sent") if _send(sender, order.message) else _failed(said.lines)


def addressed(url: str, urgency: Urgency) -> str:
    """Return an address with how urgent it is, where the service knows that and it says nothing."""
    scheme, _, rest = url.partition("://")
    query = rest.partition("?")[2].lower()
    if scheme.lower() not in WITH_PRIORITY or urgency == "normal" or "priority=" in query:
        return url
    more = f"priority={urgency}"
    if scheme.lower().startswith("ntfy") and TAGS[urgency] and "tags=" not in query:
        more += f"&tags={TAGS[urgency]}"
    return f"{url}{'&' if '?' in rest else '?'}{more}"


def _send(sender: apprise.Apprise, message: Message) -> bool:
    """Return whether it went through."""
    return bool(
        sender.notify(
            body=message.body,
            title=message.title,
            notify_type=apprise.NotifyType(message.tone),
            body_format=apprise.NotifyFormat.TEXT,
        )
    )


def _failed(lines: list[str]) -> Outcome:
    """Return why nothing was sent, as far as it can be told without the address."""
    for line in lines:
        if (answer := ANSWERED.search(line)) is not None:
            return Outcome("refused", f"answered {answer[1] or answer[2]}")
    if any(UNREACHABLE in line for line in lines):
        return Outcome("unreachable", "cannot be reached")
    return Outcome("refused", "did not take it")


def _listen() -> _Said:
    said = _Said()
    logger: Any = logging.getLogger("apprise")
    logger.addHandler(said)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    return said


if __name__ == "__main__":
    main()
