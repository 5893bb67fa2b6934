"""The table: it fits its terminal whatever is told, and begins with those who need a person."""

from datetime import timedelta
from io import StringIO

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

import samples
from colab_cdp_agent.remote.station import Station
from colab_cdp_agent.remote.table import Table
from colab_cdp_protocols import mqtt
from colab_cdp_protocols.session_id import session_id
from colab_cdp_protocols.topic import Topic

NOW = samples.MOMENT + timedelta(minutes=90)
EVIL = "\x1b[31m[bold]loss[/bold]\x07\r\n\u202e 훈련 :smile: \x9b2J"
ALARM = mqtt.Attention("captcha", samples.MOMENT, "Solve the captcha in the tab.")


class Paper(StringIO):
    """A terminal of some encoding."""

    encoding = "utf-8"


class PlainPaper(StringIO):
    encoding = "ascii"


def hear(station: Station, row: Topic, payload: object, **levels: str) -> None:
    station.hear(
        row.at(root="colab", **levels), mqtt.encode(payload), retained=False, at=samples.MOMENT
    )
    assert station.passed_over == 0


def put(station: Station, agent: str, *states: mqtt.State, status: bytes = mqtt.ONLINE) -> Station:
    """Let an agent tell of its sessions."""
    for state in states:
        hear(station, mqtt.STATE, state, agent=agent, id=state.id)
    hear(station, mqtt.STATUS, status, agent=agent)
    return station


def session(title: str, **changes: object) -> mqtt.State:
    return samples.state(session_id("colab", title), title=title, **changes)


def connected() -> Station:
    station = Station("colab")
    station.reached("10.0.0.7:8883", samples.MOMENT)
    return station


def drawn(
    station: Station, width: int = 80, height: int = 24, paper: StringIO | None = None
) -> str:
    paper = paper or Paper()
    console = Console(
        file=paper, width=width, height=height, force_terminal=False, highlight=False,
        markup=False, emoji=False,
    )  # fmt: skip
    console.print(Table(station, console).draw(NOW))
    return paper.getvalue()


def styled(station: Station) -> str:
    console = Console(
        file=Paper(), width=120, height=24, force_terminal=True, color_system="standard",
        highlight=False, record=True,
    )  # fmt: skip
    console.print(Table(station, console).draw(NOW))
    return console.export_text(styles=True)


@settings(max_examples=30)  # a night is much to draw
@given(
    night=st.dictionaries(
        st.from_regex(r"[a-z0-9_-]{1,32}", fullmatch=True),
        st.tuples(
            st.lists(samples.states | st.builds(session, st.just(EVIL)), max_size=3),
            st.sampled_from([mqtt.ONLINE, mqtt.OFFLINE]),
            st.none() | samples.infos,
        ),
        max_size=2,
    ),
    width=st.integers(30, 220),
    height=st.integers(12, 60),
    lost=st.none() | st.text(),
    plain=st.booleans(),
)
def test_no_night_is_wider_or_higher_than_the_terminal(
    night: dict[str, tuple[list[mqtt.State], bytes, mqtt.Info | None]],
    width: int,
    height: int,
    lost: str | None,
    *,
    plain: bool,
) -> None:
    station = connected()
    for agent, (states, status, info) in night.items():
        for place, state in enumerate(states):
            named = msgspec.structs.replace(state, id=f"{place:010}")
            hear(station, mqtt.STATE, named, agent=agent, id=named.id)
        hear(station, mqtt.STATUS, status, agent=agent)
        if info is not None:
            hear(station, mqtt.INFO, info, agent=agent)
    if lost is not None:
        station.lose(lost, samples.MOMENT)
    lines = drawn(station, width, height, PlainPaper() if plain else None).splitlines()
    assert len(lines) < height
    for line in lines:
        assert cell_len(line.rstrip()) <= width
        assert line.isprintable()


@pytest.mark.parametrize("width", [80, 120, 200])
def test_those_who_need_a_person_come_first_and_say_what_for(width: int) -> None:
    station = put(
        connected(),
        "laptop",
        session("a-idle", phase="idle"),
        session("b-run"),
        session("z-needs", phase="needs_you", attention=ALARM),
    )
    put(station, "tower", session("a-needs", phase="limited", attention=ALARM), session("c-run"))
    put(station, "away", session("0-needs", phase="needs_you", attention=ALARM), status=b"offline")
    text = drawn(station, width)
    places = [text.index(each) for each in ("a-needs", "z-needs", "b-run", "c-run", "a-idle")]
    assert places == sorted(places)
    assert text.index("0-needs") > places[-1]
    assert "2 need you" in text
    assert "2 running" in text
    assert set(ALARM.text.split()) <= set(text.split())


def test_how_far_a_run_is_is_whole_on_80_columns_with_its_curve_and_on_200_with_its_line() -> None:
    station = connected()
    for loss in (4.0, 3.0, 1.5, 0.123_44):
        progress = mqtt.Progress(fraction=0.421, eta_s=37_200.0, metrics={"loss": loss})
        put(
            station,
            "laptop",
            session(
                "llama-lora-finetune-with-a-long-name", progress=progress,
                output=mqtt.Output(last_line="saved to [/content/drive]"),
            ),
        )  # fmt: skip
    put(station, "tower")
    narrow, wide = drawn(station), drawn(station, 200)
    for part in ("running", "laptop", "llama-lora", " 42%", "10h20m", "0.1234", "█▆▃▁"):
        assert part in narrow
    for part in (" 42%", "10 h 20 min", "0.1234", "█▆▃▁", "saved to [/content/drive]", "1 h"):
        assert part in wide


