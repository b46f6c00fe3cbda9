"""`collect explain`: how a verdict is reached."""

from collections.abc import Mapping
from typing import Any

from collector.assessment import explain as lines
from collector.cli.wiring import controls_folder, settings_of, world_of
from collector.cli.world import printing
from collector.run import read_catalog


def explain(given: Mapping[str, Any]) -> int:
    """Print the explanation of one control."""
    world = world_of(given)
    catalog = read_catalog(settings_of(given, world), controls_folder(given))
    (control,) = catalog.chosen([given["control"]])
    with printing():
        for line in lines(control, catalog):
            print(line)
    return 0
