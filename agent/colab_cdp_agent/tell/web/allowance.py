"""How much somebody may do: some at once, and so much a second on end."""


class Allowance:
    """A token bucket.

    Args:
        burst: how much may be taken at once.
        rate: how much comes back in a second.
        now: the present time in seconds, of any clock that only goes forward.

    """

    def __init__(self, burst: float, rate: float, now: float) -> None:
        self._burst, self._rate = burst, rate
        self._left, self._at = burst, now

    def take(self, amount: float, now: float) -> bool:
        """Take an amount, and return whether it was there; what was not is not taken."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if amount > self._left:
            return False
        self._left -= amount
        return True
