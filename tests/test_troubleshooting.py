"""Every sentence of docs/troubleshooting.md is what the program says, brought about for real."""

from collections.abc import Callable

import pytest

from chromium import find_chromium
from mosquitto import find_mosquitto

pytest.importorskip("jeepney", reason="a desktop is Linux's here")

from desktop import find_dbus_daemon
from troubles import (  # noqa: F401 - each puts its own into the table
    alerts,
    attaching,
    broker,
    computer,
    configuration,
    consenting,
    demo,
    duties,
    embedded,
    kept,
    notebooks,
    own_chrome,
    page,
    report,
    service,
)
from troubles.register import PAGE, REPRODUCED, Place, Reproducer, documented, fits

pytestmark = pytest.mark.skipif(
    not (find_chromium() and find_mosquitto() and find_dbus_daemon()),
    reason="needs chromium, mosquitto and dbus-daemon",
)

SENTENCES = documented()


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Reproducer], str]:
    """Return what a reproducer was told, which is brought about once for all its sentences."""
    found: dict[Reproducer, str] = {}

    def bring_about(reproducer: Reproducer) -> str:
        if reproducer not in found:
            with pytest.MonkeyPatch.context() as patch:
                found[reproducer] = reproducer(Place(tmp_path_factory.mktemp("trouble"), patch))
        return found[reproducer]

    return bring_about


@pytest.mark.parametrize("sentence", SENTENCES)
def test_what_the_page_quotes_is_said(sentence: str, said: Callable[[Reproducer], str]) -> None:
    reproducer = REPRODUCED.get(sentence)
    assert reproducer is not None, "nothing reproduces it: see tests/troubles"
    words = said(reproducer)
    assert fits(sentence, words), words[:2000]


def test_the_page_quotes_all_that_is_reproduced_and_each_once() -> None:
    assert set(REPRODUCED) - set(SENTENCES) == set(), f"not in {PAGE}"
    assert len(SENTENCES) == len(set(SENTENCES))
