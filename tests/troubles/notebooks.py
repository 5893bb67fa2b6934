"""Notebooks that cannot be read or heard, and what is missing of what they printed."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from websockets.asyncio.server import ServerConnection, serve

from chromium import Chromium
from colab_cdp_agent.chrome.browser import connect_browser
from colab_cdp_agent.chrome.tab import NETWORK, Tab
from colab_cdp_agent.config import Duties
from colab_cdp_agent.keep.archive import Archive
from colab_cdp_agent.keep.journal import Journal
from colab_cdp_agent.watch.clock import Slept
from colab_cdp_agent.watch.company import Company
from colab_cdp_agent.watch.house import House
from colab_cdp_agent.watch.intake import Intake
from colab_cdp_agent.watch.listener import Listener
from colab_cdp_agent.watch.session import Session
from colab_cdp_agent.watch.sites import load_site
from colab_cdp_agent.watch.span import Span
from colab_cdp_agent.watch.wire import FRAME_LIMIT_BYTES, WireWitness
from colab_cdp_agent.watch.wishes import Wishes
from colab_cdp_protocols import cdp
from command import run
from mosquitto import HOST
from night import Night
from person import Person
from stage import Stage
from troubles.register import Place, logged, played, says

SESSION = "0123456789"
FOR_EVER_S = 1e9
NOW = datetime(2026, 11, 25, 22, 0, tzinfo=UTC)
NIGHT_LIMIT_S = 40.0
OBSERVED = {"duties": {"keep_alive": {"every": "10s"}}}


@says(
    "The site profile does not fit this page: nothing of … is there.",
    "The site profile does not fit this page: the connect control is there, but none of its"
    " states.",
    "The tab crashed: reload it.",
    "a tab cannot be read",
    "observing: would have done it",
)
def observed_night(_place: Place) -> str:
    """Watch four notebooks: two of another front end, one that crashes, one that runs."""
    with (
        Stage() as stage,
        Chromium(stage.sim.chromium_flags) as chromium,
        Night(chromium.port, config=OBSERVED, arguments=["--observe"]) as night,
    ):
        names = ("bare", "stateless", "crashed", "runs")
        notebooks = {name: stage.notebook(name, cells=2) for name in names}
        targets = {name: chromium.open(each.url) for name, each in notebooks.items()}
        for each in notebooks.values():
            stage.do(each.opened())
        stage.do(notebooks["bare"].remove_control())
        stage.do(notebooks["stateless"].strip_state())
        stage.do(notebooks["runs"].cell("running"))
        night.until(lambda: len(night.sessions()) == len(names) or None)
        night.until(lambda: night.session(notebooks["crashed"].url)["phase"] == "idle")
        with Person(chromium) as person:
            person.send("Page.crash", person.attach(targets["crashed"]))

        def told() -> str | None:
            said = " ".join(
                json.dumps(each, ensure_ascii=False) for each in night.sessions().values()
            )
            wanted = ("nothing of", "none of its states", "crashed: reload", "would have done it")
            return said if all(words in said for words in wanted) else None

        return f"{night.until(told, NIGHT_LIMIT_S)} {night.log()}"


@says(
    "reload the tab; if that does not help, the site has changed: update, or write a capture of it"
    " with --capture, to report it or to mend the profile from (docs/profiles.md)",
)
def misfit(place: Place) -> str:
    with Stage() as stage, Chromium(stage.sim.chromium_flags) as chromium:
        notebook = stage.notebook("bare", cells=1)
        chromium.open(notebook.url)
        stage.do(notebook.opened())
        stage.do(notebook.remove_control())
        ended = run(place.folder, "doctor", "--port", str(chromium.port), "--no-mqtt")
    return ended.stdout


@says("a tab's network cannot be heard")
def deaf_browser(_place: Place) -> str:
    """Ask a browser for a tab's network that refuses it."""

    async def talk(other: ServerConnection) -> None:
        async for frame in other:
            refusal = {"code": -32601, "message": "'Network.enable' wasn't found"}
            await other.send(json.dumps({"id": json.loads(frame)["id"], "error": refusal}))

    async def story() -> None:
        async with serve(talk, HOST, 0, close_timeout=0.1) as server:
            port = server.sockets[0].getsockname()[1]
            address = f"ws://{HOST}:{port}/devtools/browser/1"
            async with connect_browser(address, lambda _event: None, patience=5) as browser:
                reading = asyncio.create_task(browser.read())
                tab = Tab(browser, cdp.TargetInfo("T", "page", "http://x/", "x"))
                await tab._ask_network(NETWORK[0], "S")
                reading.cancel()
                await asyncio.wait({reading})

    return logged(lambda: played(story()))


