"""Settings: what may be set, and the value that holds with its origin."""

from collector.settings.loading import DEFAULT, FIELDS, PREFIX, SECRETS, Settings, environment_name, load, nearest
from collector.settings.meaning import declared_in, overrides_in, places_in, system_of
from collector.settings.tables import CHOICES, LATER, BoshTable, CfTable, Tables

__all__ = [
    "CHOICES",
    "DEFAULT",
    "FIELDS",
    "LATER",
    "PREFIX",
    "SECRETS",
    "BoshTable",
    "CfTable",
    "Settings",
    "Tables",
    "declared_in",
    "environment_name",
    "load",
    "nearest",
    "overrides_in",
    "places_in",
    "system_of",
]
