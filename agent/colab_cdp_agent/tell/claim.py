"""The claim of a name: of the agents of one name at one broker, who claimed it first has it.

Every agent of a name hears every claim of it, in the one order that the broker gives them. Whoever
has heard its own claim answers each that comes later, for as long as it lives; whoever is answered
leaves. So of two that start at the same moment just one stays, and a name whose agent is dead is
free: nobody answers.
"""

import asyncio

from colab_cdp_agent.tell.connection import Message
from colab_cdp_protocols import mqtt
from colab_cdp_protocols.topic import is_level

VERB = "claim"


class NameTakenError(Exception):
    """Another agent that is alive has the same name at this broker."""


class Claim:
    """One agent's claim of its name, from the moment it is made to the agent's end.

    Args:
        root, agent: the first levels of the topics: the name that is claimed.
        instance: tells this claim from every other; a level of a topic.

    Attributes:
        topic: where it is published, with the instance as payload.
        response_topic: where others' claims are answered, and ours.
        heard_back: set once the broker has passed on our own claim.
        contested: whether another agent was seen that may have the name.

    """

    def __init__(self, root: str, agent: str, instance: str) -> None:
        self.topic = mqtt.CLAIM.at(root=root, agent=agent)
        self.response_topic = mqtt.AGENT_RESPONSE.at(root=root, agent=agent, verb=VERB)
        self.heard_back = asyncio.Event()
        self.contested = False
        self._agent = agent
        self._instance = instance

    def begin(self) -> None:
        """Begin anew, on a connection on which nothing was heard yet."""
        self.heard_back.clear()
        self.contested = False

    def hear(self, message: Message) -> mqtt.Response | None:
        """Take a message on one of the two topics; return what a later claim is answered.

        Raises:
            NameTakenError: another agent had the name before.

        """
        if message.retained:
            return None
        if message.topic == self.response_topic:
            self._hear_response(message.payload)
            return None
        claimant = message.payload.decode(errors="replace")
        if claimant == self._instance:
            self.heard_back.set()
        elif not self.heard_back.is_set():
            self.contested = True
        elif is_level(claimant):
            return mqtt.Response("refused", claimant, error=f"{self._agent} is taken")
        return None

    def _hear_response(self, payload: bytes) -> None:
        try:
            response = mqtt.decode(mqtt.AGENT_RESPONSE, payload)
        except mqtt.MalformedPayloadError:
            return
        if response.transaction == self._instance:
            raise NameTakenError(
                f"another agent named {self._agent!r} is alive on this broker: give one of the two"
                " another name with --name"
            )
