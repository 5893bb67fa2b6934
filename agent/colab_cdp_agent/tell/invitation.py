"""How an MQTT app on a phone reaches the embedded broker, in a few lines for its owner."""

from collections.abc import Iterator

from colab_cdp_agent.tell.broker import BrokerAddress
from colab_cdp_agent.tell.ports import lan_address

NOWHERE = "this computer, which has no address in a network now"


def invitation(broker: BrokerAddress, *, to_terminal: bool) -> Iterator[str]:
    """Yield what a person types into an MQTT app; nothing where no phone may come in.

    The password is for a terminal, and for no file: anywhere else its own file is named.
    """
    if broker.lan is None:
        return
    user, password = broker.lan.phone
    secret = (
        f"password {password}" if to_terminal else f"the password in {broker.phone_password_file}"
    )
    host = lan_address() or NOWHERE
    yield (
        f"MQTT app on a phone: host {host}, port {broker.port}, user {user}, {secret}; topics"
        f" {broker.lan.root}/#"
    )
    yield "Such a login reads all of that, and asks. It travels unencrypted in your network."
