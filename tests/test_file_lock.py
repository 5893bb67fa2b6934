"""A lock on a file: one holder, however it ends, and its file can be read meanwhile."""

import subprocess
import sys
from pathlib import Path

from colab_cdp_agent.file_lock import FileLock
from person import eventually

HOLDER = """
import sys, time
from pathlib import Path
from colab_cdp_agent.file_lock import FileLock
lock = FileLock(Path(sys.argv[1]))
print(lock.try_acquire(), flush=True)
lock.keep()
lock.release()
time.sleep(60)
"""


def test_a_lock_has_one_holder(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "a.lock"), FileLock(tmp_path / "a.lock")
    assert first.try_acquire()
    assert first.try_acquire()
    assert not second.try_acquire()
    first.release()
    assert second.try_acquire()
    second.release()


def test_what_stands_in_the_file_can_be_read_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    path.write_bytes(b"7")
    lock = FileLock(path)
    assert lock.try_acquire()
    assert path.read_bytes() == b"7"
    lock.release()
    assert path.read_bytes() == b"7"


def test_a_process_keeps_what_it_holds_until_it_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"True"
        lock = FileLock(path)
        assert not lock.try_acquire()
        holder.kill()
        eventually(lock.try_acquire)
        lock.release()
