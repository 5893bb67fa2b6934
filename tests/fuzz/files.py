"""What stands in files, or answers in Chrome's place: configuration, state, captures, a login."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from colab_cdp_agent.chrome.absent import ChromeAbsentError
from colab_cdp_agent.chrome.endpoint import browser_path
from colab_cdp_agent.chrome.port_file import read_port_file
from colab_cdp_agent.chrome.profile_folder import PORT_FILE
from colab_cdp_agent.chrome.version_page import read_answer
from colab_cdp_agent.config import Config
from colab_cdp_agent.keep.small_file import SmallFile
from colab_cdp_agent.settings.document import ConfigError
from colab_cdp_agent.tell.alerts import outbox
from colab_cdp_agent.tell.broker_files import BrokerFolder
from colab_cdp_agent.tell.topic_file import TopicFile
from colab_cdp_agent.tell.web.login import Login
from colab_cdp_agent.tell.web.server import _shown as shown
from colab_cdp_agent.trial.captures import _read as read_capture
from colab_cdp_agent.watch import wishes
from colab_cdp_agent.watch.extending import extended
from colab_cdp_agent.watch.profile import Profile
from colab_cdp_agent.yaml_file import convert, parse
from colab_cdp_protocols.topic import is_topic
from fuzz.target import Target, encoded

NOW = datetime(2026, 11, 25, 22, tzinfo=UTC)
CONFIGS = Path(__file__).parents[2] / "configs"
COLAB = parse((CONFIGS / "sites" / "colab.yaml").read_text("utf-8"), "colab.yaml")


def read_settings(content: bytes) -> None:
    """Read a configuration."""
    convert(parse(content.decode(errors="surrogateescape"), "f.yaml"), Config)


def read_profile(content: bytes) -> None:
    """Read a site profile, by itself and over the one that comes along."""
    own = parse(content.decode(errors="surrogateescape"), "f.yaml")
    profile = None
    try:
        profile = convert(own, Profile)
    except ConfigError:
        profile = convert(extended(own, COLAB), Profile)
    profile.notebook("https://colab.research.google.com/drive/1abc?authuser=0#x")
    profile.title("train.ipynb - Colab")


def find_browser(answer: bytes) -> None:
    """Read what answers in Chrome's place."""
    status, body = read_answer("127.0.0.1:9222", 9222, answer)
    path = browser_path("127.0.0.1:9222", 9222, status, body)
    assert path.isascii()
    assert path.startswith("/")


@contextmanager
def file_of(content: bytes, name: str) -> Iterator[Path]:
    """Let a folder have a file of this content."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        (Path(folder) / name).write_bytes(content)
        yield Path(folder)


def find_port(content: bytes) -> None:
    """Read the file in which a browser says where it listens."""
    with file_of(content, PORT_FILE) as folder:
        port, path = read_port_file(folder)
    assert 0 <= port <= 65_535
    assert path.startswith("/")


def read_state(content: bytes) -> None:
    """Read what an earlier run of the agent left, as each of its files."""
    for empty in (wishes.Kept(), outbox.Kept()):
        with file_of(content, "x.json") as folder:
            found, aside = SmallFile(folder / "x.json", empty).read(NOW)
            assert aside is None or found == empty
    with file_of(content, "topics.json") as folder:
        assert all(map(is_topic, TopicFile(folder / "topics.json").read(NOW)))
    with file_of(content, "broker.json") as folder:
        BrokerFolder(folder).read_record()


def log_in(shown_by: bytes) -> None:
    """Show something at the page's door."""
    login = Login("abcd-efgh-jkmn-pqrs")
    password, ticket = shown(shown_by)
    assert not login.admits(ticket, 0.0)
    assert not login.knows(shown_by.decode(errors="surrogateescape"), 0.0)
    login.accepts(password)


def load_capture(content: bytes) -> None:
    """Read a capture that may come from a stranger."""
    with file_of(content, "page.html") as folder:
        assert read_capture(folder / "page.html").startswith("<!doctype html>\n<")


VERSION = json.dumps(
    {"Browser": "Chrome/156", "webSocketDebuggerUrl": "ws://localhost:1/devtools/browser/an-id"}
)
OWN_PROFILE = b"""\
site: s
notebooks: ['https://x/(.*)']
states:
  control: [{css: '#a'}]
  connected: [{css: '#a.b'}]
title_suffix: ' - .*$'
"""
TARGETS = (
    Target(
        "settings",
        read_settings,
        ((CONFIGS / "agent.yaml").read_bytes(), b"chrome: {port: 9222}\nname: x\n"),
        (ConfigError,),
    ),
    Target(
        "profiles",
        read_profile,
        (
            b"extends: colab\nstates:\n  connected:\n  - {css: 'x.y', trust: high}\n",
            OWN_PROFILE,
            (CONFIGS / "sites" / "jupyterlab.yaml").read_bytes(),
        ),
        (ConfigError,),
    ),
    Target(
        "version-page",
        find_browser,
        encoded(
            (
                f"HTTP/1.1 200 OK\r\nContent-Length: {len(VERSION)}\r\n\r\n{VERSION}",
                "HTTP/1.1 404 Not Found\r\n\r\n",
                "\x15\x03\x01\0\2\2F",
            )
        ),
        (ChromeAbsentError,),
    ),
    Target(
        "port-file",
        find_port,
        (b"9222\n/devtools/browser/an-id", b"9222\r\n/x\r\n"),
        (ChromeAbsentError,),
    ),
    Target(
        "state-files",
        read_state,
        (
            b'{"paused":true,"sessions":{"0123456789":{"keep_alive":false}}}',
            b'["colab/host/status","colab/host/info"]',
            b'{"server_name":"x","authorization":{"users":[{"password":"p"}]}}',
            msgspec.json.encode(outbox.Kept()),
        ),
    ),
    Target("login", log_in, (b'{"password": "abcd"}', b'{"ticket": "1.a.b"}')),
    Target(
        "captures",
        load_capture,
        (b"<!doctype html>\n<!-- colab-cdp-agent capture\n-->\n<p>x</p>",),
        (ConfigError,),
    ),
)
