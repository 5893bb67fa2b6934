"""What a phone shows: a title and a few lines, for one alert or for many."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from colab_cdp_agent.spoken import duration
from colab_cdp_agent.tell.alerts.alert import Alert
from colab_cdp_agent.tell.alerts.occasion import Group, label
from colab_cdp_agent.tell.alerts.order import Message, Tone, Urgency
from colab_cdp_agent.watch.finding import REMEDIES

LATE: Final = timedelta(minutes=5)
"""What is older than that is told with its time."""
ONE_CLOCK: Final = timedelta(hours=20)
MOST_LINES: Final = 8
MOST_NAMES: Final = 12

ORDER: Final[tuple[Group | None, ...]] = ("needs_you", "failed", "ended", "finished", None)
TONES: Final[dict[Group | None, Tone]] = {
    "needs_you": "warning",
    "failed": "failure",
    "ended": "failure",
    "finished": "success",
    None: "info",
}


def message(alerts: Sequence[Alert], now: datetime, dropped: int = 0) -> Message:
    """Return the message that tells of alerts, at least one: the most pressing first.

    Args:
        alerts: all of them occasions, or all of them ends.
        now: the present.
        dropped: how many others were lost.

    """
    ordered = sorted(alerts, key=lambda each: (ORDER.index(each.occasion.group), each.at))
    first = ordered[0]
    group = first.occasion.group
    urgency: Urgency = "high" if group == "needs_you" else "normal"
    lines = [*_lines(ordered, now)]
    if dropped:
        lines.append(f"{dropped} more could not be told.")
    return Message(
        _title(ordered),
        "\n".join(lines),
        "info" if first.over else TONES[group],
        "low" if first.over else urgency,
    )


def _title(alerts: Sequence[Alert]) -> str:
    sessions = dict.fromkeys(each.session for each in alerts)
    who = _name(alerts[0]) if len(sessions) == 1 else f"{len(sessions)} notebooks"
    labels = ", ".join(dict.fromkeys(label(each.kind) for each in alerts))
    return f"{who}: over: {labels}" if alerts[0].over else f"{who}: {labels}"


def _lines(alerts: Sequence[Alert], now: datetime) -> Iterator[str]:
    first = alerts[0]
    if len(alerts) == 1:
        yield _when(first, now) + _says(first)
        if first.evidence and not first.over:
            yield first.evidence
        yield from _remedy(first)
        if first.progress and not first.over:
            yield first.progress
    elif len({(each.kind, each.text) for each in alerts}) == 1 and not first.over:
        yield _when(first, now) + first.text
        yield _names([_name(each) for each in alerts])
        yield from _remedy(first)
    else:
        for each in alerts[:MOST_LINES]:
            yield f"{_when(each, now)}{_name(each)}: {_says(each)}"
        if len(alerts) > MOST_LINES:
            yield f"and {len(alerts) - MOST_LINES} more"


def _says(alert: Alert) -> str:
    if alert.over and alert.since is not None:
        return f"Over after {duration((alert.at - alert.since).total_seconds())}: {alert.text}"
    return alert.text


def _remedy(alert: Alert) -> Iterator[str]:
    """Yield what a person does, where the sentence itself does not say it."""
    remedy = REMEDIES.get(alert.kind)
    if remedy is not None and remedy not in alert.text and not alert.over:
        yield f"{remedy[0].upper()}{remedy[1:]}."


def _when(alert: Alert, now: datetime) -> str:
    """Return the time of what is not of just now."""
    ago = now - alert.at
    if ago < LATE:
        return ""
    local = alert.at.astimezone()
    return f"{local:%H:%M} " if ago < ONE_CLOCK else f"{local:%d %b %H:%M} "


def _name(alert: Alert) -> str:
    return alert.title or "a notebook"


def _names(names: Sequence[str]) -> str:
    shown = sorted(names)
    if len(shown) > MOST_NAMES:
        return f"{', '.join(shown[:MOST_NAMES])} and {len(shown) - MOST_NAMES} more"
    return f"{', '.join(shown[:-1])} and {shown[-1]}"
