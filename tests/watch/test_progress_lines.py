"""Any line is read or not, and never breaks the reader; a person's own patterns go first."""

import json
import math
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recorded
from colab_cdp_agent.watch.progress import ProgressReader
from colab_cdp_agent.watch.progress.text import LINE_CHARACTERS
from colab_cdp_protocols import mqtt

ATOMS = [
    "1", "1 ", "1/1 ", "1/1 [", "━", "━ ", "% ━", "1% ━", "[", "[ ", " [1", "1it [", "1 [0:00",
    "= 1", ": 1", "loss", "loss ", "loss=", "loss: 1 ", "train loss ", "a.", "\t1:", "1:\t",
    "'a': ", "'epoch': 1", "{'a", "epoch ", "epoch: [", "Epoch 1/", "step 1/", "-", "e", "1e",
    "1.", "nan", "inf ", "0:00<", " • ", "|", "%|", "\x1b", "\x1b[", "\x1b]", "\b", "\r", "[1]\t",
    "a:1\t", "iter 1 loss 1 ", "1 day, ", "eta: 1:", "it/s, ", "━━ 1/1 0:00 • ", "acc@1",
    "tensor(", "9" * 20, "1e999", "Epoch  loss  time\n", "all ", "┃", "\u2028", "\ud83d",
]  # fmt: skip
lines = st.text(st.characters(exclude_categories=()), max_size=300) | st.lists(
    st.sampled_from(ATOMS), max_size=40
).map("".join)
real = [line for path in recorded.PRINTED for _at, line in recorded.printed_in(path)]


def read(line: str, *patterns: str) -> mqtt.Progress:
    reader = ProgressReader(patterns)
    reader.take(line, 1.0)
    return reader.progress(1.0, recorded.NOW)


@settings(deadline=None)
@given(st.lists(lines, max_size=8))
def test_any_line_leaves_a_progress_that_can_be_told(printed: list[str]) -> None:
    reader = ProgressReader()
    for second, line in enumerate(printed):
        reader.take(line, float(second))
        progress = reader.progress(float(second), recorded.NOW)
        encoded = json.loads(mqtt.encode(progress))
        assert progress.fraction is None or 0.0 <= progress.fraction <= 1.0
        assert all(map(math.isfinite, progress.metrics.values()))
        assert "NaN" not in str(encoded)
        assert len(progress.metrics) <= 24


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_real_line_that_was_cut_or_mended_breaks_nothing(data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(real))
    begin, end = data.draw(st.integers(0, len(line))), data.draw(st.integers(0, len(line)))
    mended = line[:begin] + data.draw(st.sampled_from(ATOMS)) + line[end:]
    reader = ProgressReader()
    reader.take(line, 1.0)
    reader.take(mended, 2.0)
    json.loads(mqtt.encode(reader.progress(2.0, recorded.NOW)))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("atom", ATOMS)
@pytest.mark.parametrize("end", ["", "x", " 1/2 [00:01<00:02, 3it/s]"])
def test_no_repeated_piece_of_a_recognised_line_runs_away(atom: str, end: str) -> None:
    line = (atom * 2000)[:1_990] + end
    reader = ProgressReader()
    reader.take(line, 1.0)  # a regular expression that runs away would take hours
    assert reader.take("step 3/4 loss: 0.25", 2.0)


@pytest.mark.parametrize("before", ["", "\x1b[1m", "\b\b\b\r", "\x1b[2K\r", "\x1b]0;title\x07"])
def test_what_steers_a_terminal_is_not_seen(before: str) -> None:
    assert read(f"{before}step 3/4 \x1b[32mloss: \x1b[0m0.5").metrics == {"loss": 0.5}


def test_of_a_line_redrawn_many_times_the_last_state_counts() -> None:
    states = [f"step {step}/100 loss: 0.{step}" for step in range(10, 100)]
    assert read("\r".join(states)).step == 99
    assert read("\r".join([*states, " " * 40])).step == 99


def test_of_a_line_too_long_the_beginning_is_read_and_of_its_states_the_last() -> None:
    assert read("step 3/4 loss: 0.5 " + "x" * LINE_CHARACTERS * 9).step == 3
    assert read("x" * LINE_CHARACTERS * 9 + "\rstep 3/4 loss: 0.5").step == 3
    assert read("x" * LINE_CHARACTERS + "step 3/4 loss: 0.5").step is None


