"""The kernel channel of the stand-in, heard in a real Chromium as any program would hear it."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chromium import find_chromium
from colab_sim import Notebook
from colab_tab import Stage, Tab, cell_becomes, opened, shows, staged, until

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="no Chromium installed")

Event = dict[str, Any]
LOAD_LIMIT_S = 90.0


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


def addresses(tab: Tab) -> list[str]:
    """Return the addresses of the kernel's sockets that were opened, in order."""
    urls = [
        event["params"]["url"]
        for event in tab.events
        if event["method"] == "Network.webSocketCreated"
    ]
    return [url for url in urls if "/api/kernels/" in url]


def payload(event: Event) -> str:
    """Return the text of a frame that the page received; of another event an empty one."""
    if event["method"] != "Network.webSocketFrameReceived":
        return ""
    return str(event["params"]["response"]["payloadData"])


def carries(kind: str, **content: Any) -> Callable[[Event], bool]:
    """Tell the frames of one kind of message whose content has these values."""

    def wanted(event: Event) -> bool:
        text = payload(event)
        if not text.startswith("{"):
            return False
        message = json.loads(text)
        body: dict[str, Any] = message["content"] if message.get("msg_type") == kind else {}
        return bool(body) and content.items() <= body.items()

    return wanted


async def printed(tab: Tab) -> str:
    """Return what came through the channel until now as printed text."""
    await tab.js("null")  # what the page has received was told before this is answered
    frames = [json.loads(payload(event)) for event in tab.events if carries("stream")(event)]
    return "".join(frame["content"]["text"] for frame in frames)


async def run(notebook: Notebook, code: str, becomes: str = "ok") -> None:
    await notebook.source(code)
    await notebook.run()
    await cell_becomes(notebook, becomes)


def test_an_address_names_the_kernel_and_holds_the_secret_of_its_machine(stage: Stage) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook("address", kernel=True, connection="no_runtime")
        runtime = notebook.execution.runtime
        async with opened(stage, notebook) as tab:
            await tab.call("Network.enable")
            kernels = []
            for outcome in ("same", "same", "fresh"):
                notebook.when_connect = outcome
                await notebook.connection("reconnect")
                await notebook.connect()
                kernels.append((await notebook.read())["kernel"])
            await tab.first(lambda _: len(addresses(tab)) == 3)
        urls = [urlsplit(url) for url in addresses(tab)]
        assert [url.path for url in urls] == [f"/api/kernels/{k}/channels" for k in kernels]
        assert kernels[0] == kernels[1] != kernels[2]
        assert urls[0].netloc == urls[1].netloc != urls[2].netloc
        queries = [parse_qs(url.query) for url in urls]
        assert len({query["session_id"][0] for query in queries}) == 3
        assert {query["colab-client-agent"][0] for query in queries} == {"web"}
        secrets = [query["colab-runtime-proxy-token"][0] for query in queries]
        assert secrets == [runtime.tokens[0], runtime.tokens[0], runtime.tokens[1]]

    stage.run(story())


def test_the_server_itself_says_that_a_kernel_restarts_or_is_dead(stage: Stage) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook("killed", kernel=True)
        async with opened(stage, notebook) as tab:
            await tab.call("Network.enable")
            await notebook.source("import time; print('on', flush=True); time.sleep(60)")
            await notebook.run()
            await tab.first(carries("stream"))
            opened_before = addresses(tab)
            for restart, state in ((True, "restarting"), (False, "dead")):
                await notebook.kill_kernel(restart=restart)
                told = await tab.first(carries("status", execution_state=state))
                frame = json.loads(payload(told))
                assert (frame["channel"], frame["parent_header"]) == ("iopub", {})
                if restart:
                    await run(notebook, "print('again')")
            assert addresses(tab) == opened_before
            await tab.event("Network.webSocketClosed")
            await until(notebook, connection="reconnect", kernel=None)

    stage.run(story())


