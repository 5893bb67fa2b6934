"""The page in a real Chromium, before a real broker: what a person sees, and what their taps do."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from chromium import Chromium, find_chromium
from colab_cdp_agent.tell.link import Link
from colab_cdp_protocols import mqtt
from fleet import AGENTS, TITLES, Fleet, attention, state, states
from mosquitto import HOST, Mosquitto, find_mosquitto
from page_server import PageServer
from person import Person
from phone import Phone, contrast_is_judged

pytestmark = pytest.mark.skipif(
    find_chromium() is None or find_mosquitto() is None,
    reason="no Chromium or no mosquitto installed",
)

NEEDS = "#needs"
CARDS = "document.querySelectorAll('.card').length"
# The smallest JPEG that a browser shows: one grey pixel.
JPEG = bytes.fromhex(
    "ffd8ffdb004300030202020202030202020303030304060404040404080606050609080a0a090809090a0c0f0c0a"
    "0b0e0b09090d110d0e0f101011100a0c12131210130f101010ffc9000b080001000101011100ffcc0006001010"
    "05ffda0008010100003f00d2cf20ffd9"
)

NOTE_WHAT_IS_WRITTEN = """
window.written = {};  // by their places: what is drawn anew stands where it stood
const write = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
  const end = place[0] + this.measureText(text).width / 2;  // of what is centred, as times are
  window.written[place.join()] = { text, cut: end > this.canvas.width };
  return write.call(this, text, ...place);
};
0
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with Chromium() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def person(chromium: Chromium) -> Iterator[Person]:
    with Person(chromium) as person:
        yield person


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as broker:
        yield broker


@pytest.fixture
def server(broker: Mosquitto) -> Iterator[PageServer]:
    with PageServer(Link(HOST, broker.port)) as server:
        yield server


@pytest.fixture
def fleet(broker: Mosquitto) -> Iterator[Fleet]:
    fleet = Fleet(broker.port)
    fleet.publish_agent(AGENTS[0])
    yield fleet
    fleet.close()


@pytest.fixture
def phone(chromium: Chromium, person: Person, server: PageServer, fleet: Fleet) -> Iterator[Phone]:
    with Phone(person, chromium, server.url) as phone:
        phone.shows("#agents", AGENTS[0])
        assert fleet.requests == []
        yield phone
        assert phone.complaints() == []


def test_twenty_notebooks_on_three_agents_and_who_needs_a_person_first(
    phone: Phone, fleet: Fleet
) -> None:
    fleet.publish_night()
    phone.until(f"{CARDS} === 20")
    assert phone.text(NEEDS) == "2 notebooks need you"
    assert phone.text("#summary") == "13\u00a0running\u00a0· 5\u00a0at\u00a0rest"
    assert set(phone.titles()[:2]) == {TITLES[3], TITLES[9]}
    assert set(phone.titles()[2:4]) == {TITLES[7], TITLES[12]}
    for name in AGENTS:
        phone.shows("#agents", f"{name}: watching")
    assert phone.value("document.title") == "(2) Night watch"


def test_a_card_tells_how_it_goes(phone: Phone, fleet: Fleet) -> None:
    fleet.publish_state(
        state(
            0, run=mqtt.Run(started=datetime.now(UTC) - timedelta(hours=3, minutes=5)),
            progress=mqtt.Progress(fraction=0.628, eta_s=5040.0, metrics={"loss": 0.48217}),
        )
    )  # fmt: skip
    card = phone.card(TITLES[0])
    read = phone.text(card)
    for part in ("Running", "for 3 h 5 min", "63 %", "1 h 24 min left", "loss 0.4822", "just now"):
        assert part in read
    bar = f"document.querySelector('{card} [role=progressbar]')"
    assert phone.value(f"{bar}.getAttribute('aria-valuenow')") == "63"
    assert phone.value(f"{bar}.getAttribute('aria-label')") == f"Progress {TITLES[0]}"


