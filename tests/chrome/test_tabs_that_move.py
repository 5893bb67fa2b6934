"""Tabs that are reloaded, navigated, duplicated and closed, in a real Chromium."""

from collections.abc import Iterator

import pytest

from person import eventually
from scene import Scene, needs_chromium_and_mosquitto, set_scene

pytestmark = needs_chromium_and_mosquitto

QUICK_TABS = 15
MANY_TABS = 50


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with set_scene(tmp_path_factory.mktemp("notes")) as scene:
        yield scene


def left_alone(scene: Scene, target: str) -> bool:
    """Return whether no debugging client at all has a session to a target."""
    return not scene.person.targets()[target]["attached"]


def test_a_reloaded_notebook_is_the_same_session_and_is_read_again(scene: Scene) -> None:
    target = scene.open("reloaded")
    session = scene.person.attach(target)
    scene.run_cell(session)
    scene.until("reloaded", "running")

    scene.person.call("Page.reload", session)
    scene.until("reloaded", "idle")

    scene.follows("reloaded", target)
    assert scene.night.phases(scene.notes.url("reloaded")).count("gone") == 0
    assert scene.notes.loads["/note/reloaded"] == 2


def test_a_reloaded_page_never_sleeps_on_the_way(scene: Scene) -> None:
    target = scene.open("wakeful")
    session = scene.person.attach(target)
    for _ in range(5):
        scene.person.call("Page.reload", session)
        eventually(lambda: scene.person.evaluate(session, "document.readyState") == "complete")
    scene.follows("wakeful", target)
    assert "sleeping" not in scene.night.phases(scene.notes.url("wakeful"))


def test_a_tab_that_goes_to_another_notebook_is_that_notebooks_session(scene: Scene) -> None:
    target = scene.open("first")
    session = scene.person.attach(target)
    scene.person.call("Page.navigate", session, url=scene.notes.url("second"))

    scene.until("second", "idle")
    scene.until("first", "gone")
    scene.follows("second", target)
    assert scene.state("first")["phase"] == "gone"


def test_a_tab_that_leaves_the_site_is_let_go_and_taken_up_again_when_it_returns(
    scene: Scene,
) -> None:
    target = scene.open("leaving")
    session = scene.person.attach(target)
    scene.person.call("Page.navigate", session, url=scene.notes.elsewhere)
    scene.until("leaving", "gone")
    scene.person.call("Target.detachFromTarget", sessionId=session)
    eventually(lambda: left_alone(scene, target))

    session = scene.person.attach(target)
    scene.person.evaluate(session, "history.back()")
    scene.until("leaving", "idle")
    scene.follows("leaving", target)


def test_a_closed_tab_is_gone_and_the_others_stay(scene: Scene) -> None:
    other = scene.open("staying")
    target = scene.open("closed")
    scene.chromium.close(target)
    scene.until("closed", "gone")
    scene.follows("staying", other)


def test_tabs_that_close_while_they_are_attached_to_hurt_nobody(scene: Scene) -> None:
    other = scene.open("calm")
    for number in range(QUICK_TABS):
        scene.chromium.close(scene.chromium.open(scene.notes.url(f"quick{number}")))
    scene.follows("calm", other)
    quick = {scene.night.id_of(scene.notes.url(f"quick{each}")) for each in range(QUICK_TABS)}

    def settled() -> bool:
        states = scene.night.sessions()
        return all(states[each]["phase"] == "gone" for each in quick & states.keys())

    scene.night.until(settled)


def test_tabs_that_leave_the_site_while_they_are_attached_to_are_let_go(scene: Scene) -> None:
    targets = []
    for number in range(QUICK_TABS):
        target = scene.chromium.open(scene.notes.url(f"hasty{number}"))
        session = scene.person.attach(target)
        scene.person.send("Page.navigate", session, url=scene.notes.elsewhere)
        scene.person.call("Target.detachFromTarget", sessionId=session)
        targets.append(target)
    eventually(lambda: all(left_alone(scene, target) for target in targets))
    for target in targets:
        scene.chromium.close(target)


def test_two_tabs_of_one_notebook_are_two_sessions(scene: Scene) -> None:
    first = scene.open("twice")
    second = scene.chromium.open(scene.notes.url("twice"))
    scene.until("twice", "idle", nth=2)

    session = scene.person.attach(second)
    scene.run_cell(session)
    scene.until("twice", "running", nth=2)
    assert scene.state("twice")["phase"] == "idle"

    scene.chromium.close(first)
    scene.until("twice", "gone")
    assert scene.state("twice", 2)["phase"] == "running"

    scene.chromium.open(scene.notes.url("twice"))
    scene.until("twice", "idle")
    assert scene.state("twice", 2)["phase"] == "running"


def test_a_tab_of_another_browser_context_is_watched_too(scene: Scene) -> None:
    context = scene.person.call("Target.createBrowserContext")["browserContextId"]
    url = scene.notes.url("incognito")
    made = scene.person.call("Target.createTarget", url=url, browserContextId=context)
    scene.until("incognito", "idle")
    scene.follows("incognito", made["targetId"])
    scene.person.call("Target.disposeBrowserContext", browserContextId=context)
    scene.until("incognito", "gone")


def test_only_pages_of_the_site_are_attached_to(scene: Scene) -> None:
    watched = scene.open("watched")
    elsewhere = scene.chromium.open(scene.notes.elsewhere)
    listed = scene.person.targets()
    attached = {info["url"] for info in listed.values() if info["attached"]}
    assert listed[watched]["url"] in attached
    assert not listed[elsewhere]["attached"]
    assert all("/note/" in url for url in attached), attached


def test_fifty_tabs_at_once_are_all_read(scene: Scene) -> None:
    names = [f"many{number}" for number in range(MANY_TABS)]
    targets = [scene.chromium.open(scene.notes.url(name)) for name in names]
    for name in names:
        scene.until(name, "idle", limit=30)
    scene.follows(names[-1], targets[-1])
    for target in targets:
        scene.chromium.close(target)
    for name in names:
        scene.until(name, "gone")


def test_an_address_is_never_told_as_the_title_of_a_page_that_has_none(scene: Scene) -> None:
    name = "private?token=of-a-login"
    target = scene.open(name)
    session = scene.person.attach(target)
    scene.person.evaluate(session, "document.title = ''")
    eventually(lambda: "of-a-login" in scene.person.targets()[target]["title"])
    scene.follows(name, target)

    scene.person.send("Page.crash", session)
    assert scene.until(name, "sleeping")["title"] == "private"
    told = [payload for _topic, payload in scene.night.heard.messages]
    assert not any(b"of-a-login" in payload for payload in told)
    assert "of-a-login" not in scene.night.log()
