"""Cloud Controller v3: the questions of one snapshot, and how the answers are read."""

from collector.sources.cloud_controller.plan import TOPICS, Scope, plan
from collector.sources.cloud_controller.read import SOURCE, Shown, buildpacks, read, roles

__all__ = ["SOURCE", "TOPICS", "Scope", "Shown", "buildpacks", "plan", "read", "roles"]
