"""What the witnesses say of a notebook: everything that a verdict rests on."""

from typing import Literal

import msgspec

from colab_cdp_agent.watch.finding import STOPS_DUTIES, Finding
from colab_cdp_agent.watch.profile import AttentionKind, StateName
from colab_cdp_protocols.mqtt import Kernel

TabState = Literal["attached", "sleeping", "crashed", "gone", "chrome_gone"]


class Dialog(msgspec.Struct, frozen=True):
    """An open dialog: its heading, and its place among the profile's harmless ones, or -1."""

    heading: str
    harmless: int


class SeenAlarm(msgspec.Struct, frozen=True):
    """An alarm that is raised in the page, and which of its detectors saw it."""

    kind: AttentionKind
    detector: int


class PageReading(msgspec.Struct, frozen=True):
    """What the page shows: each state with the place of the first detector that holds.

    `failures` counts the elements that show a failed run; older ones stay in the page.
    `offline`: the browser says that it has no network.
    """

    version: int
    language: str
    loading: bool
    hidden: bool
    states: dict[StateName, int]
    alarms: tuple[SeenAlarm, ...]
    values: dict[str, tuple[str, ...]]
    dialogs: tuple[Dialog, ...]
    cell: str | None
    broken: tuple[str, ...]
    failures: int = 0
    title: str = ""
    offline: bool = False

    @property
    def stops(self) -> tuple[str, ...]:
        """What it shows that stops every duty, as `touch.js` knows it too: signed out is one."""
        kinds = [alarm.kind for alarm in self.alarms]
        if "signed_out" in self.states:
            kinds.append("sign_in")
        return tuple(kind for kind in kinds if kind in STOPS_DUTIES)


class WireReading(msgspec.Struct, frozen=True):
    """What the kernel's own channel says.

    `since_s` is how long it has said so, `heard_s` how long ago the kernel last said anything.
    `asks` is the prompt that the run waits at.
    """

    kernel: Kernel
    open: bool
    since_s: float = 0.0
    heard_s: float = 0.0
    asks: str | None = None


class Seen(msgspec.Struct, frozen=True):
    """Everything a verdict rests on. `loaded_s` is how long the present page has been loaded.

    `page_since_s` is how long the page has shown what it shows of kernel and connection.
    `died_s` is how long ago the kernel was heard to die, None where it was not or runs again.
    `run_failed`: the page shows a failure that it did not show while the last run went on.
    `standing` is what was found before and still holds, whatever the page shows, as that the
    kernel died. `browser` is in which the tab was, where there are several.
    """

    tab: TabState
    page: PageReading | None = None
    wire: WireReading | None = None
    loaded_s: float = 0.0
    page_since_s: float = 0.0
    died_s: float | None = None
    had_runtime: bool = False
    run_interrupted: bool = False
    run_failed: bool = False
    standing: Finding | None = None
    browser: str = ""
