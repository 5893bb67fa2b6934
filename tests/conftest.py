"""What holds for every test."""

from hypothesis import HealthCheck, settings

# A busy machine makes inputs slowly: that says nothing about what is tested.
settings.register_profile(
    "busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("busy machine")
