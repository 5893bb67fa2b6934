"""A pattern of a person's own that takes for ever costs that pattern, and nothing else."""

from colab_cdp_agent.watch.progress import ProgressReader


def test_a_pattern_that_is_too_slow_is_given_up_and_the_others_go_on() -> None:
    reader = ProgressReader([r"^(?:a+)+$", r"at (?P<step>\d+) of (?P<total>\d+)"])
    reader.take("a" * 60 + "b", 1.0)
    assert reader.take("at 3 of 4", 2.0)
    assert not reader.take("a" * 60 + "b", 3.0)
