"""What was seen of one notebook lately: from it is concluded why a run or a connection ended."""

import time
from collections import deque
from datetime import UTC, datetime
from typing import Literal

from colab_cdp_agent.watch.cause import Cause, cause_of
from colab_cdp_agent.watch.clock import Slept
from colab_cdp_agent.watch.company import Company
from colab_cdp_agent.watch.ending import Ending, Shown
from colab_cdp_agent.watch.facts import Outcome
from colab_cdp_agent.watch.history import History
from colab_cdp_agent.watch.profile import AttentionKind, Profile
from colab_cdp_agent.watch.run import RunRecord
from colab_cdp_agent.watch.seen import PageReading, Seen
from colab_cdp_protocols import mqtt

REMEMBERED_S = 300.0
"""How long what a page showed counts as shown shortly before an end."""
SHOWN_KEPT = 20

RESTART_ASKED: dict[Outcome | None, bool] = {"kernel_restarted": True, "kernel_shut_down": False}
"""What an end that somebody asked for was to be: a restart, or the end for good."""
OF_RUN = frozenset({"run_failed", "kernel_died", "out_of_memory"})
OF_CONNECTION = frozenset(
    {"disconnected", "fresh_runtime", "tab_gone", "chrome_gone", "tab_crashed"}
)


class Evidence:
    """Remembers, for a while, what may be the cause of an end.

    Args:
        session: the notebook's.
        profile: the site's.
        company: what the other notebooks know.

    """

    def __init__(self, session: str, profile: Profile, company: Company) -> None:
        self._session = session
        self._profile = profile
        self._company = company
        self._shown: deque[tuple[float, Shown]] = deque(maxlen=SHOWN_KEPT)
        self._raised: frozenset[AttentionKind] = frozenset()
        self._runtime = mqtt.Runtime()
        self._offline = False

    def look(self, page: PageReading | None, runtime: mqtt.Runtime) -> None:
        """Take note of what the page shows now."""
        if runtime.ram_total:
            self._runtime = runtime
        if page is None:
            return
        self._offline = page.offline
        heading = page.dialogs[-1].heading if page.dialogs else ""
        rules = self._profile.dialogs.harmless
        told = {rules[dialog.harmless].kind for dialog in page.dialogs if dialog.harmless >= 0}
        raised = frozenset({alarm.kind for alarm in page.alarms} | {kind for kind in told if kind})
        for kind in raised - self._raised:
            self._shown.append((time.monotonic(), Shown(kind, heading)))
        self._raised = raised

    def _slept(self) -> Slept | None:
        """Return the last sleep, if it is of any meaning for what ends now."""
        slept = self._company.slept
        fresh = slept is not None and time.time() - slept.ended_wall <= REMEMBERED_S
        return slept if fresh else None

    def why(self, kind: str, seen: Seen, history: History, record: RunRecord) -> Cause | None:
        """Return the cause of what is raised, None where that is its own."""
        if kind in OF_RUN:
            return self.cause("run", seen, history, record)
        return self.cause("connection", seen, history, record) if kind in OF_CONNECTION else None

    def cause(
        self, what: Literal["run", "connection"], seen: Seen, history: History, record: RunRecord
    ) -> Cause:
        """Return why a run or a connection ended just now."""
        clock = time.monotonic()
        started = history.runtime_started
        ended = record.ended
        failed = history.shows_failure(seen.page)
        succeeded = seen.page is not None and "succeeded" in seen.page.states
        return cause_of(
            Ending(
                what=what,
                at=time.time(),
                shown=tuple(each for at, each in self._shown if clock - at <= REMEMBERED_S),
                kernel=record.died,
                reply="ok" if ended == "finished" else "aborted" if ended == "aborted" else None,
                error=record.failure.name if record.failure is not None else None,
                error_text=record.failure.value if record.failure is not None else None,
                restart_asked=RESTART_ASKED.get(ended),
                page_shows="failed" if failed else "succeeded" if succeeded else None,
                lived_s=(datetime.now(UTC) - started).total_seconds() if started else None,
                idle_s=history.idle_s(clock),
                offline=self._offline or None,
                lost_together=self._company.lost_together(self._session, clock),
                slept=self._slept(),
                tab=seen.tab if seen.tab in {"sleeping", "crashed", "gone"} else None,
                chrome_gone=seen.tab == "chrome_gone",
                ram_used=self._runtime.ram_used,
                ram_total=self._runtime.ram_total,
            )
        )
