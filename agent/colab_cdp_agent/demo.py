"""`colab-cdp-agent demo`: the agent at work where no Colab is at hand."""

import importlib.util
import sys

from colab_cdp_agent import log
from colab_cdp_agent.chrome.installed import NoChromiumError
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.replies import fail
from colab_cdp_agent.stopping import run_until_stopped
from colab_cdp_agent.tell.broker import BrokerFailedError

NEEDED = ("aiohttp", "cryptography", "ipykernel", "jupyter_client")
"""What the stand-in for Colab imports, which the extra `demo` brings along."""


def show(seconds: float | None) -> int:
    """Show the demo until Ctrl+C, or for so many seconds, and return the exit code."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        install = f"{sys.executable} -m pip install 'colab-cdp-agent[demo]'"
        return fail(f"the demo needs {', '.join(missing)}: {install}", ExitCode.BAD_INPUT)
    from colab_cdp_agent.demo_stage import play  # noqa: PLC0415 - imports what was looked for

    log.configure("text", verbose=False)
    try:
        return run_until_stopped(play(seconds))
    except NoChromiumError as error:
        return fail(f"{error}; {error.remedy}", ExitCode.UNREACHABLE)
    except BrokerFailedError as error:
        return fail(error, ExitCode.UNREACHABLE)
