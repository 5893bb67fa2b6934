"""A night: the real command line between a real Chrome and a real broker, and what it told.

    with Chromium(sim.chromium_flags) as chromium, Night(chromium.port) as night:
        chromium.open(notebook.url)
        night.until(lambda: night.session(notebook.url)["phase"] == "running")

On exit the agent is asked to stop; it must end with 0 and leave no defect in its log.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from colab_cdp_agent.watch.sites import load_site
from colab_cdp_protocols.session_id import session_id
from mosquitto import Mosquitto
from subscriber import HOST, Subscriber

T = TypeVar("T")

NAME = "night"
ROOT = f"colab/{NAME}"
UNTIL_LIMIT_S = 20.0
STOP_LIMIT_S = 10.0
TAIL_LINES = 40
DEFECTS = ("never retrieved", "never awaited", "Traceback", "ResourceWarning", "was destroyed but")


class Night:
    """One agent at work, from entry to exit.

    Args:
        ports: the debugging ports of Chrome, or of several; none where the configuration has them.
        config: a configuration, as its YAML file spells it.
        arguments: of the command line, beside those that lead to Chrome, broker and sites.
        sites: names or files of site profiles.
        broker: one that others use too; by default the night has its own.
        environment: variables of the agent's beside those of the test.

    Attributes:
        ports: those of the next start.
        agent: its process.
        home: its folder: `state` (COLAB_CDP_AGENT_STATE_DIR), `log` and `screen` are in it.
        broker: the mosquitto, which may be killed and started.
        heard: everything that was published below `colab/night`.

    """

    def __init__(
        self,
        *ports: int,
        config: Mapping[str, Any] | None = None,
        arguments: Sequence[str] = (),
        sites: Sequence[str] = ("colab",),
        broker: Mosquitto | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="night-"))
        self.broker = broker or Mosquitto(self.home)
        self.agent: subprocess.Popen[bytes]
        self.heard: Subscriber
        self._owns_broker = broker is None
        self._profiles = tuple(map(load_site, sites))
        self._config = dict(config or {})
        named = [option for site in sites for option in ("--site", site)]
        self.ports = ports
        self._arguments = (*named, *arguments)
        self._environment = dict(environment or {})
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.callback(shutil.rmtree, self.home, ignore_errors=True)
            if self._owns_broker:
                undo.enter_context(self.broker)
            self.heard = Subscriber(self.broker.port, f"{ROOT}/#")
            undo.callback(self.heard.close)
            self.start()
            undo.callback(self.kill)
            self.until(lambda: self.value("status") == "online" and self.info())
            self._exit = undo.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._exit:
            if error is None:
                self.stop()

    def start(self) -> None:
        """Start the agent, once more if it has been stopped or killed."""
        config = self.home / "config.yaml"
        config.write_text(json.dumps(self._config), encoding="utf-8")
        state = {"COLAB_CDP_AGENT_STATE_DIR": str(self.home / "state")}
        with (self.home / "log").open("ab") as log, (self.home / "screen").open("ab") as screen:
            self.agent = subprocess.Popen(
                [
                    *(sys.executable, "-W", "default", "-m", "colab_cdp_agent", "run"),
                    *(
                        "--mqtt",
                        f"mqtt://{HOST}:{self.broker.port}",
                        "--name",
                        NAME,
                        "--config",
                        str(config),
                    ),
                    *("--log-format", "json", "--verbose"),  # asyncio's complaints are wanted
                    *(option for port in self.ports for option in ("--port", str(port))),
                    *self._arguments,
                ],
                env=os.environ | self._environment | state,
                stdout=screen,
                stderr=log,
            )

    def stop(self) -> None:
        """Ask the agent to stop; it must end with 0 and leave no defect in its log."""
        if self.agent.poll() is None:
            self.agent.send_signal(signal.SIGTERM)
        try:
            code = self.agent.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(self._with_log("the agent did not stop")) from None
        assert code in {0, -signal.SIGKILL}, self._with_log(f"the agent ended with {code}")
        defects = [line for line in self.log().splitlines() if any(map(line.__contains__, DEFECTS))]
        assert not defects, self._with_log(f"defects in the log: {defects}")

    def kill(self) -> None:
        """Kill -9 the agent."""
        self.agent.kill()
        self.agent.wait()

    def until(self, holds: Callable[..., T], limit: float = UNTIL_LIMIT_S) -> T:
        """Return what a predicate returns as soon as it is truthy; it is asked at each message.

        A predicate that finds no session or key yet may raise LookupError.
        """

        def found() -> T | None:
            try:
                return holds()
            except LookupError:
                return None

        answer = self.heard.until(found, limit, self._check_alive)
        if answer is None:
            raise AssertionError(self._with_log(f"not within {limit:g} s"))
        return answer

    def value(self, topic: str) -> str:
        """Return the latest value of a topic below `colab/night`, as text.

        Raises:
            KeyError: nothing stands there.

        """
        return self.heard.values[f"{ROOT}/{topic}"].decode()

    def info(self) -> dict[str, Any]:
        """Return the agent's `info`."""
        info: dict[str, Any] = json.loads(self.value("info"))
        return info

    def sessions(self) -> dict[str, dict[str, Any]]:
        """Return the state of every session, by id."""
        ids = [entry["id"] for entry in json.loads(self.value("sessions"))]
        return {each: json.loads(self.value(f"session/{each}/state")) for each in ids}

    def session(self, name: str, nth: int = 1) -> dict[str, Any]:
        """Return the state of a session by its id, its title or its notebook's address.

        Raises:
            LookupError: there is none.

        """
        wanted = self.id_of(name, nth) if "://" in name else name
        for state in self.sessions().values():
            if wanted in {state["id"], state["title"]}:
                return state
        raise LookupError(name)

    def attention(self, name: str) -> str | None:
        """Return the kind of a session's attention, None where there is none."""
        found: dict[str, str] | None = self.session(name)["attention"]
        return found["kind"] if found else None

    def id_of(self, url: str, nth: int = 1) -> str:
        """Return the session id of a notebook's address; `nth` counts its tabs."""
        for profile in self._profiles:
            notebook = profile.notebook(url)
            if notebook is not None:
                return session_id(profile.site, notebook, nth)
        raise LookupError(url)

    def phases(self, name: str, nth: int = 1) -> list[str]:
        """Return the phases that a session was published in, in order."""
        topic = f"{ROOT}/session/{self.session(name, nth)['id']}/state"
        told = [json.loads(body)["phase"] for at, body in self.heard.messages if at == topic]
        return [
            phase for phase, before in zip(told, [None, *told], strict=False) if phase != before
        ]

    def events(self, name: str | None = None) -> list[dict[str, Any]]:
        """Return the events of a session, or of all, in order."""
        only = "/session/" if name is None else f"/session/{self.session(name)['id']}/"
        heard = self.heard.messages
        return [json.loads(body) for at, body in heard if only in at and at.endswith("/event")]

    def log(self) -> str:
        """Return what the agent logged so far."""
        return (self.home / "log").read_text(encoding="utf-8", errors="replace")

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Return the log's lines about an event."""
        whole = self.log().rpartition("\n")[0].splitlines()
        lines = [json.loads(line) for line in whole if line.startswith("{")]
        return [line for line in lines if line["event"] == event]

    def _check_alive(self) -> None:
        code = self.agent.poll()
        assert code in {None, -signal.SIGKILL}, self._with_log(f"the agent ended with {code}")

    def _with_log(self, says: str) -> str:
        tail = "\n".join(self.log().splitlines()[-TAIL_LINES:])
        told = "\n".join(
            f"{topic} {body.decode(errors='replace')[:300]}"
            for topic, body in sorted(self.heard.values.items())
            if topic.endswith(("/info", "/sessions", "/state", "/status"))
        )
        return f"{says}\n--- the agent's log\n{tail}\n--- told\n{told}"
