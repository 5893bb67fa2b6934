"""A site profile: how a notebook page is recognised, read and acted on, as data.

The format is told in docs/profiles.md. A path is CSS; ` >>> ` enters the open shadow root of what
was matched so far. Detectors stand in the order of trust, and the first that holds counts.
"""

from typing import Literal

from colab_cdp_agent.watch import expression
from colab_cdp_agent.watch.detector import (
    Detector,
    Strict,
    TextTest,
    Trust,
    check_path,
    check_regex,
)

StateName = Literal[
    "control", "connected", "connecting", "press_connect", "running", "idle", "queued", "failed",
    "succeeded", "signed_out",
]  # fmt: skip
AttentionKind = Literal[
    "captcha", "still_there", "account_blocked", "usage_limit", "too_many_sessions",
    "backend_error", "out_of_memory", "kernel_died", "run_anyway", "drive_consent", "sign_in",
    "disconnected",
]  # fmt: skip


class Alarm(Strict, frozen=True):
    """What is reported to the person, and never touched."""

    kind: AttentionKind
    detect: tuple[Detector, ...]


class Harmless(Strict, frozen=True):
    """A yes/no dialog that keep-alive may cancel by one of `cancel`, where no alarm is raised.

    `kind` is what it tells, where that is known. `languages` are those in which the profile knows
    the texts of the dialogs of that look that must not be touched; in a page of another language
    it is only reported.
    """

    css: str
    cancel: tuple[str, ...]
    kind: AttentionKind | None = None
    languages: tuple[str, ...] | None = None
    seen: str | int | None = None
    source: str | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        for path in (self.css, *self.cancel):
            check_path(path)


class Dialogs(Strict, frozen=True):
    """How to find open dialogs, and which of them are harmless."""

    hosts: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    harmless: tuple[Harmless, ...] = ()

    def __post_init__(self) -> None:
        for path in (*self.hosts, *self.title):
            check_path(path)


class CellRule(Strict, frozen=True):
    """A cell that matches the selector runs, where `text` is given: if it reads so inside."""

    css: str
    text: TextTest | None = None

    def __post_init__(self) -> None:
        check_path(self.css)


class Output(Strict, frozen=True):
    """Where the running cell's printed text stands; `frames` names cross-site frames by address.

    `cleared` is how a cell reads that still runs although its output was just cleared. Changes
    below `noise` are passed over by the observer: what is printed is no news of the state.
    """

    cell: tuple[CellRule, ...] = ()
    cleared: TextTest | None = None
    text: tuple[str, ...] = ()
    frames: str | None = None
    frame_text: tuple[str, ...] = ()
    noise: str | None = None

    def __post_init__(self) -> None:
        for path in (*self.text, *self.frame_text):
            check_path(path)
        if self.frames is not None:
            check_regex(self.frames)


class Step(Strict, frozen=True):
    """One touch of one element, which is waited for: exactly one of the ways below.

    `click` calls the element's click(); `press` sends the pointer's and mouse's events before it;
    `menu` is a left press and then the request for a context menu; `pick` moves the pointer onto
    an entry of an open menu and lets go. With `in_cell` the path begins at the running cell.
    """

    click: str | None = None
    press: str | None = None
    menu: str | None = None
    pick: str | None = None
    in_cell: bool = False

    def __post_init__(self) -> None:
        if sum(path is not None for path in self._ways.values()) != 1:
            raise ValueError(f"expected exactly one of {', '.join(self._ways)}")
        check_path(self.path)

    @property
    def way(self) -> str:
        """How the element is touched."""
        return next(way for way, path in self._ways.items() if path is not None)

    @property
    def path(self) -> str:
        """The path of the element that is touched."""
        return self._ways[self.way] or ""

    @property
    def _ways(self) -> dict[str, str | None]:
        return {"click": self.click, "press": self.press, "menu": self.menu, "pick": self.pick}


class Method(Strict, frozen=True):
    """One way to do something: its steps in order, with the evidence.

    `undo` is done when a later step's element does not come: it closes what the first opened.
    """

    steps: tuple[Step, ...]
    undo: Step | None = None
    seen: str | int | None = None
    trust: Trust = "med"
    source: str | None = None
    note: str | None = None


class Panel(Strict, frozen=True):
    """What a click on the connect control opens in a connected page, and what closes it."""

    css: str
    close: str
    seen: str | int | None = None
    source: str | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        check_path(self.css)
        check_path(self.close)


class Actions(Strict, frozen=True):
    """What may be done, each by the first of its methods that shows an effect."""

    connect: tuple[Method, ...] = ()
    keep_alive: tuple[Method, ...] = ()
    panels: tuple[Panel, ...] = ()
    clear: tuple[Method, ...] = ()
    interrupt: tuple[Method, ...] = ()
    run_all: tuple[Method, ...] = ()


class Reads(Strict, frozen=True):
    """What is read beside the state: the groups of each test's expression are the values.

    `resources` has four groups: RAM used and total, disk used and total, in GB.
    """

    resources: tuple[Detector, ...] = ()
    accelerator: tuple[Detector, ...] = ()
    build: tuple[Detector, ...] = ()


class Profile(Strict, frozen=True):
    """Everything the agent knows of one site.

    `attributes` are those whose changes the observer notices beyond the usual ones. `extends` and
    `replaces` say what of it came from another file: what is read here has it in it.
    """

    site: str
    notebooks: tuple[str, ...]
    states: dict[StateName, tuple[Detector, ...]]
    title_suffix: str = "$^"
    attributes: tuple[str, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    dialogs: Dialogs = Dialogs()
    output: Output = Output()
    actions: Actions = Actions()
    reads: Reads = Reads()
    extends: str | None = None
    replaces: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for pattern in (*self.notebooks, self.title_suffix):
            check_regex(pattern)
        for state in ("control", "connected"):
            if not self.states.get(state):
                raise ValueError(f"expected detectors for the state {state!r}")

    def notebook(self, url: str) -> str | None:
        """Return what names the notebook at an address, or None where the site is another.

        That is what its pattern matched, or, where the pattern has groups, what these hold.
        """
        found = (expression.match(pattern, url) for pattern in self.notebooks)
        match = next(filter(None, found), None)
        if match is None:
            return None
        return "".join(filter(None, match.groups())) if match.re.groups else match[0]

    def title(self, tab_title: str) -> str:
        """Return the notebook's title without what the site adds to it."""
        return expression.without(self.title_suffix, tab_title).strip() or "untitled"
