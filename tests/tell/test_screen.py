"""The terminal: what a page says never steers it, and machines get one JSON line a change."""

import asyncio
import json
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

import samples
from colab_cdp_agent.log import Format
from colab_cdp_agent.printable import printable
from colab_cdp_agent.tell import screen as screen_module
from colab_cdp_agent.tell.screen import Screen, detail, notice, rank, standing
from colab_cdp_protocols import mqtt

# Rich's markup, emoji codes, and what would be a closing tag without an opening one.
TRICKY = "saved to [/content/drive] [bold]:smile:[/bold] [link=x]"
ALARM = mqtt.Attention("captcha", samples.MOMENT, "Solve \x1b[31mit\x07 in [/the] tab.")


@given(st.text(st.characters(exclude_categories=())))
def test_printable_leaves_nothing_that_steers(text: str) -> None:
    plain = printable(text)
    assert plain.isprintable()
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs"} for character in plain)
    assert printable(plain) == plain


@given(st.text(st.characters(exclude_categories=("C", "Zl", "Zp", "Zs"))))
def test_printable_leaves_ordinary_text_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\x1b[1;31mloss\x1b[0m 0.3", "loss 0.3"),
        ("\x1b[2K\x1b[1A50%", "50%"),
        ("\x1b]0;a title\x07text", "text"),
        ("\x1b]8;;https://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP1$q\x1b\\a\x1b(Bb\x1bMc", "abc"),
        ("\x9b31mred", "red"),
        ("a\rb\nc\td", "a b c d"),
        ("a\x1b", "a "),
        ("훈련 é 🚀", "훈련 é 🚀"),
        ("\u202egnp.exe", " gnp.exe"),
        ("half \ud83d", "half  "),
    ],
)
def test_printable_takes_out_whole_sequences(text: str, plain: str) -> None:
    assert printable(text) == plain


@given(samples.states)
def test_every_state_has_a_colour_and_a_printable_line(state: mqtt.State) -> None:
    assert screen_module.COLOURS[state.phase]
    assert detail(state).isprintable()
    assert notice(state).isprintable()


def nothing() -> None:
    """Change nothing."""


def shown(
    form: Format,
    states: dict[str, mqtt.State],
    monkeypatch: pytest.MonkeyPatch,
    changes: Sequence[Callable[[], None]] = (),
    terminal: Console | None = None,
) -> None:
    """Show the states, and again after each of the changes."""
    todo = iter(changes)

    async def story() -> None:
        over = asyncio.Event()

        async def between(_seconds: float) -> None:
            change = next(todo, None)
            if change is None:
                over.set()
                await asyncio.Event().wait()
            else:
                change()

        class Between:
            sleep = staticmethod(between)

        monkeypatch.setattr(screen_module, "asyncio", Between)
        screen = Screen(form, states, lambda: ("Chrome: fine [/x]\x1b[2J", "MQTT: fine"))
        if terminal is not None:
            screen._console = terminal
        running = asyncio.create_task(screen.run())
        waiting = asyncio.create_task(over.wait())
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        running.cancel()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(story())


def test_of_several_browsers_each_notebook_names_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    title = "a-very-long-title-of-a-notebook-that-is-open-in-both"
    states = {name: samples.state(name, title=title, browser=name) for name in ("work", "home")}
    shown("text", states, monkeypatch)
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"running      {title} (work)",
        f"running      {title} (home)",
    ]
    terminal = Console(force_terminal=True, width=60, markup=False, record=True)
    shown("text", states, monkeypatch, terminal=terminal)
    capsys.readouterr()
    drawn = terminal.export_text()
    assert "work" in drawn
    assert "home" in drawn


def test_a_headline_names_each_of_several_browsers() -> None:
    work = mqtt.BrowserInfo("work", "connected", "Chrome/156.0", samples.MOMENT, None)
    home = mqtt.BrowserInfo("home", "waiting", None, samples.MOMENT, "nothing listens")
    assert [*map(standing, (work, home))] == ["work 156.0", "home waiting (nothing listens)"]
    alone = mqtt.ChromeInfo("connected", "Chrome/156.0", samples.MOMENT, None)
    assert standing(alone) == "156.0"


def test_plain_lines_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    states = {
        "a": samples.state("a", title=TRICKY),
        "b": samples.state("b", title="훈련", phase="needs_you", attention=ALARM),
    }
    shown("text", states, monkeypatch)
    assert capsys.readouterr().out.splitlines() == [
        "Chrome: fine [/x] · MQTT: fine",
        f"running      {TRICKY}",
        "needs_you    훈련  Solve it  in [/the] tab.",
    ]


