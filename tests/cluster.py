"""The shipped three-node cluster on loopback: real nats-servers, to be killed and started again."""

import shutil
import subprocess
from contextlib import ExitStack
from http.client import OK, HTTPConnection
from pathlib import Path
from typing import Self

from authority import Authority
from colab_cdp_agent.tell.broker_process import find_nats_server
from mosquitto import HOST, free_ports

SHIPPED = Path(__file__).parents[1] / "configs" / "cluster"
NODES = ("node-1", "node-2", "node-3")
START_LIMIT_S = 60.0
PASSWORDS = {"agent": "secret-of-agents", "phone": "secret-of-phones", "admin": "secret-of-admins"}


class Cluster(ExitStack):
    """Three nodes from `configs/cluster`, with what its README tells to change.

    Attributes:
        ports: where each node speaks MQTT with TLS.
        ca_file: the authority that vouches for all of them.

    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.ports = dict(zip(NODES, free_ports(len(NODES)), strict=True))
        self._routes = dict(zip(NODES, free_ports(len(NODES)), strict=True))
        self._health = dict(zip(NODES, free_ports(len(NODES)), strict=True))
        authority = Authority(folder / "authority", HOST)
        self.ca_file = authority.ca_file
        self._folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        for node in NODES:
            self._install(node, authority)

    def __enter__(self) -> Self:
        self.callback(self._end)
        for node in NODES:
            self.start(node)
        return self

    def _end(self) -> None:
        for node in list(self._processes):
            self.kill(node)

    def start(self, node: str) -> None:
        """Start a node; whether it answers is for whoever asks it."""
        program = find_nats_server()
        assert program is not None
        with (self._folder / node / "log").open("ab") as log:
            self._processes[node] = subprocess.Popen(
                [program, "--config", "cluster.conf", "--name", node],
                cwd=self._folder / node,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def kill(self, node: str) -> None:
        """End a node as kill -9 does."""
        process = self._processes.pop(node)
        process.kill()
        process.wait()

    def log(self, node: str) -> str:
        """Return what a node said."""
        return (self._folder / node / "log").read_text("utf-8", errors="replace")

    def is_well(self, node: str) -> bool:
        """Return whether a node says of itself that it is well, and knows everything."""
        connection = HTTPConnection(HOST, self._health[node], timeout=10)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == OK
        except OSError:
            return False
        finally:
            connection.close()

    def _install(self, node: str, authority: Authority) -> None:
        """Make a node's folder, as on a machine of its own."""
        folder = self._folder / node
        folder.mkdir()
        shutil.copy(authority.certificate_file, folder / "node.pem")
        shutil.copy(authority.key_file, folder / "node.key")
        shutil.copy(authority.ca_file, folder / "ca.pem")
        config = (SHIPPED / "cluster.conf").read_text("utf-8")
        for each, port in self._routes.items():
            config = _replaced(config, f"{each}.example:6222", f"{HOST}:{port}")
        config = _replaced(config, "127.0.0.1:4222", f"{HOST}:{free_ports(1)[0]}")
        config = _replaced(config, "127.0.0.1:8222", f"{HOST}:{self._health[node]}")
        config = _replaced(config, "0.0.0.0:6222", f"{HOST}:{self._routes[node]}")
        config = _replaced(config, "0.0.0.0:8883", f"{HOST}:{self.ports[node]}")
        (folder / "cluster.conf").write_text(config, "utf-8")
        logins = (SHIPPED / "logins.conf").read_text("utf-8")
        for user, password in PASSWORDS.items():
            logins = _replaced(logins, f"change-me-{user}", password)
        (folder / "logins.conf").write_text(logins, "utf-8")


def _replaced(text: str, shipped: str, ours: str) -> str:
    assert text.count(shipped) == 1, shipped
    return text.replace(shipped, ours)
