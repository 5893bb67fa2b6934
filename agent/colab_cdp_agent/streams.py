"""Standard output and error that never end the watch, whatever becomes of who reads them.

The reader of a pipe may leave, the disk under a file may fill up, and an encoding may not hold the
title of a notebook: the tabs are watched all the same.
"""

import io
import os
import sys


class LastingStream(io.TextIOWrapper):
    """A text stream that drops what cannot be written: there is nobody left to tell."""

    def write(self, text: str) -> int:
        """Write a text as far as that is possible."""
        try:
            return super().write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        """Pass on what was written, as far as that is possible."""
        try:
            super().flush()
        except OSError:
            return


def outlast_readers() -> None:
    """Put lasting streams in the place of this process's standard output and error."""
    sys.stdout = _lasting(sys.stdout)
    sys.stderr = _lasting(sys.stderr)


def _lasting(stream: object) -> LastingStream:
    if not isinstance(stream, io.TextIOWrapper):  # None: it was closed before the process began
        return LastingStream(open(os.devnull, "wb"), encoding="utf-8")  # noqa: PTH123 - stays open
    encoding, lines, through = stream.encoding, stream.line_buffering, stream.write_through
    return LastingStream(
        stream.detach(), encoding, "replace", line_buffering=lines, write_through=through
    )
