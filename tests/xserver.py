"""A screen without a monitor, and the person in front of it: their eyes, and their keyboard."""

import ctypes
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ctypes import POINTER, c_char_p, c_int, c_ubyte, c_uint, c_ulong, c_void_p
from typing import Any, Final, Self

from person import eventually

LIBRARIES: Final = ("libX11.so.6", "libXtst.so.6")
WIDTH, HEIGHT = 1024, 768
LOOK_LIMIT_S = 15.0
DEPTH, Z_PIXMAP, ALL_PLANES = 24, 2, 0xFFFFFFFF
MIDDLE = (400, 230, 300, 120)
"""Where a browser's question has text and buttons, and an empty page has nothing: x, y, w, h."""


class XImage(ctypes.Structure):
    """The head of Xlib's `XImage`, as far as it is read here."""

    _fields_ = (
        ("width", c_int), ("height", c_int), ("xoffset", c_int), ("format", c_int),
        ("data", POINTER(c_ubyte)), ("byte_order", c_int), ("bitmap_unit", c_int),
        ("bitmap_bit_order", c_int), ("bitmap_pad", c_int), ("depth", c_int),
        ("bytes_per_line", c_int), ("bits_per_pixel", c_int),
    )  # fmt: skip


def why_no_screen() -> str | None:
    """Return why there can be no such screen here, None where there can."""
    if shutil.which("Xvfb") is None:
        return "no Xvfb installed"
    try:
        for name in LIBRARIES:
            ctypes.CDLL(name)
    except OSError as error:
        return f"no X client library: {error}"
    return None


@contextmanager
def display(width: int, height: int) -> Iterator[str]:
    """Have a display that nobody sees, and yield its name."""
    reader, writer = os.pipe()
    size = f"{width}x{height}x{DEPTH}"
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", size, "-nolisten", "tcp"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, pass_fds=[writer], stdout=quiet, stderr=quiet) as server:
        try:
            os.close(writer)
            with os.fdopen(reader) as told:
                yield f":{told.readline().strip()}"
        finally:
            server.terminate()


class Screen(ExitStack):
    """A screen, on from entry to exit, with nothing on it but what is started with its name.

    Attributes:
        name: what `DISPLAY` is to be.

    """

    def __enter__(self) -> Self:
        self.name = self.enter_context(display(WIDTH, HEIGHT))
        self._x, self._test = (ctypes.CDLL(name) for name in LIBRARIES)
        self._declare()
        self._turn = threading.Lock()
        self._display = self._x.XOpenDisplay(self.name.encode())
        assert self._display, f"no X server on {self.name}"
        self.callback(self._x.XCloseDisplay, self._display)
        return self

    def press(self, *keys: str) -> None:
        """Press keys one after the other, by their X names such as Tab, Return, Escape."""
        with self._turn:
            for key in keys:
                code = self._x.XKeysymToKeycode(
                    self._display, self._x.XStringToKeysym(key.encode())
                )
                for down in (1, 0):
                    self._test.XTestFakeKeyEvent(self._display, code, down, 0)
                self._x.XSync(self._display, 0)

    def shows_a_question(self) -> bool:
        """Say whether something stands in the middle of a page that is otherwise empty."""
        return len(self._colours(*MIDDLE)) > 1

    def until_it_asks(self) -> None:
        """Wait until a question is on the screen."""
        eventually(self.shows_a_question, LOOK_LIMIT_S)

    def until_it_is_empty(self) -> None:
        """Wait until no question is on the screen."""
        eventually(lambda: not self.shows_a_question(), LOOK_LIMIT_S)

    def _colours(self, x: int, y: int, width: int, height: int) -> set[bytes]:
        with self._turn:
            root = self._x.XDefaultRootWindow(self._display)
            image = self._x.XGetImage(
                self._display, root, x, y, width, height, ALL_PLANES, Z_PIXMAP
            )
            head = image.contents
            raw = ctypes.string_at(head.data, head.bytes_per_line * head.height)
            step = head.bits_per_pixel // 8
            self._x.XDestroyImage(image)
        return {raw[at : at + 3] for at in range(0, len(raw), step)}

    def _declare(self) -> None:
        """Say what the C functions take and return, where that is no int."""
        x, test = self._x, self._test
        signatures: list[list[Any]] = [
            [x.XOpenDisplay, c_void_p, c_char_p],
            [x.XCloseDisplay, c_int, c_void_p],
            [x.XDefaultRootWindow, c_ulong, c_void_p],
            [x.XStringToKeysym, c_ulong, c_char_p],
            [x.XKeysymToKeycode, c_ubyte, c_void_p, c_ulong],
            [x.XSync, c_int, c_void_p, c_int],
            [x.XGetImage, POINTER(XImage), c_void_p, c_ulong, c_int, c_int, c_uint, c_uint,
             c_ulong, c_int],
            [x.XDestroyImage, c_int, POINTER(XImage)],
            [test.XTestFakeKeyEvent, c_int, c_void_p, c_uint, c_int, c_ulong],
        ]  # fmt: skip
        for function, returns, *takes in signatures:
            function.restype, function.argtypes = returns, takes
