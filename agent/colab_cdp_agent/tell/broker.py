"""The embedded MQTT broker: a nats-server of the user's own, shared by their agents.

Sharing: every agent that uses the broker holds a lock on a file of its own under ``users/``, and
the last one to leave ends the broker. The system frees a lock when its holder dies, however it
dies, so no pid has to be trusted for this; a second lock lets one agent at a time start or stop.

It listens on loopback, without a password, or for the whole local network with passwords. Where it
runs in the other way it is started anew, unless another agent uses it as it is.
"""

import asyncio
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from colab_cdp_agent.file_lock import FileLockedError
from colab_cdp_agent.tell.broker_access import USER, BrokerRecord, LanAccess, difference, own_link
from colab_cdp_agent.tell.broker_failure import (
    BrokerFailedError,
    blocked,
    ended_at_once,
    lost,
    missing,
    silent,
    stubborn,
    unusable,
)
from colab_cdp_agent.tell.broker_files import BrokerFolder
from colab_cdp_agent.tell.broker_process import BrokerProcess, find_nats_server
from colab_cdp_agent.tell.broker_store import NatsRefusedError, settle
from colab_cdp_agent.tell.link import Link
from colab_cdp_agent.tell.mqtt_probe import accepts_mqtt, nats_server_name
from colab_cdp_agent.tell.password_file import PasswordFileError
from colab_cdp_agent.tell.ports import EVERYWHERE, HOST, first_free_port, freed

__all__ = ["BrokerAddress", "BrokerFailedError", "EmbeddedBroker"]