@pytest.mark.parametrize(
    ("phase", "started", "says"),
    [
        ("running", 55, "Running for 55 min"),
        ("running", None, "Running for at least 10 min"),
        ("needs_you", 55, "Needs you for 10 min"),
    ],
)
def test_a_run_lasts_since_it_began_and_not_since_a_dialog_was_answered(
    phone: Phone, fleet: Fleet, phase: mqtt.Phase, started: int | None, says: str
) -> None:
    now = datetime.now(UTC)
    run = mqtt.Run(started=None if started is None else now - timedelta(minutes=started))
    fleet.publish_state(state(0, phase=phase, run=run, since=now - timedelta(minutes=10)))
    shown = f"{phone.card(TITLES[0])} .phase"
    assert " ".join(phone.text(shown).split()).endswith(says)


def test_an_open_card_tells_what_is_known_beside(phone: Phone, fleet: Fleet) -> None:
    fleet.publish_state(
        state(0, runtime=mqtt.Runtime(ram_used=5_800_000_000, ram_total=round(12.67 * 2**30)))
    )
    card = phone.open_card(TITLES[0])
    # As Colab names it. No line begins with a dot, and none ends within a fact.
    phone.shows(card, "5.4\u00a0of\u00a012.7\u00a0GB\u00a0RAM\u00a0· ")
    fleet.publish_state(state(0, output=mqtt.Output(lines=1)))
    phone.shows(card, "· 1\u00a0line\u00a0·")


def test_the_last_lines_are_those_that_are_seen_and_a_bar_is_one_of_them(
    phone: Phone, fleet: Fleet
) -> None:
    lines = f"document.querySelector('{phone_lines(phone, fleet)}')"
    for ended in range(5):
        for drawn in range(3):
            told = f"{ended}: {'long ' * 30}{drawn}"
            fleet.publish_state(state(0, output=mqtt.Output(lines=ended, last_line=told)))
            phone.until(f"{lines}.textContent.endsWith({told!r})")
    shown = phone.value(f"{lines}.textContent").splitlines()
    assert [(line[0], line[-1]) for line in shown] == [(str(nth), "2") for nth in range(5)]
    below = f"{lines}.scrollHeight - {lines}.scrollTop - {lines}.clientHeight"
    at_end = f"{lines}.scrollTop > 0 && {below} < 2"
    assert phone.value(at_end)
    phone.tap(f"{phone.card(TITLES[0])} .title")
    phone.until(f"{lines}.clientHeight === 0")
    phone.open_card(TITLES[0])
    assert phone.value(at_end)
    phone.value(f"{lines}.scrollTop = 0")
    fleet.publish_state(state(0, output=mqtt.Output(lines=9, last_line="one more")))
    phone.until(f"{lines}.textContent.endsWith('one more')")
    assert phone.value(f"{lines}.scrollTop") == 0


def phone_lines(phone: Phone, fleet: Fleet) -> str:
    """Return a selector of the last lines on the card of a notebook, which is opened."""
    fleet.publish_state(state(0))
    return f"{phone.open_card(TITLES[0])} .lines"


def test_where_there_is_room_cards_are_open_and_where_there_is_none_they_are_not(
    phone: Phone, fleet: Fleet
) -> None:
    expanded = (
        "[...document.querySelectorAll('.title')].map((each) => each.getAttribute('aria-expanded'))"
    )
    fleet.publish_state(state(0))
    phone.until(f"{expanded}.join() === 'true'")
    fleet.publish_night()
    phone.until(f"{CARDS} === 20 && {expanded}.filter((each) => each === 'true').length <= 2")
    phone.call("Page.reload")
    phone.until(f"{CARDS} === 20 && {expanded}.every((each) => each === 'false')")


def test_what_is_unknown_is_not_shown(phone: Phone, fleet: Fleet) -> None:
    fleet.publish_state(
        state(0, progress=mqtt.Progress(), output=mqtt.Output(), runtime=mqtt.Runtime())
    )
    card = phone.card(TITLES[0])
    assert phone.value(f"document.querySelector('{card} [role=progressbar]').hidden")
    for part in ("%", "null", "NaN", "undefined", "left", "loss"):
        assert part not in phone.text(card)


