"""The stand-in for Colab's page, watched in a real Chromium as any program would watch it."""

import asyncio
import json
import re
import urllib.request
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from websockets.asyncio.client import connect

from chromium import find_chromium
from colab_sim import REPORT_ONLY, DialogKind, Outcome
from colab_tab import LIMIT_S, Stage, Tab, cell_becomes, opened, staged, until

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="no Chromium installed")

GENERATIONS = (2020, 2023, 2025)
BUTTON = {2020: "paper-button", 2023: "mwc-button", 2025: "md-text-button"}


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


MARKERS = {
    2020: {
        "connected": "colab-connect-button >>> #connect-icon.icon-okay",
        "running": ".output-icon.clear_outputs_enabled.output-icon-selected",
        "status": "colab-status-bar >>> div.connect-status",
    },
    2023: {
        "connected": "colab-connect-button >>> #connect-button-resource-display",
        "running": ".cell.code.running colab-run-button[title]",
        "status": "colab-status-bar >>> div.connect-status",
    },
    2025: {
        "connected": "colab-connect-button >>> colab-usage-sparkline.ram",
        "running": ".cell.code.running colab-run-button >>> #stopSymbolMask",
        "status": "colab-status-bar >>> colab-execution-status >>> md-circular-progress",
    },
}
WORDS = {
    "en": ("Connect", "Reconnect", "currently executing...", "RAM: 2.50 GB/12.67 GB"),
    "ko": ("연결", "다시 연결", "현재 실행 중...", "RAM: 2.50 GB/12.67 GB"),
    "es": ("Conectar", "Volver a conectar", "en ejecución...", "Conectado a\n"),
}


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("generation", GENERATIONS)
def test_each_generation_and_language_shows_its_state_markers(
    stage: Stage, generation: Any, language: Any
) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook(
            f"markers {generation} {language}",
            generation=generation,
            language=language,
            connection="no_runtime",
        )
        marks = MARKERS[generation]
        words, reconnect, executing, resources = WORDS[language]
        control = "colab-connect-button >>> #connect"
        async with opened(stage, notebook) as tab:
            assert await tab.js("document.documentElement.lang") == language
            assert (await tab.text(control)).strip() == words
            assert not await tab.has(marks["connected"])
            await notebook.connection("allocating")
            assert await tab.has(f"{control}[disabled]")
            await notebook.connection("connected")
            await notebook.resources(ram_used=2.5)
            assert await tab.has(marks["connected"])
            assert resources in await tab.js(f"find('{control}').getAttribute('tooltiptext')")
            await notebook.print("out\n")
            await notebook.cell("running")
            assert await tab.has(marks["running"])
            assert await tab.has(marks["status"])
            if generation < 2025:
                title = await tab.js(f"find('{marks['running'].split(' >>> ')[0]}').title")
                assert title.endswith(executing)
            await notebook.cell("failed")
            assert await tab.has(".cell.code colab-run-button >>> .cell-execution.error")
            await notebook.connection("reconnect")
            assert (await tab.text(control)).strip() == reconnect

    stage.run(story())


def test_ordinary_pages_hold_the_look_alikes(stage: Stage) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook("look-alikes")
        async with opened(stage, notebook) as tab:
            for path in (
                ".grecaptcha-badge",
                "iframe[title=reCAPTCHA]",
                "dialog.doc-comments-area:not([open])",
                ".cell.text colab-run-button >>> #run-button",
                ".cell.code colab-run-button >>> .cell-execution.stale",
                "meta[name=og-profile-acct][content]",
                "colab-snackbar#message-area[labeltext='']",
            ):
                assert await tab.has(path), path
            icon = await tab.js("find('#favicon-link').href")
            assert re.search("colaboratory-static/common/[0-9a-f]{32}/", icon)
            await notebook.signed_in(signed_in=False)
            assert not await tab.has("meta[name=og-profile-acct]")

    stage.run(story())


