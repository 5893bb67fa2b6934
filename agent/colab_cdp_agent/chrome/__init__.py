"""Chrome: finding it, the one socket to it, and one attached tab."""
