"""What a button may ask for: verbs that are allowed, with an empty payload and no signature."""

from collections.abc import Iterable

from colab_cdp_agent.config import Commands
from colab_cdp_protocols import verbs
from colab_cdp_protocols.verbs import Verb


def of_session(commands: Commands) -> tuple[Verb, ...]:
    """Return the verbs of a session for which a button makes sense."""
    return _offered(verbs.OF_SESSION.values(), commands)


def of_agent(commands: Commands) -> tuple[Verb, ...]:
    """Return the verbs of the agent for which a button makes sense: those that do something."""
    return _offered((verb for verb in verbs.OF_AGENT.values() if verb.acts), commands)


def _offered(known: Iterable[Verb], commands: Commands) -> tuple[Verb, ...]:
    return tuple(
        verb
        for verb in known
        if verb.bare
        and (verb.free or verb.name in commands.allow)
        and not (verb.acts and commands.key is not None)
    )
