"""What one message holds, and the fact that it tells by itself of the run that it is about. Pure.

A kernel may be of any make: content of another shape counts as a default, or tells nothing.
"""

from collections.abc import Callable
from typing import TypeVar

from colab_cdp_agent.watch.facts import Asked, Fact, Failure, OutputCleared, Printed, RunCounted
from colab_cdp_protocols import jupyter

T = TypeVar("T")
D = TypeVar("D")


def read(message: jupyter.Message, shape: type[T], default: D) -> T | D:
    """Return a message's content; one of another shape counts as the default."""
    try:
        return jupyter.content(message, shape)
    except jupyter.MalformedContentError:
        return default


def state(message: jupyter.Message) -> str:
    """Return the state that a `status` tells, empty for any other message."""
    if message.header.msg_type != "status":
        return ""
    return read(message, jupyter.Status, jupyter.Status("")).execution_state


def failure(message: jupyter.Message) -> Failure | None:
    """Return what an `error` says was raised, None where it does not say."""
    error = read(message, jupyter.Error, None)
    return None if error is None else Failure(error.ename, error.evalue)


def told(message: jupyter.Message, run: str) -> Fact | None:
    """Return what a message tells of a run: its count, what it printed, shows or asks."""
    reader = _READERS.get(message.header.msg_type)
    return None if reader is None else reader(message, run)


def _counted(message: jupyter.Message, run: str) -> Fact | None:
    count = read(message, jupyter.ExecuteInput, jupyter.ExecuteInput()).execution_count
    return None if count is None else RunCounted(run, count)


def _printed(message: jupyter.Message, _run: str) -> Fact | None:
    stream = read(message, jupyter.Stream, None)
    if stream is None:
        return None
    return Printed("stderr" if stream.name == "stderr" else "stdout", stream.text)


def _raised(message: jupyter.Message, _run: str) -> Fact | None:
    error = read(message, jupyter.Error, None)
    return None if error is None else Printed("traceback", "\n".join(error.traceback) + "\n")


def _shown(message: jupyter.Message, _run: str) -> Fact | None:
    data = read(message, jupyter.Data, None)
    return Printed("result", data.text + "\n") if data is not None and data.text else None


def _cleared(message: jupyter.Message, _run: str) -> Fact | None:
    return OutputCleared(read(message, jupyter.ClearOutput, jupyter.ClearOutput()).wait)


def _asked(message: jupyter.Message, _run: str) -> Fact | None:
    return Asked(read(message, jupyter.InputRequest, jupyter.InputRequest()).prompt)


_READERS: dict[str, Callable[[jupyter.Message, str], Fact | None]] = {
    "clear_output": _cleared,
    "display_data": _shown,
    "error": _raised,
    "execute_input": _counted,
    "execute_result": _shown,
    "input_request": _asked,
    "stream": _printed,
    "update_display_data": _shown,
}
