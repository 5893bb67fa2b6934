"""A person's everyday browser: with a window, no flag, and remote debugging allowed by its box."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Final

from chromium import QUIET_FLAGS, Chromium, find_chromium
from person import eventually
from xserver import Screen, why_no_screen

PORT_FILE: Final = "DevToolsActivePort"
BOX_TICKED: Final = {"devtools": {"remote_debugging": {"user-enabled": True}}}
START_LIMIT_S: Final = 30.0
ALLOW: Final = ("Tab", "Return")
"""Cancel has the focus; Allow is next to it."""
REFUSE: Final = ("Escape",)


def why_no_everyday_browser() -> str | None:
    """Return why there can be none here, None where there can."""
    return why_no_screen() or (None if find_chromium() else "no Chromium installed")


class EverydayBrowser(Chromium):
    """A Chromium in its usual folder below a throw-away home, on a screen.

    Its port is the one that the box's mode takes first: that of its last time.

    Attributes:
        environment: by which it, and an agent of the same person, finds the folder.

    """

    def __init__(self, screen: Screen) -> None:
        super().__init__(headless=False)
        shutil.rmtree(self.profile)
        self.home = Path(tempfile.mkdtemp(prefix="home-"))
        config = self.home / ".config"
        program = Path(find_chromium() or "").name
        self.profile = config / ("chromium" if "chromium" in program else "google-chrome")
        self.profile.mkdir(parents=True)
        (self.profile / "Local State").write_text(json.dumps(BOX_TICKED), encoding="ascii")
        (self.profile / PORT_FILE).write_text(f"{self.port}\n/devtools/browser/old", "ascii")
        self.environment = {
            "DISPLAY": screen.name,
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(config),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "CHROME_CONFIG_HOME": str(config),
        }

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def path(self) -> str:
        """The path in its port file, another one after each start; empty while it is written."""
        return "".join((self.profile / PORT_FILE).read_text("ascii").split()[1:])

    def start(self, *urls: str) -> None:
        """Start it with an empty page in front, and wait until it says where it listens."""
        before = self.path
        self._process = self._run("about:blank", *urls)
        eventually(lambda: self.path not in {before, ""}, START_LIMIT_S)

    def open(self, url: str) -> str:
        """Open a tab as the person would: the running browser takes it over."""
        self._run(url).wait(START_LIMIT_S)
        return url

    def _run(self, *urls: str) -> subprocess.Popen[bytes]:
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        return subprocess.Popen(
            [find_chromium() or "", *root, *QUIET_FLAGS, *urls],
            env=os.environ | self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
