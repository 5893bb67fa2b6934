"""No Chrome: how it is said, and what a person does to get one that lets the agent in."""

import sys

from colab_cdp_agent.chrome.own_folder import OWN_FOLDER

# The folder is the one that `colab-cdp-agent chrome` takes: who signed in here has signed in there.
START_COMMAND = {
    "win32": r'"C:\Program Files\Google\Chrome\Application\chrome.exe"'
    rf' --remote-debugging-port={{port}} --user-data-dir="%LOCALAPPDATA%\{OWN_FOLDER}"',
    "darwin": r"/Applications/Google\ Chrome.app/Contents/MacOS/Google\ Chrome"
    " --remote-debugging-port={port}"
    rf' --user-data-dir="$HOME/Library/Application Support/{OWN_FOLDER}"',
    "linux": "google-chrome"
    rf' --remote-debugging-port={{port}} --user-data-dir="$HOME/.local/share/{OWN_FOLDER}"',
}
ALLOW_REMEDY = (
    "let the agent into the Chrome that is open (144 or newer): tick the box at"
    " chrome://inspect/#remote-debugging in it, and start the agent without --port"
)


class ChromeAbsentError(Exception):
    """No Chrome can be reached there; `str` says what was found, `remedy` what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.remedy = remedy


def start_remedy(port: int, platform: str = sys.platform) -> str:
    """Return what a person does to get a Chrome that listens, on this operating system."""
    command = START_COMMAND.get(platform, START_COMMAND["linux"]).format(port=port)
    return (
        "start a Chrome that listens, with a profile folder of its own (since Chrome 136 the"
        f" port is ignored for the everyday profile): colab-cdp-agent chrome --port {port}, or by"
        f" hand: {command}"
    )


def remedies(port: int) -> str:
    """Return both ways to let the agent in: a Chrome of its own, and the one that is open."""
    return f"{start_remedy(port)}; or {ALLOW_REMEDY}"