def session(folder: Path) -> Session:
    """Return a session that is kept in a folder, and told to nobody."""
    house = House(
        Archive(folder / "archive", 10**9, FOR_EVER_S),
        Journal(folder / "journal.sqlite", FOR_EVER_S),
        Company(),
        Wishes(folder / "wishes.json"),
    )
    return Session(
        SESSION,
        load_site("colab"),
        policy=Duties(),
        house=house,
        listener=Listener(
            lambda _state: None,
            lambda _session, _happening: None,
            lambda _session, _lines, _dropped: None,
        ),
        observe=False,
    )


@says("a gap could not be filled")
def unfilled_gap(place: Place) -> str:
    """Have the archive's end asked for where it cannot be read."""
    watched = session(place.folder)
    page: Any = None

    async def story() -> None:
        log = watched._house.archive.log(SESSION)
        log.write("stdout", "one\n")
        await watched._house.archive.flush()
        path = watched._house.archive.path(SESSION)
        path.unlink()
        path.mkdir()
        async with asyncio.TaskGroup() as tasks:
            watched._gap.begin(page, tasks)

    return logged(lambda: played(story()))


def kept(archive: Archive) -> str:
    """Return what stands in an archive's file."""
    asyncio.run(archive.flush())
    return archive.path(SESSION).read_text("utf-8")


@says("This computer slept for … minutes while a cell ran.")
def slept(place: Place) -> str:
    watched = session(place.folder)
    watched._history.run = Span("1", None, NOW, NOW)
    watched.slept(Slept(0.0, 3600.0, 3600.0, "slept"))
    return kept(watched._house.archive)


def caught_up(place: Place, *, away: bool, shown: str | None) -> str:
    """Return what stands in a file once what the page shows of a run was read, None: nothing."""
    archive = Archive(place.folder, 10**9, FOR_EVER_S)
    log = archive.log(SESSION)
    intake = Intake(log)
    intake.began(seen=away)
    if away:
        intake.deafened()
        intake.began(seen=False)
    else:
        intake._hold()
    joined = None if shown is None else [("stdout", shown)]
    intake.caught_up(None, joined, (), shown or "")
    return kept(archive)


@says("gap: nothing was heard since …; what the page still shows of it follows")
def gap_that_the_page_fills(place: Place) -> str:
    return caught_up(place, away=True, shown="two\n")


@says("gap: nothing was heard since …; the page shows none")
def gap_that_stays(place: Place) -> str:
    return caught_up(place, away=True, shown="")


@says("gap: this run was met on its way, and the page does not show it")
def met_unseen(place: Place) -> str:
    return caught_up(place, away=False, shown=None)


@says("this run was met on its way; what the page shows of it comes first")
def met_on_its_way(place: Place) -> str:
    return caught_up(place, away=False, shown="one\n")


@says("a message of … MB was not read")
def huge_message(place: Place) -> str:
    archive = Archive(place.folder, 10**9, FOR_EVER_S)
    log = archive.log(SESSION)
    witness = WireWitness(lambda _fact: None, log.gap, lambda: None, lambda call: call(), "T")
    picture = {"requestId": "1", "response": {"payloadData": "x" * FRAME_LIMIT_BYTES}}
    event = {"method": "Network.webSocketFrameReceived", "params": picture, "sessionId": "S"}
    witness.take(cast(cdp.Event, cdp.decode(json.dumps(event).encode())))
    return kept(archive)
