"""`phone`: where the page of an agent on this computer is, and how a phone comes in."""

import argparse
import sys

from colab_cdp_agent import config
from colab_cdp_agent.exit_codes import ExitCode
from colab_cdp_agent.replies import fail, say
from colab_cdp_agent.tell.password_file import PasswordFileError
from colab_cdp_agent.tell.web.page_file import served
from colab_cdp_agent.tell.web.welcome import PASSWORD_FILE, welcome


def show(options: argparse.Namespace) -> int:
    """Print how a browser comes to each page that is served here, and return the exit code.

    Raises:
        ConfigError: the name can be no agent's.

    """
    folder, name = config.state_dir(), config.override(config.Config(), name=options.name).name
    pages = [*served(folder, name)]
    if not pages:
        whose = f"agent {name!r}" if name else "agent"
        return fail(
            f"no {whose} here serves a phone page now: start the agent, with --lan if a phone is to"
            " open the page",
            ExitCode.UNREACHABLE,
        )
    try:
        for page in pages:
            say(*welcome(page, folder / PASSWORD_FILE, to_terminal=sys.stdout.isatty()))
    except PasswordFileError as error:
        return fail(error)
    return ExitCode.ENDED_AS_ASKED
