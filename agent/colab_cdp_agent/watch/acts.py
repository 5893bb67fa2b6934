"""Carrying out a duty in the page, and verifying by the page that it had an effect.

A touch is an event that the page dispatches to one element: no mouse, no keyboard, no focus. What
a profile raises as an alarm is never touched; `touch.js` makes sure of it in the same turn.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec

from colab_cdp_agent.settings.duties import KeepAlive
from colab_cdp_agent.spoken import counted
from colab_cdp_agent.watch.finding import STOPS_DUTIES
from colab_cdp_agent.watch.page import PageWitness
from colab_cdp_agent.watch.printed import Keeper, Printed, read_printed
from colab_cdp_agent.watch.profile import Method, Step
from colab_cdp_agent.watch.seen import PageReading
from colab_cdp_protocols import cdp

STEP_LIMIT_S = 2.0
STEP_PAUSE_S = 0.05
PANEL_LIMIT_S = 0.5
EFFECT_LIMIT_S = 3.0
CONNECT_LIMIT_S = 60.0


class Outcome(msgspec.Struct, frozen=True):
    """How a duty went: whether it had its effect, and a sentence."""

    done: bool
    result: str


class _Touched(msgspec.Struct, frozen=True):
    touched: bool
    text: str | None


async def keep_alive(page: PageWitness, policy: KeepAlive) -> Outcome:
    """Cancel harmless dialogs, thaw the tab, click the connect control and close its panel."""
    did = []
    if policy.dialogs and await _cancel_dialogs(page):
        did.append("cancelled a dialog")
    await page.tab.call(cdp.thaw())
    methods = page.profile.actions.keep_alive or page.profile.actions.connect
    if policy.connect and methods:
        before = await _open_panels(page)
        if not await _first_method(page, methods):
            if page.reading is not None and page.reading.stops:
                return _stopped(page.reading)
            return Outcome(done=False, result="the connect control was not found")
        did.append("clicked connect")
        await _close_panels(page, before)
    up = await page.until(_is_up, EFFECT_LIMIT_S)
    state = "still connected" if up else "but the page is not connected"
    return Outcome(done=up, result=", ".join([*did, state]))


async def reconnect(page: PageWitness) -> Outcome:
    """Click connect until the page is connected, or says why it can't be."""
    for method in page.profile.actions.connect:
        if await _carry_out(page, method) is None:
            continue
        if not await page.until(
            lambda reading: _is_up(reading) or bool(reading.stops), EFFECT_LIMIT_S
        ):
            continue
        await page.until(
            lambda reading: _is_connected(reading) or bool(reading.stops), CONNECT_LIMIT_S
        )
        return _reconnected(page.reading)
    return Outcome(done=False, result="clicked connect, and the page did not react")


async def clear(page: PageWitness, keeper: Keeper) -> Outcome:
    """Clear the running cell's output once `keeper` has it on disk.

    Every method of the profile is tried in order until the page holds less than before.

    Raises:
        ArchiveFailedError: it could not be kept, and was not cleared.
        ChromeError: the tab does not answer.

    """
    before = await _printed(page)
    if before is None:
        return Outcome(done=False, result="nothing to clear: no cell runs")
    if not before.readable:
        return Outcome(done=False, result="not cleared: the page's output cannot be read")
    if not before.text:
        return Outcome(done=False, result="nothing to clear")
    # A line that is still being printed is kept with what follows it, in one piece.
    whole = before.length if before.framed else before.text.rfind("\n") + 1
    await keeper.keep(before.text[:whole])
    for method in page.profile.actions.clear:
        delta = await _carry_out(page, method, after=keeper.page_length)
        if delta is None:
            continue
        await keeper.keep(before.text[: keeper.length] + delta)
        if await _shrank(page, before):
            keeper.forget()
            return Outcome(done=True, result=f"cleared {counted(before.lines, 'line')}")
    return Outcome(done=False, result="clear has no effect here")


async def _printed(page: PageWitness) -> Printed | None:
    """Read what the running cell printed; a frame that is only just made is given a moment."""
    deadline = time.monotonic() + STEP_LIMIT_S
    while True:
        printed = await read_printed(page)
        if printed is None or printed.readable or time.monotonic() >= deadline:
            return printed
        await asyncio.sleep(STEP_PAUSE_S)


