"""Who reads the agent's words may leave, and their encoding may be any: the watch goes on."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chromium import Chromium, find_chromium, free_port
from command import COMMAND, TRACES, Command, environment, run
from leftovers import processes_of

LIMIT_S = 20.0
needs_chromium = pytest.mark.skipif(find_chromium() is None, reason="no Chromium installed")


@contextmanager
def agent(folder: Path, port: int, stdout: int) -> Iterator[subprocess.Popen[str]]:
    """Run the agent with its screen led elsewhere; its log is read by the test."""
    process = subprocess.Popen(
        [*COMMAND, "--port", str(port), "--no-mqtt"],
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def goes_on(process: subprocess.Popen[str], port: int) -> None:
    """Make sure that the agent connects to a Chrome which starts now, and then ends as asked."""
    assert process.stderr is not None
    with Chromium(port=port):
        said = ""
        while "connected to Chrome" not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        process.terminate()
        said += process.stderr.read()
        assert process.wait(LIMIT_S) == 0
    assert not any(trace in said for trace in TRACES), said


@needs_chromium
def test_a_reader_who_leaves_does_not_end_the_watch(tmp_path: Path) -> None:
    port = free_port()
    with agent(tmp_path, port, subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "watches: colab\n"
        process.stdout.close()
        goes_on(process, port)


@needs_chromium
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_a_full_disk_under_the_screen_does_not_end_the_watch(tmp_path: Path) -> None:
    port = free_port()
    with (
        Path("/dev/full").open("wb") as full,
        agent(tmp_path, port, full.fileno()) as process,
    ):
        goes_on(process, port)


def on_a_terminal(
    folder: Path, columns: int, *arguments: str
) -> tuple[subprocess.Popen[bytes], int]:
    """Run the agent on a terminal that is so wide, and return it with our end of that."""
    import fcntl  # noqa: PLC0415 - Windows has neither
    import termios  # noqa: PLC0415

    ours, its = os.openpty()
    process = subprocess.Popen(
        [*COMMAND, "--port", str(free_port()), *arguments],
        env=environment(folder, {"TERM": "xterm", "COLUMNS": str(columns)}),
        cwd=folder,
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no threads here
    )
    os.close(its)
    return process, ours


def read_until(terminal: int, words: bytes) -> bytes:
    """Read on until these words were shown, and return all that was."""
    said = b""
    while words not in said:
        said += os.read(terminal, 4096)
    return said


@pytest.mark.skipif(sys.platform != "linux", reason="terminals are taken in another way there")
def test_a_terminal_that_is_closed_ends_it_as_asked(tmp_path: Path) -> None:
    process, ours = on_a_terminal(tmp_path, 240)
    read_until(ours, b"MQTT: 127.0.0.1")  # its broker runs, and the table is drawn
    os.close(ours)
    assert process.wait(LIMIT_S) == 0
    assert processes_of(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="terminals are taken in another way there")
def test_the_headline_of_80_columns_shows_where_the_page_is_whatever_chrome_lacks(
    tmp_path: Path,
) -> None:
    port = free_port()
    (tmp_path / "mine.yaml").write_text(f"web: {{port: {port}}}\n", encoding="utf-8")
    process, ours = on_a_terminal(tmp_path, 80, "--config", "mine.yaml")
    said = read_until(ours, f"page: http://127.0.0.1:{port} · MQTT: ".encode())
    os.close(ours)
    assert process.wait(LIMIT_S) == 0
    assert b"Chrome: waiting" in said


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp949"])
def test_an_encoding_that_lacks_a_character_shows_another(tmp_path: Path, encoding: str) -> None:
    words = {"PYTHONIOENCODING": encoding, "COLAB_CDP_AGENT_STATE_DIR": "/훈련"}
    ended = run(tmp_path, "doctor", "--port", str(free_port()), "--no-mqtt", env=words)
    assert ended.returncode == 3
    assert "Chrome: nothing listens on" in ended.stdout


def test_the_headline_is_shown_in_any_encoding(tmp_path: Path) -> None:
    waiting = Command(
        tmp_path, "--port", str(free_port()), "--no-mqtt", env={"PYTHONIOENCODING": "ascii"}
    )
    assert waiting.until("MQTT: none").startswith("Chrome: waiting (")
    waiting.stop(signal.SIGTERM)


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["config", "schema"]])
def test_a_reader_who_is_gone_gets_no_traceback(tmp_path: Path, arguments: list[str]) -> None:
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(LIMIT_S) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="a shell closes a stream there otherwise")
def test_it_needs_no_streams_at_all(tmp_path: Path) -> None:
    closed = ["sh", "-c", 'exec "$0" "$@" >&- 2>&-', *COMMAND, "config", "schema"]
    assert subprocess.run(closed, cwd=tmp_path, check=False, timeout=LIMIT_S).returncode == 0
