"""What it costs to start: the version from the command line, and the first line on the screen."""

import argparse
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import psutil

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from chromium import free_port
from figure import Figure

VERSION_BAR_S, LINE_BAR_S = 0.25, 0.5
PROGRAM = Path(sysconfig.get_path("scripts")) / "colab-cdp-agent"


def processor_time(command: list[str]) -> float:
    """Return the processor time in seconds that a command used from start to end."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


def first_line(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Return the seconds until a command says its first line, and the processor time until then."""
    began = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ | environment
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        took = time.perf_counter() - began
        used = psutil.Process(process.pid).cpu_times()
        process.terminate()
        process.communicate()
    assert line.strip(), "it said nothing"
    return took, used.user + used.system


def main() -> None:
    """Tell the median of each, beside the bare interpreter's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="more rounds")
    parser.add_argument("--rounds", type=int)
    options = parser.parse_args()
    rounds = options.rounds or (30 if options.full else 10)
    versions, bare, empty, lines = [], [], [], []
    with tempfile.TemporaryDirectory() as state:
        run = [str(PROGRAM), "run", "--no-mqtt", "--port", str(free_port())]
        for _round in range(rounds):
            bare.append(processor_time([sys.executable, "-c", ""]))
            versions.append(processor_time([str(PROGRAM), "--version"]))
            empty.append(first_line([sys.executable, "-c", "print(1)"], {})[0])
            lines.append(first_line(run, {"COLAB_CDP_AGENT_STATE_DIR": state}))
    seen = {"rounds": rounds, "load": psutil.getloadavg()[0]}
    Figure(
        "colab-cdp-agent --version, processor time",
        round(statistics.median(versions), 3),
        "s",
        VERSION_BAR_S,
        seen | {"python_alone_s": round(statistics.median(bare), 3), "max_s": max(versions)},
    ).tell()
    walls, cpus = zip(*lines, strict=True)
    Figure(
        "from the command to the first line on the screen",
        round(statistics.median(walls), 3),
        "s",
        LINE_BAR_S,
        seen
        | {"cpu_s": round(statistics.median(cpus), 3), "max_s": round(max(walls), 3)}
        | {"python_alone_s": round(statistics.median(empty), 3)},
    ).tell()


if __name__ == "__main__":
    main()
