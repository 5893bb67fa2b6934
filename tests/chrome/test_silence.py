"""Why nothing listens: the browsers and policies of three systems, and the sentence for each."""

import asyncio
import json
import plistlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chromium import free_port
from colab_cdp_agent.chrome import managed
from colab_cdp_agent.chrome.absent import ChromeAbsentError, start_remedy
from colab_cdp_agent.chrome.processes import (
    RunningBrowser,
    read_cim,
    read_ps,
    recognise,
    running_browsers,
    split,
)
from colab_cdp_agent.chrome.profile_folder import without_port_file
from colab_cdp_agent.chrome.silence import Silence, Surroundings, explain
from colab_cdp_agent.chrome.version_page import NothingListensError
from person import eventually

WHERE = "127.0.0.1:9222"
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
PS = f"""\
  401 {MAC} --remote-debugging-port=9222 --user-data-dir=/Users/a b/night watch https://x.example
  402 {MAC.replace("MacOS/Google Chrome", "Helpers/Google Chrome Helper")} --type=renderer
  403 /usr/sbin/cron
  404 /Applications/Brave Browser.app/Contents/MacOS/Brave Browser
"""
CIM = json.dumps(
    [
        {
            "ProcessId": 8,
            "CommandLine": r'"C:\Program Files\Google\Chrome\Application\chrome.exe" '
            r'--remote-debugging-port=9222 --user-data-dir="C:\Users\a b\night"',
        },
        {"ProcessId": 9, "CommandLine": r'"C:\P\msedge.exe" --type=gpu-process --no-sandbox'},
        {"ProcessId": 10, "CommandLine": None},
        {"ProcessId": 11, "CommandLine": r'"C:\P (x86)\Microsoft\Edge\msedge.exe"'},
    ]
)
START = start_remedy(9222, "linux")


def browser(port: int | None = None, folder: str | None = None, pid: int = 7) -> RunningBrowser:
    return RunningBrowser(pid, "Chrome", port, folder)


def told(*browsers: RunningBrowser, policy: str | None = None) -> tuple[str, str]:
    error = explain(WHERE, 9222, Surroundings(browsers, policy), "linux")
    return str(error), error.remedy


def test_a_list_of_macos_and_one_of_windows_are_read() -> None:
    mac = [recognise(pid, arguments) for pid, arguments in read_ps(PS)]
    assert mac == [
        RunningBrowser(401, "Chrome", 9222, "/Users/a b/night watch"),
        None,
        None,
        RunningBrowser(404, "Brave"),
    ]
    windows = [recognise(pid, arguments) for pid, arguments in read_cim(CIM)]
    assert windows == [
        RunningBrowser(8, "Chrome", 9222, r"C:\Users\a b\night"),
        None,
        RunningBrowser(11, "Edge"),
    ]


@pytest.mark.parametrize(
    ("command", "product"),
    [
        ("/opt/google/chrome/chrome", "Chrome"),
        ("/usr/lib/chromium/chromium --headless=new", None),
        ("/snap/chromium/2873/usr/lib/chromium-browser/chrome", "Chromium"),
        ("/opt/microsoft/msedge/msedge", "Edge"),
        ("/opt/brave.com/brave/brave", "Brave"),
        ("/opt/google/chrome/chrome_crashpad_handler --monitor-self", None),
        ("/usr/bin/chromedriver --port=9515", None),
        ("/home/a/chrome-tools/python", None),
    ],
)
def test_a_browser_is_known_by_its_program(command: str, product: str | None) -> None:
    found = recognise(1, split(command))
    assert (found.product if found else None) == product


@given(st.text(), st.lists(st.text()))
def test_any_process_is_recognised_or_not(printed: str, arguments: list[str]) -> None:
    recognise(1, arguments)
    recognise(1, split(printed))
    list(read_ps(printed))
    list(read_cim(printed))


def test_a_list_that_is_nested_too_deep_names_no_process() -> None:
    assert list(read_cim("[" * 100_000)) == []


@contextmanager
def process(*arguments: str) -> Iterator[int]:
    """Hold a process that calls itself so, as far as the system can tell."""
    sleeping = "import time; time.sleep(600)"
    argv = [arguments[0], "-c", sleeping, *arguments[1:]]
    with subprocess.Popen(argv, executable=sys.executable) as held:
        try:
            yield held.pid
        finally:
            held.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="what a process calls itself is Linux's")
def test_the_processes_of_this_computer_are_seen() -> None:
    port = free_port()
    with process("/opt/google/chrome/chrome", f"--remote-debugging-port={port}") as pid:
        eventually(lambda: RunningBrowser(pid, "Chrome", port) in running_browsers())
    assert pid not in {each.pid for each in running_browsers()}


def test_where_nothing_runs_it_is_started() -> None:
    assert told() == (f"nothing listens on {WHERE}, and no Chrome was found running", START)


def test_where_one_runs_without_a_port_it_may_be_allowed_there() -> None:
    says, remedy = told(browser())
    assert says == f"nothing listens on {WHERE}: Chrome (process 7) runs without a debugging port"
    assert "chrome://inspect/#remote-debugging" in remedy
    assert remedy.endswith(START)


def test_the_everyday_profile_ignores_the_port() -> None:
    says, remedy = told(browser(9222))
    assert says.endswith(
        "Chrome (process 7) has that port, but its everyday profile, so ignores it"
    )
    assert remedy == f"end it, and {START}"