def test_a_line_comes_again_only_when_it_changed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    states = {"a": samples.state("a"), "b": samples.state("b")}

    def change() -> None:
        states["b"] = samples.state("b", phase="ended")

    shown("text", states, monkeypatch, (nothing, change, nothing))
    lines = capsys.readouterr().out.splitlines()[1:]
    assert lines == ["running      train", "running      train", "ended        train"]


def test_a_long_line_is_not_broken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown("text", {"a": samples.state("a", title="x" * 500)}, monkeypatch)
    assert f"running      {'x' * 500}" in capsys.readouterr().out.splitlines()


def test_json_lines_are_states_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    states = {"a": samples.state("a", title=f"{TRICKY}\n\x1b[0m \ud83d")}

    def change() -> None:
        states["b"] = samples.state("b", phase="idle")

    shown("json", states, monkeypatch, (change,))
    first, second = capsys.readouterr().out.splitlines()
    assert json.loads(first)["title"] == f"{TRICKY}\n\x1b[0m ?"
    assert mqtt.decode(mqtt.STATE, second.encode()) == states["b"]


@pytest.mark.parametrize("width", [2, 20, 40, 120])
def test_a_terminal_shows_any_text_as_text(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    screen = Screen("text", {}, str)
    told = screen._console
    options: dict[str, Any] = {"markup": told._markup, "emoji": told._emoji, "highlight": False}
    console = Console(force_terminal=True, record=True, width=width, **options)
    states = {
        "a": samples.state("a", title=TRICKY, output=mqtt.Output(last_line=TRICKY)),
        "b": samples.state("b", title="\x1b]0;evil\x07b", attention=ALARM, phase="needs_you"),
    }
    shown("text", states, monkeypatch, (nothing,), console)
    text = console.export_text(styles=True)
    assert "\x1b]0;" not in text
    assert "\x07" not in text
    assert "\x1b[2J" not in text
    if width == 120:
        assert TRICKY[:20] in text


NIGHT = [
    ("idle", "Aufräumen", None),
    ("running", "z-train", None),
    ("ended", "done", None),
    ("running", "llama-lora-finetune-with-a-long-name-2026-03", None),
    ("unreadable", "new page", mqtt.Attention("unreadable", samples.MOMENT, "It does not fit.")),
    (
        "ended",
        "failed",
        mqtt.Attention(
            "run_failed", samples.MOMENT, "The run failed: read its traceback in the notebook."
        ),
    ),
    ("limited", "vit", mqtt.Attention("usage_limit", samples.MOMENT, "A usage limit is reached.")),
    ("needs_you", "bert", mqtt.Attention("captcha", samples.MOMENT, "Solve the captcha.")),
]
HEADLINE = ("Chrome: fine [/x]", "MQTT: fine")
ROWS = ("bert", "failed", "new page", "vit", "llama-lora", "z-train", "Aufräumen", "done")


@pytest.mark.parametrize("width", [80, 120])
def test_a_night_of_eight_fits_a_terminal_and_begins_with_those_who_need_a_person(
    monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    states = {
        title: samples.state(
            title, title=title, phase=phase, attention=attention,
            runtime=mqtt.Runtime(accelerator="A100"),
            output=mqtt.Output(page_lines=4_321, last_line="step 12000/36000 loss 0.4321 " * 3),
        )
        for phase, title, attention in NIGHT
    }  # fmt: skip
    console = Console(
        force_terminal=True, record=True, width=width, height=24, markup=False, emoji=False
    )
    shown("text", states, monkeypatch, (), console)
    text = console.export_text()
    last = text[text.rindex("needs_you") :]
    lines = last.splitlines()
    assert len(lines) < console.height
    assert max(map(len, lines)) <= width
    places = [last.index(begin) for begin in ROWS]
    assert places == sorted(places)
    assert [line.rstrip() for line in lines[-2:]] == ["Chrome: fine [/x]", "MQTT: fine"]
    for _, _, attention in NIGHT:
        assert attention is None or set(attention.text.split()) <= set(last.split())


@pytest.mark.parametrize(("width", "height"), [(30, 8), (40, 12), (50, 12), (80, 8)])
def test_a_small_terminal_shows_a_notice_on_lines_of_its_own_and_keeps_its_headline(
    monkeypatch: pytest.MonkeyPatch, width: int, height: int
) -> None:
    states = {
        title: samples.state(title, title=title, phase=phase, attention=attention)
        for phase, title, attention in NIGHT
    }
    console = Console(
        force_terminal=True, record=True, width=width, height=height, markup=False, emoji=False
    )
    shown("text", states, monkeypatch, (), console)
    text = console.export_text()
    lines = [line.strip() for line in text[text.rindex("needs_you") :].splitlines()]
    assert len(lines) <= height
    assert "Solve the captcha." in (lines[1] if width < 60 else lines[0])
    assert lines[-3].startswith("and ")
    assert lines[-2:] == [*HEADLINE]


def test_what_a_person_is_to_do_is_cut_only_where_the_terminal_has_no_room_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = " ".join(f"word{number}" for number in range(60))
    alarm = mqtt.Attention("captcha", samples.MOMENT, told)
    states = {"a": samples.state("a", title="bert", phase="needs_you", attention=alarm)}
    drawn = []
    for height in (8, 40):
        console = Console(force_terminal=True, record=True, width=30, height=height, markup=False)
        shown("text", states, monkeypatch, (), console)
        drawn.append(console.export_text())
    low, high = drawn
    assert "…" in low
    assert "word59" not in low
    assert set(told.split()) <= set(high.split())
    for text in drawn:
        assert [line.rstrip() for line in text.splitlines()[-2:]] == [*HEADLINE]


FAR = mqtt.Progress(fraction=0.42, epoch=2, step=5_040, total=12_000, eta_s=4_200.0)


@pytest.mark.parametrize(
    ("progress", "told"),
    [
        ({}, "42 % · 1 h 10 min left · step 5040"),
        ({"metrics": {"loss": 0.12344, "acc": 0.9}}, "42 % · 1 h 10 min left · loss 0.1234"),
        ({"eta_s": None}, "42 % · step 5040"),
        ({"eta_s": 95.0}, "42 % · 2 min left · step 5040"),
        ({"eta_s": 200_000.0}, "42 % · 2 d 7 h left · step 5040"),
        ({"fraction": 1.0, "eta_s": 0.0}, "100 % · step 5040"),
        ({"fraction": None, "eta_s": None}, "epoch 2 · step 5040"),
        ({"fraction": None, "eta_s": None, "epochs": 9}, "epoch 2 of 9 · step 5040"),
        ({"fraction": None, "eta_s": None, "epoch": None}, "step 5,040 of 12,000 · step 5040"),
    ],
)
def test_a_row_tells_how_far_a_run_is_before_what_it_printed(
    progress: dict[str, Any], told: str
) -> None:
    state = samples.state(
        progress=msgspec.structs.replace(FAR, **progress),
        output=mqtt.Output(last_line="step 5040", page_lines=12),
        runtime=mqtt.Runtime(accelerator="T4"),
    )
    assert detail(state).startswith(told)
    assert detail(state).endswith("step 5040")
    assert "T4" not in detail(state)


def test_a_run_that_tells_nothing_of_how_far_it_is_shows_what_is_known_of_it() -> None:
    state = samples.state(
        output=mqtt.Output(last_line="warming up", page_lines=1_200),
        runtime=mqtt.Runtime(accelerator="T4"),
    )
    assert detail(state) == "T4 · 1,200 lines in the page · warming up"


@pytest.mark.parametrize(("count", "often"), [(1, "once"), (2, "2 times")])
def test_how_often_a_duty_was_done_is_said_as_a_person_says_it(count: int, often: str) -> None:
    duty = mqtt.DutyState(on=True, count=count)
    told = detail(samples.state(duties=mqtt.Duties(duty, duty, duty)))
    assert told == f"cleared {often} · kept alive {often}"


def test_how_far_a_run_is_is_whole_on_a_terminal_of_80_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = mqtt.Progress(fraction=0.421, eta_s=37_200.0, metrics={"loss": 0.12344})
    states = {
        "a": samples.state(
            "a", title="llama-lora-finetune-with-a-long-name", progress=told,
            output=mqtt.Output(last_line="step 12000/36000 " * 9),
        )
    }  # fmt: skip
    console = Console(force_terminal=True, record=True, width=80, markup=False, emoji=False)
    shown("text", states, monkeypatch, (), console)
    row = next(line for line in console.export_text().splitlines() if line.startswith(" running"))
    assert "42 % · 10 h 20 min left · loss 0.1234" in row
    assert len(row) <= 80


@given(
    st.lists(samples.states, max_size=8, unique_by=lambda state: state.id).flatmap(
        lambda states: st.tuples(st.just(states), st.permutations(states))
    )
)
def test_the_order_of_the_rows_is_one_whoever_comes_first(
    night: tuple[list[mqtt.State], list[mqtt.State]],
) -> None:
    states, otherwise = night
    assert sorted(states, key=rank) == sorted(otherwise, key=rank)
    places = [rank(state)[0] for state in sorted(states, key=rank)]
    assert places == sorted(places)
    for state in states:
        needs_a_look = state.phase in mqtt.NEEDS_A_PERSON or state.attention is not None
        assert (rank(state)[0] == 0) == needs_a_look


def test_what_is_said_stays_as_it_was_said(capsys: pytest.CaptureFixture[str]) -> None:
    Screen("text", {}, str).say("keep-alive: [/x] :smile:")
    Screen("json", {}, str).say("not for machines")
    assert capsys.readouterr().out == "keep-alive: [/x] :smile:\n"
