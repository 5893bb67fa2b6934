"""The process: `colab-cdp-agent` and `python -m colab_cdp_agent` begin here.

Signals come first: until they are heard, Ctrl+C is a traceback.
"""

import sys

from colab_cdp_agent import signals, streams


def main() -> int:
    """Do what the arguments say, and return the exit code; a signal ends it at any moment."""
    signals.on_signals(signals.end_at_once)
    streams.outlast_readers()
    from colab_cdp_agent import cli  # noqa: PLC0415 - a signal may come while it is imported

    try:
        return cli.main()
    finally:
        signals.ignore()


if __name__ == "__main__":
    sys.exit(main())