def test_a_need_comes_to_the_top_with_its_sentence_and_is_said_aloud_once(
    phone: Phone, fleet: Fleet
) -> None:
    for nth in range(3):
        fleet.publish_state(state(nth))
    phone.until(f"{CARDS} === 3")
    assert phone.text("#needs-aloud") == ""
    needing = {"phase": "needs_you", "attention": attention("captcha", "Colab shows a captcha.")}
    fleet.publish_state(state(2, **needing))
    phone.until(f"document.querySelector('.title').innerText === {TITLES[2]!r}")
    card = phone.card(TITLES[2])
    assert "Needs you" in phone.text(card)
    assert "Colab shows a captcha." in phone.text(card)
    aloud = "document.querySelector('#needs-aloud').textContent"
    assert phone.value(aloud) == f"{TITLES[2]}: Colab shows a captcha."
    assert phone.text(NEEDS) == "1 notebook needs you"


def test_an_agent_that_is_offline_is_said_to_be_and_its_cards_claim_nothing(
    phone: Phone, fleet: Fleet
) -> None:
    fleet.publish_state(state(0, updated=datetime.now(UTC) - timedelta(minutes=3, seconds=5)))
    card = phone.card(TITLES[0])
    phone.shows(card, "last news 3 min ago")
    fleet.publish_agent(AGENTS[0], online=False)
    phone.shows("#agents", f"{AGENTS[0]}: offline, last news 3 min ago")
    phone.shows(card, "Unseen")
    assert "was: Running" in phone.text(card)
    assert "nobody watches this notebook" in phone.text(card)
    assert phone.text("#summary") == "Nothing\u00a0needs\u00a0you\u00a0· 1\u00a0unseen"
    fleet.publish_agent(AGENTS[0])
    phone.shows(card, "Running")


@pytest.mark.parametrize(
    ("state", "shown"), [("waiting", "no Chrome."), ("needs_you", "Chrome needs you.")]
)
def test_a_chrome_that_is_away_or_asks_is_said_to(
    phone: Phone, fleet: Fleet, state: mqtt.ChromeState, shown: str
) -> None:
    now = datetime.now(UTC)
    gone = mqtt.ChromeInfo(state, None, now, "the reason")
    info = mqtt.Info("1", "h", now, (), gone, ("colab",), "external", "1")
    fleet.publish(mqtt.INFO.at(root="colab", agent=AGENTS[0]), mqtt.encode(info))
    phone.shows("#agents", f"{AGENTS[0]}: {shown} the reason")


def test_of_several_browsers_a_card_names_its_own(phone: Phone, fleet: Fleet) -> None:
    now = datetime.now(UTC)
    fleet.publish_state(state(0, browser="work"))
    phone.shows(phone.card(f"{TITLES[0]} (work)"), "Running")
    stuck = mqtt.BrowserInfo("work", "frozen", "Chrome/156", now, "Chrome does not answer")
    well = mqtt.BrowserInfo("home", "connected", "Chrome/156", now, None)
    worst = mqtt.ChromeInfo("frozen", "Chrome/156", now, "work: Chrome does not answer")
    info = mqtt.Info("1", "h", now, (), worst, ("colab",), "external", "1", browsers=(stuck, well))
    fleet.publish(mqtt.INFO.at(root="colab", agent=AGENTS[0]), mqtt.encode(info))
    phone.shows("#agents", f"{AGENTS[0]} (work): Chrome does not answer")


def test_a_session_that_is_cleared_goes(phone: Phone, fleet: Fleet) -> None:
    fleet.publish_state(state(0))
    phone.card(TITLES[0])
    fleet.publish(mqtt.STATE.at(root="colab", agent=AGENTS[0], id=state(0).id), b"")
    phone.until(f"{CARDS} === 0")
    phone.shows("#empty", "No notebook is open")


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ({"status": "ok", "data": {"result": "same kernel"}}, "✓ Reconnect: done, same kernel"),
        ({"status": "ok"}, "✓ Reconnect: done"),
        ({"status": "refused", "error": "it is not allowed"}, "refused, it is not allowed"),
        ({"status": "error", "error": "still disconnected"}, "failed, still disconnected"),
    ],
)
def test_a_tap_asks_and_the_answer_is_shown(
    phone: Phone, fleet: Fleet, answer: dict[str, Any], shown: str
) -> None:
    fleet.publish_state(state(0))
    card = phone.open_card(TITLES[0])
    phone.tap(f"{card} button", "Reconnect")
    request = fleet.asked("reconnect")
    assert request["args"] == {}
    assert request["ttl_s"] <= 60
    age = datetime.now(UTC) - datetime.fromisoformat(request["at"])
    assert abs(age) < timedelta(seconds=60)
    phone.shows(f"{card} .answer", "Reconnect: asked …")
    assert phone.value(f"document.querySelector('{card} [aria-disabled=true]') !== null")
    fleet.respond("reconnect", answer)
    phone.shows(f"{card} .answer", shown)
    assert phone.value(f"document.querySelector('{card} [aria-disabled=true]')") is None


