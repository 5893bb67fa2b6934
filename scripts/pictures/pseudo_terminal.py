"""A program in a pseudo-terminal, read frame by frame and drawn as it looked."""

import io
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

LIMIT_S: Final = 90.0
COLOURS: Final = [
    (30, 32, 38), (214, 68, 68), (126, 211, 133), (229, 192, 123),
    (97, 175, 239), (198, 120, 221), (100, 210, 220), (222, 226, 232),
]  # fmt: skip
THEME: Final = TerminalTheme(
    (18, 20, 26), (222, 226, 232), COLOURS, [(140, 143, 149), *COLOURS[1:]]
)
FRAME: Final = re.compile(rb"\r\x1b\[2K(?:\x1b\[1A\x1b\[2K)*|\x1b\[H")
"""What goes before each frame: the one before it is wiped, or the cursor goes to the top."""


class PseudoTerminal(ExitStack):
    """A program that believes in its terminal, from entry to exit.

    Args:
        command: the program.
        environment: its variables.
        width, height: of the terminal.

    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], width: int, height: int = 40
    ) -> None:
        super().__init__()
        size = {"COLUMNS": str(width), "LINES": str(height), "TERM": "xterm-256color"}
        self._command, self._environment = command, {**environment, **size}
        self._width = width
        self._screen = -1
        self._shown = b""

    def __enter__(self) -> Self:
        if sys.platform == "win32":
            raise NotImplementedError("there is no pseudo-terminal here")
        self._screen, its = pty.openpty()
        program = self.enter_context(
            subprocess.Popen(
                self._command, stdin=its, stdout=its, stderr=its, env=self._environment
            )
        )
        self.callback(os.close, self._screen)  # so that it waits for no reader while it ends
        self.callback(program.terminate)
        os.close(its)
        return self

    def until(self, *awaited: str) -> str:
        """Return the first frame in which all of that stands."""
        late = time.monotonic() + LIMIT_S
        while not all(each in self._frame() for each in awaited):
            if not select.select([self._screen], [], [], max(0.0, late - time.monotonic()))[0]:
                raise TimeoutError(f"not all of {awaited} was shown in {LIMIT_S:.0f} s")
            self._shown = self._shown[self._begin() :] + os.read(self._screen, 65_536)
        return self._frame()

    def draw(self, frame: str, file: Path, title: str) -> None:
        """Draw a frame as an SVG."""
        console = Console(record=True, width=self._width, file=io.StringIO(), force_terminal=True)
        console.print(Text.from_ansi(frame), soft_wrap=True)
        console.save_svg(str(file), title=title, theme=THEME, unique_id=file.stem)

    def _frame(self) -> str:
        """Return the last frame that is whole: another one came after it."""
        whole = FRAME.split(self._shown)[1:-1]
        lines = whole[-1].decode().splitlines() if whole else []
        return "\n".join(map(str.rstrip, lines)).rstrip()

    def _begin(self) -> int:
        """Return where the last whole frame begins."""
        begins = [found.start() for found in FRAME.finditer(self._shown)]
        return begins[-2] if len(begins) > 1 else 0
