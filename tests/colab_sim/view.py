"""What a notebook page shows beside its cells."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

from colab_sim.frames import Wrapping

Generation: TypeAlias = Literal[2020, 2023, 2025]
Language: TypeAlias = Literal["en", "ko", "es"]
Connection: TypeAlias = Literal[
    "no_runtime", "connecting", "allocating", "initializing", "connected", "reconnect"
]
ChannelPlace: TypeAlias = Literal["page", "worker", "frame"]
DialogKind: TypeAlias = Literal[
    "disconnected",
    "still_there",
    "captcha",
    "account_blocked",
    "usage_limit",
    "too_many_sessions",
    "sessions",
    "backend_error",
    "run_anyway",
    "drive_consent",
    "restart_session",
    "delete_runtime",
    "change_runtime_type",
    "dismiss_runtime_warning",
    "generic",
]
SnackbarKind: TypeAlias = Literal[
    "crashed_ram", "crashed_unknown", "could_not_reconnect", "backend_error"
]

# A person alone may answer these.
REPORT_ONLY: frozenset[DialogKind] = frozenset(
    {"still_there", "captcha", "account_blocked", "run_anyway", "drive_consent"}
)


@dataclass(frozen=True)
class Options:
    """What is fixed about a notebook when it is made."""

    name: str
    title: str
    generation: Generation = 2025
    language: Language = "en"
    connection: Connection = "connected"
    kernel: bool = False
    cells: int = 1
    light_dom: bool = False
    private_outputs: bool = False
    dialog_host: Literal["mwc-dialog", "md-dialog"] = "mwc-dialog"
    output_limit: int | None = 5000
    channel: ChannelPlace = "page"
    wrapping: Wrapping = "none"


@dataclass(frozen=True)
class Dialog:
    """One open dialog."""

    id: int
    kind: DialogKind

    def as_json(self) -> dict[str, Any]:
        """Return what the page needs to show it."""
        return {"id": self.id, "kind": self.kind, "report_only": self.kind in REPORT_ONLY}


@dataclass(frozen=True)
class Resources:
    """RAM and disk in GB, and the accelerator's name or an empty string."""

    ram: tuple[float, float] = (1.08, 12.67)
    disk: tuple[float, float] = (21.2, 107.72)
    accelerator: str = ""


@dataclass
class View:
    """The state of the page around its cells."""

    connection: Connection
    signed_in: bool = True
    control: Literal["present", "renamed", "bare"] = "present"
    resources: Resources = field(default_factory=Resources)
    dialogs: list[Dialog] = field(default_factory=list)
    snackbars: list[SnackbarKind | None] = field(default_factory=lambda: [None, None])
    panel: Literal["sessions", "resources"] | None = None

    def as_json(self, *names: str) -> dict[str, Any]:
        """Return the named parts, or all of them."""
        plain = asdict(self) | {"dialogs": [dialog.as_json() for dialog in self.dialogs]}
        return {name: plain[name] for name in names or plain}


@dataclass
class Log:
    """What was done to a notebook's pages."""

    loads: int = 0
    connect_clicks: int = 0
    cleared: int = 0
    answers: list[dict[str, Any]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    touches: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return everything but the touches."""
        return {name: value for name, value in asdict(self).items() if name != "touches"}
