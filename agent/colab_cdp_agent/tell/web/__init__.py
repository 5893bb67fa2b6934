"""The phone page: served by the agent, and its way to the broker."""
