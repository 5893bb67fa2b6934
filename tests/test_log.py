"""The log: what libraries say is heard by whoever wants to hear more."""

import subprocess
import sys

import pytest

SPEAK = """
import logging, sys
from colab_cdp_agent import log
import aiomqtt
log.configure("text", verbose=sys.argv[1] == "verbose")
logging.getLogger("mqtt").warning("a library's words")
logging.getLogger("asyncio").error("a defect")
"""


@pytest.mark.parametrize("wish", ["quiet", "verbose"])
def test_libraries_are_heard_with_verbose_only(wish: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SPEAK, wish], capture_output=True, text=True, check=True
    )
    for words in ("a library's words", "a defect"):
        assert (words in ended.stderr) == (wish == "verbose")
