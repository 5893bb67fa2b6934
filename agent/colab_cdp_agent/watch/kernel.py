"""What a kernel does, by its own messages: which run goes on, what it printed, how it ended.

Pure: messages and moments in, facts out. Nothing heard yet is `unknown`, never `idle`.

Source: https://jupyter-client.readthedocs.io/en/stable/messaging.html
"""

import hashlib
from collections.abc import Callable, Hashable, Iterator
from typing import TypeVar

from colab_cdp_agent.watch.facts import (
    Answered,
    Asked,
    Deafened,
    Fact,
    Failure,
    KernelDied,
    KernelRestarted,
    Outcome,
    OutputCleared,
    Printed,
    RunBegan,
    RunCounted,
    RunEnded,
    RuntimeMet,
)  # fmt: skip
from colab_cdp_protocols import jupyter
from colab_cdp_protocols.mqtt import Kernel

T = TypeVar("T")
D = TypeVar("D")

RECENT = 4096
"""How many messages are remembered to know one that is delivered twice."""
WAITING = 1000
"""How many requests may wait for the kernel; beyond that the oldest is forgotten."""
SHELL_REQUESTS = frozenset({"execute_request", "kernel_info_request", "comm_info_request"})
"""What a kernel answers one after the other: idle after one of these means that no cell runs."""


class Conversation:
    """What a page and its kernels say to each other, message by message.

    Attributes:
        kernel: what the kernel does.
        run: the message id of the request that runs, None where none is known to.
        asks: the prompt that the run waits at, None where it does not.
        runtime: a name of the kernel that is not its id.

    """

    def __init__(self) -> None:
        self.run: str | None = None
        self.asks: str | None = None
        self.runtime: str | None = None
        self._rest: Kernel = "unknown"
        self._waiting: dict[str, None] = {}  # requested, and not begun
        self._over: dict[str, None] = {}  # ended, or not to be told: silent ones
        self._recent: dict[str, None] = {}
        self._failure: Failure | None = None
        self._process: str | None = None
        self._voices: dict[Hashable, str] = {}  # the kernel process heard on each socket
        self._expected_end = False
        self._doubted = False  # something was missed since the run was last heard of

    @property
    def kernel(self) -> Kernel:
        """What the kernel does; between two cells of one request for many it is busy."""
        if self._doubted:
            return "unknown"
        if self._rest in {"dead", "starting"}:
            return self._rest
        return "busy" if self.run or self._waiting else self._rest

    def said(self, message: jupyter.Message) -> Iterator[Fact]:
        """Take a message that the page sent."""
        kind, number = message.header.msg_type, message.header.msg_id
        if kind == "execute_request":
            if _read(message, jupyter.ExecuteRequest, jupyter.ExecuteRequest()).silent:
                _remember(self._over, number, RECENT)
            else:
                _remember(self._waiting, number, WAITING)
        elif kind == "input_reply" and self.asks is not None:
            self.asks = None
            yield Answered()
        elif kind == "shutdown_request":
            self._expected_end = True

    def heard(self, message: jupyter.Message, socket: Hashable = None) -> Iterator[Fact]:
        """Take a message that the kernel, or the server before it, sent."""
        if message.header.msg_id in self._recent:
            return
        _remember(self._recent, message.header.msg_id, RECENT)
        parent = message.parent
        if parent is None:
            yield from self._server_says(message)
            return
        yield from self._know_process(message.header.session, socket)
        if message.header.msg_type == "shutdown_reply":
            yield from self._restarted()
        elif parent.msg_type == "execute_request":
            if parent.msg_id not in self._over or message.header.msg_type in _TEXT:
                yield from self._of_run(message, parent.msg_id)
        elif _state(message) == "idle" and parent.msg_type in SHELL_REQUESTS:
            yield from self._rested()

    def closed(self, socket: Hashable) -> Iterator[Fact]:
        """Take note that a socket closed: what goes on behind it is not known any more."""
        if self._voices.pop(socket, None) is not None and not self._voices:
            yield from self.deafened()

    def deafened(self) -> Iterator[Fact]:
        """Take note that nothing is heard for a while."""
        self._voices.clear()
        self._waiting.clear()
        self._doubted = True
        yield Deafened()

    def left(self) -> Iterator[Fact]:
        """Take note that nobody will hear the end of what runs."""
        yield from self.deafened()
        if self.run is not None:
            yield from self._end(self.run, "lost")

    def _rested(self) -> Iterator[Fact]:
        """Take a kernel's word that it rests: a run that it knows nothing of ended unheard."""
        if self._doubted and self.run is not None:
            yield from self._end(self.run, "lost")
        self._doubted = False
        if self.run is None and self._rest != "dead":
            self._rest = "idle"

    def _server_says(self, message: jupyter.Message) -> Iterator[Fact]:
        """Take a message that answers no request: the server's word, or a new kernel's first."""
        if message.header.msg_type != "status":
            return
        state = _state(message)
        if state in {"restarting", "autorestarting", "dead"}:
            yield from self._die(restarts=state != "dead")
        elif state == "starting":
            yield from self._die(restarts=True) if self.run else ()
            self._rest = "starting"

    def _die(self, *, restarts: bool) -> Iterator[Fact]:
        if self._expected_end:
            yield from self._restarted()
            return
        before = self._rest
        self._begin_anew("starting" if restarts else "dead")
        if self.run is not None:
            yield from self._end(self.run, "kernel_died")
        if before not in {"starting", "dead"}:
            yield KernelDied(restarts)

    def _restarted(self) -> Iterator[Fact]:
        if not self._expected_end:
            yield KernelRestarted()
        self._expected_end = True
        self._begin_anew("starting")
        if self.run is not None:
            yield from self._end(self.run, "kernel_restarted")

    def _begin_anew(self, rest: Kernel) -> None:
        self._rest, self.asks, self._process = rest, None, None
        self._waiting.clear()

    def _know_process(self, session: str, socket: Hashable) -> Iterator[Fact]:
        """Tell the same kernel from a fresh one by the session that each process makes up."""
        if self._voices.get(socket) == session:
            return
        first = socket not in self._voices
        self._voices[socket] = session
        if not session:
            return  # a kernel that does not say which it is
        if self._rest in {"starting", "dead"}:
            self._rest = "idle"
        if self._process is not None and self._process in {
            voice for other, voice in self._voices.items() if other != socket
        }:
            return  # another kernel of the same page
        before, self._process = self._process, session
        self._expected_end = False
        self.runtime = hashlib.sha256(session.encode(errors="replace")).hexdigest()[:10]
        if before is not None and (first or before != session):
            if before != session and self.run is not None:
                yield from self._end(self.run, "lost")
            yield RuntimeMet(before == session)

    def _of_run(self, message: jupyter.Message, run: str) -> Iterator[Fact]:
        kind = message.header.msg_type
        if run == self.run:
            self._doubted = False
        if kind == "status":
            # It is busy for a cell that it drops too; one that runs is told by `execute_input`.
            if _state(message) == "idle":
                yield from self._end(run, self._outcome())
                yield from self._rested()
            return
        if kind == "execute_reply":
            yield from self._replied(message, run)
            return
        if run not in self._over:
            # Channels overtake each other: a question may come before the run's own beginning.
            yield from self._begin(run, seen=kind == "execute_input" or run in self._waiting)
        take = _TAKERS.get(kind)
        if take is not None:
            yield from take(self, message, run)

    def _begin(self, run: str, *, seen: bool) -> Iterator[Fact]:
        if self.run == run:
            return
        if self.run is not None:
            yield from self._end(self.run, "lost" if self._doubted else self._outcome())
        self._waiting.pop(run, None)
        self._doubted = False
        self.run, self._rest, self._failure, self.asks = run, "busy", None, None
        yield RunBegan(run, seen)

    def _outcome(self) -> Outcome:
        return "failed" if self._failure else "finished"

    def _end(self, run: str, outcome: Outcome) -> Iterator[Fact]:
        self._waiting.pop(run, None)
        _remember(self._over, run, RECENT)
        if self.run != run:
            return
        failure, self._failure = self._failure, None
        self.run, self.asks = None, None
        yield RunEnded(run, outcome, failure)

    def _replied(self, message: jupyter.Message, run: str) -> Iterator[Fact]:
        """Take the shell's answer; what a run printed may still come on the other channel."""
        reply = _read(message, jupyter.ExecuteReply, jupyter.ExecuteReply("ok"))
        if reply.status in {"aborted", "abort"}:
            yield from self._end(run, "aborted")

    def _counted(self, message: jupyter.Message, run: str) -> Iterator[Fact]:
        count = _read(message, jupyter.ExecuteInput, jupyter.ExecuteInput()).execution_count
        if count is not None:
            yield RunCounted(run, count)

    def _printed(self, message: jupyter.Message, _run: str) -> Iterator[Fact]:
        stream = _read(message, jupyter.Stream, None)
        if stream is not None:
            yield Printed("stderr" if stream.name == "stderr" else "stdout", stream.text)

    def _raised(self, message: jupyter.Message, _run: str) -> Iterator[Fact]:
        error = _read(message, jupyter.Error, None)
        if error is not None:
            self._failure = Failure(error.ename, error.evalue)
            yield Printed("traceback", "\n".join(error.traceback) + "\n")

    def _shown(self, message: jupyter.Message, _run: str) -> Iterator[Fact]:
        data = _read(message, jupyter.Data, None)
        if data is not None and data.text:
            yield Printed("result", data.text + "\n")

    def _cleared(self, message: jupyter.Message, _run: str) -> Iterator[Fact]:
        yield OutputCleared(_read(message, jupyter.ClearOutput, jupyter.ClearOutput()).wait)

    def _asked(self, message: jupyter.Message, _run: str) -> Iterator[Fact]:
        self.asks = _read(message, jupyter.InputRequest, jupyter.InputRequest()).prompt
        yield Asked(self.asks)


