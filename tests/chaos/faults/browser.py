"""What happens to Chromium, and to the connection with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Final

from chaos.fault import Fault
from chaos.oracle import Meanwhile
from chaos.theatre import Player, Theatre
from websocket_frames import text_frame

GONE: Final = Meanwhile(
    frozenset({"connecting", "sleeping"}),
    frozenset({"gone"}),
    events=frozenset({"chrome_gone", "tab_gone", "run_ended"}),
    everyone=True,
)


@contextmanager
def killed(theatre: Theatre, _player: Player, _random: Random) -> Iterator[None]:
    """Kill -9 Chromium, and start it with the same tabs."""
    theatre.chromium.kill()
    yield
    theatre.start_chromium()


@contextmanager
def stopped(theatre: Theatre, _player: Player, _random: Random) -> Iterator[None]:
    """Stop the whole of Chromium, and let it go on."""
    theatre.chromium.freeze()
    try:
        yield
    finally:
        theatre.chromium.thaw()


@contextmanager
def cut(theatre: Theatre, _player: Player, _random: Random) -> Iterator[None]:
    """Cut the connection to Chromium."""
    theatre.wiretap.cut()
    yield


@contextmanager
def silent(theatre: Theatre, _player: Player, _random: Random) -> Iterator[None]:
    """Let the connection to Chromium stand half open: it never says anything again."""
    theatre.wiretap.silence()
    try:
        yield
    finally:
        theatre.wiretap.restore()


@contextmanager
def garbage(theatre: Theatre, _player: Player, random: Random) -> Iterator[None]:
    """Say garbage to the agent in Chromium's name, in frames that are whole."""
    theatre.wiretap.say_between(b"".join(map(text_frame, random.sample(GARBAGE, 4))))
    yield


@contextmanager
def broken_frame(theatre: Theatre, _player: Player, random: Random) -> Iterator[None]:
    """Say to the agent what is no WebSocket frame at all."""
    theatre.wiretap.say_between(random.randbytes(random.randint(2, 400)) + b"\xff" * 16)
    yield


GARBAGE: Final = (
    b"",
    b"{",
    b"null",
    b"[]",
    b"7",
    b'"\xff\xfe"',
    b"[" * 5_000,
    b'{"id": 999999999, "result": {}}',
    b'{"id": "one", "result": {}}',
    b'{"id": -1, "error": 3}',
    b'{"method": "Target.targetInfoChanged", "params": {"targetInfo": null}}',
    b'{"method": "Target.targetDestroyed", "params": {"targetId": 5}}',
    b'{"method": "Target.detachedFromTarget", "params": {"sessionId": "no such session"}}',
    b'{"method": "Network.webSocketFrameReceived", "params": {}}',
    b'{"method": "Network.webSocketFrameReceived", "sessionId": "x", "params": {"response": 1}}',
    b'{"method": ["a"], "params": "b", "sessionId": {}}',
    '{"method": "Page.\u2028", "params": {"\\ud800": "\\udfff"}}'.encode(),
)

BROWSER: Final = (
    Fault("Chromium killed", killed, GONE, healed_s=30, noticed_s=10),
    Fault(
        "Chromium stopped",
        stopped,
        Meanwhile(frozenset({"connecting"}), frozenset({"sleeping"}), everyone=True),
        healed_s=20,
        noticed_s=40,
        weight=1,
    ),
    Fault("socket to Chromium cut", cut, GONE, healed_s=15),
    Fault("socket to Chromium half open", silent, GONE, healed_s=45, weight=1),
    Fault("garbage from Chromium", garbage, Meanwhile(), healed_s=10),
    Fault("broken frame from Chromium", broken_frame, GONE, healed_s=15),
)
