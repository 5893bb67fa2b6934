"""`doctor --capture` and `profile test`: a page's structure, without what it is about."""

import asyncio
import html
import itertools
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chromium import Chromium, find_chromium
from colab_cdp_agent.chrome.browser import Browser
from colab_cdp_agent.chrome.endpoint import locate
from colab_cdp_agent.chrome.tab import Tab
from colab_cdp_agent.doctor.browser import Targets, connected
from colab_cdp_agent.doctor.capture import LIMITS, capture
from colab_cdp_agent.doctor.headline import MARK
from colab_cdp_agent.doctor.known import fixed_parts
from colab_cdp_agent.doctor.page import WORLD, observed
from colab_cdp_agent.watch.sites import load_site
from colab_cdp_protocols import cdp
from command import run
from notes import Notes
from pages import call, evaluate
from planted import PLACES, plant
from stage import Stage

needs_chromium = pytest.mark.skipif(find_chromium() is None, reason="no Chromium installed")

MARKED = "Zq7"
"""Every secret begins so: no word that a capture may hold does."""
COLAB = load_site("colab")
NUMBERS = itertools.count()
WAIT_FOR_NEWS = """\
globalThis.told = false;
nightWatch.next(nightWatch.now().version).then(() => { globalThis.told = true; });
globalThis.told"""
"""An observer that is taken out tells whoever waits for its news."""
LOADS = {"src", "srcset", "href", "style", "action", "data", "poster", "srcdoc", "http-equiv"}
PAGES: dict[str, tuple[dict[str, Any], str]] = {
    "2020 running": ({"generation": 2020}, "running (colab: connected"),
    "2020 lost": ({"generation": 2020, "connection": "reconnect"}, "idle (colab: no_runtime"),
    "2023 idle": ({"generation": 2023}, "idle (colab: connected"),
    "2023 Korean": (
        {"generation": 2023, "language": "ko", "connection": "allocating"},
        "connecting (colab: connecting",
    ),
    "2025 running": ({"generation": 2025}, "running (colab: connected"),
    "2025 Spanish": (
        {"generation": 2025, "language": "es", "connection": "no_runtime"},
        "idle (colab: no_runtime",
    ),
}
ANYTHING = st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"]))
NO_WORD = st.text("bcdfghjklmnpqrstvwxz", min_size=6)
SECRETS = st.fixed_dictionaries(
    dict.fromkeys(PLACES, st.tuples(st.just(MARKED), ANYTHING, NO_WORD).map("".join))
)
"""Each begins with a mark, goes on with anything and ends with letters that make no word."""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture(scope="module")
def chromium(stage: Stage) -> Iterator[Chromium]:
    with Chromium(stage.sim.chromium_flags) as chromium:
        yield chromium


@pytest.fixture
def captured(stage: Stage, chromium: Chromium, tmp_path: Path) -> Iterator[Any]:
    """Yield a function that opens a notebook, does something to it, and captures its page."""
    targets = []

    def take(name: str, options: dict[str, Any], *, script: str = "", **what: Any) -> Path:
        notebook = stage.notebook(
            f"{MARKED}-{next(NUMBERS)}", title=f"{MARKED}-report.ipynb", **options
        )
        targets.append(chromium.open(notebook.url))
        stage.do(notebook.opened())
        stage.do(notebook.source(f"key = '{MARKED}-key'\nprint(key)"))
        stage.do(notebook.print(f"{MARKED}@example.org printed error check\n"))
        for act, argument in what.items():
            method = getattr(notebook, act)
            stage.do(method() if argument is None else method(argument))
        if script:
            evaluate(chromium.port, targets[-1], script)
        file = tmp_path / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}.html"
        port = ("--port", str(chromium.port))
        ended = run(tmp_path, "doctor", *port, "--no-mqtt", "--capture", str(file))
        assert file.is_file(), ended.stdout + ended.stderr
        take.said = ended.stdout  # type: ignore[attr-defined]
        return file

    yield take
    for target in targets:
        chromium.close(target)


