"""What ran where and when: deployments of a director, as its events and VMs prove it.

Sound before complete: where the evidence does not carry a version, none is claimed, and evidence that is missing never
makes a version look newer than it was.
"""

from collections.abc import Iterable
from datetime import datetime

from collector.assessment.rollouts.arrivals import Arrival, arrival, began
from collector.assessment.rollouts.hindsight import cut, horizon
from collector.assessment.rollouts.stemcells import line_of, normal, version_key
from collector.assessment.rollouts.timeline import deploys_of, rollouts_of, sites_of
from collector.model.platform import Deploy, Director, PlatformFacts, Rollout

__all__ = ["Arrival", "arrival", "began", "deploys", "line_of", "normal", "rollouts", "version_key"]


def deploys(directors: Iterable[Director], as_of: datetime) -> tuple[Deploy, ...]:
    """Every attempt to deploy, by environment and deployment, oldest first, from rows no later than `as_of`."""
    return tuple(deploy for sites in sites_of(directors, as_of).values() for deploy in deploys_of(sites, as_of))


def rollouts(facts: PlatformFacts, as_of: datetime) -> tuple[Rollout, ...]:
    """The history of each line in each deployment up to `as_of`, by environment, deployment and line."""
    until = horizon(facts.directors, as_of)
    every = (row for sites in sites_of(facts.directors, until).values() for row in rollouts_of(sites, until, as_of))
    return tuple(known for row in every if (known := cut(row, as_of)) is not None)
