"""No question is raised unasked: what an agent does, counted by the browser that it would ask."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from asker import Asker
from asking import AskingBrowser
from colab_cdp_agent.chrome.attached import Attached
from colab_cdp_agent.settings.tree import Chrome
from colab_cdp_agent.watch import consent
from colab_cdp_agent.watch.chrome_watch import ChromeWatch
from colab_cdp_agent.watch.roster import Roster
from colab_cdp_protocols import mqtt
from command import COMMAND, Command, run
from mosquitto import find_mosquitto
from night import Night
from person import eventually

LOOKS = 5
ON_A_TERMINAL = (
    sys.executable, "-c", "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)", *COMMAND,
)  # fmt: skip


@pytest.mark.skipif(find_mosquitto() is None, reason="no mosquitto installed")
def test_a_browser_that_refuses_is_asked_again_only_when_a_person_says_so(tmp_path: Path) -> None:
    with (
        AskingBrowser(tmp_path, refuses=True) as browser,
        Night(browser.port, environment=browser.environment) as night,
    ):
        for questions in (1, 2, 3):
            night.until(lambda: "refused" in night.info()["chrome"]["reason"])
            looks = browser.looks
            night.until(lambda looks=looks: browser.looks > looks + LOOKS)
            assert browser.questions == questions
            assert night.value("needs_you") == "1"
            asked = Asker(night).ask("refresh")["data"]["result"]
            assert "Chrome asks once more" in asked
            night.until(lambda questions=questions: browser.questions > questions)


@pytest.mark.parametrize("more", [(), ("--tonight",), ("--capture",)], ids=str)
def test_the_doctor_raises_no_question(tmp_path: Path, more: tuple[str, ...]) -> None:
    with AskingBrowser(tmp_path / "home", refuses=True) as browser:
        options = ("--port", str(browser.port), "--no-mqtt", *more)
        ended = run(tmp_path, "doctor", *options, env=browser.environment)
        assert browser.questions == 0
    assert "Chrome listens, and asks for consent" in ended.stdout
    must = "Chrome must be allowed once when the agent starts"
    assert (must in ended.stdout.splitlines()[-1]) == (more == ("--tonight",))
    assert ended.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal is another thing there")
def test_enter_in_the_agents_terminal_asks_once_more(tmp_path: Path) -> None:
    with AskingBrowser(tmp_path / "home", refuses=True) as browser:
        agent = Command(
            tmp_path, "--port", str(browser.port), "--no-mqtt",
            command=ON_A_TERMINAL, env=browser.environment, stdin=subprocess.PIPE,
        )  # fmt: skip
        assert agent.process.stdin is not None
        agent.until("it was refused in Chrome; to be asked again press Enter")
        assert browser.questions == 1
        agent.process.stdin.write("\n")
        agent.process.stdin.flush()
        agent.until("Chrome asks once more")
        agent.until("click Allow in Chrome, which asks")
        eventually(lambda: browser.questions == 2)
        agent.process.stdin.write("\x03")  # Ctrl+C, as a terminal has it
        agent.process.stdin.flush()
        assert agent.end() == 0
        assert "Stopped." in agent.said


def test_a_question_that_nobody_answers_is_given_up_and_not_raised_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consent, "PATIENCE_S", 0.2)
    with AskingBrowser(tmp_path, refuses=False) as browser:
        for name, value in browser.environment.items():
            monkeypatch.setenv(name, value)
        said, told = asyncio.run(_watch(browser))
    assert browser.questions == 1
    assert said[0] == "consent: click Allow in Chrome, which asks whether the agent may connect"
    assert "nobody clicked Allow in Chrome within 0.2 s; close the old question there" in said[1]
    assert len(said) == 2
    assert [happening.severity for happening in told] == ["alert"]


async def _watch(browser: AskingBrowser) -> tuple[list[str], list[mqtt.Happening]]:
    """Watch for some looks, and return what was said of the browser and what rang."""
    said: list[str] = []
    told: list[mqtt.Happening] = []

    def changed() -> None:
        said.append(watch.info.reason or "")

    def enrol(*_: Any) -> Any:
        raise AssertionError("there is no tab")

    watch = ChromeWatch(
        Chrome(port=browser.port), Roster((), enrol), changed, told.append, "", Attached()
    )
    watching = asyncio.create_task(watch.run())
    while len(said) < 2 or browser.looks < LOOKS:  # noqa: ASYNC110 - of another thread
        await asyncio.sleep(0.05)
    watching.cancel()
    await asyncio.wait({watching})
    return said, told
