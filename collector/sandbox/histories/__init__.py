"""Platforms with a past, and the truth about it."""

from collector.sandbox.histories.ambiguous import ambiguous_platform
from collector.sandbox.histories.demo import demo_platform
from collector.sandbox.histories.healthy import healthy_platform
from collector.sandbox.histories.record import Live, Platform, Stages, Truth

__all__ = ["Live", "Platform", "Stages", "Truth", "ambiguous_platform", "demo_platform", "healthy_platform"]
