"""A real JupyterLab with real kernels on loopback, and the faults it can have."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import psutil

from chromium import free_port
from pages import evaluate, until

START_LIMIT_S = 60.0
STOP_LIMIT_S = 10.0
OPTIONS = (
    "--no-browser",
    "--allow-root",
    "--IdentityProvider.token=",
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.port_retries=0",
    "--ServerApp.disable_check_xsrf=True",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.news_url=None",
)
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"checkForUpdates": False, "fetchNews": "false"}
}


class JupyterLab(ExitStack):
    """One JupyterLab on a fixed port; `kill` and `start` again at will.

    Used as a context manager it is started on entry, and stopped with every kernel of it, and its
    directory removed, on exit.
    """

    def __init__(self, *, port: int | None = None) -> None:
        super().__init__()
        self.port = port or free_port()
        self.home = Path(tempfile.mkdtemp(prefix="jupyterlab-"))
        self.root = self.home / "notebooks"
        self._process: psutil.Popen | None = None
        self.root.mkdir()
        (self.home / "config" / "labconfig").mkdir(parents=True)
        (self.home / "config" / "labconfig" / "default_setting_overrides.json").write_text(
            json.dumps(SETTINGS), encoding="utf-8"
        )

    def __enter__(self) -> Self:
        self.start()
        self.callback(shutil.rmtree, self.home, ignore_errors=True)
        self.callback(self.kill)
        return self

    def start(self) -> None:
        """Start the server on its port and directory, and wait until it answers."""
        own = {
            "HOME": str(self.home),
            "IPYTHONDIR": str(self.home / "ipython"),
            "JUPYTER_CONFIG_DIR": str(self.home / "config"),
            "JUPYTER_DATA_DIR": str(self.home / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.home / "runtime"),
        }
        foreign = ("JUPYTER", "JPY_", "IPYTHON")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
        self._process = psutil.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", *OPTIONS),
                f"--ServerApp.port={self.port}",
                f"--ServerApp.root_dir={self.root}",
            ],
            env=kept | own,
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            try:
                self.get("/api/status")
            except (OSError, urllib.error.URLError):
                assert self._process.poll() is None, "JupyterLab ended while starting"
                time.sleep(0.05)
            else:
                return
        raise AssertionError("JupyterLab did not answer in time")

    def kill(self) -> None:
        """Kill -9 the server, its kernels, and what those started."""
        if self._process is None:
            return
        family: list[psutil.Process] = [self._process]
        if self._process.is_running():
            family += self._process.children(recursive=True)
        for member in family:
            try:
                member.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(family, timeout=STOP_LIMIT_S)
        self._process.wait()
        self._process = None

    def write(self, name: str, cells: Sequence[str]) -> Path:
        """Write a notebook of code cells; `name` has the suffix `.ipynb`."""
        path = self.root / name
        notebook = {
            "cells": [
                {
                    "cell_type": "code",
                    "execution_count": None,
                    "id": f"cell-{number}",
                    "metadata": {},
                    "outputs": [],
                    "source": source,
                }
                for number, source in enumerate(cells)
            ],
            "metadata": {
                "kernelspec": {
                    "display_name": "Python 3 (ipykernel)",
                    "language": "python",
                    "name": "python3",
                }
            },
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        path.write_text(json.dumps(notebook), encoding="utf-8")
        return path

    def url(self, name: str) -> str:
        """Return the address of a page with that notebook and no other left from before."""
        return f"http://127.0.0.1:{self.port}/lab/tree/{quote(name)}?reset"

    def get(self, path: str) -> Any:
        """Return the JSON answer of one of the server's REST endpoints."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return json.loads(answer.read())

    def kernels(self) -> list[dict[str, Any]]:
        """Return the server's own list of running kernels."""
        kernels: list[dict[str, Any]] = self.get("/api/kernels")
        return kernels

    def kernel_id(self, name: str) -> str | None:
        """Return the id of the kernel of a notebook, or None if it has none."""
        sessions: list[dict[str, Any]] = self.get("/api/sessions")
        return next((it["kernel"]["id"] for it in sessions if it["path"] == name), None)

    def kernel_pid(self, kernel_id: str) -> int:
        """Return the process id of a kernel, found by the connection file it was started with."""
        assert self._process is not None
        for child in self._process.children(recursive=True):
            try:
                if any(kernel_id in word for word in child.cmdline()):
                    return child.pid
            except psutil.NoSuchProcess:
                continue
        raise LookupError(f"no process has the connection file of kernel {kernel_id}")


# A Lumino menu follows the pointer by its coordinates; a toolbar button acts on `mousedown`.
EVENTS = """
const at = node => {
  const box = node.getBoundingClientRect();
  return {bubbles: true, cancelable: true, view: window, button: 0,
    clientX: box.left + box.width / 2, clientY: box.top + box.height / 2};
};
const fire = (node, ...kinds) => kinds.forEach(kind => node.dispatchEvent(
  new (kind.startsWith('pointer') ? PointerEvent : MouseEvent)(kind, at(node))));
"""


def press(port: int, target: str, command: str) -> None:
    """Press a button of the notebook's toolbar, as the person would."""
    done = evaluate(
        port,
        target,
        f"""(() => {{
          {EVENTS}
          const button = document.querySelector(
            '[data-jp-item-name] > [data-command="{command}"]');
          if (button) fire(button, 'mousedown');
          return !!button;
        }})()""",
    )
    assert done, f"no button for {command}"


def choose(port: int, target: str, command: str) -> None:
    """Choose an entry of the menu bar, as the person would."""
    done = evaluate(
        port,
        target,
        f"""(() => {{
          {EVENTS}
          for (const title of document.querySelectorAll('#jp-MainMenu .lm-MenuBar-item')) {{
            fire(title, 'pointerdown');
            const item = document.querySelector('.lm-Menu [data-command="{command}"]');
            fire(item ?? title, ...(item ? ['pointermove', 'pointerup'] : ['pointerdown']));
            if (item) return true;
          }}
          return false;
        }})()""",
    )
    assert done, f"no menu has {command}"


def until_connected(port: int, target: str) -> None:
    """Wait until the page shows its notebook and a kernel that is idle."""
    # The page says "idle" for a moment before it has a kernel; only then is there no name.
    until(
        port,
        target,
        """document.querySelector('.jp-KernelName')?.textContent.startsWith('Python')
        && document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'
        && !!document.querySelector('.jp-Cell .jp-InputPrompt')""",
        START_LIMIT_S,
    )
