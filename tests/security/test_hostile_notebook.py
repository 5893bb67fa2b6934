"""A notebook whose title, output and error were written to do harm, from its tab to every place."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from signal import SIGTERM

import pytest

from chromium import Chromium, find_chromium
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.keep.mark import printed
from colab_sim import Notebook
from command import Command, run
from hostile import ATTACKS, HOSTILE, TIMED, steering
from mosquitto import HOST, find_mosquitto
from night import NAME, Night
from person import Person, eventually
from stage import Stage

LIMIT_S = 60
TITLE = f"../../{HOSTILE}CON.ipynb".replace("\0", "")
CODE = f"""\
for attack in {[*ATTACKS.values()]!r}:
    print("before", attack, "after")
raise ValueError({HOSTILE!r})
"""

pytestmark = pytest.mark.skipif(
    not (find_chromium() and find_mosquitto()), reason="needs chromium and mosquitto"
)


class Hostile:
    """A night with such a notebook, whose run has failed."""

    def __init__(self, night: Night, notebook: Notebook, chromium: Chromium) -> None:
        self.night = night
        self.chromium = chromium
        self.url = notebook.url
        self.mqtt = ("--mqtt", f"mqtt://{HOST}:{night.broker.port}")

    def run(self, *arguments: str) -> str:
        """Return what a command says of it."""
        ended = run(self.night.home, *arguments)
        assert ended.returncode == ExitCode.ENDED_AS_ASKED, ended
        return ended.stdout + ended.stderr
