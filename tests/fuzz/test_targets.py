"""Whatever is written to a decoder is read, or refused with its documented error.

`make fuzz` tries the same targets for longer, by what their code does with each input.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.inputs import NESTED, inputs
from fuzz.target import Target
from fuzz.targets import TARGETS

each_target = pytest.mark.parametrize("target", TARGETS, ids=str)


@each_target
def test_a_seed_is_read(target: Target) -> None:
    for seed in target.seeds:
        target.try_on(seed)


@each_target
def test_what_is_cut_at_any_place_is_read_or_refused(target: Target) -> None:
    seed = min(target.seeds, key=len)
    for end in range(len(seed)):
        target.try_on(seed[:end])


@each_target
def test_what_is_nested_without_end_is_read_or_refused(target: Target) -> None:
    for data in NESTED:
        target.try_on(data)


@each_target
@given(data=st.data())
def test_what_is_damaged_is_read_or_refused(target: Target, data: st.DataObject) -> None:
    target.try_on(data.draw(inputs(target)))
