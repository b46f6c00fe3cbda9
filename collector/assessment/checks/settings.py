"""Whether what runs is what was declared and set."""

from fnmatch import fnmatchcase

from collector.assessment.declared import Baseline
from collector.assessment.judgement import PASS, Judgement, failed, not_applicable, passed, unknown
from collector.assessment.limits import Limit
from collector.assessment.steps import SUPPORTED_STACK, next_step
from collector.assessment.subjects import AppRecord
from collector.assessment.words import instant, listed
from collector.model import Droplet, Stack

_NO_BASELINE = not_applicable("no baseline is declared")
_LATER_BASELINE = not_applicable("the baseline was declared after the instant asked about")
_NO_SSH = not_applicable("no ssh setting is declared")
_IMAGE = not_applicable("a container image has no stack and no buildpacks")
_AUTODETECT = not_applicable("no buildpack is set: the platform detects it")
_NOT_PRODUCTION = not_applicable("not in a production space")
_NO_ENVIRONMENTS = not_applicable("no production environment is declared")


def stack_supported(record: AppRecord, _limit: Limit) -> Judgement:
    """The platform still supports the stack of the droplet.

    A disabled stack gets no more fixes; a deprecated or restricted one is only reported.
    """
    if record.is_image:
        return _IMAGE
    reason = record.unread("stacks")
    droplet = record.droplet
    if droplet is None or reason:
        return unknown(reason or record.staging.problem, unread=bool(reason) or record.staging.unread)
    if droplet.stack is None:
        return unknown("the droplet reports no stack", next_step(record))
    return _supported(droplet.stack, record.platform.facts.stacks.get(droplet.stack))


def _supported(name: str, stack: Stack | None) -> Judgement:
    if stack is None or stack.state is None:
        return unknown(f"the platform does not say whether it supports {name}")
    evidence = (stack.document,) if stack.document else ()
    if stack.state == "ACTIVE":
        return passed(evidence)
    detail = f"{stack.name} is {stack.state.lower()}" + (f": {stack.state_reason}" if stack.state_reason else "")
    if stack.state not in ("DISABLED", "DEPRECATED", "RESTRICTED"):
        return unknown(detail, evidence=evidence)
    return failed(detail, SUPPORTED_STACK, minor=stack.state != "DISABLED", evidence=evidence)


def buildpack_approved(record: AppRecord, _limit: Limit) -> Judgement:
    """Buildpacks, stack and image are those of the declared, dated baseline."""
    baseline = record.platform.declared.baseline
    absent = _no_baseline(record, baseline)
    if baseline is None or absent is not None:
        return absent or _NO_BASELINE
    droplet = record.droplet
    if droplet is None:
        return unknown(record.staging.problem, unread=record.staging.unread)
    if record.is_image:
        known = droplet.image is not None and any(fnmatchcase(droplet.image, row) for row in baseline.images)
        if droplet.image is None:
            return unknown("the droplet names no image")
        return PASS if known else _outside([f"image {droplet.image}"], baseline)
    if not droplet.buildpacks or droplet.stack is None:
        return unknown("the droplet does not say what it was built with", next_step(record))
    strange = [f"buildpack {row.name}" for row in droplet.buildpacks if row.name not in baseline.buildpacks]
    if droplet.stack not in baseline.stacks:
        strange.append(f"stack {droplet.stack}")
    return _outside(strange, baseline) if strange else PASS


def _no_baseline(record: AppRecord, baseline: Baseline | None) -> Judgement | None:
    if baseline is None:
        return _NO_BASELINE
    return _LATER_BASELINE if baseline.declared > record.platform.as_of.date() else None


def _outside(strange: list[str], baseline: Baseline) -> Judgement:
    detail = f"not in the baseline of {baseline.declared.isoformat()}: {listed(strange)}"
    return failed(detail, "use what the baseline names, or have the baseline reviewed and changed")


def settings_in_effect(record: AppRecord, _limit: Limit) -> Judgement:
    """The buildpacks and the stack that are set are those the droplet was built with."""
    app, droplet = record.app, record.droplet
    if record.is_image:
        return _IMAGE
    if not app.buildpacks:
        return _AUTODETECT
    if droplet is None:
        return unknown(record.staging.problem, unread=record.staging.unread)
    if not droplet.buildpacks or droplet.stack is None:
        return unknown("the droplet does not say what it was built with", next_step(record))
    differ = _differences(app.buildpacks, app.stack, droplet)
    if not differ:
        return PASS
    return failed("; ".join(differ), next_step(record))


def _differences(wanted: tuple[str, ...], stack: str | None, droplet: Droplet) -> list[str]:
    built = tuple(row.name for row in droplet.buildpacks or ())
    differ = []
    if wanted != built:
        differ.append(f"set to {listed(wanted)}, built with {listed(built)}")
    if stack is not None and stack != droplet.stack:
        differ.append(f"set to stack {stack}, built on {droplet.stack}")
    return differ


def ssh_as_declared(record: AppRecord, _limit: Limit) -> Judgement:
    """SSH into the app is allowed or not as the baseline declares."""
    baseline = record.platform.declared.baseline
    absent = _no_baseline(record, baseline)
    if baseline is None or absent is not None:
        return absent or _NO_BASELINE
    if not baseline.ssh:
        return _NO_SSH
    reason = record.unread("ssh")
    if reason:
        return unknown(reason, unread=True)
    space, app = record.space.ssh, record.app.ssh
    if space is False or app is False:
        return _ssh("disabled", baseline, record)
    if space is None or app is None:
        return unknown("whether ssh is allowed was not read", unread=True)
    return _ssh("enabled", baseline, record)


def _ssh(found: str, baseline: Baseline, record: AppRecord) -> Judgement:
    if found == baseline.ssh:
        return passed((record.space.document,) if record.space.document else ())
    return failed(f"ssh is {found}, declared is {baseline.ssh}", f"set ssh to {baseline.ssh}, then restart")


def staged_before_production(record: AppRecord, _limit: Limit) -> Judgement:
    """The same buildpacks were staged in a non-production space of the same org before production."""
    if "production" not in record.platform.declared.environments:
        return _NO_ENVIRONMENTS
    if record.environment != "production":
        return _NOT_PRODUCTION
    if record.is_image:
        return _IMAGE
    droplet, at = record.origin, record.staging.at
    if droplet is None or at is None or not droplet.buildpacks:
        problem = record.staging.problem or "the droplet reports no buildpack"
        return unknown(problem, unread=record.staging.unread)
    first = record.platform.first_staged
    unseen = []
    for row in droplet.buildpacks:
        before = first.get((record.space.org, row.name, row.version)) if row.version else None
        if before is None or before >= at:
            when = f", but at {instant(before)}" if before else ""
            unseen.append(f"{row.name} {row.version or 'of unknown version'}{when}")
    # droplets and events do not reach back for ever: that it was staged there earlier cannot be excluded
    return unknown(f"not seen outside production before: {listed(unseen)}") if unseen else PASS
