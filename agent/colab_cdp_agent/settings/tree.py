"""Every key of the configuration, with its default and its meaning."""

from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

from colab_cdp_agent.settings.duties import Duties
from colab_cdp_agent.settings.names import (
    Host,
    LinePattern,
    Port,
    Site,
    Slug,
    UsualPort,
    slug_of,
)
from colab_cdp_agent.settings.telling import Alerts, Commands, Mqtt, Publish, Web
from colab_cdp_agent.settings.units import ArchiveSize, Retention

MOST_BROWSERS: Final = 8
FOLDER_OF_ANY: Final = "User Data"
"""What every browser's folder is called on Windows: the one above it says whose it is."""


class Chrome(Struct, frozen=True, forbid_unknown_fields=True):
    """The browser to attach to; for several, a list of up to 8 such groups of keys."""

    host: Annotated[
        Host,
        Meta(
            description=(
                "Where the debugging port listens. Another machine than this one is refused "
                "unless you insist with `--remote-chrome`."
            )
        ),
    ] = field(default_factory=lambda: Host("127.0.0.1"))
    port: Annotated[
        Port,
        Meta(
            description=(
                "The debugging port, as in `--remote-debugging-port`. Where neither it nor a "
                "profile folder is named, 9222 is tried, and then every browser of this computer "
                "that has allowed remote debugging."
            )
        ),
    ] = field(default_factory=lambda: UsualPort(9222))
    profile_dir: Annotated[
        Path | None,
        Meta(
            description=(
                "Instead of a port: Chrome's user data folder, in which the file "
                "`DevToolsActivePort` names the port."
            )
        ),
    ] = None
    name: Annotated[
        Slug | None,
        Meta(
            description=(
                "What this browser is called where there are several: a-z, 0-9, `-` and `_`, at "
                "most 32; null: its port, or what its folder is called."
            )
        ),
    ] = None

    @property
    def called(self) -> str:
        """What this browser is called, by its name or by where it is."""
        if self.name is not None:
            return str(self.name)
        folder = self.profile_dir
        if folder is None:
            return str(self.port)
        named = folder.parent if folder.name == FOLDER_OF_ANY else folder
        return slug_of(named.name) or "browser"

    @property
    def place(self) -> str:
        """Where it is: a folder, or host and port; the same for the same browser."""
        if self.profile_dir is not None:
            return str(self.profile_dir.resolve())
        host = self.host.strip("[]").lower()
        return f"{'127.0.0.1' if host == 'localhost' else host}:{self.port}"


Browsers = Annotated[tuple[Chrome, ...], Meta(min_length=1, max_length=MOST_BROWSERS)]


class Archive(Struct, frozen=True, forbid_unknown_fields=True):
    """The files that keep every printed line."""

    dir: Annotated[Path | None, Meta(description="The folder; null: in your state folder.")] = None
    max_bytes: Annotated[
        ArchiveSize,
        Meta(description="Room for all files together, at least 1MB; the oldest go first."),
    ] = field(default_factory=lambda: ArchiveSize(2_000_000_000))
    keep: Annotated[
        Retention,
        Meta(description="How long files are kept, and the rows of the journal, at least 1h."),
    ] = field(default_factory=lambda: Retention(30 * 86_400))
    ansi: Annotated[
        Literal["strip", "keep"],
        Meta(
            description="Escape sequences of colours: `strip` leaves them out, `keep` keeps them."
        ),
    ] = "strip"


class Progress(Struct, frozen=True, forbid_unknown_fields=True):
    """How progress is read out of printed lines."""

    patterns: Annotated[
        tuple[LinePattern, ...],
        Meta(
            description=(
                "Regular expressions of your own, tried before the built-in ones. Named groups "
                "say what they find: `step`, `total`, `epoch`, `epochs`, `fraction`, `percent`, "
                "`rate`, `eta`; any other name is a metric."
            )
        ),
    ] = ()


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that a person may set; without a file, all of it is as it stands here."""

    name: Annotated[
        Slug | None,
        Meta(
            description=(
                "This agent's name in every topic: a-z, 0-9, `-` and `_`, at most 32; null: "
                "made from the host name."
            )
        ),
    ] = None
    chrome: Chrome | Browsers = field(default_factory=Chrome)
    sites: Annotated[
        tuple[Site, ...],
        Meta(
            min_length=1,
            description=(
                "Which pages are watched: names of site profiles, or paths of your own (`.yaml`)."
            ),
        ),
    ] = field(default_factory=lambda: (Site("colab"),))
    mqtt: Mqtt = field(default_factory=Mqtt)
    duties: Duties = field(default_factory=Duties)
    archive: Archive = field(default_factory=Archive)
    publish: Publish = field(default_factory=Publish)
    alerts: Alerts = field(default_factory=Alerts)
    commands: Commands = field(default_factory=Commands)
    progress: Progress = field(default_factory=Progress)
    web: Web = field(default_factory=Web)
    awake: Annotated[
        bool, Meta(description="Keep this computer from going to sleep while a notebook runs.")
    ] = True

    @property
    def browsers(self) -> tuple[Chrome, ...]:
        """Every browser to attach to, one at least."""
        return (self.chrome,) if isinstance(self.chrome, Chrome) else self.chrome
