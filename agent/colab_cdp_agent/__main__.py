"""`python -m colab_cdp_agent` is the command line."""

import sys

from colab_cdp_agent.cli import main

if __name__ == "__main__":
    sys.exit(main())
