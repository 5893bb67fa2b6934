"""Every browser of one agent, each with a watch and a roster of its own: none knows another."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import msgspec

from colab_cdp_agent.chrome.attached import Attached
from colab_cdp_agent.config import Chrome
from colab_cdp_agent.watch.chrome_watch import ChromeWatch
from colab_cdp_agent.watch.clock import Slept
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.roster import Roster
from colab_cdp_agent.watch.session import Session
from colab_cdp_protocols import mqtt

WORST_FIRST: tuple[mqtt.ChromeState, ...] = ("needs_you", "waiting", "frozen", "connected")


class Browsers:
    """Keeps every browser watched, each for itself.

    Args:
        places: where they are, one at least.
        first: what the one is called whose sessions' ids bear no name of a browser.
        profiles: the sites that are watched.
        enrol: makes a session: of a browser's name, empty where there is one; its id; its profile.
        changed: called when `info` changed.
        needed: called with a browser's name, empty where there is one, and what is to be told: a
            person is needed in it, or no more.

    """

    def __init__(  # noqa: PLR0913, PLR0917 - each is a part of its own, used here only
        self,
        places: Sequence[Chrome],
        first: str | None,
        profiles: tuple[Profile, ...],
        enrol: Callable[[str, str, Profile], Session],
        changed: Callable[[], None],
        needed: Callable[[str, mqtt.Happening], None],
    ) -> None:
        self._watches: dict[str, ChromeWatch] = {}
        self._rosters: list[Roster] = []
        attached = Attached()
        for place in places:
            name = place.called
            shown = name if len(places) > 1 else ""
            roster = Roster(profiles, partial(enrol, shown), "" if name == first else name)
            self._rosters.append(roster)
            self._watches[name] = ChromeWatch(
                place, roster, changed, partial(needed, shown), shown, attached
            )

    async def run(self) -> None:
        """Watch them all for ever, side by side."""
        async with asyncio.TaskGroup() as tasks:
            for name, watch in self._watches.items():
                tasks.create_task(watch.run(), name=f"chrome {name}")

    def ask_again(self) -> bool:
        """Ask for consent once more wherever that is needed; false where it is needed nowhere."""
        asked = [watch.ask_again() for watch in self._watches.values()]
        return any(asked)

    @property
    def info(self) -> mqtt.ChromeInfo:
        """How it stands with Chrome; of several, the worst that a person must know."""
        return summary({name: watch.info for name, watch in self._watches.items()})

    @property
    def several(self) -> tuple[mqtt.BrowserInfo, ...]:
        """How it stands with each browser, where there are several; else nothing."""
        if len(self._watches) == 1:
            return ()
        return tuple(
            mqtt.BrowserInfo(name, **msgspec.structs.asdict(watch.info))
            for name, watch in self._watches.items()
        )

    @property
    def paused(self) -> bool:
        """Whether a session that is seen for the first time does no duty."""
        return any(roster.paused for roster in self._rosters)

    def pause(self, *, on: bool) -> None:
        """Let the duties rest in every session of every browser, or be done again."""
        for roster in self._rosters:
            roster.pause(on=on)

    def slept(self, slept: Slept) -> None:
        """Take note, for every session, of a while that nobody watched."""
        for roster in self._rosters:
            roster.slept(slept)

    def session(self, name: str) -> Session | None:
        """Return the session of that id, None where there is none."""
        found = (roster.session(name) for roster in self._rosters)
        return next((session for session in found if session is not None), None)

    def forget_old(self) -> list[str]:
        """Drop the sessions that have been gone for a day, and return their ids."""
        return [session for roster in self._rosters for session in roster.forget_old()]


def summary(infos: Mapping[str, mqtt.ChromeInfo]) -> mqtt.ChromeInfo:
    """Return the one state of several browsers: the worst; with the reason of each that has one."""
    if len(infos) == 1:
        return next(iter(infos.values()))
    worst = min((info.state for info in infos.values()), key=WORST_FIRST.index)
    alike = [info for info in infos.values() if info.state == worst]
    products = dict.fromkeys(info.product for info in alike if info.product is not None)
    reasons = [f"{name}: {info.reason}" for name, info in infos.items() if info.reason is not None]
    return mqtt.ChromeInfo(
        worst,
        ", ".join(products) or None,
        min(info.since for info in alike),
        "; ".join(reasons) or None,
    )
