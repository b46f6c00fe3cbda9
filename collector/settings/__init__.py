"""Settings: what may be set, and the value that holds with its origin."""

from collector.settings.loading import DEFAULT, FIELDS, PREFIX, SECRETS, Settings, environment_name, load, nearest
from collector.settings.meaning import acknowledged_in, declared_in, overrides_in, places_in, system_of
from collector.settings.risks import risks_in, selection_in, systems_in
from collector.settings.tables import CHANGES, CHOICES, LATER, BoshTable, CfTable, Tables

__all__ = [
    "CHANGES",
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
    "acknowledged_in",
    "declared_in",
    "environment_name",
    "load",
    "nearest",
    "overrides_in",
    "places_in",
    "risks_in",
    "selection_in",
    "system_of",
    "systems_in",
]