def test_the_light_dom_button_of_2020(stage: Stage) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook(
            "light", generation=2020, light_dom=True, connection="reconnect"
        )
        async with opened(stage, notebook) as tab:
            await tab.click("colab-toolbar-button#connect")
            await until(notebook, connection="connected", connect_clicks=1)
            await tab.click("colab-toolbar-button#connect")
            await until(notebook, panel="sessions")
            await tab.click("colab-sessions-dialog >>> .dismiss")
            await until(notebook, panel=None)

    stage.run(story())


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_dialog_opens_and_tells_which_button_was_pressed(
    stage: Stage, generation: Any
) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook(f"dialogs {generation}", generation=generation)
        host = "colab-dialog" if generation == 2020 else "mwc-dialog[open]"
        async with opened(stage, notebook) as tab:
            kinds = get_args(
                DialogKind.__value__ if hasattr(DialogKind, "__value__") else DialogKind
            )
            for kind in kinds:
                await notebook.dialog(kind)
                assert (await notebook.read())["dialogs"] == [kind]
                if kind == "captcha":
                    assert await tab.has("body > colab-recaptcha-dialog")
                elif not (kind == "sessions" and generation == 2020):
                    assert await tab.has(f"body > {host} {BUTTON[generation]}")
                await notebook.close_dialogs()
                assert not await tab.has(f"body > {host}")
            await notebook.dialog("generic")
            cancel = "#cancel" if generation == 2020 else "[dialogaction=cancel]"
            await tab.click(f".yes-no-dialog {BUTTON[generation]}{cancel}")
            shown = await until(notebook, dialogs=[])
            assert shown["answers"] == [{"kind": "generic", "button": "cancel"}]

    stage.run(story())


OUTCOMES: dict[Outcome, dict[str, Any]] = {
    "same": {"connection": "connected", "dialogs": []},
    "limit": {"connection": "reconnect", "dialogs": ["usage_limit"]},
    "captcha": {"connection": "reconnect", "dialogs": ["captcha"]},
    "too_many": {"connection": "reconnect", "dialogs": ["too_many_sessions"]},
    "backend_error": {"connection": "reconnect", "dialogs": ["backend_error"]},
    "stuck": {"connection": "connecting", "dialogs": []},
    "ignored": {"connection": "reconnect", "dialogs": []},
}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_click_on_connect_leads_to_what_was_set(stage: Stage, outcome: Outcome) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook(f"outcome {outcome}", connection="reconnect")
        notebook.when_connect = outcome
        async with opened(stage, notebook) as tab:
            await tab.click("colab-connect-button >>> #connect >>> #button")
            await until(notebook, connect_clicks=1, **OUTCOMES[outcome])
            if outcome == "stuck":
                await tab.click("colab-connect-button >>> #connect")
                assert (await notebook.read())["connect_clicks"] == 1

    stage.run(story())


def test_menus_ignore_a_bare_click(stage: Stage) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook("menus", connection="connected")
        item = "#runtime-menu [command=interrupt]"
        async with opened(stage, notebook) as tab:
            await tab.click(item)
            await tab.press(item)
            assert await tab.js(f"find('{item}').getBoundingClientRect().width") == 0
            assert (await notebook.read())["commands"] == []
            await tab.click("#runtime-menu-button")
            assert await tab.js(f"find('{item}').getBoundingClientRect().width") > 0
            await tab.click(item)
            assert (await notebook.read())["commands"] == []
            await tab.press(item)
            await until(notebook, commands=["interrupt"])
            await tab.press("#edit-menu-button")
            await notebook.print("line\n")
            await tab.press("#edit-menu [command=clear-outputs]")
            await until(notebook, cleared=1, lines=0)

    stage.run(story())