def _read(message: jupyter.Message, shape: type[T], default: D) -> T | D:
    """Return a message's content; one of another shape counts as the default."""
    try:
        return jupyter.content(message, shape)
    except jupyter.MalformedContentError:
        return default


def _state(message: jupyter.Message) -> str:
    """Return the state that a `status` tells, empty for any other message."""
    if message.header.msg_type != "status":
        return ""
    return _read(message, jupyter.Status, jupyter.Status("")).execution_state


def _remember(known: dict[str, None], key: str, most: int) -> None:
    """Keep the newest of many."""
    known[key] = None
    if len(known) > most:
        del known[next(iter(known))]


_Taker = Callable[[Conversation, jupyter.Message, str], Iterator[Fact]]
_TAKERS: dict[str, _Taker] = {
    "clear_output": Conversation._cleared,  # noqa: SLF001 - its own
    "display_data": Conversation._shown,  # noqa: SLF001
    "error": Conversation._raised,  # noqa: SLF001
    "execute_input": Conversation._counted,  # noqa: SLF001
    "execute_result": Conversation._shown,  # noqa: SLF001
    "input_request": Conversation._asked,  # noqa: SLF001
    "stream": Conversation._printed,  # noqa: SLF001
    "update_display_data": Conversation._shown,  # noqa: SLF001
}
_TEXT = frozenset({"stream", "error"})
"""What a thread that outlives its run may still print."""
