"""The numbers that a TCP port can have.

Imported with the command line's parser, so it imports next to nothing.
"""

LAST_PORT = 65_535


def is_port(number: int) -> bool:
    """Return whether a port can have that number."""
    return 0 < number <= LAST_PORT
