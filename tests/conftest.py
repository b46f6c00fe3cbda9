"""The same examples in every run, however slow the machine: what a search finds must not depend on the day."""

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile("same")
