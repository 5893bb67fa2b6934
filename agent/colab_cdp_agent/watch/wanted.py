"""What is wanted of the agent in one notebook: what the configuration says, until a person does."""

from typing import Annotated, Self

import msgspec
from msgspec import Meta

from colab_cdp_agent.settings.duties import Duties
from colab_cdp_agent.settings.units import Interval
from colab_cdp_protocols.verbs import LONGEST_CLEAR_EVERY_MINUTES


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person asked for in one notebook; None: nothing, so the configuration counts."""

    paused: bool | None = None
    keep_alive: bool | None = None
    clear_every: Annotated[int, Meta(ge=0, le=LONGEST_CLEAR_EVERY_MINUTES)] | None = None
    """In minutes; 0 is never."""


class Wanted(msgspec.Struct):
    """Which duties are done in one notebook, and whether they rest; as long as the agent runs."""

    duties: Duties
    paused: bool = False
    asked: Asked = Asked()

    @classmethod
    def after(cls, policy: Duties, asked: Asked, *, paused: bool) -> Self:
        """Return what is wanted where this was asked for before; `paused` is the whole agent."""
        wanted = cls(policy, paused if asked.paused is None else asked.paused, asked)
        if asked.keep_alive is not None:
            wanted.set_keep_alive(on=asked.keep_alive)
        if asked.clear_every is not None:
            wanted.set_clear_every(asked.clear_every)
        return wanted

    def rest(self, *, on: bool) -> None:
        """Let the duties of this notebook rest, or be done again."""
        self.paused = on
        self.asked = msgspec.structs.replace(self.asked, paused=on)

    def rest_with_all(self, *, on: bool) -> None:
        """Let the duties rest, or be done again, as in every notebook."""
        self.paused = on
        self.asked = msgspec.structs.replace(self.asked, paused=None)

    def set_keep_alive(self, *, on: bool) -> None:
        """Turn the duty on or off."""
        self.asked = msgspec.structs.replace(self.asked, keep_alive=on)
        self.duties = msgspec.structs.replace(
            self.duties, keep_alive=msgspec.structs.replace(self.duties.keep_alive, on=on)
        )

    def set_clear_every(self, minutes: int) -> None:
        """Set the time between two clearings; 0 turns them off."""
        self.asked = msgspec.structs.replace(self.asked, clear_every=minutes)
        clear = self.duties.clear
        every = Interval(60 * minutes) if minutes else clear.every
        self.duties = msgspec.structs.replace(
            self.duties, clear=msgspec.structs.replace(clear, on=minutes > 0, every=every)
        )
