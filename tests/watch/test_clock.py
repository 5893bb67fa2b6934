"""Sleep, standing still and a clock that was set are told apart by what each does to the clocks."""

import signal
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.watch.clock import NOTICED_S, SET_S, Clock, Kind, Slept, asleep_s

HOURS_8 = 8 * 3600.0
NEAR = 1e-3
COUNTS_ITS_TICKS = """
import time
from colab_cdp_agent.watch import clock
watch = clock.Clock()
while True:
    found = watch.tick(time.monotonic(), time.time(), clock.asleep_s())
    print(found.kind if found else "ticked", found.seconds if found else 0, flush=True)
    time.sleep(0.05)
"""


@dataclass
class Computer:
    """A computer's clocks; where it `counts`, as Windows does, the monotonic one goes on in sleep.

    One that does not tell its sleep is an older system.
    """

    counts: bool = False
    tells: bool = True
    monotonic: float = 50.0
    wall: float = 1_790_000_000.0
    asleep: float = 7.0

    def live(self, seconds: float, drift: float = 0.0) -> None:
        self.monotonic += seconds
        self.wall += seconds * (1 + drift)

    def sleep(self, seconds: float) -> None:
        self.wall += seconds
        self.asleep += seconds
        self.monotonic += seconds if self.counts else 0.0

    def set(self, seconds: float) -> None:
        self.wall += seconds

    def tick(self, clock: Clock) -> Slept | None:
        return clock.tick(self.monotonic, self.wall, self.asleep if self.tells else None)


def begun(computer: Computer) -> Clock:
    clock = Clock()
    assert computer.tick(clock) is None
    computer.live(1)
    assert computer.tick(clock) is None
    return clock


def check(found: Slept | None, kind: Kind, seconds: float, computer: Computer) -> None:
    assert found is not None
    assert found.kind == kind
    assert found.seconds == pytest.approx(seconds, abs=NEAR)
    assert found.ended_wall == computer.wall


any_computer = st.builds(Computer, counts=st.booleans(), tells=st.booleans())
telling = st.builds(Computer, counts=st.booleans())
long = st.floats(NOTICED_S + 3, 7 * 24 * 3600)
tick = st.floats(0.0, 2.0)


@given(any_computer, st.lists(st.tuples(tick, st.floats(-5e-4, 5e-4)), max_size=50))
def test_ordinary_ticks_are_nobodys_news_also_while_a_clock_is_slewed(
    computer: Computer, ticks: list[tuple[float, float]]
) -> None:
    clock = begun(computer)
    for seconds, drift in ticks:
        computer.live(seconds, drift)
        assert computer.tick(clock) is None


@given(telling, long, tick)
def test_a_sleep_is_told_with_its_length_on_every_system(
    computer: Computer, seconds: float, late: float
) -> None:
    clock = begun(computer)
    computer.sleep(seconds)
    computer.live(late)
    found = computer.tick(clock)
    check(found, "slept", seconds, computer)
    assert found is not None
    assert found.began_wall == pytest.approx(computer.wall - seconds, abs=NEAR)
    assert found.counted_s == pytest.approx(late + seconds * computer.counts, abs=NEAR)
    computer.live(1)
    assert computer.tick(clock) is None


@given(any_computer, st.floats(SET_S, NOTICED_S - 1))
def test_a_nap_is_nobodys_news_where_the_system_tells_of_it(
    computer: Computer, seconds: float
) -> None:
    clock = begun(computer)
    computer.sleep(seconds)
    computer.live(0.5)
    found = computer.tick(clock)
    assert found is None or (found.kind == "clock_set" and not computer.tells)


@given(telling, long)
def test_standing_still_is_not_sleep(computer: Computer, seconds: float) -> None:
    clock = begun(computer)
    computer.live(seconds)
    found = computer.tick(clock)
    check(found, "stood_still", seconds, computer)
    assert found is not None
    assert found.counted_s == pytest.approx(seconds)


@given(telling, st.floats(-HOURS_8 * 1000, HOURS_8 * 1000).filter(lambda by: abs(by) > SET_S + 1))
def test_a_clock_that_was_set_is_not_sleep(computer: Computer, by: float) -> None:
    clock = begun(computer)
    computer.set(by)
    computer.live(1)
    found = computer.tick(clock)
    check(found, "clock_set", by, computer)
    assert found is not None
    assert found.counted_s == 0


@pytest.mark.parametrize("counts", [False, True])
@pytest.mark.parametrize("by", [HOURS_8, -HOURS_8])
def test_a_clock_set_by_eight_hours_is_told_once(counts: bool, by: float) -> None:  # noqa: FBT001 - a case
    computer = Computer(counts=counts)
    clock = begun(computer)
    computer.set(by)
    computer.live(1)
    check(computer.tick(clock), "clock_set", by, computer)
    computer.live(1)
    assert computer.tick(clock) is None


@given(telling, st.floats(0, SET_S - 0.1))
def test_small_corrections_are_nobodys_news(computer: Computer, by: float) -> None:
    clock = begun(computer)
    for step in (by, -by):
        computer.set(step)
        computer.live(1)
        assert computer.tick(clock) is None


def test_an_older_system_tells_sleep_by_its_wall_clock() -> None:
    computer = Computer(tells=False)
    clock = begun(computer)
    computer.sleep(HOURS_8)
    computer.live(1)
    check(computer.tick(clock), "slept", HOURS_8, computer)
    computer.set(-HOURS_8)
    computer.live(1)
    check(computer.tick(clock), "clock_set", -HOURS_8, computer)
    computer.live(60)
    check(computer.tick(clock), "stood_still", 60, computer)


@given(st.lists(st.tuples(*[st.floats(-1e12, 1e12)] * 2, st.none() | st.floats(-1e12, 1e12))))
def test_whatever_the_clocks_show_an_answer_fits_itself(
    readings: list[tuple[float, float, float | None]],
) -> None:
    clock = Clock()
    for place, reading in enumerate(readings):
        found = clock.tick(*reading)
        if found is None:
            continue
        assert place > 0
        assert found.ended_wall == reading[1]
        assert found.counted_s >= 0
        between = found.ended_wall - found.began_wall
        if found.kind == "clock_set":
            assert found.seconds - 1 <= between <= found.seconds + NOTICED_S + 1
        else:
            assert between == pytest.approx(found.seconds, rel=1e-6, abs=0.01)
            assert found.seconds >= NOTICED_S


def test_this_system_tells_its_sleep() -> None:
    before, after = asleep_s(), asleep_s()
    assert before is not None
    assert after is not None
    assert 0 <= after - before + NEAR < time.monotonic()


@pytest.mark.skipif(sys.platform == "win32", reason="stops a process with POSIX signals")
def test_a_process_that_was_stopped_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    script = COUNTS_ITS_TICKS.replace("watch =", "clock.NOTICED_S = 0.5\nwatch =")
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().split()[0] == "ticked"
            process.send_signal(signal.SIGSTOP)
            time.sleep(0.8)
            process.send_signal(signal.SIGCONT)
            lines = iter(process.stdout.readline, "")
            kind, seconds = next(line for line in lines if "ticked" not in line).split()
        finally:
            process.kill()
    assert kind == "stood_still"
    assert float(seconds) >= 0.5
