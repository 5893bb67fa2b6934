"""What happens to a notebook's runtime, and what its page asks a person."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Final

from chaos.fault import Fault
from chaos.oracle import Meanwhile
from chaos.theatre import Player, Theatre

BETWEEN_RUNS: Final = frozenset({"idle", "connecting", "queued"})


@contextmanager
def kernel_killed(theatre: Theatre, player: Player, _random: Random) -> Iterator[None]:
    """Kill -9 a kernel, which is started again, and run the cell anew."""
    theatre.stage.do(player.notebook.kill_kernel())
    yield
    player.ended()
    theatre.stage.do(player.notebook.snackbar(None))
    player.begin_run()


@contextmanager
def channel_dropped(theatre: Theatre, player: Player, _random: Random) -> Iterator[None]:
    """Close the page's socket to the kernel, and open another."""
    theatre.stage.do(player.notebook.drop_channel())
    yield
    theatre.stage.do(player.notebook.open_channel())


@contextmanager
def disconnected(theatre: Theatre, player: Player, _random: Random) -> Iterator[None]:
    """Let the page lose its runtime, and ask to be connected again; the agent does it."""
    theatre.stage.do(player.notebook.connection("reconnect"))
    yield


@contextmanager
def captcha(theatre: Theatre, player: Player, _random: Random) -> Iterator[None]:
    """Let the page show a captcha; nothing may touch it until a person has solved it."""
    theatre.stage.do(player.notebook.dialog("captcha"))
    with theatre.untouched(player):
        yield
    theatre.stage.do(player.notebook.close_dialogs())


RUNTIME: Final = (
    Fault(
        "kernel killed",
        kernel_killed,
        Meanwhile(
            BETWEEN_RUNS | {"reconnecting"},
            frozenset({"idle", "ended"}),
            kernels=frozenset({"idle", "starting", "dead"}),
            events=frozenset({"kernel_died", "run_ended", "run_interrupted", "fresh_runtime"}),
            ends_run=True,
        ),
        healed_s=30,
        noticed_s=10,
    ),
    Fault("kernel's socket closed", channel_dropped, Meanwhile(), healed_s=15),
    Fault(
        "runtime disconnected",
        disconnected,
        Meanwhile(
            frozenset({"connecting", "reconnecting"}),
            kernels=frozenset({"starting"}),
            events=frozenset({"disconnected"}),
        ),
        healed_s=30,
    ),
    Fault(
        "captcha",
        captcha,
        Meanwhile(seen=frozenset({"needs_you"}), events=frozenset({"captcha"})),
        healed_s=10,
        noticed_s=5,
    ),
)
