"""How property-based tests draw: the same cases at every run, no clock."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "maillage",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.load_profile("maillage")
