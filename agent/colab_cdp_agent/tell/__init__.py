"""Tell: the board, the broker, the terminal: whoever wants to know."""
