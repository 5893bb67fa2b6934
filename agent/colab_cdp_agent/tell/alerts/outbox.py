"""The outbox of one channel: what waits to ring, what has rung and still stands.

Pure: it is told the time, and decides what rings now. `channel.py` delivers it.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from colab_cdp_agent.retry import delay
from colab_cdp_agent.tell.alerts.alert import Alert

MOST_WAITING: Final = 100
MOST_STANDING: Final = 500
GIVE_UP_AFTER: Final = timedelta(days=1)
"""How old an alert may get; after that it tells nobody anything."""
MOST_MESSAGES: Final = 10
WITHIN: Final = timedelta(minutes=10)
"""More messages than that in that time are a storm: what follows waits, and goes as one."""
SOON: Final = timedelta(seconds=5)
"""Whoever waits no longer than that goes along with others of the kind."""
RELAPSE: Final = timedelta(seconds=30)
"""What comes back so soon was never over: neither end nor return is told."""
RUN_ENDED: Final = "run_ended"
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 300.0


class Kept(msgspec.Struct, frozen=True):
    """An outbox as it lies on disk."""

    waiting: tuple[Alert, ...] = ()
    standing: tuple[Alert, ...] = ()
    sent_at: tuple[datetime, ...] = ()
    failures: int = 0
    next_try: datetime | None = None
    dropped: int = 0


class Outbox:
    """What is to ring through one channel.

    Args:
        kept: what an earlier run of the agent left.

    Attributes:
        dropped: how many alerts were lost since the last message, too many or too old.

    """

    def __init__(self, kept: Kept = Kept()) -> None:  # noqa: B008 - frozen
        self._waiting = list(kept.waiting)
        self._standing = {alert.subject: alert for alert in kept.standing}
        self._sent_at = list(kept.sent_at)
        self._failures = kept.failures
        self._next_try = kept.next_try
        self.dropped = kept.dropped
        self._under_way: tuple[Alert, ...] = ()
        self._over_meanwhile: dict[tuple[str, str], datetime] = {}

    def kept(self) -> Kept:
        """Return what has to outlive the agent; what is under way counts as waiting."""
        return Kept(
            (*self._under_way, *self._waiting), tuple(self._standing.values()),
            tuple(self._sent_at), self._failures, self._next_try, self.dropped,
        )  # fmt: skip

    def take(self, alert: Alert) -> None:
        """Take an alert; what stands already, or waits, is not taken twice."""
        if alert.occasion.lasts and self._stands(alert):
            return
        if alert.kind == RUN_ENDED and self._tells_why(alert.session):
            return
        if alert.occasion.lasts:
            less = (alert.session, RUN_ENDED)
            self._waiting = [each for each in self._waiting if each.subject != less]
        self._waiting.append(alert)
        while len(self._waiting) > MOST_WAITING:
            self.dropped += not self._waiting.pop(0).over

    def over(self, subject: tuple[str, str], now: datetime, *, quiet: bool) -> None:
        """Take note that something is over: what has not rung yet never does.

        Args:
            subject: the session and the kind.
            now: when.
            quiet: nothing is to be told of it.

        """
        self._waiting = [each for each in self._waiting if each.over or each.subject != subject]
        if self._rings_now(subject):
            self._over_meanwhile[subject] = now
            return
        rang = self._standing.pop(subject, None)
        if rang is None or quiet or not rang.occasion.recovers or now - rang.at > GIVE_UP_AFTER:
            return
        end = msgspec.structs.replace(rang, over=True, at=now, ripe_at=now + RELAPSE, since=rang.at)
        self._waiting.append(end)

    def stands(self, session: str, title: str, now: datetime, *, mending: bool) -> bool:
        """Take note of how a session stands: its title, and whether the agent still mends it.

        Returns whether that changes anything.
        """
        before = self._waiting
        self._waiting = [
            self._updated(each, title, now, mending=mending) if each.session == session else each
            for each in self._waiting
        ]
        return self._waiting != before

    def due(self, now: datetime, *, quiet: bool) -> tuple[Alert, ...]:
        """Return what rings now, as one message; it is under way until `sent` or `failed`."""
        self._forget_old(now)
        if quiet:
            self._waiting = [each for each in self._waiting if not each.over]
        if quiet or self._under_way or self._opens_in_s(now) > 0:
            return ()
        ripe = [each for each in self._waiting if each.ripe(now)]
        over = all(each.over for each in ripe)
        kinds = {each.kind for each in ripe if each.over == over}
        self._under_way = tuple(
            each
            for each in self._waiting
            if each.over == over and each.kind in kinds
            and (each.ripe(now) or over or each.ripe_at - now <= SOON)
        )  # fmt: skip
        chosen = {each.id for each in self._under_way}
        self._waiting = [each for each in self._waiting if each.id not in chosen]
        return self._under_way

    def sent(self, now: datetime, *, quiet: bool) -> None:
        """Take note that what was due went through."""
        rang, self._under_way = self._under_way, ()
        for alert in rang:
            if alert.occasion.lasts and not alert.over:
                self._standing[alert.subject] = alert
        while len(self._standing) > MOST_STANDING:
            self._standing.pop(next(iter(self._standing)))
        self._sent_at.append(now)
        self._failures, self._next_try, self.dropped = 0, None, 0
        ended, self._over_meanwhile = self._over_meanwhile, {}
        for subject in ended:
            self.over(subject, now, quiet=quiet)

    def failed(self, now: datetime) -> None:
        """Take note that what was due did not go through: it is tried again, ever later."""
        back = [each for each in self._under_way if each.subject not in self._over_meanwhile]
        self._waiting = [*back, *self._waiting]
        self._under_way, self._over_meanwhile = (), {}
        self._failures += 1
        pause_s = delay(self._failures, FIRST_PAUSE_S, LONGEST_PAUSE_S)
        self._next_try = now + timedelta(seconds=pause_s)

    def wait_s(self, now: datetime) -> float | None:
        """Return in how many seconds something may be due, None while nothing waits."""
        if not self._waiting or self._under_way:
            return None
        ripe_in = (
            0.0 if each.ripe(now) else (each.ripe_at - now).total_seconds()
            for each in self._waiting
        )  # fmt: skip
        return max(self._opens_in_s(now), min(ripe_in), 0.0)

    def _stands(self, alert: Alert) -> bool:
        """Return whether an alert tells nothing new; an end that was not told yet is taken back."""
        if alert.subject in self._standing:
            return True
        for each in self._waiting:
            if each.subject == alert.subject:
                if each.over:
                    self._waiting.remove(each)
                    again = msgspec.structs.replace(each, over=False, at=each.since or each.at)
                    self._standing[alert.subject] = again
                return True
        rings_now = self._rings_now(alert.subject)
        if rings_now:
            self._over_meanwhile.pop(alert.subject, None)
        return rings_now

    def _rings_now(self, subject: tuple[str, str]) -> bool:
        return any(each.subject == subject and not each.over for each in self._under_way)

    def _tells_why(self, session: str) -> bool:
        """Return whether something that is to ring tells more of a lost run than that it is."""
        return any(
            each.session == session and each.occasion.lasts and not each.over
            for each in (*self._under_way, *self._waiting)
        )

    def _updated(self, alert: Alert, title: str, now: datetime, *, mending: bool) -> Alert:
        if alert.patient and not mending:
            soon = min(alert.ripe_at, now + timedelta(seconds=alert.occasion.gather_s))
            alert = msgspec.structs.replace(alert, patient=False, ripe_at=soon)
        return msgspec.structs.replace(alert, title=title or alert.title)

    def _opens_in_s(self, now: datetime) -> float:
        """Return in how many seconds the next message may go: after a failure, or in a storm."""
        opens = [0.0]
        if self._next_try is not None:
            pause_s = (self._next_try - now).total_seconds()
            opens.append(pause_s if pause_s <= LONGEST_PAUSE_S else 0.0)
        if len(self._sent_at) >= MOST_MESSAGES:
            opens.append((self._sent_at[-MOST_MESSAGES] + WITHIN - now).total_seconds())
        return max(opens)

    def _forget_old(self, now: datetime) -> None:
        young = [each for each in self._waiting if now - each.at <= GIVE_UP_AFTER]
        self.dropped += sum(not each.over for each in self._waiting) - sum(
            not each.over for each in young
        )
        self._waiting = young
        self._standing = {
            subject: each
            for subject, each in self._standing.items()
            if now - each.at <= GIVE_UP_AFTER
        }
        self._sent_at = [at for at in self._sent_at if timedelta(0) <= now - at < WITHIN]
