"""A real mosquitto as `configs/mosquitto` sets it up, with TLS, passwords and ACL."""

import subprocess
from pathlib import Path

from authority import Authority
from colab_cdp_agent.config import BrokerUrl, Mqtt, Secret
from mosquitto import HOST, Mosquitto, free_ports

SHIPPED = Path(__file__).parents[1] / "configs" / "mosquitto"
USERS = ("laptop", "desktop", "phone", "homeassistant")


class ShippedMosquitto(Mosquitto):
    """The shipped configuration, with the folders of a test in place of the system's.

    Attributes:
        ca_file: the authority that vouches for it.

    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        authority = Authority(folder / "authority", HOST)
        self.ca_file = authority.ca_file
        (self.port,) = free_ports(1)
        config = (SHIPPED / "mosquitto.conf").read_text("utf-8")
        for shipped, ours in (
            ("listener 8883", f"listener {self.port} {HOST}"),
            ("/etc/mosquitto/certs/server.pem", authority.certificate_file),
            ("/etc/mosquitto/certs/server.key", authority.key_file),
            ("/etc/mosquitto/passwords", folder / "passwords"),
            ("/etc/mosquitto/acl", SHIPPED / "acl"),
            ("/var/lib/mosquitto/", f"{folder}/"),
        ):
            assert config.count(shipped) == 1, shipped
            config = config.replace(shipped, str(ours))
        # Where root runs it: anyone else could not read the test's files.
        self._config.write_text(f"{config}\nuser root\n", "utf-8")
        (folder / "passwords").touch(mode=0o600)
        for user in USERS:
            command = ["mosquitto_passwd", "-b", str(folder / "passwords"), user, password_of(user)]
            subprocess.run(command, check=True, capture_output=True)

    def settings(self, user: str, password: str | None = None) -> Mqtt:
        """Return the configuration of someone who logs in as a user."""
        url = BrokerUrl(f"mqtts://{user}@{HOST}:{self.port}")
        return Mqtt(url=url, password=Secret(password or password_of(user)), ca_file=self.ca_file)


def password_of(user: str) -> str:
    """Return the password that a test gave a user."""
    return f"secret of {user}"
