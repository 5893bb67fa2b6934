"""What came of a profile on one page: what `doctor` says of it, and what it found."""

from collections.abc import Iterator

import msgspec

from colab_cdp_agent.chrome.browser import ChromeError
from colab_cdp_agent.chrome.tab import Tab
from colab_cdp_agent.doctor.finding import Finding
from colab_cdp_agent.doctor.page import ASLEEP, World, judge, observed
from colab_cdp_agent.doctor.rows import Row, rows
from colab_cdp_agent.watch.profile import Method, Profile
from colab_cdp_agent.watch.seen import PageReading

MISFIT = "give what found nothing, below, a detector that fits the page: see docs/profiles.md"


class Trial(msgspec.Struct, frozen=True):
    """What came of it."""

    finding: Finding
    lines: tuple[str, ...] = ()


async def try_on(tab: Tab, name: str, profile: Profile) -> Trial:
    """Try a profile on an open tab, which is left as it was."""
    try:
        async with observed(tab, profile) as (world, reading):
            return await tried(world, reading, name, profile)
    except ChromeError as error:
        return Trial(Finding(ok=False, what=f"{name}: {error}", remedy=ASLEEP))


async def tried(world: World, reading: PageReading, name: str, profile: Profile) -> Trial:
    """Say what a reading comes to, and which of the profile's methods find their first element.

    Raises:
        ChromeError: the tab, or the browser, does not answer.

    """
    paths = [path for _, methods in _actions(profile) for path in map(_first, methods)]
    there = dict(zip(paths, await world.call("present", {"paths": paths}, list[bool]), strict=True))
    found = judge(name, reading, profile)
    if found.ok is False:
        found = msgspec.structs.replace(found, remedy=MISFIT)
    return Trial(found, tuple(map(str, [*rows(profile, reading), *_methods(profile, there)])))


def _actions(profile: Profile) -> Iterator[tuple[str, tuple[Method, ...]]]:
    for name in ("connect", "keep_alive", "clear", "interrupt", "run_all"):
        methods: tuple[Method, ...] = getattr(profile.actions, name)
        if methods:
            yield name, methods


def _first(method: Method) -> str:
    return method.steps[0].path if method.steps else ""


def _methods(profile: Profile, there: dict[str, bool]) -> Iterator[Row]:
    """Yield a row for each action: the first of its methods that finds its first element."""
    for name, methods in _actions(profile):
        found = (place for place, each in enumerate(methods) if there[_first(each)])
        yield Row(f"actions.{name}", len(methods), next(found, None))
