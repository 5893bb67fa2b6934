"""What a phone shows: short, true, and bounded, whatever notebooks are called."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import samples
from colab_cdp_agent.settings.telling import Alerts
from colab_cdp_agent.tell.alerts.alert import Alert, alert_of
from colab_cdp_agent.tell.alerts.message import MOST_LINES, message
from colab_cdp_agent.tell.alerts.occasion import OCCASIONS
from colab_cdp_agent.watch.finding import REMEDIES, find
from colab_cdp_protocols import mqtt

NOW = samples.MOMENT


def alert(kind: str, title: str = "train", text: str | None = None, **changes: Any) -> Alert:
    says = find(kind).text if text is None else text
    return Alert(title, title, kind, says, NOW, NOW, title=title, **changes)


def test_one_alert_says_what_what_to_do_and_how_far_it_was() -> None:
    told = message([alert("usage_limit", progress="42 % · loss 0.31")], NOW)
    assert told.title == "train: usage limit"
    assert told.body.splitlines() == [
        "Colab refuses a runtime because of its usage limits.",
        "Wait, or buy compute units; the agent makes no further try.",
        "42 % · loss 0.31",
    ]
    assert (told.tone, told.urgency) == ("warning", "high")


def test_what_to_do_is_not_said_twice() -> None:
    assert message([alert("captcha")], NOW).body == "Colab shows a captcha: solve it in the tab."


def test_several_notebooks_in_one_trouble_are_named_in_one_message() -> None:
    told = message([alert("disconnected", name) for name in "cab"], NOW)
    assert told.title == "3 notebooks: disconnected"
    assert told.body.splitlines()[:2] == ["The runtime is disconnected.", "a, b and c"]


def test_what_two_browsers_lose_together_is_one_message_that_names_them() -> None:
    lost = mqtt.Happening("1", NOW, "disconnected", "alert", "The runtime is disconnected.")
    alerts = [
        alert_of(name, lost, Alerts().ring, samples.state(name, title="train", browser=name))
        for name in ("work", "home")
    ]
    told = message([each for each in alerts if each is not None], NOW)
    assert told.title == "2 notebooks: disconnected"
    assert told.body.splitlines()[:2] == [
        "The runtime is disconnected.",
        "train (home) and train (work)",
    ]


def test_of_several_troubles_the_most_pressing_comes_first_each_with_its_time() -> None:
    late = NOW + timedelta(hours=5)
    alerts = [alert("run_finished", "a", "The run finished."), alert("captcha", "b")]
    told = message(alerts, late)
    assert told.title == "2 notebooks: captcha, finished"
    at = f"{NOW.astimezone():%H:%M}"
    assert told.body.splitlines() == [
        f"{at} b: Colab shows a captcha: solve it in the tab.",
        f"{at} a: The run finished.",
    ]
    assert (told.tone, told.urgency) == ("warning", "high")


def test_an_end_says_how_long_it_lasted_and_makes_no_sound() -> None:
    begun = NOW - timedelta(minutes=12)
    told = message([alert("captcha", over=True, since=begun)], NOW)
    assert told.title == "train: over: captcha"
    assert told.body == "Over after 12 min: Colab shows a captcha: solve it in the tab."
    assert told.urgency == "low"


def test_what_was_lost_is_said() -> None:
    assert message([alert("captcha")], NOW, 3).body.endswith("3 more could not be told.")


def test_every_kind_that_needs_somebody_says_what_to_do() -> None:
    for kind, occasion in OCCASIONS.items():
        if occasion.group == "needs_you":
            assert REMEDIES[kind][1:] in message([alert(kind)], NOW).body


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*OCCASIONS]), st.text(max_size=500), st.text(max_size=2_000),
            st.text(max_size=9),
        ),
        min_size=1, max_size=120,
    )
)  # fmt: skip
def test_a_message_is_short_and_plain_whatever_a_notebook_says(
    told: list[tuple[str, str, str, str]],
) -> None:
    alerts = []
    for kind, title, text, session in told:
        happening = mqtt.Happening("1", NOW, kind, "alert", text, evidence=text, run_s=1.0)
        state = samples.state(title=title, output=mqtt.Output(last_line=text))
        found = alert_of(session, happening, (*Alerts().ring, *OCCASIONS), state)
        assert found is not None
        alerts.append(found)
    made = message(alerts, NOW)
    assert made.title.isprintable()
    assert all(map(str.isprintable, made.body.splitlines()))
    assert len(made.body) < 4_000
    assert len(made.body.split("\n")) <= MOST_LINES + 2
