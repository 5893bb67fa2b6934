"""The page of a night in a real Chromium: it fits the screen, and can be read by everyone."""

from datetime import datetime
from pathlib import Path

import pytest

import nights
from chromium import Chromium, find_chromium
from person import Person
from phone import Phone, contrast_is_judged

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="no Chromium installed")

COMPLETE = "document.readyState === 'complete' && document.querySelectorAll('.run').length > 4"
FAINT = "document.querySelector('.run').style.color = '#888888a0'"


@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_a_phone_and_a_desk_and_axe_finds_nothing_against_it(
    tmp_path: Path, *, dark: bool
) -> None:
    url = nights.page_of_it(tmp_path, "laptop", datetime(2026, 11, 25, 8).astimezone()).as_uri()
    with Chromium() as chromium, Person(chromium) as person:
        for width in (360, 1280):
            with Phone(person, chromium, url, width=width, dark=dark) as screen:
                screen.until(COMPLETE)
                assert screen.overflow() == 0
                assert screen.violations() == []
                screen.value(FAINT)
                assert contrast_is_judged(screen.violations())
