"""The broker's folder: its record, its pid, and the locks of those who use it."""

import contextlib
import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

from colab_cdp_agent.file_lock import FileLock
from colab_cdp_agent.keep.whole_file import write_whole
from colab_cdp_agent.tell.broker_access import BrokerRecord, LanAccess, access, record_in
from colab_cdp_agent.tell.password_file import read_or_make_password

RECORD_LIMIT_BYTES = 65_536
STORE_BYTES = 256 * 1_048_576


class BrokerFolder:
    """The files by which agents of one user share one broker, and find it after a crash."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        known_as = os.path.normcase(self.path)
        # From the folder, so that a lost record does not hide a living broker.
        self.name = f"colab-cdp-agent-{hashlib.sha256(known_as.encode()).hexdigest()[:16]}"
        self.config = self.path / "broker.json"
        self.store = self.path / "store"
        self.agent_password = self.path / "agent-password"
        self.phone_password = self.path / "phone-password"
        self.output = self.path / "nats-server.out"
        self.log = self.path / "nats-server.log"
        self.lock = FileLock(self.path / "start.lock")
        self.user = FileLock(self._users / f"{secrets.token_hex(8)}.lock")

    @property
    def _users(self) -> Path:
        return self.path / "users"

    @property
    def _pid(self) -> Path:
        return self.path / "nats-server.pid"

    def prepare(self) -> None:
        """Make the folder, for its owner alone."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._users.mkdir(mode=0o700, exist_ok=True)

    def read_record(self) -> BrokerRecord | None:
        """Return the record, or None where there is none that could be ours."""
        try:
            with self.config.open("rb") as file:
                config = json.loads(file.read(RECORD_LIMIT_BYTES))
            return record_in(config) if config["server_name"] == self.name else None
        except (FileNotFoundError, ValueError, RecursionError, LookupError, TypeError):
            return None

    def write_record(self, record: BrokerRecord) -> None:
        """Write the record, whole or not at all, readable by its owner alone."""
        # nats' own format takes JSON, but not its \u escapes.
        written = json.dumps(self._nats_config(record), ensure_ascii=False, indent=1)
        write_whole(self.config, written.encode())

    def _nats_config(self, record: BrokerRecord) -> dict[str, Any]:
        return {
            "server_name": self.name,
            **access(record),
            "max_payload": 1_048_576,
            "max_pending": 16_777_216,
            "max_connections": 1024,
            "pid_file": self._pid.as_posix(),
            "log_file": self.log.as_posix(),
            "logfile_size_limit": 1_048_576,
            "logfile_max_num": 2,
            "jetstream": {
                "store_dir": self.store.as_posix(),
                "max_mem": 16_777_216,
                "max_file": STORE_BYTES,
                "sync_interval": "30s",
            },
        }

    def lan_access(self, root: str) -> LanAccess:
        """Return who may use the broker from the local network; the passwords are made once.

        Raises:
            OSError: they can be neither read nor written.
            PasswordFileError: a file of theirs holds none.

        """
        agent, phone = map(read_or_make_password, (self.agent_password, self.phone_password))
        return LanAccess(root, agent, phone)

    def read_pid(self) -> int | None:
        """Return the pid that nats-server wrote, which proves nothing by itself, or None."""
        try:
            pid = int(self._pid.read_bytes()[:20])
        except (FileNotFoundError, ValueError):
            return None
        return pid if pid > 1 else None

    def forget_pid(self) -> None:
        """Remove the pid of a broker that has ended."""
        self._pid.unlink(missing_ok=True)

    def leave(self) -> bool:
        """Strike this agent off the users, and return whether others still live."""
        self.user.release()
        return self.is_shared()

    def is_shared(self) -> bool:
        """Return whether other agents use the broker."""
        ours = self.user.path if self.user.held else None
        others = [path for path in self._users.glob("*.lock") if path != ours]
        # A list, not a generator: the traces of all the dead are swept, not up to the first living.
        living = [path for path in others if self._lives(path)]
        return bool(living)

    def _lives(self, path: Path) -> bool:
        lock = FileLock(path)
        if not lock.try_acquire():
            return True
        lock.release()
        with contextlib.suppress(PermissionError):  # Windows, while another agent looks at it too
            path.unlink(missing_ok=True)
        return False

    def last_words(self) -> str:
        """Return the last complaint that nats-server wrote, or nothing."""
        lines: list[str] = []
        for path in (self.log, self.output):
            with contextlib.suppress(FileNotFoundError):
                tail = path.read_bytes()[-4096:].decode(errors="replace").splitlines()
                lines += [line for line in tail if path == self.output or "[FTL]" in line]
        return lines[-1].strip() if lines else ""