@pytest.mark.parametrize(("place", "kind"), [("worker", "worker"), ("frame", "iframe")])
def test_the_channel_lives_where_it_is_told_to(stage: Stage, place: Any, kind: str) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook(f"in a {place}", kernel=True, channel=place)
        async with opened(stage, notebook) as tab:
            await tab.call("Network.enable")
            await run(notebook, "print('first')")
            await tab.call(
                "Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=False, flatten=True
            )
            attached = await tab.first(
                lambda event: (
                    event["method"] == "Target.attachedToTarget"
                    and event["params"]["targetInfo"]["type"] == kind
                )
            )
            session = attached["params"]["sessionId"]
            await tab.call("Network.enable", session=session)
            await run(notebook, "print('second')")
            heard = await tab.first(carries("stream"))
            assert heard["sessionId"] == session
            assert await printed(tab) == "second\n"
            assert await tab.text(".output_text pre") == "second\n"
            await notebook.drop_channel()
            await notebook.open_channel()
            await run(notebook, "print('third')")
            assert await tab.text(".output_text pre") == "third\n"

    stage.run(story())


WRAPPED = {"list": r"\[\{.*\}\]", "socket.io": r'42\["message",\{.*\}\]'}


@pytest.mark.parametrize("wrapping", WRAPPED)
def test_frames_may_be_wrapped_both_ways(stage: Stage, wrapping: Any) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook(f"wrapped in {wrapping}", kernel=True, wrapping=wrapping)
        async with opened(stage, notebook) as tab:
            await tab.call("Network.enable")
            await run(notebook, "print('wrapped')")
            assert await tab.text(".output_text pre") == "wrapped\n"
        texts = [
            event["params"]["response"]["payloadData"]
            for event in tab.events
            if event["method"] in {"Network.webSocketFrameReceived", "Network.webSocketFrameSent"}
        ]
        texts = [text for text in texts if "msg_id" in text]
        assert any("execute_request" in text for text in texts)
        assert any("stream" in text for text in texts)
        whole = re.compile(WRAPPED[wrapping], re.DOTALL)
        assert [text for text in texts if not whole.fullmatch(text)] == []

    stage.run(story())


@pytest.mark.parametrize("place", ["page", "worker"])
def test_a_cell_asks_for_a_line_and_gets_it(stage: Stage, place: Any) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook(f"asks in a {place}", kernel=True, channel=place)
        async with opened(stage, notebook) as tab:
            with pytest.raises(RuntimeError, match="no cell asks"):
                await notebook.answer("too early")
            await notebook.source(
                "import getpass\nname = input('Name? ')\nword = getpass.getpass('Word? ')\n"
                "print(name, word)"
            )
            await notebook.run()
            await question(notebook, "Name? ")
            assert await tab.has(".cell.code.running.code-has-output .stdin input[type=text]")
            await notebook.answer("Ada")
            await question(notebook, "Word? ")
            assert await tab.has(".stdin input[type=password]")
            await notebook.answer("s3cret")
            await cell_becomes(notebook, "ok")
            shown = "Name? Ada\nWord? ········\nAda s3cret\n"
            assert await tab.text(".output_text pre") == shown
            assert not await tab.has(".stdin")
            await tab.call("Page.reload")
            await until(notebook, loads=2, lines=3)
            assert await tab.text(".output_text pre") == shown

    stage.run(story())


async def question(notebook: Notebook, prompt: str | None) -> None:
    """Wait until the first cell asks for a line with that prompt, or for none."""
    await shows(notebook, lambda shown: shown["cells"][0]["asks"] == prompt)


def test_an_interrupted_question_is_taken_back(stage: Stage) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook("taken back", kernel=True)
        async with opened(stage, notebook) as tab:
            await notebook.source("input('Sure? ')")
            await notebook.run()
            await question(notebook, "Sure? ")
            await notebook.interrupt()
            await cell_becomes(notebook, "failed")
            await question(notebook, None)
            assert not await tab.has(".stdin")
            with pytest.raises(RuntimeError, match="no cell asks"):
                await notebook.answer("yes")

    stage.run(story())


