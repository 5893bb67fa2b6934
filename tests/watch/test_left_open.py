"""What an earlier run of the agent raised and saw no end of is taken up again as it was said."""

import asyncio
from pathlib import Path

from colab_cdp_agent.keep.journal import Journal, journal_path
from colab_cdp_agent.watch.attention import left_open
from colab_cdp_agent.watch.finding import find
from colab_cdp_protocols import mqtt
from samples import MOMENT

SESSION, OTHER = "0123456789", "9876543210"
FOR_EVER_S = 1e12


def test_it_has_its_own_words_and_where_these_are_lost_those_of_its_kind(tmp_path: Path) -> None:
    path = journal_path(tmp_path, "night")
    first = Journal(path, FOR_EVER_S)
    for session, kind in ((SESSION, "captcha"), (SESSION, "stalled"), (OTHER, "captcha")):
        first.attention_began(session, kind, MOMENT, f"{session} {kind}")
    first.attention_over(OTHER, "captcha", MOMENT)
    first.event(SESSION, mqtt.Happening("1", MOMENT, "captcha", "alert", "The one of tonight."))
    asyncio.run(first.close())
    assert left_open(Journal(path, FOR_EVER_S)) == {
        SESSION: [
            mqtt.Attention("captcha", MOMENT, "The one of tonight."),
            mqtt.Attention("stalled", MOMENT, find("stalled").text),
        ]
    }
