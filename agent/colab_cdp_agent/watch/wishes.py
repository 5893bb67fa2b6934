"""What a person asked of the notebooks, and of all at once, over a restart of the agent."""

import asyncio
from datetime import datetime
from pathlib import Path

import msgspec
import structlog

from colab_cdp_agent.keep.small_file import SmallFile
from colab_cdp_agent.watch.wanted import Asked

MOST_SESSIONS = 500
"""Beyond it the one that asked for something first is forgotten."""
NOTHING = Asked()

log = structlog.get_logger()


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept: whether all rests, and what was asked in each session, the latest last."""

    paused: bool = False
    sessions: dict[str, Asked] = {}


class Wishes:
    """Remembers what was asked for; each change is on disk when it returns.

    Where it cannot be written it holds as long as the agent runs, which is said in the log.
    """

    def __init__(self, path: Path) -> None:
        self._file = SmallFile(path, Kept())
        self._sessions: dict[str, Asked] = {}
        self._paused = False
        self._turn = asyncio.Lock()

    @property
    def paused(self) -> bool:
        """Whether the duties rest in every notebook that was not asked otherwise."""
        return self._paused

    def recall(self, now: datetime) -> None:
        """Read what an earlier run of the agent was asked; a damaged file is set aside."""
        try:
            kept, aside = self._file.read(now)
        except OSError as error:
            self._note(error)
            return
        if aside is not None:
            log.warning(
                "what was asked of the notebooks was damaged; the configuration counts again",
                set_aside=str(aside),
            )
        self._paused = kept.paused
        self._sessions = dict([*kept.sessions.items()][-MOST_SESSIONS:])

    def of(self, session: str) -> Asked:
        """Return what was asked of a session."""
        return self._sessions.get(session, NOTHING)

    async def keep(self, session: str, asked: Asked) -> None:
        """Remember what is asked of a session now, in place of what was before."""
        before = self._sessions.pop(session, NOTHING)
        if asked != NOTHING:
            self._sessions[session] = asked
        if len(self._sessions) > MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        if asked != before:
            await self._write()

    async def keep_pause(self, *, on: bool) -> None:
        """Remember that all was asked to rest, or to go on: no session's own word stands then."""
        self._paused = on
        unpaused = {
            session: msgspec.structs.replace(asked, paused=None)
            for session, asked in self._sessions.items()
        }
        self._sessions = {each: asked for each, asked in unpaused.items() if asked != NOTHING}
        await self._write()

    async def forget(self, session: str) -> None:
        """Forget a session that is no more."""
        await self.keep(session, NOTHING)

    async def _write(self) -> None:
        async with self._turn:  # so that the file ends with the latest
            try:
                kept = Kept(self._paused, dict(self._sessions))
                await asyncio.to_thread(self._file.write, kept)
            except OSError as error:
                self._note(error)

    def _note(self, error: OSError) -> None:
        log.warning(
            "what was asked of the notebooks cannot be kept; it holds until the agent ends",
            error=str(error),
        )