def test_an_answer_to_somebody_elses_request_is_not_ours(phone: Phone, fleet: Fleet) -> None:
    fleet.publish_state(state(0))
    card = phone.open_card(TITLES[0])
    phone.tap(f"{card} button", "Pause")
    fleet.asked("pause")
    fleet.respond("pause", {"status": "ok", "transaction": "another"})
    fleet.respond("pause", {"status": "refused", "error": "ours"})
    phone.shows(f"{card} .answer", "Pause: refused, ours")


def test_pause_becomes_resume_and_keep_alive_is_turned_off_and_on(
    phone: Phone, fleet: Fleet
) -> None:
    fleet.answer = lambda _verb, _request: {"status": "ok"}
    duty = mqtt.DutyState(on=False)
    duties = mqtt.Duties(duty, duty, duty)
    fleet.publish_state(state(0, phase="paused", duties=duties))
    card = phone.open_card(TITLES[0])
    phone.tap(f"{card} button", "Resume")
    fleet.asked("resume")
    phone.shows(f"{card} .answer", "Resume: done")
    phone.tap(f"{card} button", "Start keep-alive")
    assert fleet.asked("keep_alive")["args"] == {"on": True}


def test_the_log_is_shown_on_request(phone: Phone, fleet: Fleet) -> None:
    lines = [f"step {nth} <b>loss</b> 0.5" for nth in range(400)]
    fleet.answer = lambda _verb, _request: {"status": "ok", "data": {"seq": 0, "lines": lines}}
    fleet.publish_state(state(0))
    card = phone.open_card(TITLES[0])
    phone.tap(f"{card} button", "Log")
    phone.shows("#sheet-state", "The last 400 lines, as of ")
    assert fleet.asked("log")["args"]["lines"] <= 500
    assert phone.text("#sheet-body").splitlines() == lines
    log = mqtt.encode(mqtt.Log(400, ("one more",)))
    fleet.publish(mqtt.LOG.at(root="colab", agent=AGENTS[0], id=state(0).id), log, retain=False)
    phone.shows("#sheet-body", "one more")
    phone.press("Escape")
    phone.until("!document.querySelector('#sheet').open")
    assert phone.text(f"{card} .title") == TITLES[0]


def test_the_night_is_told_on_request(phone: Phone, fleet: Fleet) -> None:
    began = datetime.now(UTC) - timedelta(hours=2)

    def event(minutes: int, kind: str, text: str, severity: str = "info") -> dict[str, Any]:
        at = (began + timedelta(minutes=minutes)).isoformat()
        return {"id": str(minutes), "at": at, "kind": kind, "severity": severity, "text": text}

    events = [
        event(0, "phase", "idle → running"),
        event(30, "keep_alive", "still connected"),
        event(35, "keep_alive", "still connected"),
        event(60, "phase", "running → needs_you"),
        event(60, "captcha", "Colab shows a captcha.", "alert") | {"cause": "captcha"},
    ]
    loss = [((began + timedelta(minutes=minute)).isoformat(), 1 / minute) for minute in (1, 2, 3)]
    told = {"events": events, "left_out": 0, "loss": [*loss, [None, "x"], 3]}
    fleet.answer = lambda _verb, _request: {"status": "ok", "data": told}
    fleet.publish_state(state(0, phase="needs_you"))
    card = phone.open_card(TITLES[0])
    phone.tap(f"{card} button", "Night")
    phone.shows("#sheet-state", "5 events since ")
    read = phone.text(".events")
    assert "Kept alive 2 times" in read
    assert read.index("Colab shows a captcha.") < read.index("Idle → Running")
    said = phone.value("document.querySelector('.phases').getAttribute('aria-label')")
    assert "Running 1 h 0 min" in said
    assert "Needs you 1 h 0 min" in said
    phone.until("document.querySelector('#sheet-body canvas')?.width > 200")
    phone.press("Escape")
    phone.until("document.querySelector('#sheet-body').children.length === 0")
    phone.until(f"document.querySelector('{card} canvas')?.width > 200")


