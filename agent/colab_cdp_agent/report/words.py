"""The words of the report, which the terminal and the page share: times, lengths, outcomes."""

from datetime import datetime, timedelta
from typing import Final

from colab_cdp_agent.report.night import Counts, Curve, Limit, Night, Notebook, Run
from colab_cdp_agent.report.timeline import NOT_WATCHED, Gap, Span, Stretch, Why
from colab_cdp_agent.spoken import counted, duration, times

OUTCOMES: Final = {
    "finished": "finished",
    "failed": "failed",
    "interrupted": "interrupted",
    "kernel_died": "the kernel died",
    "lost": "lost with its runtime",
    "unknown": "not seen to the end",
    "running": "still running",
}
WHY: Final[dict[Why, str]] = {
    "not_running": "the agent was not running",
    "killed": "the agent was cut off, or the computer",
    "slept": "the computer slept",
}
ONE_CLOCK: Final = timedelta(hours=20)
"""The time of day alone says enough of what was no longer ago than this."""


class Clock:
    """Writes moments in local time, with the day where the time of day alone could be two.

    Args:
        span: which is told of, up to the present.

    """

    def __init__(self, span: Span) -> None:
        self._span = span

    def __call__(self, at: datetime) -> str:
        """Write a moment."""
        local = at.astimezone()
        if self._span.ended - min(at, self._span.began) < ONE_CLOCK:
            return f"{local:%H:%M}"
        return f"{local:%d %b %H:%M}"

    def headline(self) -> str:
        """Return the whole span, with its days."""
        began, ended = self._span.began.astimezone(), self._span.ended.astimezone()
        end = f"{ended:%H:%M}" if began.date() == ended.date() else f"{ended:%a %d %b %Y %H:%M}"
        length = duration(self._span.seconds)
        return f"{began:%a %d %b %Y %H:%M} to {end} ({length})"

    def zone(self) -> str:
        """Return which zone the times are of."""
        began, ended = self._span.began.astimezone(), self._span.ended.astimezone()
        return " and ".join(dict.fromkeys(f"UTC{each:%z}" for each in (began, ended)))


def nothing(night: Night) -> str:
    """Return that there is nothing to tell, and whether anybody watched."""
    since = night.span.began.astimezone()
    why = "no notebook was open" if night.watched else "the agent was not running"
    return f"nothing happened since {since:%d %b %Y %H:%M}: {why}"


def phase_word(phase: str) -> str:
    """Return a phase in words."""
    return "not watched" if phase == NOT_WATCHED else phase.replace("_", " ")


def stretch_line(stretch: Stretch, clock: Clock) -> str:
    """Return a phase, and from when to when it held."""
    return f"{phase_word(stretch.phase)} from {clock(stretch.began)} to {clock(stretch.ended)}"


def phase_now(notebook: Notebook) -> str:
    """Return a notebook's phase in words; an old one is said to be that."""
    word = phase_word(notebook.phase)
    return word if notebook.seen_now else f"last seen {word}"


def number(value: float | None) -> str:
    """Return a value as short as it can be read."""
    return "not finite" if value is None else f"{value:.4g}"


def summary(night: Night) -> str:
    """Return the night in a line."""
    runs = [run for notebook in night.notebooks for run in notebook.runs]
    outcomes = [
        f"{many} {word}"
        for outcome, word in OUTCOMES.items()
        if (many := sum(run.outcome == outcome for run in runs))
    ]
    parts = [counted(len(night.notebooks), "notebook"), counted(len(runs), "run")]
    return " · ".join([*parts, *outcomes])


def gap_line(gap: Gap, clock: Clock) -> str:
    """Return when nothing was watched, and why."""
    return f"{clock(gap.began)} to {clock(gap.ended)} ({duration(gap.seconds)}): {WHY[gap.why]}"


def how_far(run: Run) -> str:
    """Return how far a run came, as far as it is known."""
    progress = run.progress
    parts = []
    if progress.epoch is not None:
        of = f" of {progress.epochs:,}" if progress.epochs is not None else ""
        parts.append(f"epoch {progress.epoch:,}{of}")
    step = progress.step if progress.step is not None else run.step
    if step is not None:
        of = f" of {progress.total:,}" if progress.total is not None else ""
        parts.append(f"step {step:,}{of}")
    if progress.fraction is not None:
        parts.append(f"{progress.fraction:.0%}")
    if run.lines:
        parts.append(f"{counted(run.lines, 'line')} printed")
    told = {curve.name for curve in run.curves}
    parts += [
        f"{name} {number(value)}" for name, value in progress.metrics.items() if name not in told
    ]
    return " · ".join(parts)


def curve_line(curve: Curve) -> str:
    """Return where a curve began and ended, and how low or high it was between."""
    numbers = curve.numbers
    first, last = curve.points[0][1], curve.points[-1][1]
    if not numbers:
        return "never a finite number"
    if len(curve.points) == 1:
        return number(last)
    between = [
        f"{word} {number(value)}"
        for word, value in (("lowest", min(numbers)), ("highest", max(numbers)))
        if value not in {first, last}
    ]
    line = f"{number(first)} → {number(last)}"
    return f"{line} ({', '.join(between)})" if between else line


def duties_line(counts: Counts) -> str:
    """Return what the agent did in the tab."""
    line = f"Cleared {times(counts.cleared)}, kept alive {times(counts.kept_alive)}."
    if counts.only_observed:
        line += f" It only observed: {times(counts.only_observed)} it would have done something."
    return line


def limit_line(limit: Limit, clock: Clock) -> str:
    """Return when a limit showed, with how much in use, and when it lifted."""
    row = limit.row
    parts = [f"{clock(row.at)} {row.kind.replace('_', ' ')} in {limit.title}"]
    parts.append(f"with {counted(row.sessions, 'session')}")
    if row.accelerator:
        parts.append(f"on {row.accelerator}")
    if row.after_s is not None:
        parts.append(f"after {duration(row.after_s)}")
    lifted = f"lifted {clock(row.lifted)}" if row.lifted is not None else "it has not lifted yet"
    return f"{' '.join(parts)}; {lifted}"
