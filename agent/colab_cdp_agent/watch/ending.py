"""What the witnesses may know of the end of a run or of a connection."""

from typing import Literal

import msgspec

from colab_cdp_agent.watch.clock import Slept
from colab_cdp_agent.watch.profile import AttentionKind


class Shown(msgspec.Struct, frozen=True):
    """An alarm that the page showed shortly before the end, with its heading as it read there."""

    kind: AttentionKind
    heading: str = ""


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a run or of a connection, and what was seen of it; None is what nobody saw.

    Attributes:
        what: what ended.
        at: when, or when it was noticed; Unix time, in seconds.
        shown: the alarms that the page showed in the last minutes, the newest last.
        kernel: the kernel's own last word on the wire, or its server's.
        reply: that the kernel ran it to its end, or passed it over.
        error: the name of the error of the run's traceback; its message may hold anything.
        error_text: that message, which is read and never repeated.
        restart_asked: a `shutdown_reply` came, with its flag `restart`.
        page_shows: how the run ended by the cell's own sign.
        lived_s: for how long the runtime had lived, where its start was seen.
        idle_s: for how long nothing had run; 0 while something ran.
        offline: the browser said that it has no network.
        lost_together: how many other sessions lost their connection within ten seconds of it.
        slept: the last sleep of this computer that lies in, or just before, the end.
        tab: what the tab was then, where it was not attached.
        chrome_gone: Chrome had ended, or could not be reached any more.
        ram_used, ram_total: as last seen before the end, in bytes.

    """

    what: Literal["run", "connection"] = "run"
    at: float | None = None
    shown: tuple[Shown, ...] = ()
    kernel: Literal["dead", "restarting"] | None = None
    reply: Literal["ok", "aborted"] | None = None
    error: str | None = None
    error_text: str | None = None
    restart_asked: bool | None = None
    page_shows: Literal["succeeded", "failed"] | None = None
    lived_s: float | None = None
    idle_s: float | None = None
    offline: bool | None = None
    lost_together: int = 0
    slept: Slept | None = None
    tab: Literal["sleeping", "crashed", "gone"] | None = None
    chrome_gone: bool = False
    ram_used: int | None = None
    ram_total: int | None = None
