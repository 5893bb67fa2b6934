"""What all sessions of an agent share."""

import msgspec

from colab_cdp_agent.keep.archive import Archive
from colab_cdp_agent.keep.journal import Journal
from colab_cdp_agent.watch.beat import Beat
from colab_cdp_agent.watch.company import Company
from colab_cdp_agent.watch.wishes import Wishes

LOOK_EVERY_S = 0.5
PRINTING_EVERY_S = 0.1


class House(msgspec.Struct, frozen=True):
    """What all sessions share: where all is kept, what they know of each other, what was asked.

    Attributes:
        looks: at its moments time alone may change a verdict.
        printing: at its moments printed text is taken.

    """

    archive: Archive
    journal: Journal
    company: Company
    wishes: Wishes
    looks: Beat = msgspec.field(default_factory=lambda: Beat(LOOK_EVERY_S))
    printing: Beat = msgspec.field(default_factory=lambda: Beat(PRINTING_EVERY_S))
