"""What all sessions of an agent share."""

import msgspec

from colab_cdp_agent.keep.archive import Archive
from colab_cdp_agent.keep.journal import Journal
from colab_cdp_agent.watch.company import Company


class House(msgspec.Struct, frozen=True):
    """What all sessions share: where they are kept, and what they know of each other."""

    archive: Archive
    journal: Journal
    company: Company
