"""What happens to a tab: it crashes, hangs, asks, is discarded, goes elsewhere, has a double."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Final

from chaos.fault import Fault
from chaos.oracle import Meanwhile
from chaos.theatre import Player, Theatre
from person import Person, eventually
from silencing import discard, renderer, target_of

ELSEWHERE: Final = "about:blank#elsewhere"
LOADING: Final = frozenset({"connecting", "gone"})
SLEEPING: Final = frozenset({"sleeping"})


@contextmanager
def crashed(theatre: Theatre, player: Player, _random: Random) -> Iterator[None]:
    """Crash a tab, and reload it."""
    with Person(theatre.chromium) as person:
        page = person.attach(target_of(person, player.url))
        person.send("Page.crash", page)
        theatre.stage.do(player.notebook.opened(0))
        yield
        person.call("Page.reload", page)
        theatre.loaded(player)


@contextmanager
def stopped(theatre: Theatre, player: Player, _random: Random) -> Iterator[None]:
    """Stop the renderer of a tab, and let it go on."""
    with Person(theatre.chromium) as person:
        page = person.attach(target_of(person, player.url))
        process = renderer(theatre.chromium, person, page)
    process.suspend()
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


@contextmanager
def alert(theatre: Theatre, player: Player, _random: Random) -> Iterator[None]:
    """Open a JavaScript alert, and answer it."""
    with Person(theatre.chromium) as person:
        page = person.attach(target_of(person, player.url))
        person.call("Page.enable", page)
        theatre.stage.do(player.notebook.alert())
        person.event("Page.javascriptDialogOpening", page)
        yield
        person.call("Page.handleJavaScriptDialog", page, accept=True)


@contextmanager
def discarded(theatre: Theatre, player: Player, _random: Random) -> Iterator[None]:
    """Let Chrome discard a tab, and load it again."""
    with Person(theatre.chromium) as person:
        tool = discard(theatre.chromium, person, player.url)
        yield
        person.call("Page.reload", person.attach(target_of(person, player.url)))
        theatre.loaded(player)
        theatre.chromium.close(tool)


@contextmanager
def navigated(theatre: Theatre, player: Player, _random: Random) -> Iterator[None]:
    """Go elsewhere in a tab, and come back."""
    with Person(theatre.chromium) as person:
        page = person.attach(target_of(person, player.url))
        person.call("Page.navigate", page, url=ELSEWHERE)
        theatre.stage.do(player.notebook.opened(0))
        yield
        person.call("Page.navigate", page, url=player.url)
        theatre.loaded(player)


@contextmanager
def reloaded(theatre: Theatre, player: Player, random: Random) -> Iterator[None]:
    """Reload a tab up to three times, faster than it loads."""
    with Person(theatre.chromium) as person:
        page = person.attach(target_of(person, player.url))
        for _ in range(random.randint(1, 3)):
            before = player.notebook.sheet.log.loads
            person.call("Page.reload", page)
            eventually(lambda before=before: player.notebook.sheet.log.loads > before)
            player.loads += 1
        theatre.stage.do(player.notebook.opened())
    yield


@contextmanager
def closed(theatre: Theatre, player: Player, _random: Random) -> Iterator[None]:
    """Close a tab, and open the notebook in a new one."""
    with Person(theatre.chromium) as person:
        theatre.chromium.close(target_of(person, player.url))
        theatre.stage.do(player.notebook.opened(0))
    yield
    theatre.open(player)


@contextmanager
def doubled(theatre: Theatre, player: Player, _random: Random) -> Iterator[None]:
    """Open a notebook in a second tab, and close that one again."""
    target = theatre.chromium.open(player.url)
    theatre.loaded(player, pages=2)
    yield
    theatre.chromium.close(target)
    theatre.stage.do(player.notebook.opened(1))


_LOADED = Meanwhile(LOADING | SLEEPING)
TABS: Final = (
    Fault(
        "tab crashed",
        crashed,
        Meanwhile(LOADING, SLEEPING, events=frozenset({"tab_crashed", "run_ended"})),
        healed_s=15,
        noticed_s=5,
    ),
    Fault("tab stopped", stopped, Meanwhile(LOADING, SLEEPING), healed_s=15, noticed_s=40),
    Fault("alert", alert, Meanwhile(LOADING, SLEEPING), healed_s=15, noticed_s=40),
    Fault("tab discarded", discarded, Meanwhile(LOADING, SLEEPING), healed_s=15, noticed_s=5),
    Fault(
        "tab navigated",
        navigated,
        Meanwhile(
            LOADING | SLEEPING, frozenset({"gone"}), events=frozenset({"tab_gone", "run_ended"})
        ),
        healed_s=15,
        noticed_s=5,
    ),
    Fault("tab reloaded", reloaded, _LOADED, healed_s=15),
    Fault(
        "tab closed",
        closed,
        Meanwhile(LOADING, frozenset({"gone"}), events=frozenset({"tab_gone", "run_ended"})),
        healed_s=15,
        noticed_s=5,
    ),
    Fault("duplicate tab", doubled, _LOADED, healed_s=15),
)
