"""Topics have legal levels only, and these are read from them again."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_protocols import mqtt
from colab_cdp_protocols.mqtt import TABLE
from colab_cdp_protocols.topic import Topic, is_level, is_topic

levels = st.from_regex(r"[a-z0-9_-]{1,32}", fullmatch=True)
wild_levels = levels | st.text() | st.sampled_from(["+", "#", "a/b", "", "A", "a" * 33, "a\n", "é"])


def placeholders(topic: Topic) -> list[str]:
    return re.findall(r"\{(\w+)\}", topic.pattern)


@pytest.mark.parametrize("topic", TABLE, ids=lambda topic: topic.pattern)
@given(st.data())
def test_a_topic_has_legal_levels_only(topic: Topic, data: st.DataObject) -> None:
    given_levels = {name: data.draw(wild_levels, name) for name in placeholders(topic)}
    legal = all(
        is_topic(level) if name == "root" else is_level(level)
        for name, level in given_levels.items()
    )
    if not legal:
        with pytest.raises(ValueError, match="cannot be a topic level"):
            topic.at(**given_levels)
        return
    filled = topic.at(**given_levels)
    assert all(re.fullmatch(r"[a-z0-9_-]{1,32}", level) for level in filled.split("/"))
    assert is_topic(filled)


def test_the_root_may_be_several_levels_and_nothing_else_may() -> None:
    assert mqtt.STATUS.at(root="home/colab", agent="host") == "home/colab/host/status"
    with pytest.raises(ValueError, match="agent 'a/b'"):
        mqtt.STATUS.at(root="colab", agent="a/b")


@given(st.data())
def test_the_levels_of_a_topic_are_read_from_it_again(data: st.DataObject) -> None:
    topic = data.draw(st.sampled_from(TABLE))
    given_levels = {name: data.draw(levels, name) for name in placeholders(topic)}
    known = {name: level for name, level in given_levels.items() if name in {"root", "agent"}}
    rest = {name: level for name, level in given_levels.items() if name not in known}
    filled = topic.at(**given_levels)
    assert topic.read(filled, **known) == rest
    assert topic.read(f"{filled}/more", **known) is None
    strange = dict.fromkeys(known, "a/b")  # roots of one level only were drawn
    assert not known or topic.read(filled, **strange) is None
    assert topic.filter(**known).count("+") == len(rest)
