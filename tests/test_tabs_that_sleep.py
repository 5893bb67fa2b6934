"""A run whose tab falls asleep, or whose Chrome dies, and that is taken up again."""

import os
import signal
from collections.abc import Iterator

import pytest

from chromium import Chromium
from colab_sim import Notebook
from night import Night
from person import Person, eventually
from scene import needs_chromium_and_mosquitto
from silencing import FLAGS, PROFILE, discard, renderer, target_of
from stage import Stage
from witnessed import (
    ENDLESS,
    NOTHING,
    START_LIMIT_S,
    alerts,
    all_opened,
    gaps,
    numbers,
    until_phase,
    until_state,
)

pytestmark = [
    needs_chromium_and_mosquitto,
    pytest.mark.skipif(os.name == "nt", reason="stops processes by signals"),
]

NOTICED_S = 40.0
DOWNLOAD = """
location.href = URL.createObjectURL(new Blob(["1"], { type: "application/octet-stream" }));
"""
OTHER_SOCKET = "void new WebSocket(location.origin.replace('http', 'ws') + '/news')"


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture(scope="module")
def chromium(stage: Stage) -> Iterator[Chromium]:
    chromium = Chromium((*FLAGS, *stage.sim.chromium_flags))
    (chromium.profile / "Local State").write_text(PROFILE, encoding="utf-8")
    with chromium:
        yield chromium


@pytest.fixture(scope="module")
def night(chromium: Chromium) -> Iterator[Night]:
    with Night(chromium.port, config={"duties": NOTHING}) as night:
        yield night


@pytest.fixture(scope="module")
def notebooks(stage: Stage, chromium: Chromium, night: Night) -> dict[str, Notebook]:
    """Notebooks in the middle of a run."""
    cells = dict.fromkeys(("alerted", "stopped", "discarded"), ENDLESS)
    notebooks = dict(zip(cells, all_opened(stage, chromium, cells), strict=True))
    for notebook in notebooks.values():
        until_phase(night, notebook.url, "idle", START_LIMIT_S)
        stage.do(notebook.run())
    for notebook in notebooks.values():
        night.until(lambda url=notebook.url: len(numbers(night, url)) > 20)
    return notebooks


def goes_on(night: Night, notebook: Notebook) -> None:
    """Make sure that a run was taken up again, with every line and each gap counted."""
    url = notebook.url
    state = until_state(night, url, lambda state: state["witnesses"]["wire"] == "busy", NOTICED_S)
    assert state["kernel"] == "busy"
    lines = state["output"]["lines"] or 0
    state = until_state(night, url, lambda state: state["output"]["lines"] > lines + 20)
    assert state["phase"] == "running"
    found = numbers(night, url)
    assert found == list(range(len(found)))
    until_state(night, url, lambda state: state["output"]["gaps"] == gaps(night, url))


def test_a_run_whose_tab_slept_is_taken_up_again_without_a_lost_line(
    stage: Stage, chromium: Chromium, night: Night, notebooks: dict[str, Notebook]
) -> None:
    with Person(chromium) as person:
        asking = person.attach(target_of(person, notebooks["alerted"].url))
        person.call("Page.enable", asking)
        stage.do(notebooks["alerted"].alert())
        stopped = renderer(
            chromium, person, person.attach(target_of(person, notebooks["stopped"].url))
        )
        stopped.suspend()
        try:
            discard(chromium, person, notebooks["discarded"].url)
            for notebook in notebooks.values():
                state = until_phase(night, notebook.url, "sleeping", NOTICED_S)
                assert (state["kernel"], state["witnesses"]["agree"]) == ("unknown", None)
        finally:
            stopped.send_signal(signal.SIGCONT)
        person.call("Page.handleJavaScriptDialog", asking, accept=True)
        person.call("Page.reload", person.attach(target_of(person, notebooks["discarded"].url)))
        for notebook in notebooks.values():
            goes_on(night, notebook)
            # A page that only hangs may be told of late: then nothing went unheard.
            assert gaps(night, notebook.url) <= 1
            assert not [each for each in night.events(notebook.url) if "run_" in each["kind"]]
        assert gaps(night, notebooks["discarded"].url) == 1


def test_a_run_whose_page_is_loaded_again_and_again_goes_on_without_a_lost_line(
    chromium: Chromium, night: Night, notebooks: dict[str, Notebook]
) -> None:
    notebook = notebooks["alerted"]
    before = gaps(night, notebook.url)
    with Person(chromium) as person:
        page = person.attach(target_of(person, notebook.url))
        for _ in range(3):
            loads = notebook.sheet.log.loads
            person.call("Page.reload", page)
            eventually(lambda loads=loads: notebook.sheet.log.loads > loads)
    until_state(night, notebook.url, lambda state: state["output"]["gaps"] > before)
    goes_on(night, notebook)


def test_a_download_out_of_a_page_that_prints_is_no_gap(
    chromium: Chromium, night: Night, notebooks: dict[str, Notebook]
) -> None:
    notebook = notebooks["stopped"]
    before = gaps(night, notebook.url)
    with Person(chromium) as person:
        page = person.attach(target_of(person, notebook.url))
        person.call("Network.enable", page)
        person.evaluate(page, DOWNLOAD)
        assert person.event("Network.loadingFailed", page)["type"] == "Document"
        person.evaluate(page, OTHER_SOCKET)
        person.event("Network.webSocketCreated", page)
    printed = len(numbers(night, notebook.url))  # some of it, a second late, was before
    night.until(lambda: len(numbers(night, notebook.url)) > printed + 200)
    assert gaps(night, notebook.url) == before


def test_a_run_outlives_chrome_and_is_taken_up_again_in_the_next(
    stage: Stage, chromium: Chromium, night: Night, notebooks: dict[str, Notebook]
) -> None:
    url = notebooks["alerted"].url
    before = gaps(night, url)
    chromium.kill()
    night.until(lambda: night.attention(url) == "chrome_gone")
    told = [each["text"] for each in night.events(url)]
    assert not [text for text in told if "finished" in text]
    chromium.start(url)
    goes_on(night, notebooks["alerted"])
    assert gaps(night, url) == before + 1
    assert night.session(url)["attention"] is None
    assert alerts(night, url) == ["chrome_gone"]
    for notebook in notebooks.values():
        stage.do(notebook.interrupt())
