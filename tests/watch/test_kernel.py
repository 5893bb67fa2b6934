"""What a conversation between page and kernel comes to, message by message."""

import itertools
import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.watch import facts
from colab_cdp_agent.watch.kernel import Conversation
from colab_cdp_protocols import jupyter

numbers = itertools.count()


def message(
    kind: str,
    content: dict[str, Any] | None = None,
    *,
    run: str | None = "R",
    of: str = "execute_request",
    process: str = "P",
    number: str | None = None,
) -> jupyter.Message:
    """Return a kernel's message: about a run, or without a parent where `run` is None."""
    parent = {"msg_id": run, "msg_type": of, "session": "page"} if run is not None else {}
    frame = {
        "header": {
            "msg_id": number or f"m{next(numbers)}",
            "msg_type": kind,
            "session": process,
        },
        "parent_header": parent,
        "metadata": {},
        "content": content or {},
        "channel": "iopub",
    }
    (read,) = jupyter.messages(json.dumps(frame))
    return read


def request(run: str = "R", kind: str = "execute_request", **content: Any) -> jupyter.Message:
    """Return a page's own message."""
    return message(kind, content, run=None, process="page", number=run)


def busy(run: str = "R", **more: Any) -> jupyter.Message:
    return message("status", {"execution_state": "busy"}, run=run, **more)


def idle(run: str = "R", **more: Any) -> jupyter.Message:
    return message("status", {"execution_state": "idle"}, run=run, **more)


def begun(run: str = "R", count: int = 1) -> jupyter.Message:
    return message("execute_input", {"code": "x", "execution_count": count}, run=run)


def printed(text: str = "line\n", run: str = "R", **more: Any) -> jupyter.Message:
    return message("stream", {"name": "stdout", "text": text}, run=run, **more)


def raised(run: str = "R") -> jupyter.Message:
    content = {"ename": "ValueError", "evalue": "no", "traceback": ["Trace", "ValueError: no"]}
    return message("error", content, run=run)


def server_says(state: str) -> jupyter.Message:
    return message("status", {"execution_state": state}, run=None, process="server")


def hear(talk: Conversation, *heard: jupyter.Message, socket: str = "S") -> list[facts.Fact]:
    return [fact for each in heard for fact in talk.heard(each, socket)]


def say(talk: Conversation, *said: jupyter.Message) -> list[facts.Fact]:
    return [fact for each in said for fact in talk.said(each)]


def state(talk: Conversation) -> str:
    """Return what the kernel does; it changes from one call to the next."""
    return talk.kernel


def ends(told: Iterable[facts.Fact]) -> list[tuple[str, str]]:
    return [(fact.run, fact.outcome) for fact in told if isinstance(fact, facts.RunEnded)]


def test_nothing_heard_yet_is_unknown() -> None:
    assert Conversation().kernel == "unknown"


def test_a_run_is_told_from_its_request_to_its_end() -> None:
    talk = Conversation()
    assert not say(talk, request())
    assert state(talk) == "busy"
    told = hear(talk, busy(), begun(count=7), printed("loss 1\n"), idle())
    assert told == [
        facts.RunBegan("R", seen=True),
        facts.RunCounted("R", 7),
        facts.Printed("stdout", "loss 1\n"),
        facts.RunEnded("R", "finished"),
    ]
    assert state(talk) == "idle"


def test_one_message_in_the_middle_of_a_run_says_that_it_runs() -> None:
    for met in (printed(), raised(), begun(), message("display_data", {"data": {}})):
        talk = Conversation()
        told = hear(talk, met)
        assert state(talk) == "busy"
        assert isinstance(told[0], facts.RunBegan)
        assert told[0].seen == (met.header.msg_type == "execute_input")


def test_a_failure_is_told_with_its_last_line_and_the_cells_behind_it_are_dropped() -> None:
    talk = Conversation()
    say(talk, request("A"), request("B"))
    told = hear(talk, busy("A"), begun("A"), raised("A"), idle("A"))
    (end,) = [fact for fact in told if isinstance(fact, facts.RunEnded)]
    assert end.outcome == "failed"
    assert str(end.failure) == "ValueError: no"
    assert facts.Printed("traceback", "Trace\nValueError: no\n") in told
    assert state(talk) == "busy"
    hear(talk, message("execute_reply", {"status": "aborted"}, run="B"))
    assert state(talk) == "idle"


def test_a_cell_that_is_dropped_is_no_run_though_the_kernel_is_busy_for_it() -> None:
    talk = Conversation()
    say(talk, request("A"), request("B"))
    told = hear(talk, busy("A"), begun("A"), raised("A"), idle("A"), busy("B"), idle("B"))
    assert ends(told) == [("A", "failed")]
    assert state(talk) == "idle"
    assert not hear(talk, message("execute_reply", {"status": "aborted"}, run="B"))


