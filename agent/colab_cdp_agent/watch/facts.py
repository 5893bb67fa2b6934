"""What a kernel's own messages come to: its runs from begin to end, and what they printed."""

from typing import Literal

import msgspec

Stream = Literal["stdout", "stderr", "result", "traceback"]
Outcome = Literal[
    "finished", "failed", "aborted", "kernel_died", "kernel_restarted", "kernel_shut_down", "lost"
]  # fmt: skip


class Failure(msgspec.Struct, frozen=True):
    """What a run raised: the exception's name and value, and the traceback's last line."""

    name: str
    value: str

    def __str__(self) -> str:
        """Return the traceback's last line."""
        return f"{self.name}: {self.value}" if self.value else self.name


class RunBegan(msgspec.Struct, frozen=True):
    """A cell began to run; `seen` is false where it was met on its way."""

    run: str
    seen: bool


class RunCounted(msgspec.Struct, frozen=True):
    """The kernel told the number of the execution."""

    run: str
    count: int


class Printed(msgspec.Struct, frozen=True, gc=False):
    """A piece of text that a run printed, as the kernel sent it."""

    stream: Stream
    text: str


class OutputCleared(msgspec.Struct, frozen=True):
    """The run cleared its own output, at once or with the next that it prints."""

    wait: bool


class RunEnded(msgspec.Struct, frozen=True):
    """A run is over; `lost` says that nobody saw how."""

    run: str
    outcome: Outcome
    failure: Failure | None = None


class Asked(msgspec.Struct, frozen=True):
    """The run waits for a person's input."""

    prompt: str


class Answered(msgspec.Struct, frozen=True):
    """The run got the input that it waited for."""


class KernelDied(msgspec.Struct, frozen=True):
    """The kernel's process ended, and nobody had asked for it."""

    restarts: bool


class KernelRestarted(msgspec.Struct, frozen=True):
    """The kernel was restarted because a person wanted it."""


class KernelShutDown(msgspec.Struct, frozen=True):
    """The kernel was shut down because a person wanted it, and none begins in its place."""


class RuntimeMet(msgspec.Struct, frozen=True):
    """After a new connection the kernel is the same process as before, or a fresh one."""

    same: bool


class Deafened(msgspec.Struct, frozen=True):
    """Nothing is heard for a while: what goes on meanwhile is unknown."""


Fact = (
    RunBegan | RunCounted | Printed | OutputCleared | RunEnded | Asked | Answered | KernelDied
    | KernelRestarted | KernelShutDown | RuntimeMet | Deafened
)  # fmt: skip
