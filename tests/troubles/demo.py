"""The demo without what it needs."""

import asyncio
import importlib.util
import sys
from typing import Any

import pytest

from chromium import free_port
from colab_cdp_agent import demo as demo_module
from colab_cdp_agent import demo_stage
from colab_cdp_agent.chrome import installed, launch
from colab_cdp_agent.chrome.installed import NoChromiumError
from colab_cdp_agent.chrome.launch import headless
from command import run
from troubles.register import Place, error_of, played, says


@says("the demo needs …")
def no_extra(place: Place) -> str:
    place.patch.setattr(demo_module, "NEEDED", ("no_such_module",))
    place.patch.setattr(importlib.util, "find_spec", lambda _name: None)
    said: list[str] = []
    place.patch.setattr(sys, "stderr", type("Said", (), {"write": staticmethod(said.append)}))
    demo_module.show(1)
    return "".join(said)


def started(place: Place, program: str) -> str:
    """Return how a program does not start in Chromium's place."""
    place.patch.setenv(installed.VARIABLE, program)

    async def story() -> None:
        async with headless((), ()):
            pytest.fail("it started")

    return error_of(lambda: played(story()), NoChromiumError)


@says("no Chromium or Chrome is installed")
def none_installed(place: Place) -> str:
    place.patch.setattr(launch, "find_chromium", lambda: None)
    return started(place, "")


@says("… does not start: …")
def no_such_program(place: Place) -> str:
    ended = run(place.folder, "demo", env={installed.VARIABLE: str(place.folder / "none")})
    return ended.stdout + ended.stderr


def script(place: Place, words: str) -> str:
    """Return a program that does this."""
    file = place.folder / "browser"
    file.write_text(f"#!/bin/sh\n{words}\n", encoding="ascii")
    file.chmod(0o700)
    return str(file)


@says("… ended at its start")
def ended_at_its_start(place: Place) -> str:
    return started(place, script(place, "echo a library is missing >&2; exit 1"))


@says("… did not listen in time")
def never_listens(place: Place) -> str:
    place.patch.setattr(launch, "START_LIMIT_S", 0.2)
    return started(place, script(place, "exec sleep 60"))


@says("Chromium did not open …: …")
def opens_nothing(_place: Place) -> str:
    return error_of(lambda: launch.open_tab(free_port(), "http://x.example/"), NoChromiumError)


@says("the headless Chromium did not open the notebooks in 60 s")
def opens_too_late(_place: Place) -> str:
    class Notebook:
        async def opened(self) -> None:
            raise TimeoutError

    notebooks: Any = [Notebook()]
    return error_of(lambda: asyncio.run(demo_stage._begin_training(notebooks)), NoChromiumError)
