"""A contender's process, as the driver sees it: started, asked, measured and ended."""

import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psutil

from chromium import Chromium
from contenders.contender import OBSERVE, PAGE, STATUS

HERE = Path(__file__).parent
PACKAGES = Path(sys.prefix) / "peers"  # where `scripts/contenders.py` puts them
ASK_LIMIT_S = 60.0
END_LIMIT_S = 5.0
MIB = 2**20


class ContenderFailedError(Exception):
    """A contender could not do what it was asked for; `str` says why, in its own words."""


@dataclass(frozen=True)
class Name:
    """What a contender is called, and where it is found.

    Attributes:
        name: as it stands in a table.
        module: in this folder.
        kind: the class in it; empty where the module is Node's.
        ours: it needs no packages apart from the agent's own.

    """

    name: str
    module: str
    kind: str
    ours: bool = False

    def absence(self) -> str | None:
        """Return why it cannot take part, or None."""
        if not self.kind and shutil.which("node") is None:
            return "Node is not installed"
        if self.ours or self.packages.is_dir():
            return None
        return "its packages are not installed"

    @property
    def packages(self) -> Path:
        """The folder of its packages."""
        folder = PACKAGES / self.name
        return folder if self.kind else folder / "node_modules"

    def command(self) -> list[str]:
        """Return how its process is started."""
        if not self.kind:
            texts = {"OBSERVE": OBSERVE.format("{}"), "PAGE": PAGE}
            return ["node", str(HERE / f"{self.module}.js"), json.dumps(texts | {"STATUS": STATUS})]
        alone = [] if self.ours else ["-S"]
        return [sys.executable, "-P", *alone, "-m", "contenders.child", self.module, self.kind]

    def environment(self) -> dict[str, str]:
        """Return where its packages are, and nobody else's."""
        if not self.kind:
            return {"NODE_PATH": str(self.packages)}
        paths = [HERE.parent, *([] if self.ours else [self.packages])]
        return {"PYTHONPATH": os.pathsep.join(map(str, paths))}


FLOOR = Name("floor", "floor", "Floor", ours=True)
FLOOR_AGAIN = Name("floor again", "floor", "Floor", ours=True)
ISOLATED_FLOOR = Name("isolated floor", "floor", "IsolatedFloor", ours=True)
AGENT = Name("agent", "agent", "Agent", ours=True)
PEERS = (
    Name("cdp-use", "cdp_use", "CdpUse"),
    Name("pychrome", "pychrome", "Pychrome"),
    Name("pydoll", "pydoll", "Pydoll"),
    Name("pyppeteer", "pyppeteer", "Pyppeteer"),
    Name("zendriver", "zendriver", "Zendriver"),
    Name("playwright", "playwright", "Playwright"),
    Name("puppeteer-core", "puppeteer_core", ""),
)


class Process(ExitStack):
    """One contender in a process of its own, from entry to exit."""

    def __init__(self, name: Name) -> None:
        super().__init__()
        self.name = name.name
        self._name = name
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._process: subprocess.Popen[str]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._name.command(),
            env=os.environ | self._name.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self._reader.start()
        self.callback(self._end)
        return self

    def _end(self) -> None:
        below = self._tree()[1:]
        for process in (*below, self._process):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(below, timeout=END_LIMIT_S)
        self._process.wait(END_LIMIT_S)
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # what it was asked last, and never read
                pipe.close()
        self._errors.close()

    def ask(self, do: str, *, limit_s: float = ASK_LIMIT_S, **what: Any) -> dict[str, Any]:
        """Have something done, and return what came of it.

        Raises:
            ContenderFailedError: it failed, or did not answer in time.

        """
        below = self._cpu_s_below()
        self.send(do, **what)
        answer = self.answer(limit_s)
        if "cpu_ms" in answer:
            answer["cpu_ms"] += 1000 * (self._cpu_s_below() - below)
        return answer

    def attach(self, chromium: Chromium, kind: str, count: int, **limit: float) -> dict[str, Any]:
        """Have it attach to the tabs of a kind, and evaluate in each."""
        address = chromium.get("/json/version")["webSocketDebuggerUrl"]
        return self.ask(
            "attach", port=chromium.port, address=address, kind=kind, count=count, **limit
        )

    def send(self, do: str, **what: Any) -> None:
        """Ask for something whose answer is looked for later."""
        assert self._process.stdin is not None
        with suppress(OSError):  # its process ended, which `answer` says
            self._process.stdin.write(json.dumps({"do": do, **what}) + "\n")
            self._process.stdin.flush()

    def answer(self, limit_s: float = ASK_LIMIT_S) -> dict[str, Any]:
        """Return the next answer.

        Raises:
            ContenderFailedError: it failed, or did not answer in time.

        """
        try:
            line = self._answers.get(timeout=limit_s)
        except queue.Empty:
            raise ContenderFailedError(f"no answer in {limit_s:g} s") from None
        if not line:
            raise ContenderFailedError(f"its process ended: {self._last_error()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise ContenderFailedError(answer["error"])
        return answer

    def cpu_s(self) -> float:
        """Return the processor time that it used so far, in seconds, with all processes below.

        Raises:
            ContenderFailedError: it does not answer.

        """
        self.send("used")
        own: float = self.answer()["cpu_ms"] / 1000
        return own + self._cpu_s_below()

    def rss_mib(self) -> float:
        """Return its resident memory, with all processes below."""
        held = 0.0
        for process in self._tree():
            with suppress(psutil.NoSuchProcess):
                held += process.memory_info().rss
        return held / MIB

    def _last_error(self) -> str:
        self._errors.seek(0)
        return next(reversed(self._errors.read().splitlines()), "without a word")

    def _cpu_s_below(self) -> float:
        used = 0.0
        for process in self._tree()[1:]:
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                used += times.user + times.system
        return used

    def _tree(self) -> list[psutil.Process]:
        try:
            process = psutil.Process(self._process.pid)
            return [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put("")
