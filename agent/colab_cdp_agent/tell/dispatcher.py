"""Requests from the broker to whoever carries them out, and each one's answer back: just one.

Taking a request returns at once, for a reconnect may take a minute and the reader of the broker's
socket must not wait for it: every accepted request is a task of its own.
"""

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Container
from datetime import UTC, datetime
from typing import Any

import structlog

from colab_cdp_agent.answer import Answer, failed, refused
from colab_cdp_agent.tell.board import Board
from colab_cdp_agent.tell.commands import Accepted, Asked, Gate, Refused
from colab_cdp_protocols import mqtt
from colab_cdp_protocols.topic import is_level

MOST_AT_ONCE = 16
REFUSALS_WAITING = 100
"""How many answers may wait at a time before refusals are only counted."""
REFUSALS_NOTED, NOTED_IN_S = 10, 10.0
"""How many refusals are noted one by one in a while; the others are counted."""
FLUSH_LIMIT_S = 1.0

log = structlog.get_logger()


CarryOut = Callable[[str | None, str, Any], Awaitable[Answer]]
"""Carries out a verb with its arguments, of a session or of the agent."""
Note = Callable[[str | None, mqtt.Happening], None]
"""Takes note of what was asked of a session, or of the agent, and what came of it."""


class Dispatcher:
    """Lets requests through the gate, has them carried out, and answers each once.

    Args:
        root, agent: the first levels of the topics.
        gate: which requests are carried out.
        board: where the answers are put.
        sessions: those that there are.
        carry_out: does what is asked.
        note: told of each request and its outcome.

    Attributes:
        refused: how many requests were refused.

    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        root: str,
        agent: str,
        *,
        gate: Gate,
        board: Board,
        sessions: Container[str],
        carry_out: CarryOut,
        note: Note,
    ) -> None:
        self.refused = 0
        self._levels = {"root": root, "agent": agent}
        self._gate = gate
        self._board = board
        self._sessions = sessions
        self._carry_out = carry_out
        self._note = note
        self._accepted: asyncio.Queue[Accepted] = asyncio.Queue()  # those in _open
        self._open: list[Accepted] = []
        self._noted_at: deque[float] = deque(maxlen=REFUSALS_NOTED)
        self._not_noted = 0
        self._stopping = False

    async def run(self) -> None:
        """Carry out, for ever, what was accepted."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                accepted = await self._accepted.get()
                name = f"{accepted.asked.session or 'agent'} {accepted.verb.name}"
                tasks.create_task(self._do(accepted), name=name)

    async def stop(self) -> None:
        """Answer whatever is still being done, and give the answers a moment to go out."""
        self._stopping = True
        for accepted in list(self._open):
            self._finish(accepted, failed("the agent was stopped meanwhile"))
        try:
            async with asyncio.timeout(FLUSH_LIMIT_S):
                await self._board.answers.empty()
        except TimeoutError:
            log.debug("answers were left behind", count=len(self._board.answers))

    def take(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """Take a message on one of the request topics; returns at once."""
        asked = self._asked(topic)
        if asked is None:
            return
        judged: Accepted | Refused = self._gate.judge(
            topic, payload, asked=asked, retained=retained, sessions=self._sessions,
            now=datetime.now(UTC), clock=time.monotonic(),
        )  # fmt: skip
        if isinstance(judged, Accepted) and self._stopping:
            judged = Refused(judged.asked, "the agent is ending")
        elif isinstance(judged, Accepted) and len(self._open) >= MOST_AT_ONCE:
            judged = Refused(judged.asked, f"busy: {MOST_AT_ONCE} requests are being carried out")
        if isinstance(judged, Refused):
            self._refuse(judged)
        else:
            self._open.append(judged)
            self._accepted.put_nowait(judged)

    def _asked(self, topic: str) -> Asked | None:
        """Return what a topic asks for; None where nobody can be answered."""
        read = mqtt.read_request(topic, **self._levels)
        if read is None or not all(map(is_level, read.values())):
            return None
        return Asked(read["verb"], read.get("id"))

    async def _do(self, accepted: Accepted) -> None:
        asked = accepted.asked
        try:
            answer = await self._carry_out(asked.session, accepted.verb.name, accepted.args)
        except Exception:
            # Nobody at a distance may end the watch, not even by a defect of ours.
            log.exception("a request failed", verb=asked.verb, session=asked.session)
            answer = failed("the agent failed: its log says how")
        self._finish(accepted, answer)

    def _finish(self, accepted: Accepted, answer: Answer) -> None:
        """Answer an accepted request, unless it has its answer already."""
        if not any(each is accepted for each in self._open):
            return
        self._open = [each for each in self._open if each is not accepted]
        if answer.picture is not None and accepted.asked.session is not None:
            topic = mqtt.SCREENSHOT.at(**self._levels, id=accepted.asked.session)
            self._board.answers.add(topic, answer.picture, qos=mqtt.SCREENSHOT.qos)
        self._respond(accepted.asked, answer)
        self._tell(accepted.asked, answer)

    def _refuse(self, refusal: Refused) -> None:
        self.refused += 1
        answer = refused(refusal.reason)
        if len(self._board.answers) < REFUSALS_WAITING:
            self._respond(refusal.asked, answer)
        now = time.monotonic()
        full = len(self._noted_at) == REFUSALS_NOTED
        if full and now - self._noted_at[0] < NOTED_IN_S:
            self._not_noted += 1
            return
        self._noted_at.append(now)
        log.warning(
            "a request was refused", verb=refusal.asked.verb, session=refusal.asked.session,
            reason=refusal.reason, refused_so_far=self.refused,
        )  # fmt: skip
        self._tell(refusal.asked, answer)

    def _respond(self, asked: Asked, answer: Answer) -> None:
        response = mqtt.Response(
            answer.status,
            asked.transaction,
            answer.data,
            None if answer.status == "ok" else answer.says,
        )
        if asked.session is None:
            topic = mqtt.AGENT_RESPONSE.at(**self._levels, verb=asked.verb)
        else:
            topic = mqtt.SESSION_RESPONSE.at(**self._levels, id=asked.session, verb=asked.verb)
        self._board.answers.add(topic, mqtt.encode(response))

    def _tell(self, asked: Asked, answer: Answer) -> None:
        text = f"{asked.verb}: {answer.status}" + (f", {answer.says}" if answer.says else "")
        if self._not_noted:
            text += f" ({self._not_noted} more were refused before)"
            self._not_noted = 0
        happening = mqtt.Happening(
            uuid.uuid4().hex,
            datetime.now(UTC),
            "command",
            "info" if answer.status == "ok" else "warning",
            text,
            evidence=f"transaction {asked.transaction}" if asked.transaction else None,
        )
        self._note(asked.session, happening)
