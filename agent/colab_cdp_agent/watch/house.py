"""What all sessions of an agent share."""

import msgspec

from colab_cdp_agent.keep.archive import Archive
from colab_cdp_agent.keep.journal import Journal
from colab_cdp_agent.watch.company import Company
from colab_cdp_agent.watch.wishes import Wishes


class House(msgspec.Struct, frozen=True):
    """What all sessions share: where all is kept, what they know of each other, what was asked."""

    archive: Archive
    journal: Journal
    company: Company
    wishes: Wishes
