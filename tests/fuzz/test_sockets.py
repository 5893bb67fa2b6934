"""Whatever arrives on the socket to a browser ends it at most: nothing is raised, nobody waits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.inputs import inputs
from fuzz.sockets import TARGETS
from fuzz.target import Target


@pytest.mark.parametrize("target", TARGETS, ids=str)
@given(data=st.data())
def test_whatever_arrives_ends_the_connection_at_most(target: Target, data: st.DataObject) -> None:
    for seed in target.seeds:
        target.try_on(seed)
    target.try_on(data.draw(inputs(target)))