@pytest.mark.parametrize(
    ("line", "progress"),
    [
        ("12.3k/50.0k [00:10<00:30, 1.23kit/s]", {"step": 12300, "total": 50000, "rate": 1230.0}),
        ("5/10 [1:02:03<27:46:40, 3.5s/epoch]", {"step": 5, "rate": 1 / 3.5, "eta_s": 100_000.0}),
        ("3 files [00:01, 2.9 files/s]", {"step": 3, "total": None, "rate": 2.9}),
        ("45/120 ━━━━━━━━━━━━━━━━━━━━ 1:05 40ms/step - loss: 0.2", {"eta_s": 65.0, "rate": 25.0}),
        ("120/120 ━━━━━━━━━━━━━━━━━━━━ 5s 40ms/step - loss: 0.2", {"step": 120, "eta_s": 0.0}),
        ("Epoch 3 of 50", {"epoch": 3, "epochs": 50}),
        ("========== Epoch 3/50 ==========", {"epoch": 3, "epochs": 50}),
        ("2025-08-14 23:41:27 INFO Epoch 3/50", {"epoch": 3, "epochs": 50}),
        ("step 100/6000 loss 0.12", {"step": 100, "total": 6000, "metrics": {"loss": 0.12}}),
        ("Iteration 7: loss=tensor(0.25, device='cuda:0')", {"step": 7, "metrics": {"loss": 0.25}}),
        ("epochs:  50% 1/2 [00:30<00:30, 30.0s/it]", {"epoch": 2, "epochs": 2, "fraction": 0.5}),
        ("LOSS: -1.5e-3", {"metrics": {"loss": -0.0015}}),
        ("Val Loss: 0.5 | Val Acc: 91.25%", {"metrics": {"Val_Loss": 0.5, "Val_Acc": 91.25}}),
    ],
)
def test_a_form_is_read(line: str, progress: dict[str, object]) -> None:
    told = read(line)
    assert {key: getattr(told, key) for key in progress} == progress


def forms_of_the_page() -> list[str]:
    """Return the printed forms that docs/progress.md shows."""
    page = (Path(__file__).parents[2] / "docs" / "progress.md").read_text("utf-8")
    rows = re.findall(r"^\| .*", page.split("## What is made of it")[0], re.MULTILINE)
    spans = [span for row in rows for span in re.findall("`([^`]+)`", row)]
    forms = [span.replace("\\|", "|").replace("⇥", "\t") for span in spans]
    return [form for form in forms if any(map(str.isdigit, form))]


@pytest.mark.parametrize("form", forms_of_the_page())
def test_every_form_that_the_page_shows_is_read(form: str) -> None:
    assert ProgressReader().take(form, 1.0)


def test_own_patterns_go_first_and_their_groups_say_what_they_found() -> None:
    own = read(
        "phase 12 of 48 at 3.5/s, done 25%, 1:30 left, psnr 31.5, loss: 9",
        r"phase (?P<step>\d+) of (?P<total>\d+) at (?P<rate>[\d.]+)/s, done (?P<percent>\d+)%, "
        r"(?P<eta>[\d:]+) left, psnr (?P<psnr>[\d.]+)",
    )
    assert own == mqtt.Progress(
        fraction=0.25, step=12, total=48, rate=3.5, eta_s=90.0, metrics={"psnr": 31.5},
        at=recorded.NOW,
    )  # fmt: skip


def test_own_patterns_count_epochs() -> None:
    own = read("pass=3|10 q=0.5", r"pass=(?P<epoch>\d+)\|(?P<epochs>\d+) q=(?P<quality>[\d.]+)")
    assert (own.epoch, own.epochs, own.fraction) == (3, 10, 0.2)
    assert own.metrics == {"quality": 0.5}


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (r"at (?P<step>\S+)", "at nan"),
        (r"at (?P<step>\S+)", "at 1e300"),
        (r"at (?P<step>\S+) of (?P<total>\S+)", "at -1 of inf"),
        (r"at (?P<fraction>\S+)", "at inf"),
        (r"at (?P<epoch>\S+)/(?P<epochs>\S+)", "at inf/nan"),
        (r"at (?P<eta>\S+)", "at 99:99:99:x"),
        (r"no groups", "no groups"),
        (r"(?P<step>\d+)?x", "x"),
    ],
)
def test_own_patterns_that_find_no_number_tell_nothing(pattern: str, line: str) -> None:
    assert not ProgressReader([pattern]).take(line, 1.0)


def test_where_an_own_pattern_finds_nothing_the_built_in_ones_read() -> None:
    assert read("step 3/4 loss: 0.5", r"pass (?P<step>\d+)").step == 3


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(re.error):
        ProgressReader(["("])
