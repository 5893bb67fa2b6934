"""A night watch for notebooks: Chrome → watch → keep → tell."""

__version__ = "1.0.0"
