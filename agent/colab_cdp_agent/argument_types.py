"""What the command line takes for a number: whoever errs is told in a sentence what was expected.

Imported with the parser, so it imports next to nothing.
"""

import argparse
import math
from collections.abc import Callable

from colab_cdp_agent.port_number import LAST_PORT, is_port


def port(text: str) -> int:
    """Read the number of a port."""
    if not text.isascii() or not text.isdecimal() or not is_port(int(text)):
        raise argparse.ArgumentTypeError(f"expected a number from 1 to {LAST_PORT}, not {text}")
    return int(text)


def seconds(longest: float, span: str) -> Callable[[str], float]:
    """Return what reads seconds of a span, which is told in words of whoever errs."""

    def read(text: str) -> float:
        try:
            given = float(text)
        except ValueError:
            given = math.nan
        if not 0 < given <= longest:
            raise argparse.ArgumentTypeError(f"expected seconds, {span}, not {text}")
        return given

    return read
