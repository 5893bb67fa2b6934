"""The feed: whatever is skipped of a flood, the reader ends with the last line of each look."""

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.watch.progress import Feed, ProgressReader

LINES = [f"step {number} of 100 loss {1 / (number + 1):.3f}" for number in range(100)]


class Listed(ProgressReader):
    """Remembers what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[str] = []

    def take(self, line: str, at: float) -> bool:
        self.given.append(line)
        return super().take(line, at)


def fed(text: str, pieces: list[int], pause_s: float) -> list[str]:
    reader = Listed()
    feed = Feed(reader)
    feed.begin()
    cuts = sorted({0, len(text), *(cut % (len(text) + 1) for cut in pieces)})
    for number, (start, end) in enumerate(pairwise(cuts)):
        feed.take("stdout", text[start:end], number * pause_s)
    feed.flush()
    return reader.given


def test_a_flood_of_like_lines_is_read_now_and_then_and_at_its_end() -> None:
    given_lines = fed("".join(f"{line}\n" for line in LINES), [], 0.0)
    assert (given_lines[0], given_lines[-1]) == (LINES[0], LINES[-1])
    assert len(given_lines) <= 4  # numbers of one digit and of two are two looks


def test_what_comes_slowly_is_read_whole() -> None:
    text = "".join(f"{line}\n" for line in LINES)
    ends = [index + 1 for index, letter in enumerate(text) if letter == "\n"]
    assert fed(text, ends, 1.0) == LINES


@given(
    st.lists(st.sampled_from(["epoch 1", "epoch 2", "step 5", "step 6", "done"]), max_size=30),
    st.lists(st.integers(0, 500), max_size=10),
)
def test_the_last_line_before_another_look_is_never_skipped(
    lines: list[str], pieces: list[int]
) -> None:
    given_lines = fed("".join(f"{line}\n" for line in lines), pieces, 0.0)
    for line, following in pairwise(lines):
        if line[:4] != following[:4]:
            assert line in given_lines
    assert not lines or lines[-1] in given_lines


def test_the_state_of_a_bar_that_is_redrawn_is_read() -> None:
    reader = ProgressReader()
    feed = Feed(reader)
    for number in range(50):
        bar = f"\r {number}%|###| {number}/100 [00:01<00:01, 50.00it/s]"
        feed.take("stderr", bar, number * 0.01)
    feed.flush()
    assert reader.progress(0.5, datetime.now(UTC)).step == 49
