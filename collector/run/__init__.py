"""The whole tool as a short story: snapshot, replay, assess, render, publish; and the driver of plans."""

from collector.run.driving import Clock, Progress, Stop, drive
from collector.run.judging import REMEMBERED, TOOL, Evidence, Question, judge, read_catalog, remembered, replay
from collector.run.rendering import render, report_key, snapshot_key
from collector.run.taking import Job, Line, scope_of, take_snapshot

__all__ = [
    "REMEMBERED",
    "TOOL",
    "Clock",
    "Evidence",
    "Job",
    "Line",
    "Progress",
    "Question",
    "Stop",
    "drive",
    "judge",
    "read_catalog",
    "remembered",
    "render",
    "replay",
    "report_key",
    "scope_of",
    "snapshot_key",
    "take_snapshot",
]
