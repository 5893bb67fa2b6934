"""A night in fast motion: faults out of a seed, against an oracle that knows the truth."""
