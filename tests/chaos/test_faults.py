"""The page on a night names every fault, what it does, what may be told of it, and its limit."""

from pathlib import Path

import pytest

from chaos.fault import Fault
from chaos.faults import FAULTS

PAGE = Path(__file__).parents[2] / "docs" / "chaos.md"


def row(fault: Fault) -> str:
    """Return what the page says of a fault: one row of its table."""
    does = (fault.does.__doc__ or "").rstrip(".")
    phases = sorted(fault.meanwhile.phases | fault.meanwhile.seen)
    told = ", ".join(f"`{phase}`" for phase in phases) or "-"
    return f"| {fault.name} | {does} | {told} | {fault.healed_s:g} s |"


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_every_fault_is_on_the_page(fault: Fault) -> None:
    """As its own code has it."""
    assert row(fault) in PAGE.read_text("utf-8").splitlines()