def test_a_screenshot_comes_on_request(phone: Phone, fleet: Fleet) -> None:
    def take(_verb: str, _request: dict[str, Any]) -> dict[str, Any]:
        topic = f"colab/{AGENTS[0]}/session/{state(0).id}/screenshot"
        fleet.send(topic, JPEG)
        return {"status": "ok"}

    fleet.answer = take
    fleet.publish_state(state(0))
    card = phone.open_card(TITLES[0])
    phone.tap(f"{card} button", "Screenshot")
    phone.until("document.querySelector('#sheet-body img')?.naturalWidth === 1")
    phone.shows("#sheet-state", "The notebook's page at ")


def test_a_view_that_is_refused_says_why(phone: Phone, fleet: Fleet) -> None:
    fleet.answer = lambda _verb, _request: {"status": "refused", "error": "not allowed"}
    fleet.publish_state(state(0))
    card = phone.open_card(TITLES[0])
    phone.tap(f"{card} button", "Screenshot")
    phone.shows("#sheet-state", "Screenshot: refused, not allowed")


def test_the_curve_of_the_loss_is_drawn_from_what_was_seen(phone: Phone, fleet: Fleet) -> None:
    began = datetime.now(UTC) - timedelta(minutes=10)
    for minute in range(5):
        progress = mqtt.Progress(
            metrics={"loss": 2.0 / (1 + minute)}, at=began + timedelta(minutes=minute)
        )
        fleet.publish_state(state(0, progress=progress))
        phone.shows("#notebooks", f"loss {float(f'{2 / (1 + minute):.4g}'):g}")
    card = phone.open_card(TITLES[0])
    canvas = f"document.querySelector('{card} canvas')"
    phone.until(
        f"{canvas} && {canvas}.width > 200 && {canvas}.getContext('2d')"
        f".getImageData(0, 0, {canvas}.width, {canvas}.height).data.some((value) => value > 0)"
    )
    phone.shows(card, "loss from 2 to 0.4")


@pytest.mark.parametrize(
    ("lasted", "written"), [(1, "00:00:00"), (40, "00:00:00"), (14_400, "00:00")]
)
def test_the_times_below_a_curve_differ_and_none_is_cut(
    phone: Phone, fleet: Fleet, lasted: int, written: str
) -> None:
    now = datetime.now(UTC)
    ended = now.replace(hour=now.hour // 2 * 2, minute=0, second=0, microsecond=0)
    began = ended - timedelta(seconds=lasted)  # the end is a time that is written
    for nth in range(3):
        at = began + timedelta(seconds=lasted * nth / 2)
        fleet.publish_state(state(0, progress=mqtt.Progress(metrics={"loss": 2.5 - nth}, at=at)))
        phone.shows("#notebooks", f"loss {2.5 - nth}")
    phone.value(NOTE_WHAT_IS_WRITTEN)
    phone.open_card(TITLES[0])
    phone.prefer(dark=True)  # it is drawn anew
    times = phone.until(
        "(found => found.length > 1 && found)(Object.values(window.written)"
        ".filter(({ text }) => text.includes(':')))"
    )
    assert not any(each["cut"] for each in times)
    texts = [each["text"] for each in times]
    assert len(set(texts)) == len(texts)
    assert {len(text) for text in texts} == {len(written)}


def test_what_notebooks_say_is_text(phone: Phone, fleet: Fleet) -> None:
    evil = "<img src=x onerror=document.title='broken'>"
    fleet.publish_state(
        state(
            0, title=evil, phase="needs_you", attention=attention(evil, evil),
            runtime=mqtt.Runtime(accelerator=evil),
            output=mqtt.Output(last_line=evil), progress=mqtt.Progress(metrics={evil: 1.0}),
        )
    )  # fmt: skip
    card = phone.open_card(evil)
    phone.shows(f"{card} .lines", evil)
    assert phone.value("document.querySelector('img')") is None
    assert phone.value("document.title") == "(1) Night watch"


@pytest.mark.parametrize(
    "payload",
    [
        b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"phase": "dancing"}', b'{"phase": 3}',
        b"x" * 1_048_576, b"[" * 100_000,
        json.dumps({"phase": "running", "title": 7, "progress": [], "attention": "x"}).encode(),
        json.dumps({"phase": "running", "progress": {"fraction": "1e999", "metrics": 3}}).encode(),
        b'{"phase": "running", "progress": {"fraction": 1e999, "eta_s": -1e300}, "since": "soon"}',
    ],
    ids=range(12),
)  # fmt: skip
def test_retained_garbage_harms_nothing(phone: Phone, fleet: Fleet, payload: bytes) -> None:
    fleet.publish_state(state(0))
    phone.card(TITLES[0])
    for topic in ("session/0/state", "session/0/log", "session/0/event", "info", "session//state"):
        fleet.publish(f"colab/{AGENTS[0]}/{topic}", payload)
    fleet.publish("colab/another/status", payload)
    fleet.publish_state(state(1))
    phone.card(TITLES[1])
    assert "NaN" not in phone.text("body")


