"""`collect config show`: what is set, and where."""

from collections.abc import Mapping
from typing import Any

import msgspec

from collector.cli.wiring import settings_of, world_of
from collector.cli.world import printing
from collector.settings import PREFIX, SECRETS
from collector.transport import redact


def show(given: Mapping[str, Any]) -> int:
    """One line a setting: key, value as TOML would have it, origin. Secrets are named, never shown."""
    world = world_of(given)
    settings = settings_of(given, world)
    with printing():
        for key, value, origin in settings.rows():
            print(redact(f"{key} = {msgspec.json.encode(value).decode()}  # {origin}"))
        for name in SECRETS:
            for variable in (f"{PREFIX}{name}", f"{PREFIX}{name}_FILE"):
                if world.environment.get(variable):
                    print(f"{variable} = ***  # environment")
    return 0
