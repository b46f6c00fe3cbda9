"""A month as a function of time: what the snapshots, stagings and events of each app say of its hours.

What is known is what evidence shows; between two looks nothing is assumed that would make an app look better.
"""

from collector.assessment.period.timeline import Timeline

__all__ = ["Timeline"]
