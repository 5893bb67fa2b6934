"""`test-alert`: every channel rings once, and the exit code says how that went."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import command
from chromium import free_port
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.tell.alerts.order import Outcome
from colab_cdp_agent.tell.alerts.trial import worst
from receivers import HOST, SECRET, WebReceiver

LIMIT_S = 90.0


@pytest.fixture
def phone() -> Iterator[WebReceiver]:
    with WebReceiver() as phone:
        yield phone


def outcome_of(folder: Path, *urls: str) -> tuple[int, str, str]:
    """Run the command; return its exit code and what it said, in which no address may be."""
    config = folder / "config.yaml"
    config.write_text(json.dumps({"alerts": {"apprise": [*urls]}}), encoding="utf-8")
    ended = command.run(folder, "test-alert", "--config", str(config), limit=LIMIT_S)
    assert SECRET not in ended.stdout + ended.stderr
    return ended.returncode, ended.stdout, ended.stderr


def test_every_channel_rings_once_and_says_so(tmp_path: Path, phone: WebReceiver) -> None:
    code, said, _ = outcome_of(tmp_path, phone.json, phone.ntfy, phone.json + "/second")
    assert (code, sorted(said.splitlines())) == (
        0, ["json (2): sent", "json: sent", "ntfy: sent"],
    )  # fmt: skip
    assert phone.titles == ["colab-cdp-agent: a test"] * 3


def test_a_channel_that_refuses_is_told_beside_one_that_rings(
    tmp_path: Path, phone: WebReceiver
) -> None:
    with WebReceiver() as other:
        other.status = 403
        code, said, _ = outcome_of(tmp_path, phone.json, other.ntfy)
    assert code == ExitCode.FAILED
    assert set(said.splitlines()) == {"json: sent", "ntfy: not sent: answered 403"}


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    code, said, _ = outcome_of(tmp_path, f"json://{HOST}:{free_port()}/{SECRET}")
    assert (code, said) == (ExitCode.UNREACHABLE, "json: not sent: cannot be reached\n")


def test_an_address_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    code, said, _ = outcome_of(tmp_path, f"nonsense://{SECRET}")
    assert (code, said) == (
        ExitCode.BAD_INPUT, "nonsense: not sent: Apprise cannot read this address\n",
    )  # fmt: skip


@pytest.mark.parametrize("config", ['{"alerts": {}}', '{"alerts": {"apprise": [7]}}', "alerts: ["])
def test_without_a_channel_or_a_configuration_it_says_what_is_wrong(
    tmp_path: Path, config: str
) -> None:
    (tmp_path / "c.yaml").write_text(config, encoding="utf-8")
    ended = command.run(tmp_path, "test-alert", "--config", "c.yaml")
    assert ended.returncode == ExitCode.BAD_INPUT
    assert "alerts" in ended.stderr or "c.yaml" in ended.stderr
    assert ended.stdout == ""


def test_the_worst_answer_is_the_exit_code() -> None:
    sent, absent = Outcome("sent"), Outcome("unreachable")
    refused, unread = Outcome("refused"), Outcome("unknown_url")
    assert worst([sent, sent]) == 0
    assert worst([sent, absent]) == ExitCode.UNREACHABLE
    assert worst([absent, refused]) == ExitCode.FAILED
    assert worst([refused, unread, sent]) == ExitCode.BAD_INPUT