async def until_effect(
    page: PageWitness, methods: tuple[Method, ...], effect: Callable[[], Awaitable[bool]]
) -> bool | None:
    """Carry out methods in order until one has its effect; None where the page offers none.

    Raises:
        ChromeError: the tab does not answer.

    """
    tried = None
    for method in methods:
        if await _carry_out(page, method) is None:
            continue
        if await effect():
            return True
        tried = False
    return tried


async def _shrank(page: PageWitness, before: Printed) -> bool:
    """Return whether the page soon holds less of the cell's output than before."""
    deadline = time.monotonic() + EFFECT_LIMIT_S
    while time.monotonic() < deadline:
        after = await read_printed(page)
        if after is not None and after.length < before.length:
            return True
        await asyncio.sleep(STEP_PAUSE_S)
    return False


async def _cancel_dialogs(page: PageWitness) -> bool:
    """Cancel the harmless dialogs that are open; return whether one was."""
    cancelled = False
    reading = page.reading
    for dialog in reading.dialogs if reading is not None else ():
        rule = page.profile.dialogs.harmless[dialog.harmless] if dialog.harmless >= 0 else None
        if reading is None or rule is None or not _language_known(reading, rule.languages):
            continue
        for path in rule.cancel:
            options = _touching(Step(click=path)) | {"dialog": dialog.harmless}
            touched = await page.tab.run("touch", options, _Touched)
            if touched.touched:
                cancelled = True
                break
    return cancelled


async def _open_panels(page: PageWitness) -> list[bool]:
    paths = [panel.css for panel in page.profile.actions.panels]
    return await page.tab.run("present", {"paths": paths}, list[bool])


async def _close_panels(page: PageWitness, before: list[bool]) -> None:
    """Close the panels that our own click opened, not one that the person had open."""
    deadline = time.monotonic() + PANEL_LIMIT_S
    while time.monotonic() < deadline:
        now = await _open_panels(page)
        for panel, was, is_open in zip(page.profile.actions.panels, before, now, strict=True):
            if is_open and not was:
                options = _touching(Step(click=panel.close)) | {"panel": panel.css}
                await page.tab.run("touch", options, _Touched)
                return
        await asyncio.sleep(STEP_PAUSE_S)


def _language_known(reading: PageReading, languages: tuple[str, ...] | None) -> bool:
    return languages is None or reading.language.split("-")[0] in languages


async def _first_method(page: PageWitness, methods: tuple[Method, ...]) -> bool:
    """Carry out the first method whose elements are all there."""
    for method in methods:
        if await _carry_out(page, method) is not None:
            return True
    return False


async def _carry_out(page: PageWitness, method: Method, after: int | None = None) -> str | None:
    """Carry out the steps of a method; None where one of its elements is not there.

    With `after`, the last step returns the running cell's text beyond that many characters.
    """
    text = ""
    for number, step in enumerate(method.steps):
        last = step is method.steps[-1]
        touched = await _touch(page, step, after if last else None, awaited=number > 0)
        if touched is None:
            if method.undo is not None and number > 0:
                await _touch(page, method.undo)
            return None
        text = touched or text
    return text


async def _touch(
    page: PageWitness, step: Step, after: int | None = None, *, awaited: bool = False
) -> str | None:
    """Touch a step's element, if `awaited` as soon as it comes; None where it is not there."""
    options = _touching(step)
    if after is not None:
        options["after"] = after
    limit = STEP_LIMIT_S if awaited else 0.0
    deadline = time.monotonic() + limit
    while True:
        touched = await page.tab.run("touch", options, _Touched)
        if touched.touched:
            return touched.text or ""
        if time.monotonic() >= deadline:
            return None
        await asyncio.sleep(STEP_PAUSE_S)


def _touching(step: Step) -> dict[str, object]:
    stops = sorted(STOPS_DUTIES)
    return {"path": step.path, "way": step.way, "in_cell": step.in_cell, "stops": stops}


def _is_connected(reading: PageReading) -> bool:
    return "connected" in reading.states and "connecting" not in reading.states


def _is_up(reading: PageReading) -> bool:
    return "connected" in reading.states or "connecting" in reading.states


def _stopped(reading: PageReading) -> Outcome:
    return Outcome(done=False, result=f"stopped: {', '.join(reading.stops)}")


def _reconnected(reading: PageReading | None) -> Outcome:
    if reading is not None and reading.stops:
        return _stopped(reading)
    if reading is not None and _is_connected(reading):
        return Outcome(done=True, result="reconnected")
    return Outcome(done=False, result=f"still not connected after {CONNECT_LIMIT_S:g} s")
