"""Carrying out a duty in the page, and verifying by the page that it had an effect.

A touch is an event that the page dispatches to one element: no mouse, no keyboard, no focus. What
a profile raises as an alarm is never touched; `touch.js` makes sure of it in the same turn.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec

from colab_cdp_agent.settings.duties import KeepAlive
from colab_cdp_agent.watch.page import PageWitness
from colab_cdp_agent.watch.printed import Printed, read_printed
from colab_cdp_agent.watch.profile import Method, Step
from colab_cdp_agent.watch.verdict import STOPS_DUTIES, PageReading
from colab_cdp_protocols import cdp

STEP_LIMIT_S = 2.0
OPTIONAL_STEP_LIMIT_S = 0.3
STEP_PAUSE_S = 0.05
EFFECT_LIMIT_S = 3.0
CONNECT_LIMIT_S = 60.0

Save = Callable[[str], Awaitable[None]]


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
        if not await _first_method(page, methods):
            return Outcome(done=False, result="the connect control was not found")
        did.append("clicked connect")
        await _first_method(page, page.profile.actions.close_panel)
    up = await page.until(_is_up, EFFECT_LIMIT_S)
    state = "still connected" if up else "but the page is not connected"
    return Outcome(done=up, result=", ".join([*did, state]))


async def reconnect(page: PageWitness) -> Outcome:
    """Click connect until the page is connected, or says why it can't be."""
    for method in page.profile.actions.connect:
        if await _carry_out(page, method) is None:
            continue
        if not await page.until(lambda reading: _is_up(reading) or _stops(reading), EFFECT_LIMIT_S):
            continue
        await page.until(lambda reading: _is_connected(reading) or _stops(reading), CONNECT_LIMIT_S)
        return _reconnected(page.reading)
    return Outcome(done=False, result="clicked connect, and the page did not react")


async def clear(page: PageWitness, save: Save) -> Outcome:
    """Clear the running cell's output once `save` has its text on disk.

    Every method of the profile is tried in order until the page holds less than before.
    """
    before = await read_printed(page)
    if before is None or before.empty:
        return Outcome(done=False, result="nothing to clear")
    if not before.readable:
        return Outcome(done=False, result="not cleared: the page's output cannot be read")
    # A line that is still being printed is kept with what follows it, in one piece.
    saved = before.length if before.framed else before.text.rfind("\n") + 1
    await save(before.text[:saved])
    for method in page.profile.actions.clear:
        delta = await _carry_out(page, method, after=saved)
        if delta is None:
            continue
        if delta:
            await save(delta)
            saved += len(delta)
        if await _shrank(page, before):
            return Outcome(done=True, result=f"cleared {before.lines} lines")
    return Outcome(done=False, result="clear has no effect here")


async def _shrank(page: PageWitness, before: Printed) -> bool:
    """Return whether the page soon holds less of the cell's output than before."""
    deadline = time.monotonic() + EFFECT_LIMIT_S
    while time.monotonic() < deadline:
        after = await read_printed(page)
        if after is None or after.length < before.length:
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
    for step in method.steps:
        last = step is method.steps[-1]
        touched = await _touch(page, step, after if last else None)
        if touched is None and not step.optional:
            if method.undo is not None and step is not method.steps[0]:
                await _touch(page, method.undo, None)
            return None
        text = touched or text
    return text


async def _touch(page: PageWitness, step: Step, after: int | None) -> str | None:
    """Touch a step's element as soon as it is there; None where it does not come."""
    options = _touching(step)
    if after is not None:
        options["after"] = after
    limit = OPTIONAL_STEP_LIMIT_S if step.optional else STEP_LIMIT_S
    deadline = time.monotonic() + limit
    while True:
        touched = await page.tab.run("touch", options, _Touched)
        if touched.touched:
            return touched.text or ""
        if time.monotonic() > deadline:
            return None
        await asyncio.sleep(STEP_PAUSE_S)


def _touching(step: Step) -> dict[str, object]:
    return {"path": step.path, "way": step.way, "in_cell": step.in_cell}


def _is_connected(reading: PageReading) -> bool:
    return "connected" in reading.states and "connecting" not in reading.states


def _is_up(reading: PageReading) -> bool:
    return "connected" in reading.states or "connecting" in reading.states


def _stops(reading: PageReading) -> bool:
    return any(alarm.kind in STOPS_DUTIES for alarm in reading.alarms)


def _reconnected(reading: PageReading | None) -> Outcome:
    if reading is not None and _stops(reading):
        kinds = ", ".join(alarm.kind for alarm in reading.alarms if alarm.kind in STOPS_DUTIES)
        return Outcome(done=False, result=f"stopped: {kinds}")
    if reading is not None and _is_connected(reading):
        return Outcome(done=True, result="reconnected")
    return Outcome(done=False, result=f"still not connected after {CONNECT_LIMIT_S:g} s")
