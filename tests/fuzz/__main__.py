"""`make fuzz`: each target for some minutes, guided by what its code does with each input.

Inputs that led somewhere new are kept in `.fuzz/`, and are where the next time begins. What a
target breaks on is kept there too, and said with the way to repeat it. Linux only: it is what
atheris runs on (https://github.com/google/atheris).
"""

import argparse
import importlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

KEPT = Path(".fuzz")
LONGEST_INPUT_BYTES = 65_536
SLOW_S = 120
"""By the clock on the wall, which goes on while a busy machine stands still."""
MOST_MEMORY_MB = 2048
MODULES = ("fuzz.targets", "fuzz.sockets")
INSTRUMENTED = ("colab_cdp_agent", "colab_cdp_protocols")


def main() -> int:
    """Return 0 where no target broke, 1 where one did, 2 where nothing could be tried."""
    options = _options()
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed here: it is there for Linux, and `make fuzz` installs it")
        return 2
    if options.child:
        _fuzz(options.targets[0], options.minutes)
        return 0
    names = [
        target.name for module in MODULES for target in importlib.import_module(module).TARGETS
    ]
    unknown = sorted(set(options.targets) - set(names))
    if unknown:
        print(f"no target is named {', '.join(unknown)}; there are: {', '.join(names)}")
        return 2
    broken = [name for name in options.targets or names if not _holds(name, options.minutes)]
    print(f"broken: {', '.join(broken)}" if broken else "no target broke")
    return 1 if broken else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", help="which; all of them")
    parser.add_argument("--minutes", type=float, default=5.0, help="for each target")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _holds(name: str, minutes: float) -> bool:
    """Try one target in a process of its own, and say what came of it."""
    command = [sys.executable, "-m", "fuzz", name, "--child", "--minutes", str(minutes)]
    log = KEPT / name / "log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        code = subprocess.run(
            command, stdout=output, stderr=output, preexec_fn=lambda: os.nice(10), check=False
        ).returncode
    said = log.read_text("utf-8", errors="replace")
    tried = next((line.split()[-1] for line in said.splitlines() if _EXECUTED in line), "?")
    print(
        f"{name:<16} {tried:>10} inputs  {'held' if code == 0 else f'BROKE: see {log}'}", flush=True
    )
    return code == 0


_EXECUTED = "stat::number_of_executed_units"


def _fuzz(name: str, minutes: float) -> None:
    """Try one target until the time is over, or it breaks; libFuzzer ends the process."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=list(INSTRUMENTED)):
        modules = [importlib.import_module(module) for module in MODULES]
    target = next(each for module in modules for each in module.TARGETS if each.name == name)
    corpus = KEPT / name / "inputs"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    atheris.Setup(
        [
            name,
            f"-max_total_time={round(minutes * 60)}",
            f"-max_len={LONGEST_INPUT_BYTES}",
            f"-timeout={SLOW_S}",
            f"-rss_limit_mb={MOST_MEMORY_MB}",
            f"-artifact_prefix={KEPT / name}/",
            "-print_final_stats=1",
            str(corpus),
        ],
        target.try_on,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
