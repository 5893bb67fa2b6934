"""The one line on the night, and the parts of it that need no Chrome."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.doctor import clock, disk
from colab_cdp_agent.doctor.ask import ask
from colab_cdp_agent.doctor.finding import Finding, exit_code
from colab_cdp_agent.doctor.night import SAFE, UNSAFE, by_night, verdict
from newsroom import play

NOW = datetime(2026, 11, 25, 22, 0, tzinfo=UTC)
words = st.text("abc ", min_size=1, max_size=8)
findings = st.builds(
    Finding, ok=st.sampled_from([True, False, None]), what=words, brief=words, spoils=st.booleans()
)


@given(st.lists(findings))
def test_the_line_is_one_and_safe_just_where_nothing_fails(found: list[Finding]) -> None:
    seen = [by_night(each) for each in found]
    said = verdict(seen)
    assert "\n" not in said
    safe = not any(each.ok is False or each.spoils for each in found)
    assert said.startswith(SAFE if safe else UNSAFE)
    assert (exit_code(seen) == 0) is safe


def test_every_reason_is_in_the_line_once_and_else_every_reservation() -> None:
    well = Finding(ok=True, what="broker: it came back", brief="the broker answers")
    silent = Finding(ok=None, what="push: no channel", brief="no phone rings")
    lost = Finding(ok=False, what="Chrome: nothing listens")
    spoilt = by_night(Finding(ok=None, what="power", brief="on battery", spoils=True))
    assert verdict([well, well, silent]) == (
        "Tonight is safe: the broker answers. But no phone rings."
    )
    assert verdict([well, silent, lost, spoilt]) == (
        "Not safe tonight: Chrome: nothing listens; on battery."
    )
    assert verdict([]) == "Tonight is safe: nothing is wrong."


def test_a_disk_has_room_for_archive_and_journal_or_for_a_night_or_not() -> None:
    assert disk.room(60 * disk.GB, 2 * disk.GB).ok
    tight = disk.room(2 * disk.GB, 2 * disk.GB)
    assert (tight.ok, tight.brief) == (None, "only 2.0 GB of disk left")
    assert disk.room(2 * disk.GB, 2 * disk.GB, taken=disk.GB).ok
    full = disk.room(disk.GB // 2, 2 * disk.GB)
    assert full.ok is False
    assert full.what == "disk: 0.5 GB free, archive and journal may take 2.1 GB more"
    assert full.remedy == "free some, or lower archive.max_bytes"


def test_a_clock_is_judged_by_what_is_known_of_it() -> None:
    assert clock.synchronised("NTP=yes\nNTPSynchronized=yes\n") is True
    assert clock.synchronised("NTPSynchronized=no\n") is False
    assert clock.synchronised("") is None
    assert "was not looked at" in clock.judge(NOW, None).what
    assert clock.judge(NOW, by_server=True).ok
    assert clock.judge(NOW, by_server=False).ok is None
    reset = clock.judge(datetime(1970, 1, 1, tzinfo=UTC), None, "linux")
    assert (reset.ok, reset.brief) == (False, "the clock is wrong")
    assert reset.remedy == "set it: timedatectl set-ntp true"


@pytest.mark.parametrize("command", [["no-such-program"], ["false"], ["sleep", "60"]])
def test_a_program_that_is_not_there_fails_or_hangs_says_nothing(command: list[str]) -> None:
    async def story() -> None:
        assert await ask(*command, within=0.2) is None

    play(story())