STILL_THERE = (
    "Colab asks whether you are still there. Press Yes in the notebook's tab within ten minutes."
)


@pytest.mark.parametrize("width", [40, 60, 80])
def test_what_a_person_is_to_do_and_how_far_a_run_is_are_whole_on_a_narrow_terminal(
    width: int,
) -> None:
    alarm = mqtt.Attention("still_there", samples.MOMENT, STILL_THERE)
    far = mqtt.Progress(fraction=0.421, eta_s=37_200.0, metrics={"loss": 0.123_44})
    needs = session("a" * 40, phase="needs_you", attention=alarm)
    station = put(connected(), "laptop-upstairs", needs, session("b-run", progress=far))
    put(station, "tower")
    text = drawn(station, width)
    assert set(STILL_THERE.split()) <= set(text.split())
    assert " 42% 10h20m" in text
    assert "0.1234" in text


def test_a_run_without_a_share_tells_its_epoch() -> None:
    station = put(connected(), "laptop", session("x", progress=mqtt.Progress(epoch=3, epochs=40)))
    put(station, "tower")
    assert "epoch 3 of 40" in drawn(station)


def test_an_agent_that_is_offline_is_grey_and_says_what_was() -> None:
    far = mqtt.Progress(fraction=0.5)
    station = put(connected(), "laptop", session("train", progress=far), status=b"offline")
    row = next(line for line in styled(station).splitlines() if "train" in line)
    assert row.startswith("\x1b[90m")
    assert "offline" in row
    assert "was running · 50 %" in row
    assert "laptop  offline, last heard of 1 h ago" in drawn(station)


def test_a_chrome_that_is_gone_is_said_with_its_reason() -> None:
    station = put(connected(), "laptop", session("train", phase="gone"))
    chrome = mqtt.ChromeInfo("waiting", None, samples.MOMENT, "nothing listens on 127.0.0.1:9222")
    info = mqtt.Info("1", "h", samples.MOMENT, (), chrome, (), "external", "one")
    hear(station, mqtt.INFO, info, agent="laptop")
    assert "no Chrome: nothing listens on 127.0.0.1:9222" in drawn(station)


def test_of_several_browsers_each_is_said_and_each_row_names_its_own() -> None:
    states = [
        msgspec.structs.replace(session("train", browser=name), id=f"{place:010}")
        for place, name in enumerate(("work", "home"))
    ]
    station = put(connected(), "laptop", *states)
    at = samples.MOMENT
    work = mqtt.BrowserInfo("work", "connected", "Chrome/156.0", at, None)
    home = mqtt.BrowserInfo("home", "waiting", None, at, "nothing listens")
    worst = mqtt.ChromeInfo("waiting", None, at, "home: nothing listens")
    info = mqtt.Info("1", "h", at, (), worst, (), "external", "one", browsers=(work, home))
    hear(station, mqtt.INFO, info, agent="laptop")
    drawing = drawn(station, 120)
    assert "work Chrome/156.0 · home no Chrome: nothing listens" in drawing
    rows = [line.split() for line in drawing.splitlines() if line.startswith("running")]
    assert sorted(row[1:3] for row in rows) == [["home", "train"], ["work", "train"]]
    put(station, "tower")
    assert "laptop/work" in drawn(station, 120)


def test_a_lost_broker_is_said_and_everything_known_is_grey() -> None:
    station = put(connected(), "laptop", session("train"))
    station.lose("10.0.0.7:8883: Connection refused", NOW - timedelta(seconds=7))
    text = drawn(station, 120)
    assert "broker lost 7 s ago, trying again (10.0.0.7:8883: Connection refused)" in text
    row = next(line for line in styled(station).splitlines() if "train" in line)
    assert row.startswith("\x1b[90m")
    assert "running" in row


def test_before_there_was_a_broker_it_says_why() -> None:
    station = Station("colab")
    station.lose("no agent here", samples.MOMENT)
    assert "no broker yet 1 h ago" not in drawn(station)
    assert "no broker yet, trying again (no agent here)" in drawn(station)


def test_of_a_hundred_agents_the_first_rows_are_shown_and_the_rest_is_counted() -> None:
    station = connected()
    for number in range(100):
        states = [session(f"{number}-{each}") for each in range(8)]
        put(station, f"agent-{number:02}", *states)
    put(station, "agent-99", session("needy", phase="needs_you", attention=ALARM))
    lines = drawn(station, 80, 24).splitlines()
    assert len(lines) <= 23
    assert "801 notebooks" in lines[0]
    assert any("and 94 more agents, 94 of them well" in line for line in lines)
    rows = [line for line in lines if line.startswith("running")]
    assert lines[-1] == f"and {800 - len(rows)} more notebooks"


def test_what_cannot_be_read_is_counted() -> None:
    station = connected()
    station.hear("colab/laptop/status", b"\xff", retained=False, at=NOW)
    assert "1 message that cannot be read" in drawn(station)
