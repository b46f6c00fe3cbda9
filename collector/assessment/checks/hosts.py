"""Checks on what lies under an application: its host and its root file system."""

from datetime import timedelta
from typing import Final

from collector.assessment.judgement import Judgement, failed, not_applicable, passed, unknown
from collector.assessment.limits import Limit
from collector.assessment.patching.hosts import Hosts
from collector.assessment.subjects import AppRecord
from collector.assessment.words import instant, plural
from collector.model import Instance

TICK: Final = timedelta(seconds=5)
"""How exactly an instance's start is known."""

RESTART: Final = "restart the application, so that it moves to a patched cell; ask the platform why it did not move"

_IDLE = not_applicable("no instance is running")
_IMAGE = not_applicable("a container image brings its own root file system")


def host_refreshed(record: AppRecord, limit: Limit) -> Judgement:
    """Every running instance is on a cell whose stemcell is inside the documented window.

    Where the platform's director is read, the cells tell. Where it is not, only one direction can be proven: an
    instance that has been running since before the release of a stemcell that is out for longer than the window is not
    on it, nor on a newer one. Everything else stays unknown, and is a remark: it never passes.
    """
    platform = record.platform
    if "instances" not in platform.unread.clean and (reason := record.unread("instances")):
        return unknown(reason, unread=True)
    rows = platform.facts.instances.get(record.app.guid, ())
    hosts = platform.hosts(limit.seconds)
    for row in rows:
        if row.state == "RUNNING":
            return hosts.blind or _held([one for one in rows if one.state == "RUNNING"], hosts)
    return _IDLE


def _held(running: list[Instance], hosts: Hosts) -> Judgement:
    return _one_direction(running, hosts) if hosts.cells == "unknown" else _by_cells(running, hosts)


def _by_cells(running: list[Instance], hosts: Hosts) -> Judgement:
    evidence = tuple(dict.fromkeys((*(row.document for row in running if row.document), *hosts.evidence)))
    first = min(row.since for row in running)
    if hosts.cells == "old":
        return failed("every cell carries a stemcell outside the window", RESTART, evidence=evidence)
    if hosts.current is not None and hosts.cells == "mixed" and first < hosts.current - TICK:
        detail = f"running since {instant(first)}, before any cell with a current stemcell was created"
        return failed(detail, RESTART, evidence=evidence)
    if hosts.cells == "mixed":
        return unknown(
            "cells carry current and old stemcells: which of them it runs on is not known", evidence=evidence
        )
    if hosts.oldest is not None and first >= hosts.oldest - TICK:
        return passed(evidence)
    return unknown(
        "running since before the oldest cell was created: the clocks or the cells differ", evidence=evidence
    )


def _one_direction(running: list[Instance], hosts: Hosts) -> Judgement:
    old = [row for row in running if hosts.cutoff is not None and row.since < hosts.cutoff - TICK]
    if not old:
        return unknown(f"{hosts.reason}; it started after {hosts.named}", evidence=hosts.released)
    evidence = tuple(dict.fromkeys((*(row.document for row in old if row.document), *hosts.released)))
    number = plural(len(old), "instance")
    since = instant(min(row.since for row in old))
    detail = f"{number} of {len(running)} running since {since}, before {hosts.named}"
    return failed(detail, RESTART, evidence=evidence)


def rootfs_current(record: AppRecord, limit: Limit) -> Judgement:
    """The root file system under the application lacks no fix that is older than the documented window.

    The App maintenance page says that a restage delivers the root file system; by the platform's code it comes with
    the cell, so that nothing but the platform's deployment changes it. Both are reported, and it is never counted.
    """
    if record.is_image:
        return _IMAGE
    stack = (record.droplet.stack if record.droplet else None) or record.app.stack
    if not stack:
        return unknown("the droplet reports no stack")
    return record.platform.rootfs(stack, limit)
