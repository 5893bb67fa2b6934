"""Keep: what must not be lost of a night."""
