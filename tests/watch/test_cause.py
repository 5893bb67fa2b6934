"""Why something ended: said on evidence only, with its figures, and unknown where it is unknown."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from colab_cdp_agent.watch.cause import LONGEST_EVIDENCE, CauseKind, cause_of
from colab_cdp_agent.watch.clock import Slept
from colab_cdp_agent.watch.ending import Ending, Shown
from colab_cdp_agent.watch.profile import AttentionKind

HOUR = 3600.0
MINUTE = 60.0
GIB = 2**30
NOW = 1_790_000_000.0
DISCONNECTED = Shown("disconnected", "Runtime disconnected")
MAY_SAY_MEMORY = ("MemoryError", "OutOfMemoryError", "RuntimeError")
TABLE = Path(__file__).parents[2] / "docs" / "causes.md"

numbers = st.none() | st.floats()
sizes = st.none() | st.integers(-(2**70), 2**70)
texts = st.text(st.characters(exclude_categories=()))
sleeps = st.builds(
    Slept, st.floats(), st.floats(), st.floats(), st.sampled_from(["slept", "stood_still"])
)
endings = st.builds(
    Ending,
    what=st.sampled_from(["run", "connection"]),
    at=numbers,
    shown=st.lists(st.builds(Shown, st.sampled_from(get_args(AttentionKind)), texts)).map(tuple),
    kernel=st.sampled_from([None, "dead", "restarting"]),
    reply=st.sampled_from([None, "ok", "aborted"]),
    error=st.none() | st.sampled_from([*MAY_SAY_MEMORY, "KeyboardInterrupt"]) | texts,
    error_text=st.none() | texts,
    restart_asked=st.none() | st.booleans(),
    page_shows=st.sampled_from([None, "succeeded", "failed"]),
    lived_s=numbers,
    idle_s=numbers,
    offline=st.none() | st.booleans(),
    lost_together=st.integers(0, 10**6),
    slept=st.none() | sleeps,
    tab=st.sampled_from([None, "sleeping", "crashed", "gone"]),
    chrome_gone=st.booleans(),
    ram_used=sizes,
    ram_total=sizes,
)


def slept(hours: float, began: float | None = None) -> Slept:
    start = NOW - hours * HOUR if began is None else began
    return Slept(start, start + hours * HOUR, hours * HOUR, "slept")


def ended(**seen: Any) -> tuple[str, str]:
    cause = cause_of(Ending(**seen))
    return cause.kind, cause.evidence


@given(endings)
@example(Ending(lived_s=1e308, idle_s=1e308, shown=(DISCONNECTED,)))
@example(Ending(shown=(Shown("usage_limit", "x " * 500),)))
def test_every_ending_has_a_cause_and_evidence_of_one_short_line(ending: Ending) -> None:
    cause = cause_of(ending)
    assert cause.kind in get_args(CauseKind)
    assert cause.evidence or cause.kind == "unknown"
    assert len(cause.evidence) <= LONGEST_EVIDENCE
    assert cause.evidence.isprintable()


@pytest.mark.parametrize("what", ["run", "connection"])
def test_what_nobody_saw_is_unknown(what: str) -> None:
    assert ended(what=what) == ("unknown", "")


@pytest.mark.parametrize(
    ("cause", "seen", "says"),
    [
        ("finished", {"reply": "ok"}, "ended well"),
        ("finished", {"page_shows": "succeeded", "lost_together": 2}, "page shows"),
        ("error", {"error": "ValueError"}, "ended with ValueError."),
        ("error", {"reply": "aborted"}, "a cell before it failed"),
        ("error", {"page_shows": "failed"}, "page shows"),
        ("by_hand", {"error": "KeyboardInterrupt"}, "KeyboardInterrupt"),
        ("by_hand", {"restart_asked": True, "kernel": "restarting"}, "restarted"),
        ("by_hand", {"restart_asked": False, "kernel": "dead"}, "shut down"),
        ("unknown", {"restart_asked": False, "shown": (DISCONNECTED,)}, "page showed"),
        ("usage_limit", {"shown": (Shown("usage_limit", "Cannot connect"),)}, "(“Cannot connect”)"),
        ("usage_limit", {"shown": (Shown("account_blocked"),)}, "a block of this account."),
        ("kernel_died", {"kernel": "dead"}, "its channel says"),
        ("kernel_died", {"shown": (Shown("kernel_died"),)}, "Colab says"),
        ("kernel_restarted", {"kernel": "restarting"}, "started anew"),
        ("chrome_gone", {"chrome_gone": True, "tab": "gone"}, "Chrome had ended"),
        ("tab_closed", {"tab": "gone"}, "closed"),
        ("tab_asleep", {"tab": "sleeping"}, "discarded"),
        ("tab_asleep", {"tab": "crashed"}, "crashed"),
        ("network_lost", {"offline": True}, "no network."),
        ("network_lost", {"offline": True, "lost_together": 3}, "and 3 other notebooks"),
        ("network_lost", {"lost_together": 1}, "Another notebook lost its connection"),
        ("host_slept", {"at": NOW, "slept": slept(7.5)}, "slept for 7.5 h."),
        ("idle_limit", {"shown": (Shown("still_there"),)}, "had no answer"),
        ("idle_limit", {"shown": (Shown("captcha"),)}, "captcha"),
        ("unknown", {"shown": (Shown("backend_error", "502"),)}, "backend_error (“502”)"),
    ],
)
def test_each_witness_alone_is_believed(cause: str, seen: dict[str, Any], says: str) -> None:
    kind, evidence = ended(**seen)
    assert kind == cause
    assert says in evidence


@pytest.mark.parametrize(
    ("lived", "idle", "cause", "figures"),
    [
        (11.8 * HOUR, 0.0, "lifetime_limit", "lived for 11.8 h, and something ran to the end"),
        (24.0 * HOUR, 5 * MINUTE, "lifetime_limit", "lived for 24.0 h, and nothing had run for 5"),
        (12.0 * HOUR, None, "lifetime_limit", "lived for 12.0 h."),
        (3.2 * HOUR, 92 * MINUTE, "idle_limit", "nothing had run for 92 min"),
        (None, 90 * MINUTE, "idle_limit", "nothing had run for 90 min"),
        (15.0 * HOUR, 2.5 * HOUR, "idle_limit", "lived for 15.0 h, and nothing had run for 2.5 h"),
        (15.0 * HOUR, 0.0, "unknown", "lived for 15.0 h"),
        (3.0 * HOUR, 20 * MINUTE, "unknown", "nothing had run for 20 min"),
        (11.9 * HOUR, 95 * MINUTE, "unknown", "lived for 11.9 h, and nothing had run for 95 min"),
        (None, None, "unknown", "Runtime disconnected"),
    ],
)
def test_colabs_one_text_for_two_limits_is_told_apart_by_figures_or_not_at_all(
    lived: float | None, idle: float | None, cause: str, figures: str
) -> None:
    kind, evidence = ended(what="connection", shown=(DISCONNECTED,), lived_s=lived, idle_s=idle)
    assert kind == cause
    assert figures in evidence
    assert "Runtime disconnected" in evidence


def test_a_night_asleep_explains_the_text_though_the_runtime_would_be_old_by_now() -> None:
    kind, evidence = ended(
        what="connection", at=NOW, shown=(DISCONNECTED,), lived_s=11.9 * HOUR, idle_s=0.0,
        slept=slept(10),
    )  # fmt: skip
    assert kind == "host_slept"
    assert (
        "slept for 10.0 h, and Colab tells of a lost runtime (“Runtime disconnected”)" in evidence
    )


def test_a_nap_does_not_explain_the_text() -> None:
    kind, _evidence = ended(
        what="connection", at=NOW, shown=(DISCONNECTED,), lived_s=12 * HOUR, slept=slept(0.1)
    )
    assert kind == "lifetime_limit"


def test_a_sleep_that_began_after_the_end_is_no_cause() -> None:
    assert ended(at=NOW, slept=slept(8, began=NOW + 60))[0] == "unknown"


@pytest.mark.parametrize("kind", ["stood_still", "clock_set"])
def test_only_sleep_is_sleep(kind: Any) -> None:
    assert ended(at=NOW, slept=Slept(NOW - HOUR, NOW, HOUR, kind))[0] == "unknown"


@pytest.mark.parametrize("death", [{"kernel": "dead"}, {"shown": (Shown("kernel_died"),)}])
def test_full_ram_before_a_death_suggests_the_cause_and_says_so(death: dict[str, Any]) -> None:
    kind, evidence = ended(**death, ram_used=round(12.4 * GIB), ram_total=round(12.7 * GIB))
    assert kind == "out_of_memory"
    assert "12.4 of 12.7 GB" in evidence
    assert "suggests" in evidence
    assert ended(**death, ram_used=6 * GIB, ram_total=13 * GIB)[0] == "kernel_died"
    assert ended(**death, ram_used=6 * GIB)[0] == "kernel_died"


def test_full_ram_without_a_death_is_no_cause() -> None:
    assert ended(ram_used=13 * GIB, ram_total=13 * GIB)[0] == "unknown"


def test_out_of_memory_is_certain_where_colab_says_so() -> None:
    kind, evidence = ended(
        kernel="restarting", shown=(Shown("out_of_memory", "Your session crashed"),)
    )
    assert kind == "out_of_memory"
    assert evidence == "Colab says that all RAM was used (“Your session crashed”)."


@pytest.mark.parametrize(
    ("error", "message", "note"),
    [
        ("MemoryError", "", "more memory than there was"),
        ("OutOfMemoryError", "CUDA out of memory. Tried to allocate", "accelerator's memory"),
        ("torch.cuda.OutOfMemoryError", "", "accelerator's memory"),
        ("RuntimeError", "CUDA out of memory", "accelerator's memory"),
        ("XlaRuntimeError", "RESOURCE_EXHAUSTED: Out of memory", "accelerator's memory"),
        ("RuntimeError", "shapes differ", "ended with RuntimeError."),
    ],
)
def test_an_error_of_memory_is_an_error_of_the_run(error: str, message: str, note: str) -> None:
    kind, evidence = ended(error=error, error_text=message)
    assert kind == "error"
    assert note in evidence


def test_a_lost_connection_is_not_explained_by_how_a_run_went() -> None:
    went = {"reply": "ok", "error": "ValueError", "page_shows": "failed"}
    assert ended(what="connection", **went)[0] == "unknown"


def test_the_newest_heading_of_a_kind_is_quoted() -> None:
    shown = (Shown("usage_limit", "old"), Shown("usage_limit", "new"), Shown("captcha", "other"))
    assert ended(shown=shown)[1].endswith("(“new”).")


@pytest.mark.parametrize(
    "secret",
    [
        "someone@example.org",
        "https://x.prod.colab.dev/?token=abc",
        "ya29.a0AfH6SMBx1234567890abcdef",
    ],
)
def test_no_secret_of_a_page_or_a_traceback_is_in_the_evidence(secret: str) -> None:
    evidence = ended(shown=(Shown("usage_limit", f"Signed in as {secret} until"),))[1]
    assert "(“Signed in as … until”)" in evidence
    assert secret not in ended(error="ValueError", error_text=secret)[1]
    assert ended(error=f"{secret} !")[1] == "The run ended with an error."


def test_every_cause_is_explained_in_the_docs() -> None:
    rows = re.findall(r"^\| `(\w+)` \|(?: [^|]+ \|){3}$", TABLE.read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(get_args(CauseKind))
