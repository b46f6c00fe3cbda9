"""A BOSH director: the questions of one harvest, how the answers are read, and where the next harvest goes on."""

from collector.sources.bosh.harvest import Harvest, source_name
from collector.sources.bosh.plan import plan
from collector.sources.bosh.read import read, state

__all__ = ["Harvest", "plan", "read", "source_name", "state"]
