"""A session bus of its own, and on it a desktop that can keep the computer awake."""

import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from jeepney import HeaderFields, MatchRule, Message, MessageType, message_bus, new_method_return
from jeepney.io.blocking import DBusConnection, open_dbus_connection

POWER = "org.freedesktop.PowerManagement"
GNOME = "org.gnome.SessionManager"
WAIT_LIMIT_S = 20.0
CONFIG = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={path}</listen>
  <policy context="default">
    <allow send_destination="*"/>
    <allow own="*"/>
    {replies}
  </policy>
</busconfig>
"""


def find_dbus_daemon() -> str | None:
    """Return the path of the installed dbus-daemon, or None."""
    return shutil.which("dbus-daemon")


class SessionBus(ExitStack):
    """A dbus-daemon on a socket in a folder; `freeze`, `thaw` and `kill` at will.

    One that does not answer lets everyone in, and sends no reply to anything.
    """

    def __init__(self, folder: Path, *, answers: bool = True) -> None:
        super().__init__()
        path = folder / "bus"
        self.address = f"unix:path={path}"
        self._config = folder / "bus.conf"
        replies = '<allow eavesdrop="true"/>' if answers else ""
        self._config.write_text(CONFIG.format(path=path, replies=replies), "utf-8")
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        command = find_dbus_daemon()
        assert command is not None
        self._process = subprocess.Popen(
            [command, f"--config-file={self._config}", "--nofork", "--print-address"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith(self.address)
        self.callback(self.kill)
        return self

    def freeze(self) -> None:
        """Stop it as it is: it takes connections, and answers nothing."""
        self._started.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        self._started.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it as kill -9 does."""
        with self._started as process:
            process.kill()

    @property
    def _started(self) -> subprocess.Popen[str]:
        assert self._process is not None
        return self._process


class Desktop(ExitStack):
    """A desktop's service that takes locks against sleep, and drops those of who left the bus.

    Attributes:
        holders: who holds a lock now, by its cookie: unique names of the bus.
        taken: how many locks were ever taken.
        most: how many were held at once at most.

    """

    def __init__(self, bus: SessionBus, service: str = POWER) -> None:
        super().__init__()
        self._bus = bus
        self._service = service
        self._news = threading.Condition()
        self.holders: dict[int, str] = {}
        self.taken = 0
        self.most = 0

    def __enter__(self) -> Self:
        self._connection: DBusConnection = open_dbus_connection(self._bus.address)
        self.callback(self._connection.close)
        left = MatchRule(type="signal", interface="org.freedesktop.DBus", member="NameOwnerChanged")
        for call in (message_bus.AddMatch(left), message_bus.RequestName(self._service)):
            self._connection.send_and_get_reply(call, timeout=WAIT_LIMIT_S)
        self._thread = threading.Thread(target=self._serve, name="desktop", daemon=True)
        self._thread.start()
        self.callback(self._thread.join, WAIT_LIMIT_S)
        self.callback(self._bus.kill)  # the thread's connection breaks off
        return self

    def until(self, holds: Callable[[Self], bool]) -> None:
        """Wait until something holds for the locks."""
        with self._news:
            assert self._news.wait_for(lambda: holds(self), WAIT_LIMIT_S), self.holders

    def _serve(self) -> None:
        while True:
            try:
                message = self._connection.receive()
            except ConnectionError:
                return
            with self._news:
                self._take(message)
                self._news.notify_all()

    def _take(self, message: Message) -> None:
        fields = message.header.fields
        member = fields.get(HeaderFields.member, "").lower()  # GNOME spells it Uninhibit
        if message.header.message_type is not MessageType.method_call:
            if member == "nameownerchanged" and not message.body[2]:
                gone = message.body[0]
                self.holders = {key: who for key, who in self.holders.items() if who != gone}
            return
        if member == "inhibit":
            self.taken += 1
            self.holders[self.taken] = fields[HeaderFields.sender]
            self.most = max(self.most, len(self.holders))
            answer = new_method_return(message, "u", (self.taken,))
        else:
            del self.holders[message.body[0]]
            answer = new_method_return(message)
        self._connection.send(answer)