def test_one_that_has_only_just_been_started_is_waited_for() -> None:
    says, remedy = told(browser(9222, "/night"))
    assert says.endswith("has that port and the folder /night, but is not ready")
    assert remedy.startswith("wait until it has started")


def test_another_port_and_a_folder_are_named() -> None:
    says, remedy = told(browser(), browser(9333, "/night", 8))
    assert says.endswith("Chrome (process 8) has the port 9333")
    assert remedy == "name it: --port 9333"
    says, remedy = told(browser(0, "/night"))
    assert says.endswith("Chrome (process 7) took a port of its own choice")
    assert remedy == 'name its folder: --profile-dir "/night"'


def test_a_policy_is_named_before_all_else() -> None:
    says, remedy = told(browser(9222, "/night"), policy="/etc/x.json")
    assert says.endswith(": /etc/x.json forbids it: RemoteDebuggingAllowed is false")
    assert remedy.startswith("ask whoever manages this computer")


def test_the_policies_of_linux_and_macos_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"RemoteDebuggingAllowed": true}', encoding="utf-8")
    (tmp_path / "b.json").write_text("{", encoding="utf-8")
    (tmp_path / "c.json").write_text("[]", encoding="utf-8")
    (tmp_path / "deep.json").write_text("[" * 100_000, encoding="utf-8")
    assert [*managed.linux((tmp_path, tmp_path / "none"))] == []
    (tmp_path / "d.json").write_text('\ufeff{"RemoteDebuggingAllowed": false}', encoding="utf-8")
    assert [*managed.linux((tmp_path,))] == [str(tmp_path / "d.json")]

    person = tmp_path / "me"
    person.mkdir()
    (tmp_path / "com.microsoft.Edge.plist").write_bytes(b"garbage")
    (tmp_path / "com.brave.Browser.plist").write_bytes(b"<?xml version='1.0'?><plist><dict>")
    no_date = b"<?xml version='1.0'?><plist><date>never</date></plist>"
    (tmp_path / "org.chromium.Chromium.plist").write_bytes(no_date)
    (person / "com.google.Chrome.plist").write_bytes(plistlib.dumps({"Other": False}))
    assert [*managed.mac(tmp_path)] == []
    file = person / "org.chromium.Chromium.plist"
    file.write_bytes(plistlib.dumps({"RemoteDebuggingAllowed": False}, fmt=plistlib.FMT_BINARY))
    assert [*managed.mac(tmp_path)] == [str(file)]


def test_a_folder_that_leads_nowhere_says_what_it_is(tmp_path: Path) -> None:
    missing, _ = without_port_file(tmp_path / "none")
    assert missing == f"{tmp_path / 'none'}: there is no such folder"
    strange, _ = without_port_file(tmp_path)
    assert strange == f"{tmp_path} is no folder of Chrome's: there is no 'Local State' in it"
    (tmp_path / "Local State").write_text("{}", encoding="ascii")
    (tmp_path / "Default").mkdir()
    silent, remedy = without_port_file(tmp_path)
    assert silent.startswith(f"the Chrome of {tmp_path} does not listen")
    assert "--port" in remedy
    below, remedy = without_port_file(tmp_path / "Default")
    assert "is one of the profiles" in below
    assert f'--profile-dir "{tmp_path}"' in remedy


@dataclass(slots=True)
class Computer:
    """Stands in for this computer: what runs on it, how often that was looked at, and its clock."""

    browsers: tuple[RunningBrowser, ...] = ()
    looks: int = 0
    clock: float = 0.0

    async def look_around(self) -> Surroundings:
        self.looks += 1
        return Surroundings(self.browsers)

    def monotonic(self) -> float:
        return self.clock


@pytest.fixture
def computer(monkeypatch: pytest.MonkeyPatch) -> Computer:
    computer = Computer()
    monkeypatch.setattr("colab_cdp_agent.chrome.silence.look_around", computer.look_around)
    monkeypatch.setattr("colab_cdp_agent.chrome.silence.time", computer)
    return computer


def said(silence: Silence, error: ChromeAbsentError | None = None) -> str:
    return str(asyncio.run(silence.explain(error or NothingListensError("silent", "start it"))))


def test_a_silence_is_looked_into_again_less_and_less_often(computer: Computer) -> None:
    silence = Silence("127.0.0.1", 9222, None)
    assert said(silence) == f"nothing listens on {WHERE}, and no Chrome was found running"
    computer.browsers = (browser(),)
    assert "no Chrome was found" in said(silence)
    computer.clock = 5.0
    assert said(silence).endswith("runs without a debugging port")
    for computer.clock in range(6, 3600):
        said(silence)
    assert computer.looks == 17
    silence.over()
    assert (said(silence), computer.looks) == (said(silence), 18)


def test_only_what_is_silent_on_this_computer_is_looked_into(computer: Computer) -> None:
    here = Silence("127.0.0.1", 9222, None)
    assert said(here, ChromeAbsentError("another program", "end it")) == "another program"
    assert said(Silence("192.0.2.1", 9222, None)) == "silent"
    assert said(Silence("127.0.0.1", 9222, Path("folder"))) == "silent"
    assert computer.looks == 0
