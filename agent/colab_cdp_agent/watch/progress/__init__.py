"""Progress: how far a run is, read from what it prints, with no change to the notebook."""

from colab_cdp_agent.watch.progress.feed import Feed
from colab_cdp_agent.watch.progress.reader import ProgressReader

__all__ = ["Feed", "ProgressReader"]
