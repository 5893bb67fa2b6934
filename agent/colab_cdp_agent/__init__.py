"""A night watch for notebooks: Chrome → watch → keep → tell."""

__version__ = "0.1.0"