def test_between_two_cells_of_a_row_the_kernel_is_busy() -> None:
    talk = Conversation()
    say(talk, request("A"), request("B"))
    hear(talk, busy("A"), begun("A"), idle("A"))
    assert state(talk) == "busy"
    hear(talk, busy("B"), begun("B"), idle("B"))
    assert state(talk) == "idle"


def test_questions_of_the_front_end_are_no_run() -> None:
    talk = Conversation()
    ask = {"of": "kernel_info_request", "run": "K"}
    hear(talk, message("status", {"execution_state": "busy"}, **ask))
    assert state(talk) == "unknown"
    hear(talk, message("status", {"execution_state": "idle"}, **ask))
    assert state(talk) == "idle"
    hear(talk, printed())
    hear(talk, message("status", {"execution_state": "idle"}, of="debug_request", run="D"))
    hear(talk, message("status", {"execution_state": "idle"}, **ask))
    assert state(talk) == "busy"


def test_a_silent_request_is_no_run() -> None:
    talk = Conversation()
    say(talk, request("Q", silent=True))
    assert not hear(talk, busy("Q"), idle("Q"))
    assert state(talk) == "unknown"


def test_a_message_that_comes_twice_counts_once() -> None:
    talk = Conversation()
    line = printed(number="same")
    told = hear(talk, line, line)
    assert sum(isinstance(fact, facts.Printed) for fact in told) == 1


def test_a_thread_that_prints_after_its_run_is_kept_and_starts_no_run() -> None:
    talk = Conversation()
    hear(talk, busy(), begun(), idle())
    assert hear(talk, printed("late\n")) == [facts.Printed("stdout", "late\n")]
    assert state(talk) == "idle"


def test_a_dead_kernel_is_told_once_and_ends_its_run() -> None:
    talk = Conversation()
    hear(talk, begun())
    told = hear(talk, server_says("restarting"), server_says("starting"))
    assert told == [
        facts.RunEnded("R", "kernel_died"),
        facts.KernelDied(restarts=True),
    ]
    assert state(talk) == "starting"
    assert not hear(talk, idle("K", of="kernel_info_request", process="P2"))
    assert state(talk) == "idle"
    assert hear(talk, server_says("dead")) == [facts.KernelDied(restarts=False)]
    assert state(talk) == "dead"


def test_a_restart_that_a_person_asked_for_is_no_death() -> None:
    talk = Conversation()
    hear(talk, begun())
    told = hear(talk, shutdown_reply(restart=True), server_says("restarting"))
    assert ends(told) == [("R", "kernel_restarted")]
    assert not any(isinstance(fact, facts.KernelDied) for fact in told)
    assert facts.KernelRestarted() in told


def shutdown_reply(*, restart: bool) -> jupyter.Message:
    """Return what a kernel says before it ends because it was asked to."""
    return message("shutdown_reply", {"restart": restart}, of="shutdown_request", run="X")


def test_a_kernel_that_is_shut_down_is_dead_and_was_not_restarted() -> None:
    talk = Conversation()
    hear(talk, begun())
    told = hear(talk, shutdown_reply(restart=False))
    assert told == [facts.KernelShutDown(), facts.RunEnded("R", "kernel_shut_down")]
    assert not hear(talk, idle(), server_says("dead"))
    assert state(talk) == "dead"
    assert list(talk.closed("S")) == [facts.Deafened()]
    assert state(talk) == "dead"
    assert not hear(talk, idle("K", of="kernel_info_request", process="P2"), socket="T")
    assert state(talk) == "idle"


@pytest.mark.parametrize(("restart", "rests"), [(True, "starting"), (False, "dead")])
def test_the_last_words_of_a_kernel_that_ends_are_kept_and_begin_no_run(
    *, restart: bool, rests: str
) -> None:
    talk = Conversation()
    hear(talk, begun())
    hear(talk, shutdown_reply(restart=restart))
    told = hear(talk, raised(), idle(), busy("next"), begun("next"), printed("1\n", "next"))
    assert told == [
        facts.Printed("traceback", "Trace\nValueError: no\n"),
        facts.Printed("stdout", "1\n"),
    ]
    hear(talk, idle("next"))
    assert state(talk) == rests


def test_a_kernel_that_has_the_session_of_the_one_before_is_heard() -> None:
    talk = Conversation()
    hear(talk, begun())
    hear(talk, shutdown_reply(restart=True), server_says("starting"))
    assert hear(talk, busy("next"), begun("next"))[0] == facts.RunBegan("next", seen=True)


def test_a_run_whose_request_was_heard_is_seen_from_its_beginning_whatever_comes_first() -> None:
    talk = Conversation()
    say(talk, request())
    told = hear(talk, message("input_request", {"prompt": "name? "}), begun())
    assert told[0] == facts.RunBegan("R", seen=True)


