"""How an MQTT app on a phone reaches the embedded broker, in a few lines for its owner."""

from collections.abc import Iterator

from colab_cdp_agent.tell.broker import BrokerAddress
from colab_cdp_agent.tell.lan import lan_address

NOWHERE = "(none: this computer is in no network now)"


def invitation(broker: BrokerAddress, *, to_terminal: bool) -> Iterator[str]:
    """Yield what a person types into an MQTT app; nothing where no phone may come in.

    The password is for a terminal, and for no file: anywhere else its own file is named.
    """
    if broker.lan is None:
        return
    user, password = broker.lan.phone
    shown = password if to_terminal else f"in {broker.phone_password_file}"
    host = lan_address() or NOWHERE
    yield f"A phone in this network reads {broker.lan.root}/# with any MQTT app:"
    yield f"  host {host}  port {broker.port}  user {user}  password {shown}"
    yield "It may read all of that, and send requests. Nothing is encrypted on its way."
