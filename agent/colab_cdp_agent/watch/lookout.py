"""What is seen of one notebook at a moment: the witnesses, and what is remembered beside them."""

import time
from datetime import UTC, datetime

from colab_cdp_agent.watch.duties import gave_up
from colab_cdp_agent.watch.finding import Finding
from colab_cdp_agent.watch.history import History
from colab_cdp_agent.watch.page import PageWitness
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.watch.rhythm import lifetime_near
from colab_cdp_agent.watch.run import RunRecord
from colab_cdp_agent.watch.seen import PageReading, Seen, TabState
from colab_cdp_agent.watch.verdict import word
from colab_cdp_agent.watch.wanted import Wanted
from colab_cdp_agent.watch.wire import WireWitness


class Lookout:
    """Gathers everything that a verdict on one notebook rests on.

    Args:
        profile: the site's.
        browser: in which the notebook is, where there are several.
        wanted: which duties are done.
        history: what is remembered.
        record: what is known of its runs.

    """

    def __init__(
        self, profile: Profile, browser: str, wanted: Wanted, history: History, record: RunRecord
    ) -> None:
        self._profile = profile
        self._browser = browser
        self._wanted = wanted
        self._history = history
        self._record = record

    def seen(self, page: PageWitness, wire: WireWitness | None) -> Seen:
        """Return what is seen of a tab; how long it has been so counts from here."""
        clock, history = time.monotonic(), self._history
        reading, had_runtime = page.reading, history.had_runtime
        if reading is not None:
            history.shows(word(reading, self._profile, had_runtime=had_runtime))
        tries_end = gave_up(self._wanted.duties, history.past)
        return Seen(
            page.state,
            reading,
            wire.reading() if wire is not None else None,
            loaded_s=clock - page.loaded_at,
            page_since_s=clock - history.page_since,
            died_s=clock - died_at if (died_at := self._record.died_at) is not None else None,
            had_runtime=had_runtime,
            run_interrupted=history.run_interrupted and not tries_end,
            run_failed=history.shows_failure(reading),
            standing=self._standing(clock, reading),
        )

    def absent(self, reason: TabState) -> Seen:
        """Return what is seen where there is no tab."""
        had_runtime, standing = self._history.had_runtime, self._record.standing
        return Seen(reason, had_runtime=had_runtime, standing=standing, browser=self._browser)

    def _standing(self, clock: float, page: PageReading | None) -> Finding | None:
        """Return what is found beyond what page and kernel say at this moment."""
        history = self._history
        found = self._record.finding(clock, page, runs=history.run is not None)
        near = lifetime_near(history.runtime_started, datetime.now(UTC))
        return found or (Finding("lifetime_near", near) if near is not None else None)