def tried(folder: Path, profile: str, *captures: Path) -> tuple[int, str]:
    """Return the exit code of `profile test`, and what it said."""
    ended = run(folder, "profile", "test", profile, "--against", *map(str, captures))
    assert ended.stderr == ""
    return ended.returncode, ended.stdout


def answers(text: str) -> list[str]:
    """Return the lines that tell which detector answered."""
    return re.findall(r"^ +((?:states|alarms|reads)\b.*)$", text, re.MULTILINE)


class Tags(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


@needs_chromium
@pytest.mark.parametrize(("options", "phase"), PAGES.values(), ids=PAGES.keys())
def test_a_capture_reads_as_the_page_did_and_holds_no_secret(
    captured: Any, tmp_path: Path, options: dict[str, Any], phase: str
) -> None:
    secrets = {place: f"{MARKED}-{number} alice" for number, place in enumerate(PLACES)}
    cell = "running" if phase.startswith("running") else "idle"
    file = captured("page", options, script=plant(secrets), cell=cell)
    text = file.read_text("utf-8")
    assert text.startswith(MARK)
    assert MARKED.casefold() not in html.unescape(text).casefold()
    assert "alice" not in text
    assert "example.org" not in text
    code, said = tried(tmp_path, "colab", file)
    assert code == 0, said
    assert f"{file}: {phase}" in said
    assert answers(said) == answers(text)


@needs_chromium
def test_it_holds_nothing_that_acts_or_loads(captured: Any) -> None:
    secrets = dict.fromkeys(PLACES, f"{MARKED} text")
    text = captured("acts", {}, script=plant(secrets)).read_text("utf-8")
    found = Tags(text.split("<title>colab-cdp-agent capture</title>")[1])
    assert not found.tags & {"script", "style", "base", "object", "embed"}
    assert not found.attributes & LOADS
    assert not [name for name in found.attributes if name.startswith("on")]
    assert "Content-Security-Policy" in text.split("<html")[0]


@needs_chromium
def test_an_unreadable_page_is_captured_and_a_profile_is_mended_from_it(
    captured: Any, tmp_path: Path
) -> None:
    file = captured("changed", {}, remove_control=None)
    assert "unreadable: The site profile does not fit this page" in captured.said
    assert f"its structure is in {file}" in captured.said
    head, body = file.read_text("utf-8").split("-->", 1)
    assert "verdict: unreadable" in head
    assert re.search(r"states\.control +- +none of 2", head)
    assert "<colab-runtime-button>" in body
    code, said = tried(tmp_path, "colab", file)
    assert code == 1
    assert "nothing of colab-connect-button >>> #connect is there" in said
    mended = tmp_path / "mended.yaml"
    mended.write_text(
        "extends: colab\n"
        "states:\n"
        "  control: [{css: colab-runtime-button, seen: 2026-11}]\n"
        "  connected: [{css: 'colab-runtime-button >>> button', seen: 2026-11}]\n",
        encoding="utf-8",
    )
    code, said = tried(tmp_path, str(mended), file)
    assert code == 0, said
    assert f"✓ {file}: idle (colab: connected, by colab-runtime-button >>> button)" in said
    assert re.search(r"states\.control +✓ +1 of 3, med: colab-runtime-button", said)


@needs_chromium
def test_a_dialog_keeps_the_texts_that_the_profile_knows(captured: Any, tmp_path: Path) -> None:
    file = captured("asks", {}, dialog="still_there")
    assert "Are you still there" in file.read_text("utf-8")
    code, said = tried(tmp_path, "colab", file)
    assert code == 0
    assert f"{file}: needs_you" in said
    assert re.search(r"alarms still_there +✓", said)


@needs_chromium
def test_what_the_sites_style_sheet_names_is_code_and_what_a_cells_names_is_not(
    captured: Any,
) -> None:
    script = """
      document.head.append(Object.assign(document.createElement("style"),
        { textContent: ".orbit-cab {} .k3y-99812x {} @media all { #zeppelin {} }" }));
      document.body.append(Object.assign(document.createElement("style"),
        { textContent: ".moonbase {}" }));
      document.body.insertAdjacentHTML("beforeend",
        "<p class='orbit-cab k3y-99812x moonbase' id='zeppelin'></p>")
    """
    text = captured("styled", {}, script=script).read_text("utf-8")
    assert '<p class="orbit-cab …-… …" id="zeppelin">' in text


@needs_chromium
def test_a_huge_page_is_cut_and_says_so(captured: Any) -> None:
    script = """
      let at = document.body.appendChild(document.createElement("main"));
      for (let n = 0; n < 400; n += 1) {
        at = at.appendChild(document.createElement("div"));
        for (let m = 0; m < 400; m += 1) at.appendChild(document.createElement("p"));
      }
    """
    text = captured("huge", {}, script=script).read_text("utf-8")
    assert len(text) < LIMITS["characters"] + 10_000
    found = re.search(r"elements: (\d+)\nleft out for its size: (\d+) elements", text)
    assert found
    assert int(found[1]) <= LIMITS["nodes"]
    assert " more -->" in text


@needs_chromium
def test_no_file_is_written_over_and_each_notebook_has_its_own(captured: Any) -> None:
    first = captured("twice", {})
    before = first.read_text("utf-8")
    again = captured("twice", {})
    assert again.read_text("utf-8") == before
    numbered = sorted(path.name for path in first.parent.glob("twice*.html"))
    assert numbered == ["twice-2.html", "twice-3.html", "twice.html"]


@needs_chromium
def test_a_capture_of_a_strangers_runs_nothing_and_asks_no_one(tmp_path: Path) -> None:
    evil = tmp_path / "evil.html"
    with Notes(tmp_path) as notes:
        there = notes.url("asked")
        evil.write_text(
            f"{MARK}\n-->\n<script>location = '{there}'</script><img src='{there}'>"
            f"<link rel=stylesheet href='{there}'><iframe src='{there}'></iframe>"
            f"<meta http-equiv=refresh content='0; url={there}'><button id=control>",
            encoding="utf-8",
        )
        code, said = tried(tmp_path, str(notes.profile), evil)
        assert notes.loads == {}
    assert code == 1, said


@needs_chromium
def test_a_profile_is_tried_on_the_open_tabs(
    stage: Stage, chromium: Chromium, tmp_path: Path
) -> None:
    port = ("--port", str(chromium.port))
    nothing = run(tmp_path, "profile", "test", "colab", *port)
    assert nothing.returncode == 1
    assert "✗ no page: no open tab is one of colab" in nothing.stdout
    notebook = stage.notebook("open", title="open.ipynb")
    target = chromium.open(notebook.url)
    stage.do(notebook.opened())
    ended = run(tmp_path, "profile", "test", "colab", *port)
    assert ended.returncode == 0, ended.stdout
    assert "✓ open: idle (colab: connected, by colab-connect-button" in ended.stdout
    assert re.search(r"actions\.connect +✓ +1 of 3", ended.stdout)
    stage.do(notebook.remove_control())
    assert run(tmp_path, "profile", "test", "colab", *port).returncode == 1
    chromium.close(target)


def test_what_is_no_capture_and_what_is_no_profile_is_told(tmp_path: Path) -> None:
    other = tmp_path / "other.html"
    other.write_text("<!doctype html><title>else</title>", encoding="utf-8")
    for arguments, says in (
        (("colab", "--against", str(other)), f"{other}: no capture: expected a file that"),
        (("colab", "--against", "gone.html"), "gone.html: cannot be read: No such file"),
        (("gone.yaml", "--against", str(other)), "gone.yaml: there is no such file"),
        (("nowhere",), "no site profile named 'nowhere'; known: colab, jupyterlab"),
    ):
        ended = run(tmp_path, "profile", "test", *arguments)
        assert ended.returncode == 2
        assert says in ended.stderr


def test_without_chrome_it_says_what_to_do(tmp_path: Path) -> None:
    ended = run(tmp_path, "profile", "test", "colab", "--port", "1")
    assert ended.returncode == 3
    assert "✗ Chrome: nothing listens on 127.0.0.1:1" in ended.stdout
    assert "→ start a Chrome that listens" in ended.stdout


def test_the_profile_in_force_is_shown(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("extends: colab\n", encoding="utf-8")
    said = run(tmp_path, "profile", "show", str(mine)).stdout
    assert said.startswith(f"# {mine}\nextends: colab\n# ")
    assert "site: colab" in said


@pytest.fixture(scope="module")
def capturing(stage: Stage, chromium: Chromium) -> Iterator[Any]:
    """Yield a function that returns the capture of a page after a script has run in it."""
    notebook = stage.notebook("property", title=f"{MARKED}.ipynb")
    target = chromium.open(notebook.url)
    stage.do(notebook.opened())

    async def take(script: str) -> str:
        await asyncio.to_thread(evaluate, chromium.port, target, script)
        targets = Targets()
        endpoint = await locate("127.0.0.1", chromium.port, None)
        async with connected(endpoint.address, targets) as browser:
            await browser.call(cdp.discover_targets())
            return await _captured(browser, next(t for t in targets.pages if t.target_id == target))

    async def _captured(browser: Browser, info: cdp.TargetInfo) -> str:
        async with observed(Tab(browser, info), COLAB) as (world, reading):
            return "".join([part async for part in capture(world, "test", COLAB, reading)])

    with asyncio.Runner() as runner:
        yield lambda script: runner.run(take(script))
    chromium.close(target)


@needs_chromium
def test_the_observer_is_taken_out_of_the_page_also_where_the_use_of_its_reading_fails(
    stage: Stage, chromium: Chromium
) -> None:
    notebook = stage.notebook("failing")
    target = chromium.open(notebook.url)
    stage.do(notebook.opened())

    def in_world(expression: str) -> Any:
        made = call(
            chromium.port, target, "Page.createIsolatedWorld", frameId=target, worldName=WORLD
        )
        context = {"contextId": made["executionContextId"], "returnByValue": True}
        told = call(chromium.port, target, "Runtime.evaluate", expression=expression, **context)
        return told["result"]["value"]

    async def story() -> None:
        targets = Targets()
        endpoint = await locate("127.0.0.1", chromium.port, None)
        async with connected(endpoint.address, targets) as browser:
            await browser.call(cdp.discover_targets())
            tab = Tab(browser, next(t for t in targets.pages if t.target_id == target))
            async with observed(tab, COLAB):
                assert await asyncio.to_thread(in_world, WAIT_FOR_NEWS) is False
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(story())
    assert in_world("globalThis.told") is True
    chromium.close(target)


@needs_chromium
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(secrets=SECRETS)
def test_no_secret_is_ever_in_a_capture(capturing: Any, secrets: dict[str, str]) -> None:
    text = html.unescape(capturing(plant(secrets))).casefold()
    assert MARKED.casefold() not in text
    assert not [secret for secret in secrets.values() if secret[-6:] in text]


@given(st.text())
def test_what_a_pattern_spells_is_found_whole(text: str) -> None:
    assert "".join(fixed_parts(re.escape(text))) == text


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        (r"^\s*(?:Connecting|Connect\b(?!ing|ed))", ("Connecting", "Connect", "ing", "ed")),
        (r"bloqueada?|Sigues ah[ií]", ("bloquead", "Sigues ah")),
        (r"[\d.,]+\s*GB\D+(T4|L4)", ("GB", "T4", "L4")),
        (r"a{2,3}b\.c", ("b.c",)),
        (r"[]x]y[^]z]w", ("y", "w")),
        (r"(?<name>one)(?P<other>two)(?<=three)", ("one", "two", "three")),
    ],
)
def test_what_varies_is_no_part(pattern: str, parts: tuple[str, ...]) -> None:
    assert fixed_parts(pattern) == parts