def test_a_broker_that_dies_is_told_and_found_again(
    phone: Phone, fleet: Fleet, broker: Mosquitto
) -> None:
    fleet.publish_state(state(0))
    card = phone.open_card(TITLES[0])
    broker.kill()
    phone.shows("#link-state", "Connection lost. What you see is ")
    assert phone.value("document.body.dataset.stale") == "true"
    dot = "getComputedStyle(document.querySelector('#agents li'), '::before').backgroundColor"
    assert phone.value(dot) == "rgba(0, 0, 0, 0)"  # nobody knows whether that agent watches
    phone.tap(f"{card} button", "Reconnect")
    phone.shows(f"{card} .answer", "not sent, there is no connection")
    broker.start()
    phone.until("document.querySelector('#link-state').dataset.state === 'live'")
    fleet.until_connected_again()
    fleet.publish_agent(AGENTS[0])
    fleet.publish_state(state(0, phase="idle"))
    phone.shows(card, "Idle")
    assert phone.value("document.body.dataset.stale") is None


def test_the_page_speaks_korean(
    chromium: Chromium, person: Person, server: PageServer, fleet: Fleet
) -> None:
    fleet.publish_state(
        state(0, phase="needs_you", attention=attention("captcha", "Colab shows a captcha."))
    )
    fleet.publish_state(state(1))
    with Phone(person, chromium, server.url, language="ko-KR") as phone:
        card = phone.card(TITLES[0])
        assert phone.value("document.documentElement.lang") == "ko"
        assert phone.text(NEEDS) == "확인이 필요한 노트북 1개"
        assert "보안 문자(CAPTCHA)가 떴습니다" in phone.text(card)
        assert "captcha" not in phone.text(card)
        phone.tap("#language")
        phone.shows(card, "Colab shows a captcha.")
        assert phone.text(NEEDS) == "1 notebook needs you"
        phone.call("Page.reload")
        phone.shows(NEEDS, "1 notebook needs you")
        phone.tap("#language")
        phone.shows(NEEDS, "확인이 필요한")
        phone.value("localStorage.clear()")


@pytest.mark.parametrize("width", [320, 360, 1200])
def test_nothing_is_wider_than_the_screen(
    chromium: Chromium, person: Person, server: PageServer, fleet: Fleet, width: int
) -> None:
    fleet.publish_night()
    long = "a" * 300
    fleet.publish_state(
        state(
            0, title=long, phase="needs_you", attention=attention("captcha", long),
            output=mqtt.Output(last_line=long), progress=mqtt.Progress(metrics={long: 1.0}),
        )
    )  # fmt: skip
    fleet.answer = lambda _verb, _request: {"status": "ok", "data": {"lines": [long, long]}}
    with Phone(person, chromium, server.url, width=width) as phone:
        card = phone.card(long)
        phone.until(f"{CARDS} === 20")
        assert phone.overflow() == 0
        phone.open_card(long)
        phone.shows(card, "Stop keep-alive")
        assert phone.overflow() == 0
        phone.tap(f"{card} button", "Log")
        phone.shows("#sheet-body", long)
        assert phone.overflow() == 0
        assert phone.value("document.querySelector('#sheet-body').scrollWidth") <= width


