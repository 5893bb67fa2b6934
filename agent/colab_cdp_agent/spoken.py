"""Lengths of time, numbers of things and long texts, as a person says them."""

MINUTE_S = 60


def duration(seconds: float) -> str:
    """Return a length of time in its two largest units: `3 h 12 min`."""
    whole = max(0, round(seconds) if seconds < MINUTE_S else round(seconds / MINUTE_S) * MINUTE_S)
    days, hours, minutes = whole // 86_400, whole // 3_600 % 24, whole // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes:02} min"
    if minutes:
        return f"{minutes} min"
    return f"{whole} s"


def counted(number: int, noun: str) -> str:
    """Return a number and its noun: `1 run`, `2 runs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def times(count: int) -> str:
    """Return how often."""
    return "once" if count == 1 else f"{count:,} times"


def shortened(text: str, longest: int) -> str:
    """Return a text in at most so many characters, the last of them an ellipsis where it is cut."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
