"""The verdict of two witnesses: total, honest, and careful with a person's page."""

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st

from colab_cdp_agent.settings.duties import Duties
from colab_cdp_agent.watch.duties import HEARING_S, Load, Past, Situation, decide
from colab_cdp_agent.watch.finding import LIMITS, SENTENCES, STOPS_DUTIES, Finding, find
from colab_cdp_agent.watch.profile import Profile, StateName
from colab_cdp_agent.watch.seen import Dialog, PageReading, Seen, SeenAlarm, WireReading
from colab_cdp_agent.watch.sites import load_site
from colab_cdp_agent.watch.verdict import SETTLE_S, Verdict, verdict
from colab_cdp_protocols.mqtt import Kernel

COLAB = load_site("colab")
JUPYTERLAB = load_site("jupyterlab")
KINDS = sorted(SENTENCES)
SHOWN = sorted({alarm.kind for alarm in COLAB.alarms})
RUNNING = Verdict("running", "connected", "busy", detector="connected")

seconds = st.floats(0, 1e6) | st.sampled_from([0.0, SETTLE_S, SETTLE_S + 0.1])
kernels = st.sampled_from(["unknown", "idle", "busy", "starting", "dead"])
profiles = st.sampled_from([COLAB, JUPYTERLAB])
findings = st.none() | st.sampled_from(KINDS).map(find)
pages = st.builds(
    PageReading,
    version=st.integers(1, 9),
    language=st.sampled_from(["en", "ko", ""]),
    loading=st.booleans(),
    hidden=st.booleans(),
    states=st.dictionaries(st.sampled_from(sorted(JUPYTERLAB.states)), st.just(0)),
    alarms=st.lists(
        st.builds(SeenAlarm, kind=st.sampled_from(SHOWN), detector=st.just(0)), max_size=3
    ).map(tuple),
    values=st.just({}),
    dialogs=st.lists(st.builds(Dialog, st.text(max_size=5), st.integers(-1, 1))).map(tuple),
    cell=st.none() | st.just("cell"),
    broken=st.lists(st.text(max_size=3), max_size=1).map(tuple),
    failures=st.integers(0, 3),
)
wires = st.builds(
    WireReading,
    kernel=kernels,
    open=st.booleans(),
    since_s=seconds,
    heard_s=seconds,
    asks=st.none() | st.text(max_size=5),
)
seens = st.builds(
    Seen,
    tab=st.sampled_from(["attached"] * 6 + ["sleeping", "crashed", "gone", "chrome_gone"]),
    page=st.none() | pages,
    wire=st.none() | wires,
    loaded_s=seconds,
    page_since_s=seconds,
    had_runtime=st.booleans(),
    run_interrupted=st.booleans(),
    run_failed=st.booleans(),
    standing=findings,
)
attached = st.builds(
    Seen, tab=st.just("attached"), page=pages, wire=st.none() | wires, loaded_s=seconds,
    page_since_s=seconds, had_runtime=st.booleans(), standing=findings,
)  # fmt: skip
pasts = st.builds(
    Past,
    keep_alive_at=st.none() | st.just(0.0),
    clear_at=st.none() | st.just(0.0),
    reconnect_at=st.none() | st.just(0.0),
    reconnect_tries=st.integers(0, 3),
)
loads = st.builds(Load, lines=st.none() | st.integers(0, 10**7), characters=st.none())


@st.composite
def disagreements(draw: st.DrawFn) -> Seen:
    """Draw what is seen where page and kernel have said different things for a while."""
    kernel: Kernel = draw(st.sampled_from(["busy", "idle"]))
    more = draw(st.dictionaries(st.sampled_from(["control", "queued", "failed"]), st.just(0)))
    states = {"connected": 0} | more | ({"running": 0} if kernel == "idle" else {})
    page = msgspec.structs.replace(draw(pages), states=states)
    long_s = st.floats(SETTLE_S, 1e6)
    asks = draw(st.none() | st.text(max_size=5))
    wire = WireReading(kernel, open=True, since_s=draw(long_s), heard_s=draw(seconds), asks=asks)
    seen = draw(attached)
    return msgspec.structs.replace(seen, page=page, wire=wire, page_since_s=draw(long_s))


def says(seen: Seen, kernel: str) -> bool:
    """Return whether the wire says that of the kernel."""
    return seen.wire is not None and seen.wire.open and seen.wire.kernel == kernel


@given(seens, profiles)
def test_busy_and_idle_are_claimed_only_where_a_witness_says_so(
    seen: Seen, profile: Profile
) -> None:
    now = verdict(seen, profile)
    shown = seen.page.states if seen.page is not None else {}
    if now.kernel == "busy":
        assert says(seen, "busy") or "running" in shown or "queued" in shown
    if now.kernel == "idle":
        page_says = "connected" in shown and "running" not in shown
        assert says(seen, "idle") or page_says
    if now.phase == "running":
        assert now.kernel == "busy"


