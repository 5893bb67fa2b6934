"""A child that outlives whoever started it: cut off from the terminal, and without our secrets."""

import os
from collections.abc import Mapping
from typing import TypedDict

CREATE_NEW_PROCESS_GROUP = 0x00000200
DETACHED_PROCESS = 0x00000008
OURS = "COLAB_CDP_AGENT_"


class DetachOptions(TypedDict):
    """The arguments of Popen that cut a child off from the terminal and the fate of its parent."""

    start_new_session: bool
    creationflags: int


def detach_options(platform: str) -> DetachOptions:
    """Return how a process is started on this platform so that it outlives its parent."""
    if platform == "win32":
        flags = CREATE_NEW_PROCESS_GROUP | DETACHED_PROCESS
        return DetachOptions(start_new_session=False, creationflags=flags)
    return DetachOptions(start_new_session=True, creationflags=0)


def clean_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment without the agent's own variables, some of which are secrets."""
    return {name: value for name, value in environ.items() if not name.startswith(OURS)}
