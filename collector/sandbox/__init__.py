"""A small simulated Cloud Foundry foundation over real HTTP on loopback, for the demonstration and the tests.

With a platform it has BOSH directors and the public feeds too, with a past and the truth about it (`histories`).
It imports nothing of the tool, so that it cannot share a mistake with it. What real controllers were seen to
answer is compared in `tests/sandbox`, and so is what real directors answer; what is INVENTED from documentation
says so in `controller`.
"""

from collector.sandbox import faults
from collector.sandbox.controller import Options
from collector.sandbox.faults import Faults, Rule
from collector.sandbox.feeds.server import write_feeds
from collector.sandbox.histories import Platform, Truth, ambiguous_platform, demo_platform, healthy_platform
from collector.sandbox.life import restage, upload
from collector.sandbox.listen import Request
from collector.sandbox.ratelimit import RateLimit
from collector.sandbox.records import (
    Actor,
    App,
    Build,
    Buildpack,
    Deployment,
    Droplet,
    Event,
    Identity,
    Instance,
    IsolationSegment,
    Organization,
    Process,
    Role,
    Row,
    Space,
    Stack,
    Target,
    Task,
    UsedBuildpack,
)
from collector.sandbox.scenery import Scenery, Spec, used
from collector.sandbox.server import Foundation
from collector.sandbox.uaa import Credential
from collector.sandbox.world import World
from collector.sandbox.worlds import crowded_world, demo_world, healthy_world

__all__ = [
    "Actor",
    "App",
    "Build",
    "Buildpack",
    "Credential",
    "Deployment",
    "Droplet",
    "Event",
    "Faults",
    "Foundation",
    "Identity",
    "Instance",
    "IsolationSegment",
    "Options",
    "Organization",
    "Platform",
    "Process",
    "RateLimit",
    "Request",
    "Role",
    "Row",
    "Rule",
    "Scenery",
    "Space",
    "Spec",
    "Stack",
    "Target",
    "Task",
    "Truth",
    "UsedBuildpack",
    "World",
    "ambiguous_platform",
    "crowded_world",
    "demo_platform",
    "demo_world",
    "faults",
    "healthy_platform",
    "healthy_world",
    "restage",
    "upload",
    "used",
    "write_feeds",
]
