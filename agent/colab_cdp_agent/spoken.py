"""Lengths of time as a person says them."""

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
