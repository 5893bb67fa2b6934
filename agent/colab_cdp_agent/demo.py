"""demo"""


def show(seconds: float | None) -> int:
    """Show."""
    return 0
