"""What came of a request, on its way from whoever carried it out to whoever asked."""

from typing import Any

import msgspec

from colab_cdp_protocols import mqtt


class Answer(msgspec.Struct, frozen=True):
    """An outcome: `says` is it in a sentence, `data` what was asked for.

    A `picture` goes out before it, as a message of its own.
    """

    status: mqtt.ResponseStatus
    says: str = ""
    data: Any = None
    picture: bytes | None = None


def done(says: str, data: Any = None) -> Answer:
    """Return the answer to a request that had its effect."""
    return Answer("ok", says, {"result": says} if data is None else data)


def failed(says: str) -> Answer:
    """Return the answer to a request that was tried, or could not be."""
    return Answer("error", says)


def refused(says: str) -> Answer:
    """Return the answer to a request that was not tried."""
    return Answer("refused", says)
