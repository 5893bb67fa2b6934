"""Alerts: what rings a phone, when, and through which channels."""
