"""Draws docs/pictures/terminal.svg: what the agent shows in a terminal, of a stand-in's notebooks.

`PYTHONPATH=tests python scripts/terminal_picture.py` draws it anew. It needs a Chromium, and a
system with pseudo-terminals.
"""

import asyncio
import io
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from colab_cdp_agent.chrome.installed import find_chromium
from colab_cdp_agent.chrome.launch import headless
from colab_sim import ColabSim, Notebook

FILE: Final = Path("docs/pictures/terminal.svg")
WIDTH: Final = 112
LIMIT_S: Final = 60.0
WATCHED: Final = "watched"
"""A file: once it is there the run fails that is to be seen failing."""
BAR: Final = """\
import time
for step in range({first}, {last}):
    done = step / {last}
    bar = "█" * round(10 * done)
    left = time.strftime("%H:%M:%S", time.gmtime(({last} - step) * {each_s}))
    print(f"\\r{{done:4.0%}}|{{bar:<10}}| {{step}}/{last} [{{left}}<{{left}}, "
          f"{{1 / {each_s}:.2f}}it/s, loss={{2.4 - 2 * done:.3f}}]", end="", flush=True)
    time.sleep({each_s})
"""
FAILS: Final = """\
import pathlib, time
while not pathlib.Path("{watched}").exists():
    time.sleep(0.1)
raise RuntimeError("CUDA error: device-side assert triggered")
"""
CODE: Final = {
    "llama-lora-night2": BAR.format(first=10_150, last=24_000, each_s=0.34),
    "vit-small-distill": BAR.format(first=7_010, last=12_000, each_s=0.35),
    "bert-ner-sweep": FAILS,
}
CAPTCHA, LIMITED, AT_REST = "whisper-ko-finetune", "unet-segmentation", "protein-embeddings"
AT_FIRST: Final = ("captcha", "usage limits", "42 %", "58 %", "T4")
THEN: Final = "The run failed"
COLOURS: Final = [
    (30, 32, 38), (240, 98, 98), (126, 211, 133), (229, 192, 123),
    (97, 175, 239), (198, 120, 221), (100, 210, 220), (222, 226, 232),
]  # fmt: skip
THEME: Final = TerminalTheme(
    (18, 20, 26), (222, 226, 232), COLOURS, [(140, 143, 149), *COLOURS[1:]]
)
FRAME: Final = re.compile(rb"\r\x1b\[2K(?:\x1b\[1A\x1b\[2K)*")
"""What goes before each frame: the one before it is wiped."""


async def draw(folder: Path) -> None:
    """Draw the picture, with a folder for what it takes."""
    async with AsyncExitStack() as stage:
        sim = await stage.enter_async_context(ColabSim())
        names = [*CODE, CAPTCHA, LIMITED, AT_REST]
        notebooks = {
            name: sim.notebook(name, title=f"{name}.ipynb", kernel=name in CODE) for name in names
        }
        pages = headless(sim.chromium_flags, [each.url for each in notebooks.values()])
        port = await stage.enter_async_context(pages)
        await _act(notebooks, folder / WATCHED)
        frame = await asyncio.to_thread(_last_frame, port, folder)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(frame), soft_wrap=True)
    console.save_svg(str(FILE), title="colab-cdp-agent", theme=THEME, unique_id="terminal")


async def _act(notebooks: dict[str, Notebook], watched: Path) -> None:
    for notebook in notebooks.values():
        await notebook.opened()
    for name, code in CODE.items():
        await notebooks[name].source(code.replace("{watched}", str(watched)))
        await notebooks[name].run()
    await notebooks[CAPTCHA].dialog("captcha")
    await notebooks[LIMITED].dialog("usage_limit")
    await notebooks[AT_REST].connection("connected")
    await notebooks[AT_REST].resources(accelerator="T4")


def _last_frame(port: int, folder: Path) -> str:
    """Run the agent in a terminal until everything is to be seen, and return its last frame."""
    if sys.platform == "win32":
        raise NotImplementedError("there is no pseudo-terminal here")
    ours, its = pty.openpty()
    environment = {
        **os.environ, "COLUMNS": str(WIDTH), "LINES": "40", "TERM": "xterm-256color",
        "COLAB_CDP_AGENT_STATE_DIR": str(folder / "state"), "HOME": str(folder),
    }  # fmt: skip
    command = [sys.executable, "-m", "colab_cdp_agent", "run", "--observe", "--name", "laptop"]
    with subprocess.Popen(
        [*command, "--port", str(port)], stdin=its, stdout=its, stderr=its, env=environment
    ) as agent:
        os.close(its)
        try:
            shown = _until(AT_FIRST, ours, b"")
            (folder / WATCHED).touch()
            shown = _until((THEN, *AT_FIRST[:2]), ours, shown)
        finally:
            agent.terminate()
            os.close(ours)
    return _frames(shown)[-1].decode().replace("\r\n", "\n").rstrip()


def _until(awaited: tuple[str, ...], terminal: int, shown: bytes) -> bytes:
    """Return what was shown until all of that stood in one frame."""
    late = time.monotonic() + LIMIT_S
    while not all(each.encode() in _frames(shown)[-1] for each in awaited):
        if not select.select([terminal], [], [], max(0.0, late - time.monotonic()))[0]:
            raise TimeoutError(f"not all of {awaited} was shown in {LIMIT_S:.0f} s")
        shown += os.read(terminal, 65_536)
    return shown


def _frames(shown: bytes) -> list[bytes]:
    """Return the frames that are whole: another one came after each."""
    return [b"", *FRAME.split(shown)[1:-1]]


def main() -> int:
    """Draw the picture, and say how large it is."""
    if find_chromium() is None:
        print("no Chromium or Chrome is installed", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(draw(Path(folder)))
    print(f"{FILE}: {FILE.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
