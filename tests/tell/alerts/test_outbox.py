"""The outbox: what rings once, what never does, and what a storm comes to."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

import samples
from colab_cdp_agent.tell.alerts.alert import Alert
from colab_cdp_agent.tell.alerts.occasion import OCCASIONS, PATIENCE_S
from colab_cdp_agent.tell.alerts.outbox import (
    GIVE_UP_AFTER,
    LONGEST_PAUSE_S,
    MOST_MESSAGES,
    MOST_WAITING,
    RELAPSE,
    WITHIN,
    Kept,
    Outbox,
)

NOW = samples.MOMENT
STEP = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def alert(kind: str = "captcha", session: str = "a", at: datetime = NOW, **changes: Any) -> Alert:
    wait = timedelta(seconds=OCCASIONS[kind].gather_s)
    plain: dict[str, Any] = {"id": f"{session} {kind} {at}", "text": kind, "ripe_at": at + wait}
    return Alert(session=session, kind=kind, at=at, **(plain | changes))


def rung(outbox: Outbox, now: datetime, *, quiet: bool = False) -> list[tuple[str, str]]:
    """Let a message go through that is due; return what it told, `over` as a word of its own."""
    told = outbox.due(now, quiet=quiet)
    if told:
        outbox.sent(now, quiet=quiet)
    return [(each.session, f"over {each.kind}" if each.over else each.kind) for each in told]


def restarted(outbox: Outbox) -> Outbox:
    return Outbox(msgspec.json.decode(msgspec.json.encode(outbox.kept()), type=Kept))


def test_six_that_come_within_the_window_ring_once() -> None:
    outbox = Outbox()
    names = ["a", "b", "c", "d", "e", "f"]
    for late, name in enumerate(names):
        outbox.take(alert("disconnected", name, NOW + late * STEP / 2))
        assert rung(outbox, NOW + late * STEP / 2) == []
    assert rung(outbox, NOW + 5 * STEP) == [(name, "disconnected") for name in names]
    assert rung(outbox, NOW + 60 * STEP) == []


def test_a_captcha_rings_within_a_second() -> None:
    outbox = Outbox()
    outbox.take(alert())
    assert outbox.wait_s(NOW) == OCCASIONS["captcha"].gather_s < 1
    assert rung(outbox, NOW + STEP) == [("a", "captcha")]


def test_what_is_over_before_it_rang_never_rings() -> None:
    outbox = Outbox()
    outbox.take(alert("disconnected"))
    outbox.over(("a", "disconnected"), NOW + STEP, quiet=False)
    assert outbox.wait_s(NOW + STEP) is None
    assert rung(outbox, NOW + HOUR) == []


def test_an_end_is_told_once_of_what_rang_and_of_nothing_else() -> None:
    outbox = Outbox()
    outbox.over(("a", "captcha"), NOW, quiet=False)
    outbox.take(alert())
    assert rung(outbox, NOW + STEP) == [("a", "captcha")]
    outbox.over(("a", "captcha"), NOW + HOUR, quiet=False)
    outbox.over(("a", "captcha"), NOW + HOUR, quiet=False)
    assert rung(outbox, NOW + HOUR + RELAPSE) == [("a", "over captcha")]
    assert rung(outbox, NOW + 2 * HOUR) == []


def test_the_end_of_what_only_a_person_can_end_is_not_told() -> None:
    outbox = Outbox()
    outbox.take(alert("run_failed"))
    assert rung(outbox, NOW + 5 * STEP) == [("a", "run_failed")]
    outbox.over(("a", "run_failed"), NOW + HOUR, quiet=False)
    assert outbox.wait_s(NOW + HOUR) is None


def test_what_comes_back_at_once_neither_ended_nor_rings_again() -> None:
    outbox = Outbox()
    outbox.take(alert())
    assert rung(outbox, NOW + STEP) == [("a", "captcha")]
    later = NOW + HOUR
    outbox.over(("a", "captcha"), later, quiet=False)
    assert rung(outbox, later + STEP) == []
    outbox.take(alert(at=later + STEP))
    assert rung(outbox, later + HOUR) == []
    outbox.over(("a", "captcha"), later + HOUR, quiet=False)
    assert rung(outbox, later + HOUR + RELAPSE) == [("a", "over captcha")]


def test_an_end_while_its_alert_is_under_way_is_told_after_it() -> None:
    outbox = Outbox()
    outbox.take(alert())
    assert len(outbox.due(NOW + STEP, quiet=False)) == 1
    outbox.over(("a", "captcha"), NOW + STEP, quiet=False)
    outbox.sent(NOW + 2 * STEP, quiet=False)
    assert rung(outbox, NOW + 2 * STEP + RELAPSE) == [("a", "over captcha")]


def test_what_ends_while_its_alert_does_not_go_through_is_told_to_nobody() -> None:
    outbox = Outbox()
    outbox.take(alert())
    assert outbox.due(NOW + STEP, quiet=False)
    outbox.over(("a", "captcha"), NOW + STEP, quiet=False)
    outbox.failed(NOW + 2 * STEP)
    assert rung(outbox, NOW + HOUR) == []


def test_what_comes_back_while_its_alert_is_under_way_stands() -> None:
    outbox = Outbox()
    outbox.take(alert())
    assert outbox.due(NOW + STEP, quiet=False)
    outbox.over(("a", "captcha"), NOW + STEP, quiet=False)
    outbox.take(alert(at=NOW + STEP))
    outbox.sent(NOW + 2 * STEP, quiet=False)
    assert rung(outbox, NOW + HOUR) == []
    assert len(outbox.kept().standing) == 1


def test_a_lost_connection_is_given_the_time_that_the_agent_tries() -> None:
    patient: dict[str, Any] = {"patient": True, "ripe_at": NOW + timedelta(seconds=PATIENCE_S)}
    outbox = Outbox()
    outbox.take(alert("disconnected", **patient))
    outbox.stands("a", "train", NOW, mending=True)
    assert rung(outbox, NOW + 120 * STEP) == []
    outbox.stands("a", "train", NOW + 121 * STEP, mending=False)
    assert rung(outbox, NOW + 121 * STEP) == []
    assert rung(outbox, NOW + 126 * STEP) == [("a", "disconnected")]

    outbox = Outbox()
    outbox.take(alert("disconnected", **patient))
    outbox.stands("a", "train", NOW, mending=True)
    assert rung(outbox, NOW + timedelta(seconds=PATIENCE_S)) == [("a", "disconnected")]


def test_a_notebook_that_still_tries_does_not_go_along_with_one_that_gave_up() -> None:
    outbox = Outbox()
    ripe_at = NOW + timedelta(seconds=PATIENCE_S)
    for session in ("a", "b"):
        outbox.take(alert("disconnected", session, patient=True, ripe_at=ripe_at))
    outbox.stands("a", "train", NOW, mending=False)
    assert rung(outbox, NOW + 5 * STEP) == [("a", "disconnected")]


def test_a_lost_run_rings_by_what_tells_why_and_alone_where_nothing_does() -> None:
    outbox = Outbox()
    outbox.take(alert("run_ended"))
    outbox.take(alert("tab_gone"))
    outbox.take(alert("run_ended", at=NOW + STEP))
    outbox.take(alert("run_ended", "b"))
    assert rung(outbox, NOW + 6 * STEP) == [("a", "tab_gone"), ("b", "run_ended")]


def test_in_quiet_hours_nothing_rings_and_what_still_stands_rings_after_them_as_one() -> None:
    outbox = Outbox()
    outbox.take(alert("captcha", "a"))
    outbox.take(alert("usage_limit", "b"))
    outbox.take(alert("run_finished", "c"))
    outbox.take(alert("sign_in", "d"))
    assert rung(outbox, NOW + HOUR, quiet=True) == []
    outbox.over(("d", "sign_in"), NOW + 2 * HOUR, quiet=True)
    morning = NOW + 8 * HOUR
    assert rung(outbox, morning) == [("a", "captcha"), ("b", "usage_limit"), ("c", "run_finished")]
    assert outbox.wait_s(morning) is None


def test_no_end_is_told_in_quiet_hours_or_after_them() -> None:
    outbox = Outbox()
    outbox.take(alert())
    assert rung(outbox, NOW + STEP) == [("a", "captcha")]
    outbox.over(("a", "captcha"), NOW + HOUR, quiet=True)
    assert rung(outbox, NOW + 9 * HOUR) == []


def test_an_end_that_was_not_told_before_the_quiet_hours_is_not_told() -> None:
    outbox = Outbox()
    outbox.take(alert())
    assert rung(outbox, NOW + STEP) == [("a", "captcha")]
    outbox.over(("a", "captcha"), NOW + HOUR, quiet=False)
    assert rung(outbox, NOW + HOUR + STEP, quiet=True) == []
    assert rung(outbox, NOW + 9 * HOUR) == []


def test_what_is_raised_anew_after_a_crash_does_not_ring_again() -> None:
    outbox = Outbox()
    outbox.take(alert())
    outbox = restarted(outbox)
    outbox.take(alert(at=NOW + STEP))
    assert rung(outbox, NOW + 2 * STEP) == [("a", "captcha")]
    outbox = restarted(outbox)
    outbox.take(alert(at=NOW + HOUR))
    assert rung(outbox, NOW + 2 * HOUR) == []


def test_a_storm_is_a_few_messages_and_then_one() -> None:
    outbox = Outbox()
    for number in range(30):
        outbox.take(alert("run_failed", str(number), NOW + 6 * number * STEP))
        assert len(rung(outbox, NOW + (6 * number + 5) * STEP)) == (number < MOST_MESSAGES)
    wait_s = outbox.wait_s(NOW + 180 * STEP)
    assert wait_s is not None
    opens = NOW + 180 * STEP + timedelta(seconds=wait_s)
    assert opens == NOW + 5 * STEP + WITHIN
    assert len(rung(outbox, opens)) == 30 - MOST_MESSAGES


def test_what_does_not_go_through_is_tried_ever_later_for_a_day() -> None:
    outbox = Outbox()
    outbox.take(alert())
    now, pauses = NOW + STEP, []
    while outbox.due(now, quiet=False):
        outbox.failed(now)
        wait_s = outbox.wait_s(now)
        assert wait_s is not None
        pauses.append(wait_s)
        now += timedelta(seconds=wait_s)
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (5, LONGEST_PAUSE_S)
    assert timedelta(seconds=sum(pauses)) > GIVE_UP_AFTER - STEP
    assert (outbox.dropped, outbox.wait_s(now)) == (1, None)


def test_what_waits_is_bounded_and_what_is_lost_is_counted() -> None:
    outbox = Outbox()
    for number in range(MOST_WAITING + 7):
        outbox.take(alert("run_finished", str(number)))
    assert (len(outbox.kept().waiting), outbox.dropped) == (MOST_WAITING, 7)
    assert len(outbox.due(NOW + HOUR, quiet=False)) == MOST_WAITING
    outbox.sent(NOW + HOUR, quiet=False)
    assert outbox.dropped == 0


def test_a_clock_that_is_set_back_delays_nothing() -> None:
    outbox = Outbox()
    outbox.take(alert())
    assert rung(outbox, NOW - 8 * HOUR) == [("a", "captcha")]
    outbox.take(alert("sign_in", at=NOW + HOUR))
    assert outbox.due(NOW + HOUR + STEP, quiet=False)
    outbox.failed(NOW + HOUR + STEP)
    assert rung(outbox, NOW - 8 * HOUR) == [("a", "sign_in")]


def test_a_title_is_learnt_before_it_rings() -> None:
    outbox = Outbox()
    outbox.take(alert(title=""))
    assert outbox.stands("a", "train", NOW, mending=False)
    assert not outbox.stands("b", "other", NOW, mending=False)
    (told,) = outbox.due(NOW + STEP, quiet=False)
    assert told.title == "train"


KINDS = ["captcha", "sign_in", "run_failed", "disconnected"]
subjects = st.tuples(st.sampled_from("abc"), st.sampled_from(KINDS))
steps = st.lists(
    st.tuples(st.just("turn"), subjects)
    | st.tuples(st.just("finish"), st.sampled_from("abc"))
    | st.tuples(st.just("pass"), st.sampled_from([0.2, 1.0, 6.0, 40.0, 700.0, 5_000.0]))
    | st.sampled_from([("fails", None), ("works", None), ("quiet", None), ("restart", None)]),
    max_size=60,
)


class Story:
    """An outbox, what was raised and told, and a clock."""

    def __init__(self) -> None:
        self.outbox = Outbox()
        self.now = NOW
        self.quiet = self.fails = False
        self.open: set[tuple[str, str]] = set()
        self.raised: list[Alert] = []
        self.told: list[tuple[datetime, tuple[Alert, ...]]] = []

    def turn(self, subject: tuple[str, str]) -> None:
        session, kind = subject
        if subject in self.open:
            self.open.remove(subject)
            self.outbox.over(subject, self.now, quiet=self.quiet)
        else:
            self.open.add(subject)
            self._take(alert(kind, session, self.now, id=str(len(self.raised))))

    def finish(self, session: str) -> None:
        self._take(alert("run_finished", session, self.now, id=str(len(self.raised))))

    def _take(self, alert: Alert) -> None:
        self.raised.append(alert)
        self.outbox.take(alert)

    def ring(self) -> None:
        while told := self.outbox.due(self.now, quiet=self.quiet):
            if self.fails:
                self.outbox.failed(self.now)
            else:
                self.told.append((self.now, told))
                assert not self.quiet
                self.outbox.sent(self.now, quiet=self.quiet)

    def play(self, step: tuple[str, Any]) -> None:
        name, what = step
        if name == "turn":
            self.turn(what)
        elif name == "finish":
            self.finish(what)
        elif name == "pass":
            self.now += timedelta(seconds=what)
        elif name == "quiet":
            self.quiet = not self.quiet
        elif name == "restart":
            self.outbox = restarted(self.outbox)
        else:
            self.fails = name == "fails"
        self.ring()


@given(steps)
def test_whatever_happens_each_occurrence_rings_at_most_once_and_what_stands_rings(
    story: list[tuple[str, Any]],
) -> None:
    play = Story()
    for step in story:
        play.play(step)
    began = Counter(each.id for _, told in play.told for each in told if not each.over)
    ended = Counter(each.id for _, told in play.told for each in told if each.over)
    assert all(count == 1 for count in began.values())
    assert all(count == 1 for count in ended.values())
    assert ended.keys() <= began.keys()
    for at, _ in play.told:
        assert sum(at <= other < at + WITHIN for other, _ in play.told) <= MOST_MESSAGES

    play.quiet = play.fails = False
    for _ in range(10):
        play.now += WITHIN
        play.ring()
    told = [each for _, told in play.told for each in told]
    young = [each for each in play.raised if play.now - each.at < GIVE_UP_AFTER]
    for each in young:
        last = [other.id for other in play.raised if other.subject == each.subject][-1]
        if each.kind == "run_finished":
            assert each.id in {other.id for other in told}
        elif each.subject in play.open and each.id == last:
            standing = [other for other in told if other.subject == each.subject]
            assert standing
            assert not standing[-1].over
    assert play.outbox.wait_s(play.now) is None
