"""What happens to the broker, to the connection with it, and what strangers say over it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Final

from chaos.fault import Fault
from chaos.oracle import Meanwhile
from chaos.theatre import Player, Theatre
from night import ROOT

CUT_OFF: Final = Meanwhile(everyone=True, twice=True)
VERBS: Final = ("reconnect", "clear", "keep_alive", "pause", "log", "interrupt", "nonsense")
PAYLOADS: Final = (
    b" ",  # an empty one is a request, as a button sends it
    b"\x00\xff",
    b"{",
    b"null",
    b"[]",
    b'{"transaction": 1}',
    b"[" * 5_000,
    b'{"transaction": "t", "at": "yesterday", "args": {}}',
    b'{"transaction": "t", "at": "2020-01-01T00:00:00Z", "args": {}}',
    json.dumps({"transaction": "x" * 100_000, "at": "2026-01-01T00:00:00Z"}).encode(),
)


@contextmanager
def killed(theatre: Theatre, _player: Player, _random: Random) -> Iterator[None]:
    """Kill -9 the broker, which forgets all, and start it again."""
    theatre.broker.kill()
    yield
    theatre.broker.start()


@contextmanager
def stopped(theatre: Theatre, _player: Player, _random: Random) -> Iterator[None]:
    """Stop the broker, and let it go on."""
    theatre.broker.freeze()
    try:
        yield
    finally:
        theatre.broker.thaw()


@contextmanager
def cut(theatre: Theatre, _player: Player, _random: Random) -> Iterator[None]:
    """Cut the connection to the broker."""
    theatre.relay.cut()
    yield


@contextmanager
def silent(theatre: Theatre, _player: Player, _random: Random) -> Iterator[None]:
    """Let the connection to the broker stand half open: it never says anything again."""
    theatre.relay.silence()
    try:
        yield
    finally:
        theatre.relay.restore()


@contextmanager
def broken_packet(theatre: Theatre, _player: Player, random: Random) -> Iterator[None]:
    """Say to the agent, in the broker's name, what is no MQTT packet."""
    length = random.randrange(128)
    theatre.relay.say(bytes([0xF0, length]) + random.randbytes(length))
    yield


@contextmanager
def garbage(theatre: Theatre, player: Player, random: Random) -> Iterator[None]:
    """Publish garbage as a stranger: as requests, as claims, and in the agent's own name."""
    for payload in random.sample(PAYLOADS, 5):
        verb = random.choice(VERBS)
        for topic in (
            f"{ROOT}/session/{player.session}/request/{verb}",
            f"{ROOT}/request/{verb}",
            f"{ROOT}/request/claim",
            f"{ROOT}/response/claim",
            f"{ROOT}/session/{random.randbytes(5).hex()}/request/{verb}",
        ):
            theatre.night.heard.publish(topic, payload, retain=random.randrange(4) == 0)
    yield


BROKER: Final = (
    Fault("broker killed", killed, CUT_OFF, healed_s=15),
    Fault("broker stopped", stopped, CUT_OFF, healed_s=30),
    Fault("socket to the broker cut", cut, CUT_OFF, healed_s=15),
    Fault("socket to the broker half open", silent, CUT_OFF, healed_s=45, weight=1),
    Fault("broken MQTT", broken_packet, CUT_OFF, healed_s=15),
    Fault("garbage MQTT", garbage, Meanwhile(lasting=frozenset({"command"})), healed_s=10),
)
