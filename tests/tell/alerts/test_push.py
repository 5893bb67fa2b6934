"""The way out, to real receivers: what arrives, and what is said where nothing does."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chromium import free_port
from colab_cdp_agent.settings.secret import PushUrl
from colab_cdp_agent.tell.alerts import push as push_module
from colab_cdp_agent.tell.alerts.apprise_process import TAGS, WITH_PRIORITY, addressed
from colab_cdp_agent.tell.alerts.order import Message, Outcome
from colab_cdp_agent.tell.alerts.push import MODULE, Push
from newsroom import condition, play
from receivers import HOST, SECRET, MailReceiver, WebReceiver

MESSAGE = Message("train <b>1</b>: captcha", "Solve it. *Now* 풀어\nstep 1 & 2", "warning", "high")


@pytest.fixture
def phone() -> Iterator[WebReceiver]:
    with WebReceiver() as phone:
        yield phone


def sent(url: str, message: Message = MESSAGE) -> Outcome:
    return asyncio.run(Push(PushUrl(url)).send(message))


def test_a_message_is_posted_as_json(phone: WebReceiver) -> None:
    assert sent(phone.json) == Outcome("sent")
    (heard,) = phone.heard
    assert heard["body"]["title"] == MESSAGE.title
    assert heard["body"]["message"] == MESSAGE.body
    assert heard["body"]["type"] == "warning"


def test_a_message_to_ntfy_has_its_priority_and_a_picture(phone: WebReceiver) -> None:
    assert sent(phone.ntfy) == Outcome("sent")
    (heard,) = phone.heard
    assert heard["body"] == {"topic": SECRET, "title": MESSAGE.title, "message": MESSAGE.body}
    assert (heard["headers"]["X-Priority"], heard["headers"]["X-Tags"]) == (
        "high", "rotating_light",
    )  # fmt: skip
    assert "X-Icon" not in heard["headers"]


def test_a_message_is_mailed() -> None:
    with MailReceiver() as mailbox:
        assert sent(mailbox.url) == Outcome("sent")
    (mail,) = mailbox.heard
    assert mail["Subject"] == MESSAGE.title
    assert mail["To"] == f"{SECRET}@example.org"
    assert mail.get_content().splitlines() == MESSAGE.body.splitlines()


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_a_refusal_is_told_by_its_number_alone(phone: WebReceiver, status: int) -> None:
    phone.status = status
    assert sent(phone.ntfy) == Outcome("refused", f"answered {status}")


def test_a_server_that_is_not_there_is_unreachable() -> None:
    port = free_port()
    for url in (
        f"json://{HOST}:{port}/{SECRET}",
        f"mailto://{HOST}:{port}/?from=a@example.org&to={SECRET}@example.org&mode=insecure",
    ):
        assert sent(url) == Outcome("unreachable", "cannot be reached")


@pytest.mark.parametrize("url", ["nonsense://x", "tgram://x", "mailto://", "a://b c"])
def test_an_address_that_apprise_cannot_read_is_told_without_it(url: str) -> None:
    said = asyncio.run(Push(PushUrl(url)).check())
    assert said == Outcome("unknown_url", "Apprise cannot read this address")


def test_an_address_is_looked_at_without_a_message(phone: WebReceiver) -> None:
    assert asyncio.run(Push(PushUrl(phone.json)).check()) == Outcome("sent")
    assert phone.heard == []


def ours() -> list[psutil.Process]:
    return [each for each in psutil.Process().children(recursive=True) if MODULE in told_of(each)]


def told_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # ended since it was listed, or not yet reaped
        return ""


def test_who_stops_waiting_ends_the_process_and_no_address_is_on_its_command_line() -> None:
    async def story() -> None:
        never = await asyncio.start_server(lambda _reader, _writer: None, HOST)
        port = never.sockets[0].getsockname()[1]
        push = Push(PushUrl(f"json://{HOST}:{port}/{SECRET}?rto=50&cto=50"))
        sending = asyncio.create_task(push.send(MESSAGE))
        await condition(lambda: bool(ours()))
        assert not any(SECRET in " ".join(each.cmdline()) for each in ours())
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await condition(lambda: not ours())
        never.close()
        await never.wait_closed()

    play(story())


@pytest.mark.parametrize("scheme", sorted(WITH_PRIORITY))
def test_a_priority_of_ones_own_stays(scheme: str) -> None:
    own = f"{scheme}://host/topic?priority=min"
    assert addressed(own, "high").startswith(own)
    assert "priority=high" not in addressed(own, "high")
    assert "priority=high" in addressed(f"{scheme}://host/topic", "high")
    assert addressed(f"{scheme}://host/topic", "normal") == f"{scheme}://host/topic"


@given(st.from_regex(PushUrl.pattern, fullmatch=True), st.sampled_from(sorted(TAGS)))
def test_an_address_is_only_ever_added_to(url: str, urgency: str) -> None:
    assert addressed(url, urgency).startswith(url)  # type: ignore[arg-type] # of the literal's values


@pytest.mark.parametrize(
    "printed", [b"", b"{", b'{"how": "\xff"}', b'{"how": "sent", "x": ' + b"[" * 50_000]
)
def test_a_process_that_prints_something_else_is_a_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: bytes
) -> None:
    file = tmp_path / "printed"
    file.write_bytes(printed)
    says = f"import pathlib, sys\nsys.stdout.buffer.write(pathlib.Path({str(file)!r}).read_bytes())"
    (tmp_path / "speaks_otherwise.py").write_text(says, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(push_module, "MODULE", "speaks_otherwise")
    assert sent("json://127.0.0.1/") == Outcome("refused", "Apprise ended with 0")