def test_an_input_request_waits_for_its_answer() -> None:
    talk = Conversation()
    hear(talk, begun(), message("input_request", {"prompt": "name? "}))
    assert talk.asks == "name? "
    assert say(talk, request("I", "input_reply", value="x")) == [facts.Answered()]
    assert talk.asks is None
    assert state(talk) == "busy"


def test_after_a_new_connection_the_same_kernel_is_told_from_a_fresh_one() -> None:
    talk = Conversation()
    hear(talk, begun(), socket="old")
    assert list(talk.closed("old")) == [facts.Deafened()]
    assert state(talk) == "unknown"
    assert facts.RuntimeMet(same=True) in hear(talk, printed(), socket="new")
    assert state(talk) == "busy"
    list(talk.closed("new"))
    told = hear(talk, idle("K", of="kernel_info_request", process="fresh"), socket="third")
    assert ends(told) == [("R", "lost")]
    assert facts.RuntimeMet(same=False) in told
    assert state(talk) == "idle"


def test_another_kernel_of_the_same_page_is_no_fresh_runtime() -> None:
    talk = Conversation()
    hear(talk, begun("A"), socket="one")
    told = hear(talk, idle("K", of="kernel_info_request", process="other"), socket="two")
    assert not any(isinstance(fact, facts.RuntimeMet) for fact in told)


def test_a_run_whose_end_nobody_heard_is_lost_and_never_finished() -> None:
    talk = Conversation()
    hear(talk, begun(), socket="old")
    list(talk.closed("old"))
    told = hear(talk, idle("K", of="kernel_info_request"), socket="new")
    assert ends(told) == [("R", "lost")]


kinds = st.sampled_from(
    ["status", "stream", "execute_input", "execute_reply", "error", "input_request",
     "shutdown_reply", "clear_output", "display_data", "comm_msg", "input_reply",
     "execute_request", "shutdown_request"]
)  # fmt: skip
contents = st.fixed_dictionaries(
    {},
    optional={
        "execution_state": st.sampled_from(["busy", "idle", "starting", "restarting", "dead", ""]),
        "name": st.sampled_from(["stdout", "stderr"]),
        "text": st.text(max_size=5),
        "execution_count": st.none() | st.integers(0, 9) | st.text(max_size=2),
        "status": st.sampled_from(["ok", "error", "aborted"]),
        "silent": st.booleans(),
        "wait": st.booleans(),
        "prompt": st.text(max_size=3),
        "restart": st.booleans(),
    },
)
steps = st.one_of(
    st.builds(
        lambda kind, content, run, process, of: ("hear", message(
            kind, content, run=run, process=process, of=of
        )),
        kinds, contents, st.sampled_from([None, "A", "B"]), st.sampled_from(["P", "Q", ""]),
        st.sampled_from(["execute_request", "kernel_info_request", "debug_request"]),
    ),
    st.builds(
        lambda kind, content, run: ("say", message(kind, content, run=None, number=run)),
        kinds, contents, st.sampled_from(["A", "B", "C"]),
    ),
    st.just(("close", None)),
    st.just(("deaf", None)),
)  # fmt: skip


@given(st.lists(steps, max_size=40))
def test_whatever_is_said_every_run_begins_before_it_ends_and_ends_once(
    story: list[tuple[str, Any]],
) -> None:
    talk = Conversation()
    told: list[facts.Fact] = []
    for what, each in story:
        if what == "hear":
            told += talk.heard(each, "S")
        elif what == "say":
            told += talk.said(each)
        else:
            told += talk.closed("S") if what == "close" else talk.deafened()
        assert state(talk) in {"unknown", "idle", "busy", "starting", "dead"}
        assert talk.asks is None or talk.run is not None
    told += talk.left()
    assert talk.run is None
    going: str | None = None
    for fact in told:
        if isinstance(fact, facts.RunBegan):
            assert going is None
            going = fact.run
        elif isinstance(fact, facts.RunEnded):
            assert going == fact.run
            going = None
    assert going is None


def test_a_successor_that_has_the_session_of_the_one_before_is_heard() -> None:
    talk = Conversation()
    hear(talk, begun())
    hear(talk, shutdown_reply(restart=True), server_says("restarting"))
    say(talk, request("next"))
    told = hear(talk, busy("next"), begun("next"), idle("next"))
    assert [type(fact) for fact in told][:1] == [facts.RunBegan]
    assert state(talk) == "idle"


def test_a_restart_that_the_page_asks_for_over_the_socket_is_told_once() -> None:
    talk = Conversation()
    hear(talk, begun())
    say(talk, request("X", "shutdown_request"))
    told = hear(talk, shutdown_reply(restart=True), server_says("restarting"))
    assert told == [facts.KernelRestarted(), facts.RunEnded("R", "kernel_restarted")]