CLEARS = {
    2020: (".output-icon-selected[title$='currently executing...'] iron-icon[command]",),
    2023: ("colab-output-info >>> mwc-icon-button",),
    2025: (
        "colab-output-info >>> #menu-button",
        "colab-output-info >>> [command=clear-focused-or-selected-outputs]",
    ),
}


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_running_cell_can_be_cleared_and_prints_on(stage: Stage, generation: Any) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook(f"clear {generation}", generation=generation)
        async with opened(stage, notebook) as tab:
            await notebook.print(["one", "two"])
            await notebook.cell("running")
            assert await tab.has(".cell.code.running.code-has-output")
            if generation == 2025:
                await tab.click(CLEARS[2025][1])
                assert (await notebook.read())["lines"] == 2
            for path in CLEARS[generation]:
                await tab.click(path)
            assert await tab.has(".cell.code:not(.code-has-output) .output-content[hidden]")
            await until(notebook, cleared=1, lines=0)
            await notebook.print(["three"])
            assert (await notebook.read())["lines"] == 1

    stage.run(story())


def test_rich_output_stands_in_a_target_of_its_own(stage: Stage) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook("frames")
        async with opened(stage, notebook) as tab:
            await notebook.print("plain\n")
            await notebook.print("private\n", where="frame")
            await notebook.html("<table><tr><td>rich</td></tr></table>")
            assert await tab.text(".output_text pre") == "plain\n"
            frames = [each for each in stage.chromium.get("/json/list") if each["type"] == "iframe"]
            assert len(frames) == 1
            assert "-0-colab.googleusercontent.com/outputframe.html?vrz=colab_" in frames[0]["url"]
            assert await tab.js("find('.outputview iframe').contentDocument") is None
            url = frames[0]["webSocketDebuggerUrl"]
            async with connect(url, compression=None) as socket:
                frame = Tab(socket, frames[0]["id"])
                assert await frame.text(".output_text pre") == "private\n"
                assert await frame.text("td") == "rich"

    stage.run(story())


def test_private_outputs_stand_in_the_frame_also_after_a_reload(stage: Stage) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook("private", private_outputs=True)
        async with opened(stage, notebook) as tab:
            await notebook.print(["a", "b"])
            assert not await tab.has(".output_text pre")
            await tab.call("Page.reload")
            await until(notebook, loads=2, lines=2)

    stage.run(story())


def test_two_pages_of_a_notebook_show_the_same(stage: Stage) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook("twice", dialog_host="md-dialog")
        async with opened(stage, notebook) as tab:
            other = stage.chromium.open(notebook.url)
            await notebook.opened(2)
            await notebook.dialog("disconnected")
            assert await tab.has("md-dialog.disconnected-dialog[open]")
            stage.chromium.close(other)
            await notebook.opened(1)

    stage.run(story())


def test_text_that_overwrites_itself_and_colours(stage: Stage) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook("terminal")
        async with opened(stage, notebook) as tab:
            for part in ("10%\r", "50%\r", "\x1b[32m99%\x1b[0m", "\rdone\n", "next"):
                await notebook.print(part)
            assert await tab.text(".output_text pre") == "done\nnext"
            await notebook.print(" \x1b[31mred\x1b[0m\n")
            assert await tab.has(".output_text pre span[style*='--ansi-red']")

    stage.run(story())


def test_a_stream_keeps_its_last_5000_lines_unless_told_otherwise(stage: Stage) -> None:
    async def story() -> None:
        cut = stage.sim.notebook("cut")
        whole = stage.sim.notebook("whole", output_limit=None)
        async with opened(stage, cut) as tab:
            await cut.print(f"line {n}" for n in range(4000))
            await cut.print(f"line {n}" for n in range(4000, 20_000))
            lines = (await tab.text(".output_text pre")).splitlines()
            assert len(lines) == 5001
            assert lines[0] == "Streaming output truncated to the last 5000 lines."
            assert (lines[1], lines[-1]) == ("line 15000", "line 19999")
        async with opened(stage, whole) as tab:
            await whole.print(f"line {n}" for n in range(20_000))
            assert (await whole.read())["lines"] == 20_000
            await tab.call("Page.reload")
            await until(whole, loads=2, lines=20_000)

    stage.run(story())


