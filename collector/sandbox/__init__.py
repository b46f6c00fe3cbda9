"""A small simulated Cloud Foundry foundation over real HTTP on loopback, for the demonstration and the tests.

It imports nothing of the tool, so that it cannot share a mistake with it. What real controllers were seen to
answer is compared in `tests/sandbox`; what is INVENTED from documentation says so in `controller`.
"""

from collector.sandbox import faults
from collector.sandbox.controller import Options
from collector.sandbox.faults import Faults, Rule
from collector.sandbox.life import restage, upload
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
from collector.sandbox.server import Foundation, Request
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
    "UsedBuildpack",
    "World",
    "crowded_world",
    "demo_world",
    "faults",
    "healthy_world",
    "restage",
    "upload",
    "used",
]
