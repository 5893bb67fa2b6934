"""How far a run is: what bars, epochs and silence make of the fraction and the time left."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recorded
from colab_cdp_agent.watch.progress import ProgressReader
from colab_cdp_protocols import mqtt


def clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:02d}:{rest:02d}"


def bar(done: int, total: int, elapsed: float, name: str = "") -> str:
    """Return a bar as tqdm draws it."""
    left = clock(elapsed * (total - done) / done) if done else "?"
    rate = f"{done / elapsed:5.2f}it/s" if elapsed else "?it/s"
    percent = f"{name}{done / total:4.0%}|{'█' * (10 * done // total):10}"
    return f"{percent}| {done}/{total} [{clock(elapsed)}<{left}, {rate}]"


def told(*lines: tuple[float, str], at: float | None = None) -> mqtt.Progress:
    reader = ProgressReader()
    for second, line in lines:
        reader.take(line, second)
    return reader.progress(lines[-1][0] if at is None else at, recorded.NOW)


def test_before_anything_was_told_all_is_unknown() -> None:
    assert ProgressReader().progress(7.0, recorded.NOW) == mqtt.Progress()


def test_the_outermost_bar_tells_the_fraction_and_the_innermost_the_step() -> None:
    nested = told(
        (0.0, bar(0, 5, 0, "folds: ")),
        (600.0, bar(1, 5, 600, "folds: ")),
        (610.0, bar(20, 100, 10, "batches: ")),
    )
    assert nested.fraction == 0.2
    assert (nested.step, nested.total) == (20, 100)
    assert nested.eta_s == 2400 - 10


def test_a_bar_met_on_the_way_finds_its_place_by_its_own_word_on_when_it_began() -> None:
    nested = told((610.0, bar(20, 100, 10, "batches: ")), (611.0, bar(1, 5, 611, "folds: ")))
    assert nested.fraction == 0.2
    assert (nested.step, nested.total) == (20, 100)


def test_an_epoch_counts_by_the_longest_of_its_bars() -> None:
    reader = ProgressReader()
    lines = ["Epoch 2/4", bar(50, 100, 5), bar(100, 100, 10), bar(0, 10, 0), bar(5, 10, 1)]
    fractions = []
    for second, line in enumerate(lines):
        reader.take(line, 20.0 + second * 5)
        fractions.append(reader.progress(20.0 + second * 5, recorded.NOW).fraction)
    assert fractions == [0.25, 0.375, 0.5, 0.5, 0.5]


def test_epochs_that_are_told_at_their_end_are_done() -> None:
    assert told((0.0, "Epoch 3/50 loss: 0.12")).fraction == 3 / 50
    assert told((0.0, "Epoch 3/50")).fraction == 2 / 50
    assert told((0.0, "Epoch [3/50], Step [100/600], Loss: 0.1234")).fraction == pytest.approx(
        (2 + 1 / 6) / 50
    )


def test_epochs_counted_from_zero_end_with_the_number_they_give_as_the_total() -> None:
    lines = [(float(number), f"Epoch {number}/24") for number in range(25)]
    assert told(lines[0]).fraction == 0.0
    last = told(*lines)
    assert (last.epoch, last.epochs, last.fraction) == (25, 25, 24 / 25)


def test_a_bar_that_goes_on_over_epochs_counts_the_whole_run() -> None:
    reader = ProgressReader()
    fractions = []
    for second in range(1, 101):
        if second % 25 == 1:
            reader.take(f"Epoch {second // 25 + 1}/4", float(second))
        reader.take(bar(second, 100, second), float(second))
        fractions.append(reader.progress(float(second), recorded.NOW).fraction)
    assert all(before <= after for before, after in pairwise(map(float, map(str, fractions))))
    assert fractions[-50:] == [second / 100 for second in range(51, 101)]


def test_epochs_without_a_total_leave_the_whole_unknown() -> None:
    within = told((10.0, bar(45, 100, 10, "Epoch 3: ")))
    assert within.fraction is None
    assert within.eta_s is None
    assert (within.step, within.total, within.epoch) == (45, 100, 3)


def test_a_loop_that_is_left_early_and_begins_again_begins_from_nothing() -> None:
    assert told((60.0, bar(60, 100, 60)), (64.0, bar(2, 100, 2))).fraction == 0.02


def test_a_bar_that_is_seen_long_after_it_was_drawn_is_still_the_same() -> None:
    late = told((10.0, bar(10, 100, 10)), (600.0, bar(40, 100, 40)), (601.0, bar(41, 100, 41)))
    assert (late.fraction, late.step) == (0.41, 41)


def test_epochs_that_begin_again_begin_a_new_whole() -> None:
    again = told((0.0, "Epoch 9/10 loss: 0.1"), (1.0, "Epoch 1/10"), (2.0, "Epoch 2/10"))
    assert (again.fraction, again.epoch) == (0.1, 2)


def test_another_task_takes_the_place_of_epochs_that_are_done() -> None:
    done = (1.0, "Epoch 2/2 loss: 0.1")
    assert told(done, (2.0, bar(0, 10, 0, "Validating: "))).fraction == 1.0
    assert told(done, (2.0, bar(1, 10, 1, "Writing images: "))).fraction == 0.1


def test_a_new_run_knows_nothing_of_the_one_before() -> None:
    reader = ProgressReader()
    reader.take("Epoch 3/4 loss: nan acc: 0.5", 1.0)
    assert reader.diverged
    reader.begin()
    assert reader.progress(2.0, recorded.NOW) == mqtt.Progress()
    assert not reader.diverged
    assert reader.series == {}


def test_the_time_left_counts_down_in_silence_and_is_unknown_when_it_lasts() -> None:
    reader = ProgressReader()
    for second in range(0, 101, 10):
        reader.take(bar(second, 1000, second), float(second))
    left = [reader.progress(at, recorded.NOW).eta_s for at in (100.0, 150.0, 219.0)]
    assert left == [900.0, 850.0, 781.0]
    silent = reader.progress(221.0, recorded.NOW)
    assert (silent.eta_s, silent.rate, silent.fraction) == (None, None, 0.1)


def test_silence_that_is_usual_does_not_make_the_time_left_unknown() -> None:
    reader = ProgressReader()
    for hour in range(3):
        reader.take(bar(hour, 10, hour * 3600), hour * 3600.0)
    assert reader.progress(2.5 * 3600, recorded.NOW).eta_s == pytest.approx(8 * 3600 - 1800, abs=60)


def test_a_time_left_that_has_passed_is_unknown_until_all_is_done() -> None:
    lines = ((0.0, bar(0, 100, 0)), (90.0, bar(90, 100, 90)))
    assert told(*lines).eta_s == 10.0
    assert told(*lines, at=101.0).eta_s is None
    assert told(*lines, (102.0, bar(100, 100, 102)), at=130.0).eta_s == 0.0


def test_without_a_word_on_it_the_time_left_follows_from_the_pace() -> None:
    lines = [(float(at), f"Epoch {at // 60}/10 loss: 0.5") for at in range(60, 360, 60)]
    assert told(*lines).eta_s == pytest.approx(300.0)


def test_the_pace_is_that_of_the_later_half() -> None:
    slow = [(float(at), f"Epoch {1 + at // 100}/20 loss: 1") for at in range(0, 500, 100)]
    fast = [(500.0 + at, f"Epoch {6 + at // 50}/20 loss: 1") for at in range(0, 500, 50)]
    assert told(*slow, *fast).eta_s == pytest.approx(250.0)


def test_the_moment_of_the_last_news_is_told_in_wall_time() -> None:
    later = told((5.0, "Epoch 1/2 loss: 1"), at=65.0)
    assert later.at is not None
    assert (recorded.NOW - later.at).total_seconds() == 60.0


def test_what_was_told_already_is_no_news() -> None:
    reader = ProgressReader()
    assert reader.take("loss: 0.5", 1.0)
    assert not reader.take("loss: 0.5", 2.0)
    assert reader.take("loss: 0.4", 3.0)


def test_the_plainest_loss_is_the_loss() -> None:
    assert told((0.0, "epoch 1/2 train loss: 2 val loss: 3")).metrics == {
        "train_loss": 2.0, "val_loss": 3.0, "loss": 2.0,
    }  # fmt: skip
    assert told((0.0, "epoch 1/2 loss: 1 train_loss: 2")).metrics["loss"] == 1.0
    assert told((0.0, "loss: 1"), (1.0, "avg loss: 9")).metrics["loss"] == 1.0
    assert "loss" not in told((0.0, "epoch 1/2 val_loss: 3")).metrics


def test_another_loss_stands_in_for_one_that_is_told_no_more() -> None:
    later = [(float(at), f"step {at} train_loss: {at}") for at in range(2, 30)]
    assert told((0.0, "loss: 1"), *later).metrics["loss"] == 29.0


def test_numbers_that_are_none_are_left_out_and_a_loss_that_recovers_has_not_diverged() -> None:
    reader = ProgressReader()
    reader.take("step 1 loss: inf acc: nan lr: 0.1", 1.0)
    assert reader.diverged
    assert reader.progress(1.0, recorded.NOW).metrics == {"lr": 0.1}
    reader.take("step 2 loss: 0.5", 2.0)
    assert not reader.diverged


def test_metrics_are_bounded_and_the_loss_has_its_place() -> None:
    reader = ProgressReader(patterns=[" ".join(rf"m{n}=(?P<m{n}>\d+)" for n in range(40))])
    reader.take(" ".join(f"m{n}={n}" for n in range(40)), 1.0)
    reader.take("loss: 0.5", 2.0)
    assert len(reader.series) == 24
    assert reader.progress(2.0, recorded.NOW).metrics["loss"] == 0.5


def test_curves_hold_one_point_for_a_step_however_often_it_is_drawn() -> None:
    reader = ProgressReader()
    for second in range(1, 5):
        reader.take(f"\rstep 7/10 loss: 0.{second}", float(second))
    reader.take("\rstep 8/10 loss: 0.9", 5.0)
    assert reader.series["loss"].points == [(4.0, 0.4), (5.0, 0.9)]


steps = st.lists(st.integers(1, 30), min_size=1, max_size=60)


@settings(deadline=None)
@given(epochs=st.integers(1, 6), total=st.integers(2, 200), jumps=steps, validation=st.booleans())
def test_within_one_run_of_epochs_the_fraction_never_falls_and_ends_at_one(
    *, epochs: int, total: int, jumps: list[int], validation: bool
) -> None:
    reader = ProgressReader()
    now = 0.0
    seen: list[float] = []

    def show(line: str) -> None:
        reader.take(line, now)
        seen.append(reader.progress(now, recorded.NOW).fraction or 0.0)

    for epoch in range(1, epochs + 1):
        show(f"Epoch {epoch}/{epochs}")
        began, done = now, 0
        for jump in jumps:
            now += 1
            done = min(total, done + jump)
            show(bar(done, total, now - began))
        now += 1
        show(bar(total, total, now - began))
        if validation:
            began = now
            for done in (0, 1):
                now += done
                show(bar(done, 1, now - began, "val: "))
    assert all(before <= after for before, after in pairwise(seen))
    assert seen[-1] == 1.0


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 50), st.integers(0, 99)), max_size=40))
def test_no_order_of_bars_makes_a_fraction_beyond_its_bounds(
    shown: list[tuple[int, int, int]],
) -> None:
    reader = ProgressReader()
    for second, (done, total, elapsed) in enumerate(shown):
        reader.take(bar(min(done, total), total, elapsed), float(second))
        progress = reader.progress(float(second), recorded.NOW)
        assert progress.fraction is not None
        assert 0.0 <= progress.fraction <= 1.0
        assert progress.eta_s is None or progress.eta_s >= 0.0
