"""The same examples in every run: what a search finds must not depend on the day that a change lands."""

from hypothesis import settings

settings.register_profile("same", derandomize=True)
settings.load_profile("same")