def test_a_dropped_channel_leaves_the_page_connected_and_opens_to_the_same_kernel(
    stage: Stage, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    code = f"""\
import pathlib, time
while not pathlib.Path({str(gate)!r}).exists():
    time.sleep(0.01)
print('unheard')
gone = 1
"""

    async def story() -> None:
        notebook = stage.sim.notebook("dropped", kernel=True)
        async with opened(stage, notebook) as tab:
            await tab.call("Network.enable")
            await run(notebook, "kept = 1; print('before')")
            kernel = (await notebook.read())["kernel"]
            await notebook.source(code)
            await notebook.run()
            await cell_becomes(notebook, "running")
            await notebook.drop_channel()
            await tab.event("Network.webSocketClosed")
            gate.touch()
            shown = await shows(notebook, lambda _: notebook.sheet.cells[0].state == "ok")
            assert shown["connection"] == "connected"
            assert shown["cells"][0]["state"] == "running", "the page has heard of nothing"
            assert await tab.has("colab-connect-button >>> #connect-button-resource-display")
            await notebook.open_channel()
            shown = await cell_becomes(notebook, "ok")
            assert shown["kernel"] == kernel
            assert await tab.text(".output_text pre") == "unheard\n"
            await run(notebook, "print(kept + gone)")
            assert await printed(tab) == "before\n2\n"
            assert f"/api/kernels/{kernel}/" in addresses(tab)[-1]

    stage.run(story())


def test_a_run_opens_a_channel_that_was_dropped(stage: Stage) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook("run again", kernel=True)
        async with opened(stage, notebook):
            await run(notebook, "1")
            await notebook.drop_channel()
            await run(notebook, "2")
        bare = stage.sim.notebook("no kernel")
        with pytest.raises(RuntimeError, match="no kernel runs"):
            await bare.drop_channel()

    stage.run(story())


def test_carriage_returns_and_colours_pass_unchanged(stage: Stage) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook("unchanged", kernel=True)
        text = "10%\r50%\r\x1b[32m99%\x1b[0m\r\ndone \x1b]0;title\x07\b\x00 한글 🚀\r\n"
        async with opened(stage, notebook) as tab:
            await tab.call("Network.enable")
            await run(notebook, f"print({text!r}, end='')\nprint('\\udcff')")
            assert await printed(tab) == text + "\ufffd\n"

    stage.run(story())


# Every line is a message of its own: 375 of them a second in each of eight notebooks.
SPEAKER = """\
import time
begun = time.monotonic()
for number in range(1200):
    print("line", number, flush=True)
    time.sleep(max(0, begun + number / 375 - time.monotonic()))
"""


def test_eight_notebooks_print_three_thousand_lines_a_second(stage: Stage) -> None:
    async def story() -> None:
        notebooks = [stage.sim.notebook(f"speaker {n}", kernel=True) for n in range(8)]
        async with AsyncExitStack() as tabs:
            for notebook in notebooks:
                await tabs.enter_async_context(opened(stage, notebook))
                await notebook.source(SPEAKER)
            for notebook in notebooks:
                await notebook.run()
            await notebooks[0].dialog("generic")
            assert (await notebooks[0].read())["dialogs"] == ["generic"]
            for notebook in notebooks:
                shown = await cell_becomes(notebook, "ok", limit=LOAD_LIMIT_S)
                assert shown["lines"] == 1200
                assert told(notebook) == "".join(f"line {n}\n" for n in range(1200))

    stage.run(story())


def told(notebook: Notebook) -> str:
    """Return the text that the stand-in keeps of the first cell's output."""
    (output,) = notebook.sheet.cells_as_json(outputs=True)[0]["outputs"]
    return str(output["text"])


MILLION = """\
for first in range(0, 1_000_000, 100):
    print(*(f"line {number}" for number in range(first, first + 100)), sep="\\n")
"""


def test_a_million_lines_pass_whole(stage: Stage) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook("a million", kernel=True)
        async with opened(stage, notebook) as tab:
            await tab.call("Network.enable")
            await notebook.source(MILLION)
            await notebook.run()
            shown = await cell_becomes(notebook, "ok", limit=LOAD_LIMIT_S)
            assert shown["lines"] == 5001
            text = await printed(tab)
        assert text.count("\n") == 1_000_000
        assert text == "".join(f"line {number}\n" for number in range(1_000_000))

    stage.run(story())
