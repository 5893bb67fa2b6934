"""What a kernel does, by its own messages: which run goes on, what it printed, how it ended.

Pure: messages and moments in, facts out. Nothing heard yet is `unknown`, never `idle`.

Source: https://jupyter-client.readthedocs.io/en/stable/messaging.html
"""

from collections.abc import Hashable, Iterator

from colab_cdp_agent.watch import contents
from colab_cdp_agent.watch.facts import (
    Answered,
    Asked,
    Deafened,
    Fact,
    Failure,
    KernelDied,
    KernelRestarted,
    KernelShutDown,
    Outcome,
    Printed,
    RunBegan,
    RunEnded,
    RuntimeMet,
)  # fmt: skip
from colab_cdp_agent.watch.voices import Voices
from colab_cdp_protocols import jupyter
from colab_cdp_protocols.mqtt import Kernel

RECENT = 4096
"""How many messages are remembered to know one that is delivered twice."""
WAITING = 1000
"""How many requests may wait for the kernel; beyond that the oldest is forgotten."""
SHELL_REQUESTS = frozenset({"execute_request", "kernel_info_request", "comm_info_request"})
"""What a kernel answers one after the other: idle after one of these means that no cell runs."""
TEXT = frozenset({"stream", "error"})
"""What a thread that outlives its run may still print."""


class Conversation:
    """What a page and its kernels say to each other, message by message.

    Attributes:
        kernel: what the kernel does.
        run: the message id of the request that runs, None where none is known to.
        asks: the prompt that the run waits at, None where it does not.

    """

    def __init__(self) -> None:
        self.run: str | None = None
        self.asks: str | None = None
        self._rest: Kernel = "unknown"
        self._waiting: dict[str, None] = {}  # requested, and not begun
        self._over: dict[str, None] = {}  # ended, or not to be told: silent ones
        self._recent: dict[str, None] = {}
        self._failure: Failure | None = None
        self._voices = Voices()
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

    @property
    def runtime(self) -> str | None:
        """A name of the kernel that is not its id."""
        return self._voices.runtime

    def said(self, message: jupyter.Message) -> Iterator[Fact]:
        """Take a message that the page sent."""
        kind, number = message.header.msg_type, message.header.msg_id
        if kind == "execute_request":
            if contents.read(message, jupyter.ExecuteRequest, jupyter.ExecuteRequest()).silent:
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
        if parent.msg_id in self._waiting:
            self._voices.begin()  # asked since the end: of a successor that has its session
        yield from self._know_process(message.header.session, socket)
        if message.header.msg_type == "shutdown_reply":
            reply = contents.read(message, jupyter.ShutdownReply, jupyter.ShutdownReply())
            yield from self._end_as_asked(restarts=reply.restart)
        elif self._voices.has_ended(message.header.session, socket):
            # It may still begin a cell of a row: what its last words tell is no run any more.
            fact = contents.told(message, parent.msg_id)
            if isinstance(fact, Printed):
                yield fact
        elif parent.msg_type == "execute_request":
            if parent.msg_id not in self._over or message.header.msg_type in TEXT:
                yield from self._of_run(message, parent.msg_id)
        elif contents.state(message) == "idle" and parent.msg_type in SHELL_REQUESTS:
            yield from self._rested()

    def closed(self, socket: Hashable) -> Iterator[Fact]:
        """Take note that a socket closed: what goes on behind it is not known any more."""
        if self._voices.close(socket):
            yield from self.deafened()

    def deafened(self) -> Iterator[Fact]:
        """Take note that nothing is heard for a while."""
        self._voices.silence()
        self._waiting.clear()
        self._doubted = self._rest != "dead"  # what is dead stays so
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
        state = contents.state(message)
        if state in {"restarting", "autorestarting", "dead"}:
            yield from self._die(restarts=state != "dead")
        elif state == "starting":
            yield from self._die(restarts=True) if self.run else ()
            self._voices.begin()
            self._rest = "starting"

    def _die(self, *, restarts: bool) -> Iterator[Fact]:
        if self._expected_end:
            yield from self._end_as_asked(restarts=restarts)
            return
        before = self._rest
        self._begin_anew("starting" if restarts else "dead")
        if self.run is not None:
            yield from self._end(self.run, "kernel_died")
        if before not in {"starting", "dead"}:
            yield KernelDied(restarts)

    def _end_as_asked(self, *, restarts: bool) -> Iterator[Fact]:
        if self._rest not in {"starting", "dead"}:
            yield KernelRestarted() if restarts else KernelShutDown()
        self._expected_end = True
        self._begin_anew("starting" if restarts else "dead")
        if self.run is not None:
            yield from self._end(self.run, "kernel_restarted" if restarts else "kernel_shut_down")

    def _begin_anew(self, rest: Kernel) -> None:
        self._rest, self.asks = rest, None
        self._voices.end()
        self._waiting.clear()

    def _know_process(self, session: str, socket: Hashable) -> Iterator[Fact]:
        """Tell the same kernel from a fresh one by the session that each process makes up."""
        voice = self._voices.hear(session, socket)
        if voice is None:
            return
        if self._rest in {"starting", "dead"}:
            self._rest = "idle"
        if voice == "another":
            return
        self._expected_end = False
        if voice == "fresh" and self.run is not None:
            yield from self._end(self.run, "lost")
        if voice in {"fresh", "the same"}:
            yield RuntimeMet(same=voice == "the same")

    def _of_run(self, message: jupyter.Message, run: str) -> Iterator[Fact]:
        kind = message.header.msg_type
        if run == self.run:
            self._doubted = False
        if kind == "status":
            # It is busy for a cell that it drops too; one that runs is told by `execute_input`.
            if contents.state(message) == "idle":
                yield from self._end(run, self._outcome())
                yield from self._rested()
            return
        if kind == "execute_reply":
            yield from self._replied(message, run)
            return
        if run not in self._over:
            # Channels overtake each other: a question may come before the run's own beginning.
            yield from self._begin(run, seen=kind == "execute_input" or run in self._waiting)
        if kind == "error":
            self._failure = contents.failure(message) or self._failure
        fact = contents.told(message, run)
        if isinstance(fact, Asked):
            self.asks = fact.prompt
        if fact is not None:
            yield fact

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
        reply = contents.read(message, jupyter.ExecuteReply, jupyter.ExecuteReply("ok"))
        if reply.status in {"aborted", "abort"}:
            yield from self._end(run, "aborted")


def _remember(known: dict[str, None], key: str, most: int) -> None:
    """Keep the newest of many."""
    known[key] = None
    if len(known) > most:
        del known[next(iter(known))]