@given(seens)
def test_a_tab_that_is_not_there_tells_nothing_of_its_kernel(seen: Seen) -> None:
    now = verdict(seen, COLAB)
    if seen.tab != "attached":
        assert (now.kernel, now.connection) == ("unknown", "unknown")
        assert now.phase in {"sleeping", "gone"}


@given(attached, loads, pasts)
def test_a_limit_or_a_persons_dialog_wins_over_all_else_and_stops_every_duty(
    seen: Seen, load: Load, past: Past
) -> None:
    assert seen.page is not None
    stops = [alarm.kind for alarm in seen.page.alarms if alarm.kind in STOPS_DUTIES]
    assume(stops)
    now = verdict(seen, COLAB)
    assert now.finding == find(stops[0])
    assert now.phase == ("limited" if stops[0] in LIMITS else "needs_you")
    situation = Situation(now, load, run_interrupted=True, had_runtime=True)
    assert decide(situation, Duties(), past, 1e9) == ()


@given(disagreements(), loads, pasts)
def test_witnesses_that_disagree_stop_every_duty(seen: Seen, load: Load, past: Past) -> None:
    now = verdict(seen, COLAB)
    assert now.agree is False
    situation = Situation(now, load, run_interrupted=True, had_runtime=True)
    assert decide(situation, Duties(), past, 1e9) == ()


@given(loads, pasts, st.floats(0, HEARING_S, exclude_max=True))
def test_a_page_whose_kernel_may_be_heard_in_a_moment_is_not_cleared_and_that_is_all(
    load: Load, past: Past, unheard_s: float
) -> None:
    past = msgspec.structs.replace(past, clear_at=0.0)
    heard = Situation(RUNNING, load)
    unheard = msgspec.structs.replace(heard, unheard_s=unheard_s)
    silent = msgspec.structs.replace(heard, unheard_s=HEARING_S)
    *others, clear = decide(heard, Duties(), past, 1e9)
    assert clear == "clear"
    assert decide(unheard, Duties(), past, 1e9) == tuple(others)
    assert decide(silent, Duties(), past, 1e9) == (*others, clear)


@given(attached)
def test_witnesses_disagree_only_where_both_have_said_so_for_a_while(seen: Seen) -> None:
    now = verdict(seen, COLAB)
    if now.agree is not None:
        assert seen.wire is not None
        assert now.wire_says == seen.wire.kernel
    if now.agree is False:
        assert now.page_says != now.wire_says
        assert seen.page_since_s >= SETTLE_S
    if now.agree is True:
        assert now.page_says == now.wire_says


words: st.SearchStrategy[Kernel] = st.sampled_from(["busy", "idle"])


@given(pages, findings, words)
def test_without_the_wire_the_pages_word_counts(
    page: PageReading, standing: Finding | None, word: Kernel
) -> None:
    states: dict[StateName, int] = {"control": 0, "connected": 0}
    if word == "busy":
        states["running"] = 0
    page = msgspec.structs.replace(page, states=states)
    for wire in (None, WireReading(word, open=False), WireReading("unknown", open=True)):
        now = verdict(Seen("attached", page, wire, standing=standing), COLAB)
        assert now.kernel == now.page_says == word
        assert now.agree is None


@given(attached)
def test_a_run_that_waits_for_input_needs_a_person_and_counts_as_running(seen: Seen) -> None:
    now = verdict(seen, COLAB)
    if now.finding is not None and now.finding.kind == "input_request" and now.kernel == "busy":
        assert now.phase == "needs_you"
        assert now.running


@given(page=pages, more=st.sampled_from([{}, {"signed_out": 0}]))
def test_a_page_stops_the_duties_for_each_alarm_of_such_a_kind_and_where_it_is_signed_out(
    page: PageReading, more: dict[StateName, int]
) -> None:
    shown = msgspec.structs.replace(page, states=page.states | more)
    kinds = {alarm.kind for alarm in page.alarms} & STOPS_DUTIES
    assert set(shown.stops) == kinds | ({"sign_in"} if "signed_out" in shown.states else set())


@given(pages, seconds, seconds)
def test_a_kernel_that_is_dead_stays_so_and_its_lost_page_interrupted_nothing(
    page: PageReading, since_s: float, heard_s: float
) -> None:
    lost = msgspec.structs.replace(page, states={"press_connect": 0}, alarms=())
    wire = WireReading("dead", open=False, since_s=since_s, heard_s=heard_s)
    seen = Seen("attached", lost, wire, had_runtime=True, run_interrupted=True)
    found = verdict(seen, JUPYTERLAB)
    assert (found.phase, found.connection, found.kernel) == ("ended", "disconnected", "dead")
