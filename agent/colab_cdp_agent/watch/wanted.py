"""What is wanted of the agent in one notebook: what the configuration says, until a person does."""

import msgspec

from colab_cdp_agent.settings.duties import Duties
from colab_cdp_agent.settings.units import Interval


class Wanted(msgspec.Struct):
    """Which duties are done in one notebook, and whether they rest; as long as the agent runs."""

    duties: Duties
    paused: bool = False

    def set_keep_alive(self, *, on: bool) -> None:
        """Turn the duty on or off."""
        self.duties = msgspec.structs.replace(
            self.duties, keep_alive=msgspec.structs.replace(self.duties.keep_alive, on=on)
        )

    def set_clear_every(self, minutes: int) -> None:
        """Set the time between two clearings; 0 turns them off."""
        clear = self.duties.clear
        every = Interval(60 * minutes) if minutes else clear.every
        self.duties = msgspec.structs.replace(
            self.duties, clear=msgspec.structs.replace(clear, on=minutes > 0, every=every)
        )
