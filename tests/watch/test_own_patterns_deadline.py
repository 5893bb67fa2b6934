"""A pattern of a person's own that takes for ever costs that pattern, and nothing else."""

import pytest
import regex
from structlog.testing import capture_logs

from colab_cdp_agent.watch.progress import ProgressReader
from colab_cdp_agent.watch.progress.patterns import LIMIT_S

SLOW = r"^(?:a|aa)+$"
"""Most patterns of this kind the library sees through; this one it does not."""
LINE = "a" * 60 + "b"


def test_a_pattern_that_is_too_slow_is_given_up_and_the_others_go_on() -> None:
    with pytest.raises(TimeoutError):
        regex.compile(SLOW).search(LINE, timeout=LIMIT_S)
    with capture_logs() as log:
        reader = ProgressReader([SLOW, r"at (?P<step>\d+) of (?P<total>\d+)"])
        reader.take(LINE, 1.0)
        assert [line["pattern"] for line in log] == [SLOW]
        assert reader.take("at 3 of 4", 2.0)
        assert not reader.take(LINE, 3.0)
    assert len(log) == 1
