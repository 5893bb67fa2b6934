"""The log: what libraries say is heard on request, and nothing that is said steers a terminal."""

import json
import subprocess
import sys

import pytest

from hostile import HOSTILE, steering

SPEAK = """
import logging, sys
from colab_cdp_agent import log
import aiomqtt
log.configure("text", verbose=sys.argv[1] == "verbose")
logging.getLogger("mqtt").warning("a library's words")
logging.getLogger("asyncio").error("a defect")
"""
SPEAK_OF = """
import logging, sys, structlog
from colab_cdp_agent import log
log.configure(sys.argv[1], verbose=True)
said = sys.stdin.read()
structlog.get_logger().warning(said, title=said, lines=[said], short="\\x1b[2J")
logging.getLogger("mqtt").warning(said)
try:
    raise ValueError(said)
except ValueError:
    structlog.get_logger().exception("it failed")
    logging.getLogger("asyncio").exception("a defect")
"""


@pytest.mark.parametrize("wish", ["quiet", "verbose"])
def test_libraries_are_heard_with_verbose_only(wish: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SPEAK, wish], capture_output=True, text=True, check=True
    )
    for words in ("a library's words", "a defect"):
        assert (words in ended.stderr) == (wish == "verbose")


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_that_is_logged_steers_a_terminal_or_forges_a_line(form: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", SPEAK_OF, form],
        input=HOSTILE,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert steering(ended.stderr) == ""
    lines = ended.stderr.splitlines()
    if form == "json":
        [first, *_] = [json.loads(line) for line in lines if line.startswith("{")]
        assert first["title"] == first["event"] == HOSTILE
    else:
        assert not any(line.startswith("--- 2026") for line in lines[:2])
