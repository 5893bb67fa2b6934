"""A damaged file is set aside: moved out of the way, and left for whoever wants to mend it.

Blocking: whoever may not wait keeps it off the event loop.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

KEPT: Final = 3


def set_aside(path: Path, now: datetime, beside: Sequence[str] = ()) -> Path:
    """Move a file to a name beside it that says when, and return that; keep the latest few.

    Args:
        path: of the file.
        now: the moment.
        beside: what the names of files end with that belong to it, and go along.

    Raises:
        OSError: it cannot be moved.

    """
    aside = path.with_name(f"{path.stem}.damaged-{now:%Y%m%dT%H%M%S%f}{path.suffix}")
    ends = ("", *beside)
    for end in ends:
        part = path.with_name(path.name + end)
        if part.exists():
            part.replace(aside.with_name(aside.name + end))
    for old in sorted(path.parent.glob(f"{path.stem}.damaged-*{path.suffix}"))[:-KEPT]:
        for end in ends:
            old.with_name(old.name + end).unlink(missing_ok=True)
    return aside