ADOPT_LIMIT_S = 3.0
START_LIMIT_S = 20.0
PROBE_LIMIT_S = 1.0
SETTLE_LIMIT_S = 10.0
FREED_LIMIT_S = 1.0
LOCK_LIMIT_S = 60.0
GRACE_S = 5.0
LEFTOVER_GRACE_S = 1.0
POLL_S = 0.01
TRIES = 3


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker speaks MQTT over TCP, and whose process it is.

    Attributes:
        warning: what is amiss with it.
        otherwise: how it differs from what was wanted, because another agent uses it so.
        lan: the logins, where it is open to the local network.
        phone_password_file: where the phones' password stands.

    """

    host: str
    port: int
    pid: int | None
    adopted: bool
    warning: str = ""
    otherwise: str = ""
    lan: LanAccess | None = None
    phone_password_file: Path | None = None

    @property
    def url(self) -> str:
        """The address as MQTT clients take it."""
        return f"mqtt://{self.host}:{self.port}"

    @property
    def link(self) -> Link:
        """The way to it for an agent on this computer."""
        return own_link(self.port, self.lan)


class EmbeddedBroker:
    """A broker that outlives a crash of its agents, and ends with the clean end of the last one.

    The object is the agent's use of the broker: keep it from ``start`` to ``stop``.

    Args:
        folder: where its files lie.
        port: for MQTT, if nothing else has it.
        lan_root: opens it to the local network: what phones may read and ask under.

    """

    def __init__(self, folder: Path, *, port: int = 1883, lan_root: str | None = None) -> None:
        self._folder = BrokerFolder(folder)
        self._wanted_port = port
        self._lan_root = lan_root
        self._lan: LanAccess | None = None
        self._process: BrokerProcess | None = None
        self._address: BrokerAddress | None = None

    async def start(self) -> BrokerAddress:
        """Return the address of a broker that answers: the one that runs already, or a new one."""
        try:
            self._folder.prepare()
            async with self._folder.lock.holding(LOCK_LIMIT_S):
                if self._lan_root is not None:
                    self._lan = self._folder.lan_access(self._lan_root)
                self._address = await self._adopt() or await self._launch()
                self._folder.user.try_acquire()
        except FileLockedError as error:
            raise blocked(self._folder, LOCK_LIMIT_S) from error
        except PasswordFileError as error:
            raise BrokerFailedError(str(error)) from error
        except OSError as error:
            raise unusable(self._folder, error) from error
        return self._address

    async def stop(self) -> None:
        """Stop using the broker, and end it if no other agent uses it; what it stored stays."""
        if not self._folder.user.held:
            return
        try:
            async with self._folder.lock.holding(LOCK_LIMIT_S):
                self._process = self._current_process()
                if not self._folder.leave():
                    await self._end()
                elif self._process is not None:
                    self._process.disown()
        except FileLockedError as error:
            raise blocked(self._folder, LOCK_LIMIT_S) from error
        except OSError as error:
            raise unusable(self._folder, error) from error
        finally:
            self._folder.user.release()
            self._process = None

    async def _adopt(self) -> BrokerAddress | None:
        record = self._folder.read_record()
        self._process = process = self._current_process()
        grace_s = LEFTOVER_GRACE_S
        if record is not None and await self._answers(record, ADOPT_LIMIT_S):
            if record.lan == self._lan or process is None or self._folder.is_shared():
                otherwise = difference(self._lan, record.lan)
                return await self._address_of(record, process, otherwise)
            grace_s = GRACE_S
        # Open to others than it should be, or frozen, half started or half ended: two servers on
        # one store would ruin it.
        if process is not None and not await process.end(grace_s):
            raise stubborn(process.pid)
        return None

    async def _address_of(
        self, record: BrokerRecord, process: BrokerProcess | None, otherwise: str = ""
    ) -> BrokerAddress:
        return BrokerAddress(
            HOST,
            record.mqtt_port,
            process.pid if process is not None else None,
            adopted=process is None or process.child is None,
            warning=await self._settled(record),
            otherwise=otherwise,
            lan=record.lan,
            phone_password_file=self._folder.phone_password if record.lan is not None else None,
        )

    def _current_process(self) -> BrokerProcess | None:
        known = self._process
        if known is not None and known.child is not None and known.alive():
            return known
        pid = self._folder.read_pid()
        return BrokerProcess(pid, self._folder.name) if pid is not None else None

    async def _answers(self, record: BrokerRecord, limit_s: float) -> bool:
        name = await nats_server_name(HOST, record.client_port, limit_s)
        return name == self._folder.name and await accepts_mqtt(
            HOST, record.mqtt_port, limit_s, record.login
        )

    async def _launch(self) -> BrokerAddress:
        program = find_nats_server()
        if program is None:
            raise missing()
        before = self._folder.read_record()
        current = self._address.port if self._address is not None else 0
        earlier = before.mqtt_port if before is not None else 0
        wanted = (current, self._wanted_port, earlier)
        host = HOST if self._lan is None else EVERYWHERE
        if self._folder.read_pid() is not None:
            # A killed process is gone from the list a moment before its port is free.
            await freed(current or earlier or self._wanted_port, FREED_LIMIT_S, host)
        for _ in range(TRIES):
            mqtt_port = await asyncio.to_thread(first_free_port, wanted, host)
            client_port = await asyncio.to_thread(first_free_port, ())
            record = BrokerRecord(mqtt_port, client_port, secrets.token_urlsafe(24), self._lan)
            # Before the process, so that a crash in between leaves no broker that nobody finds.
            self._folder.write_record(record)
            address = await self._run(program, record)
            if address is not None:
                return address
        raise ended_at_once(self._folder, TRIES)

    async def _run(self, program: Path, record: BrokerRecord) -> BrokerAddress | None:
        """Return the address of a new process when it answers; None if it ended by itself."""
        folder = self._folder
        process = BrokerProcess.launch(program, folder.name, folder.config, folder.output)
        try:
            if not await self._ready(process, record):
                return None
            address = await self._address_of(record, process)
        except BaseException:
            process.discard()
            raise
        self._process = process
        return address

    async def _ready(self, process: BrokerProcess, record: BrokerRecord) -> bool:
        deadline = time.monotonic() + START_LIMIT_S
        while process.alive():
            if await self._answers(record, PROBE_LIMIT_S):
                return True
            if time.monotonic() > deadline:
                raise silent(self._folder, START_LIMIT_S)
            await asyncio.sleep(POLL_S)
        return False

    async def _settled(self, record: BrokerRecord) -> str:
        try:
            await settle(HOST, record.client_port, USER, record.password, SETTLE_LIMIT_S)
        except NatsRefusedError as error:
            return f"The embedded broker runs, but its store has no bounds: {error}."
        return ""

    async def _end(self) -> None:
        process = self._process
        if process is not None:
            if not await process.end(GRACE_S):
                raise stubborn(process.pid)
            self._folder.forget_pid()
        record = self._folder.read_record()
        if process is None and record is not None and await self._answers(record, ADOPT_LIMIT_S):
            raise lost(self._folder, record.mqtt_port)
