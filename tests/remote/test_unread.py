"""Whoever falls behind misses steps, and never where they led."""

import asyncio
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.remote import unread as unread_module
from colab_cdp_agent.remote.unread import LatestOfEach


class Told(NamedTuple):
    topic: str
    value: int


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), min_size=1))
def test_of_each_topic_the_last_message_is_read_whenever_it_is_read(
    steps: list[tuple[str, bool]],
) -> None:
    queue = LatestOfEach()
    read: dict[object, object] = {}
    for value, (topic, reads) in enumerate(steps):
        queue.put_nowait(Told(topic, value))
        if reads:
            told = queue.get_nowait()
            read[told.topic] = told
        assert queue.qsize() <= 3
    while not queue.empty():
        told = queue.get_nowait()
        read[told.topic] = told
    assert read == {topic: Told(topic, value) for value, (topic, _) in enumerate(steps)}


def test_topics_are_read_in_the_order_in_which_they_came() -> None:
    queue = LatestOfEach()
    for value, topic in enumerate("abca"):
        queue.put_nowait(Told(topic, value))
    assert [queue.get_nowait() for _ in range(3)] == [Told("a", 3), Told("b", 1), Told("c", 2)]


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread_module, "MOST_TOPICS", 5)
    queue = LatestOfEach(1)
    for value in range(5):
        queue.put_nowait(Told(str(value), value))
    with pytest.raises(asyncio.QueueFull):
        queue.put_nowait(Told("one more", 0))
