"""The arguments of the commands that start another program: `chrome` and `service`.

Imported with the parser, so it imports next to nothing.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from colab_cdp_agent.argument_types import port

DEFAULT_PORT = 9222


def add_chrome(add_parser: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Add `chrome`, and return its parser."""
    chrome = add_parser(
        "chrome",
        help="start a Chrome that listens, with a profile folder of its own",
        usage="colab-cdp-agent chrome [options] [URL ...] [-- SWITCH ...]",
        epilog="what follows -- is passed on to the browser. It goes on when this command ends.",
        allow_abbrev=False,
    )
    chrome.add_argument("urls", nargs="*", metavar="URL", help="what it shows; Colab")
    chrome.add_argument(
        "--port", type=port, default=DEFAULT_PORT, metavar="N", help="its debugging port; 9222"
    )
    chrome.add_argument("--profile-dir", type=Path, metavar="DIR", help="another folder of its own")
    chrome.add_argument("--browser", metavar="PROGRAM", help="another browser than the first found")
    return chrome


def add_service(add_parser: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Add `service`, and return its parser."""
    service = add_parser(
        "service",
        help="have the agent started at each login, and again after a crash",
        usage="colab-cdp-agent service {install,uninstall,status} [-- OPTION ...]",
        epilog="what follows -- are options of `run`. `status` ends with 0 only while it runs.",
        allow_abbrev=False,
    )
    service.add_argument(
        "what", choices=("install", "uninstall", "status"), help="what is done with it"
    )
    return service