def test_every_touch_is_recorded(stage: Stage) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook("touched", connection="no_runtime")
        async with opened(stage, notebook) as tab:
            assert await notebook.touched() == []
            await tab.click("colab-connect-button >>> #connect")
            await until(notebook, connection="connected")
            await notebook.dialog("captcha")
            await tab.click("colab-recaptcha-dialog >>> mwc-dialog mwc-button")
            shown = await until(notebook, dialogs=[])
            assert shown["answers"] == [{"kind": "captcha", "button": "cancel"}]
            for kind in ("mousePressed", "mouseReleased"):
                await tab.call(
                    "Input.dispatchMouseEvent", type=kind, x=5, y=5, button="left", clickCount=1
                )
            touched = await notebook.touched()
            first, second = [each for each in touched if each["type"] == "click"][:2]
            assert not first["trusted"]
            assert "colab-connect-button>>>colab-toolbar-button#connect" in first["path"]
            assert (first["dialog"], first["report_only"]) == (None, False)
            assert (second["dialog"], second["report_only"]) == ("captcha", True)
            assert any(each["trusted"] and each["type"] == "mousedown" for each in touched)

    stage.run(story())


def test_only_a_person_answers_some_dialogs() -> None:
    assert "captcha" in REPORT_ONLY
    assert "generic" not in REPORT_ONLY


def test_a_changed_front_end_matches_nothing(stage: Stage) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook("changed")
        control = "colab-connect-button >>> #connect"
        async with opened(stage, notebook) as tab:
            await notebook.cell("running")
            await notebook.strip_state()
            assert await tab.has(control)
            for path in ("[tooltiptext]", "[disabled]", " #connect-button-resource-display"):
                assert not await tab.has(f"{control}{path}"), path
            assert not await tab.has(".cell.code.running")
            await notebook.remove_control()
            assert not await tab.has("colab-connect-button")
            assert not await tab.has("#connect")
            await notebook.restore_control()
            assert await tab.has(f"{control}[tooltiptext]")

    stage.run(story())


def test_the_page_forbids_eval_and_knows_no_other_host(stage: Stage) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook("policy")
        async with opened(stage, notebook) as tab:
            await tab.call("Log.enable")
            script = "document.createElement('script'), {textContent: 'window.ran = 1'}"
            await tab.js(f"document.head.append(Object.assign({script}))")
            assert await tab.js("window.ran ?? null") is None
            target = stage.chromium.open("https://example.com/")
            url = f"ws://127.0.0.1:{stage.chromium.port}/devtools/page/{target}"
            async with connect(url, compression=None) as socket:
                other = Tab(socket, target)
                await other.call("Page.navigate", url="https://example.com/")
                assert "chrome-error" in await other.js("location.href")
            stage.chromium.close(target)

    stage.run(story())


def test_hidden_pages_change_at_once(stage: Stage) -> None:
    async def story() -> None:
        hidden, front = stage.sim.notebook("hidden"), stage.sim.notebook("front")
        async with opened(stage, hidden) as tab, opened(stage, front):
            await until(hidden, visibility="hidden")
            await hidden.print("out\n")
            await hidden.dialog("still_there")
            assert await tab.has("mwc-dialog[open]")

    stage.run(story())


def test_a_frozen_page_and_an_alert_leave_the_stand_in_working(stage: Stage) -> None:
    async def story() -> None:
        alarmed, frozen = stage.sim.notebook("alarmed"), stage.sim.notebook("frozen")
        async with opened(stage, alarmed) as tab:
            await tab.call("Page.enable")
            await alarmed.alert("hello")
            await alarmed.connection("reconnect")
            await tab.event("Page.javascriptDialogOpening")
            await tab.call("Page.handleJavaScriptDialog", accept=True)
            assert await tab.js("find('#doc-name').textContent") == "alarmed.ipynb"
        async with opened(stage, frozen):
            await frozen.freeze_page()
            await frozen.print("unseen\n")
            assert (await frozen.read())["pages"] == 1

    stage.run(story())


