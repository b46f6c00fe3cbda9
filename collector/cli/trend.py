"""`collect trend`: the months that the store holds, from their summaries alone."""

import sys
from collections.abc import Mapping
from typing import Any

from collector.cli.month import summaries
from collector.cli.wiring import settings_of, store_at, world_of
from collector.cli.world import printing
from collector.reports import trend as trend_report
from collector.reports.summary_json import read_summary
from collector.settings import systems_in


def trend(given: Mapping[str, Any]) -> int:
    """0 whatever the figures are."""
    world = world_of(given)
    settings = settings_of(given, world)
    store = store_at(settings.tables.store.url, settings, world)
    every = [
        trend_report.Row(own.tables.system.id, row)
        for own in systems_in(settings)
        for body in summaries(store, own.tables.system.id)
        for row in read_summary(body).figures
    ]
    rows = trend_report.by(every, given["by"])
    with printing():
        if given["format_"] == "table":
            print("\n".join(trend_report.lines(rows)))
        else:
            form = trend_report.json_of if given["format_"] == "json" else trend_report.csv_of
            sys.stdout.buffer.write(form(rows))
    return 0