def test_everything_is_reached_by_keyboard(phone: Phone, fleet: Fleet) -> None:
    fleet.answer = lambda _verb, _request: {"status": "ok", "data": {"lines": ["printed"]}}
    for nth in range(3):
        fleet.publish_state(state(nth))
    phone.until(f"{CARDS} === 3")
    phone.press("Tab")
    assert phone.value("document.activeElement.id") == "skip"
    phone.press("Enter")
    phone.until("document.activeElement.id === 'notebooks'")
    card = phone.card(TITLES[0])
    phone.tab_to(TITLES[0])
    opened = f"document.querySelector('{card} .title').getAttribute('aria-expanded')"
    phone.press("Enter")
    phone.until(f"{opened} === 'true'")
    phone.tab_to("Log", card)
    phone.press(" ")
    phone.shows("#sheet-body", "printed")
    phone.press("Escape")
    phone.until("!document.querySelector('#sheet').open")
    assert phone.value("document.activeElement.innerText") == "Log"
    phone.tab_to("Reconnect", card)
    phone.press("Enter")
    fleet.asked("reconnect")
    phone.shows(f"{card} .answer", "Reconnect: done")


def test_the_focus_stays_when_cards_change_places(phone: Phone, fleet: Fleet) -> None:
    for nth in range(4):
        fleet.publish_state(state(nth))
    phone.until(f"{CARDS} === 4")
    last = phone.titles()[-1]
    phone.tab_to(last)
    nth = TITLES.index(last)
    fleet.publish_state(state(nth, phase="needs_you", attention=attention("captcha", "Solve it.")))
    phone.until(f"document.querySelector('.title').innerText === {last!r}")
    assert phone.value("document.activeElement.innerText") == last


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_against_the_page(
    chromium: Chromium, person: Person, server: PageServer, fleet: Fleet, *, dark: bool
) -> None:
    fleet.publish_night()
    for told in states()[2::3]:
        fleet.publish_state(structs.replace(told, phase="gone"), AGENTS[2])
    fleet.publish_agent(AGENTS[1], online=False)
    fleet.answer = lambda _verb, _request: {"status": "refused", "error": "it is not allowed"}
    with Phone(person, chromium, server.url, dark=dark) as phone:
        phone.shows("#agents", f"{AGENTS[1]}: offline")
        phone.until(f"{CARDS} === 20")
        for title in (TITLES[0], TITLES[3], TITLES[1]):
            phone.open_card(title)
        phone.tap(f"{phone.card(TITLES[0])} button", "Pause")
        phone.shows(f"{phone.card(TITLES[0])} .answer", "refused")
        assert phone.violations() == []
        phone.tap(f"{phone.card(TITLES[3])} button", "Log")
        phone.shows("#sheet-state", "refused")
        assert phone.violations("document.querySelector('#sheet')") == []
        phone.value("document.querySelector('#sheet-state').style.color = 'grey'")
        phone.value("document.querySelector('#sheet-state').style.background = '#777'")
        assert contrast_is_judged(phone.violations("document.querySelector('#sheet')"))


def test_no_other_host_is_asked_for_anything(
    phone: Phone, fleet: Fleet, server: PageServer
) -> None:
    fleet.publish_night()
    phone.until(f"{CARDS} === 20")
    phone.open_card(TITLES[0])
    ours = server.url.removeprefix("http://")
    asked = phone.asked_for()
    assert any(address.startswith("ws://") for address in asked)
    assert {address.split("/")[2] for address in asked} == {ours}


def test_the_bar_moves_without_motion_where_motion_is_unwanted(phone: Phone, fleet: Fleet) -> None:
    fleet.publish_state(state(0))
    card = phone.card(TITLES[0])
    moves = f"getComputedStyle(document.querySelector('{card} .fill')).transitionDuration"
    assert phone.value(moves) == "0.4s"
    reduced = {"name": "prefers-reduced-motion", "value": "reduce"}
    phone.call("Emulation.setEmulatedMedia", features=[reduced])
    assert phone.value(moves) == "0s"
