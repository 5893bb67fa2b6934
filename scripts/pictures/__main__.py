"""Draws the pictures that are named, or all of them, and says how large each is."""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Final

from chromium import find_chromium
from mosquitto import find_mosquitto
from pictures import phone, report, terminal, watch

PICTURES: Final = {"phone": phone, "report": report, "terminal": terminal, "watch": watch}
ALL: Final = "all"
MOST_BYTES: Final = 250_000


def main() -> int:
    """Draw them."""
    parser = argparse.ArgumentParser(prog="pictures", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[ALL, *PICTURES], default=ALL)
    named = parser.parse_args().names
    if find_chromium() is None or find_mosquitto() is None:
        print("no Chromium or no mosquitto is installed", file=sys.stderr)
        return 1
    too_large = False
    for name, picture in PICTURES.items():
        if ALL not in named and name not in named:
            continue
        with tempfile.TemporaryDirectory() as folder:
            picture.draw(Path(folder))
        size = picture.FILE.stat().st_size
        print(f"{picture.FILE}: {size:,} bytes")
        too_large |= size > MOST_BYTES
    return int(too_large)


if __name__ == "__main__":
    sys.exit(main())
