"""The agent without a console: what it says stands in a file, and of the start before, too."""

import signal
import sys
from pathlib import Path

import pytest

from chromium import free_port
from command import Command, run
from person import eventually

MODULE = (sys.executable, "-P", "-m", "colab_cdp_agent.service.into_file")


@pytest.mark.skipif(sys.platform == "win32", reason="a console is needed for Ctrl+C there")
def test_what_it_says_is_in_the_file_from_the_first_word_to_the_last(tmp_path: Path) -> None:
    log = tmp_path / "a folder" / "agent.log"
    options = ("COLUMNS=200", "run", "--port", str(free_port()), "--no-mqtt", "--name", "laptop")
    agent = Command(tmp_path, str(log), *options, command=MODULE)
    eventually(lambda: log.exists() and "waiting for Chrome" in log.read_text("utf-8"))
    agent.process.send_signal(signal.SIGTERM)
    assert agent.end() == 0
    assert agent.said == ""
    assert "Stopped. The tabs were left as they are." in log.read_text("utf-8")

    ended = run(tmp_path, str(log), "run", "--port", "99999", command=MODULE)
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", "")
    assert "chrome.port: expected a whole number" in log.read_text("utf-8")
    assert "waiting for Chrome" in log.with_name("agent.log.1").read_text("utf-8")