def test_a_real_kernel_prints_through_the_channel(stage: Stage) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook("kernel", kernel=True, connection="no_runtime")
        code = "import time\nprint('from the kernel', flush=True)\nassert input_free\n"
        await notebook.source("input_free = True\n" + code)
        async with opened(stage, notebook) as tab:
            await tab.call("Network.enable")
            await tab.click(".cell.code colab-run-button >>> #run-button")
            shown = await cell_becomes(notebook, "ok")
            first = shown["kernel"]
            assert await tab.text(".output_text pre") == "from the kernel\n"
            sockets = [
                each["params"]["url"]
                for each in tab.events
                if each["method"] == "Network.webSocketCreated"
            ]
            assert any(url.endswith("colab-client-agent=web") and first in url for url in sockets)
            assert any("/colab/lsp" in url for url in sockets)
            frames = [
                json.loads(each["params"]["response"]["payloadData"])
                for each in tab.events
                if each["method"] == "Network.webSocketFrameReceived"
            ]
            streams = [each for each in frames if each.get("msg_type") == "stream"]
            assert [each["channel"] for each in streams] == ["iopub"]

            await notebook.source("1 / 0")
            await notebook.run()
            await cell_becomes(notebook, "failed")
            assert not await tab.has(".output_text pre")
            assert await tab.has(".outputview iframe")

            await notebook.connection("reconnect")
            notebook.when_connect = "same"
            await tab.click("colab-connect-button >>> #connect")
            assert (await until(notebook, connection="connected"))["kernel"] == first
            await notebook.connection("reconnect")
            notebook.when_connect = "fresh"
            await notebook.connect()
            assert (await notebook.read())["kernel"] != first

    stage.run(story())


def test_a_run_goes_on_without_its_page_and_is_shown_again(stage: Stage) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook("long", kernel=True)
        await notebook.source(
            "import time\nprint('begun', flush=True)\ntry:\n    time.sleep(60)\n"
            "except KeyboardInterrupt:\n    print('stopped')\n"
        )
        async with opened(stage, notebook) as tab:
            await notebook.run()
            await until(notebook, lines=1)
            await tab.call("Page.reload")
            await until(notebook, loads=2, lines=1)
            assert await tab.has(".cell.code.running")
            await tab.click(".cell.code.running colab-run-button")
            shown = await cell_becomes(notebook, "ok")
            assert shown["lines"] == 2

    stage.run(story())


def test_a_killed_kernel_shows(stage: Stage) -> None:
    async def story() -> None:
        notebook = stage.sim.notebook("killed", kernel=True)
        await notebook.source("import time\ntime.sleep(60)")
        async with opened(stage, notebook):
            await notebook.run()
            await cell_becomes(notebook, "running")
            await notebook.kill_kernel()
            await until(notebook, snackbars=["crashed_unknown", None])
            await cell_becomes(notebook, "idle")
            await notebook.source("print('again')")
            await notebook.run()
            await cell_becomes(notebook, "ok")
            await notebook.kill_kernel(restart=False)
            await until(notebook, connection="reconnect", kernel=None)

    stage.run(story())


def test_the_control_api_drives_a_notebook(stage: Stage) -> None:
    def ask(path: str, **arguments: Any) -> Any:
        data = json.dumps(arguments).encode() if arguments else b""
        with urllib.request.urlopen(stage.sim.control_url + path, data, timeout=LIMIT_S) as answer:
            return json.load(answer)

    async def story() -> None:
        made = await asyncio.to_thread(ask, "/notebooks", name="remote", generation=2023)
        notebook = stage.sim.notebooks["remote"]
        assert made == {"name": "remote", "id": notebook.id, "url": notebook.url}
        async with opened(stage, notebook) as tab:
            await asyncio.to_thread(ask, "/notebooks/remote/dialog", kind="usage_limit")
            assert await tab.has("mwc-dialog[open][heading]")
            await asyncio.to_thread(ask, "/notebooks/remote/settings", when_connect="stuck")
            assert notebook.when_connect == "stuck"
            shown = await asyncio.to_thread(ask, "/notebooks/remote/read")
            assert shown["result"]["dialogs"] == ["usage_limit"]
            with pytest.raises(urllib.error.HTTPError, match="400") as refused:
                await asyncio.to_thread(ask, "/notebooks/remote/dialog", kind=None, nonsense=1)
            refused.value.close()

    stage.run(story())
