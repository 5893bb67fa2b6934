"""doctor"""

import argparse


async def examine(options: argparse.Namespace) -> int:
    """Examine."""
    return 0
