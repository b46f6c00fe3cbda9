"""What lies under an application: its host, its root file system, its image's scan."""

from datetime import date

import pytest

from collector.assessment import Declared, Patterns
from collector.assessment.checks import CHECKS
from collector.assessment.limits import limit_of
from collector.assessment.patching.sight import Sight
from collector.assessment.subjects import Platform, records
from collector.model import Attested, Instance, PlatformFacts, RootfsNotice
from tests.assessment.builders import CATALOG, DAY, NOW, SECOND, TOPICS, ago, app, assessed, change, droplet, facts
from tests.assessment.platform_builders import (
    JAMMY,
    Run,
    director,
    notice,
    observed,
    platform,
    release,
    vm,
)

INDEX = (release("1.100", ago(70)), release("1.101", ago(5)), release("1.102", ago(2)))
DIGEST = "sha256:" + "a" * 64


def running(since, state="RUNNING"):
    """An app with one instance."""
    row = Instance(app="a1", process="a1", index=0, state=state, since=since, document="sha256:stats")
    return facts([app()], [droplet()], instances={"a1": (row,)})


def judged(check, known, below):
    """The verdict of one check on the app a1."""
    windows = CATALOG.windows
    platform_seen = Platform(
        known, known.gaps, Declared(), NOW, known.taken_at, below=below, sight=Sight(below), windows=windows
    )
    record = next(records(platform_seen, Patterns()))
    name = CHECKS[check].window
    return record.outside or CHECKS[check].judge(record, limit_of(windows[name] if name else None))


def feeds(*releases, **changes):
    """No director, only feeds."""
    return platform(releases=releases or INDEX, **changes)


@pytest.mark.parametrize(
    ("since", "status"), [(ago(5) - 6 * SECOND, "fail"), (ago(5) - 5 * SECOND, "unknown"), (ago(1), "unknown")]
)
def test_without_a_director_only_one_direction_is_proven(since, status) -> None:
    """Running since before a stemcell that is out for more than four days: proven not on it; else unknown."""
    assert judged("host-refreshed", running(since), feeds()).status == status


@pytest.mark.parametrize(("published", "status"), [(ago(4), "unknown"), (ago(4) - SECOND, "fail")])
def test_stemcell_must_be_out_for_more_than_the_window(published, status) -> None:
    """Exactly four days are inside."""
    below = feeds(release("1.101", published))
    assert judged("host-refreshed", running(ago(30)), below).status == status


def test_announced_stemcell_counts_with_both_ends() -> None:
    """It has been out since its notes at the latest; the instance must be older than the earliest."""
    below = feeds(change(release("1.101", ago(6)), published=None, announced=ago(6)))
    assert judged("host-refreshed", running(ago(9.9)), below).status == "unknown"
    assert judged("host-refreshed", running(ago(10.1)), below).status == "fail"


def test_most_lenient_of_several_lines_counts() -> None:
    """Which of them the cell runs is not known."""
    noble = release("1.7", ago(20), line="ubuntu-noble")
    below = feeds(*INDEX, noble, line="ubuntu-jammy, ubuntu-noble")
    assert judged("host-refreshed", running(ago(10)), below).status == "unknown"
    assert judged("host-refreshed", running(ago(21)), below).status == "fail"


def test_without_any_feed_every_host_is_unknown() -> None:
    """It never passes."""
    verdict = judged("host-refreshed", running(ago(1)), PlatformFacts())
    assert (verdict.status, verdict.detail) == ("unknown", "which stemcell the cells carry is not observed here")


def test_application_that_runs_nowhere_has_no_host() -> None:
    """Not applicable."""
    assert judged("host-refreshed", running(ago(9), "CRASHED"), feeds()).status == "not-applicable"
    assert judged("host-refreshed", facts([app()], [droplet()]), feeds()).status == "not-applicable"


def test_instances_that_were_not_read_are_unknown() -> None:
    """Nothing read, nothing known."""
    known = change(running(ago(9)), read=TOPICS - {"instances"})
    assert (judged("host-refreshed", known, feeds()).status) == "unknown"


def test_image_has_a_host_too() -> None:
    """The host is the host."""
    row = Instance(app="a1", process="a1", index=0, state="RUNNING", since=ago(20))
    known = facts([app(lifecycle="docker")], [droplet(buildpacks=None)], instances={"a1": (row,)})
    assert judged("host-refreshed", known, feeds()).status == "fail"


def cells(*machines):
    """A production director with these machines, and the index."""
    runs = [Run(ago(60), ago(59), "1.100"), Run(ago(4.5), ago(4), "1.101")]
    return platform([director(runs, vms=machines)], releases=INDEX)


CURRENT = vm("1.101", ago(4))
OLD = vm("1.100", ago(59), "diego-cell/c2")


@pytest.mark.parametrize(
    ("machines", "since", "status"),
    [
        ((CURRENT,), ago(3), "pass"),
        ((CURRENT,), ago(4) - 5 * SECOND, "pass"),
        ((CURRENT,), ago(4) - 6 * SECOND, "unknown"),
        ((OLD,), ago(3), "fail"),
        ((CURRENT, OLD), ago(3), "unknown"),
        ((CURRENT, OLD), ago(30), "fail"),
        ((CURRENT, change(OLD, ignored=True)), ago(3), "unknown"),
        ((CURRENT, change(OLD, instance="router/r1")), ago(3), "pass"),
        ((CURRENT, change(OLD, active=False)), ago(3), "pass"),
        ((CURRENT, change(OLD, stemcell="")), ago(3), "unknown"),
        ((change(CURRENT, created_at=None),), ago(3), "unknown"),
        ((change(CURRENT, observed_at=NOW - DAY),), ago(3), "pass"),
        ((change(CURRENT, observed_at=NOW - DAY - SECOND),), ago(3), "unknown"),
    ],
)
def test_cells_tell_what_applications_run_on(machines, since, status) -> None:
    """All current: pass; all old: fail; mixed: only an instance older than any current cell is proven."""
    assert judged("host-refreshed", running(since), cells(*machines)).status == status


def test_unknown_host_is_a_remark_and_leaves_the_table_alone() -> None:
    """An application that is fine in all that counts stays a pass."""
    answer = assessed(running(ago(1)), "SI-2")
    assert (answer.applications[0].status, answer.exit_code) == ("unknown", 0)
    seen = change(running(ago(1)), instances={})
    assert assessed(seen, "SI-2", platform=feeds()).applications[0].status == "pass"


def test_stale_host_is_flagged_and_makes_the_objective_not_satisfied() -> None:
    """A detecting fail counts."""
    answer = assessed(running(ago(9)), "SI-2", platform=feeds())
    assert {row.id: row.status for row in answer.controls[0].objectives}["si-2_obj.c-1"] == "not-satisfied"
    assert answer.applications[0].flags == ("host-refreshed",)


def rooted(*rows, published=None, releases=("cflinuxfs4/1.320.0",), **changes):
    """Production with one root file system, and the map of notices."""
    runs = [Run(ago(60), ago(59), "1.100", releases=releases)]
    known = tuple(notice(row.notice, published or ago(10)) for row in rows)
    return platform([director(runs)], releases=INDEX, rootfs=rows, notices=known, **changes)


@pytest.mark.parametrize(
    ("fixed", "published", "status"),
    [
        ("1.320.0", ago(10), "pass"),
        ("1.321.0", ago(10), "fail"),
        ("1.1000.0", ago(10), "fail"),
        (None, ago(10), "fail"),
        ("1.321.0", ago(4), "pass"),
        ("1.321.0", ago(4) - SECOND, "fail"),
    ],
)
def test_root_file_system_may_lack_only_young_fixes(fixed, published, status) -> None:
    """Fixes of newer releases, and unreleased ones, count from their notices."""
    below = rooted(RootfsNotice(stack="cflinuxfs4", notice="USN-1-1", release=fixed), published=published)
    verdict = judged("rootfs-current", running(ago(1)), below)
    assert verdict.status == status
    assert ("App maintenance" in verdict.detail) == (status == "fail")


def test_root_file_system_is_unknown_where_production_or_the_map_was_not_read() -> None:
    """No director, no map, two versions at once, or a notice that was not read."""
    row = RootfsNotice(stack="cflinuxfs4", notice="USN-1-1", release="1.321.0")
    whole = rooted(row)
    cases = [
        PlatformFacts(),
        change(whole, read=whole.read - {"rootfs"}),
        change(whole, rootfs=()),
        change(whole, notices=()),
        rooted(row, releases=("cflinuxfs4/1.320.0", "cflinuxfs4/1.321.0")),
        rooted(row, releases=()),
    ]
    assert [judged("rootfs-current", running(ago(1)), below).status for below in cases] == ["unknown"] * 6


def scan(at=None, **changes) -> Attested:
    """A scan of the image that an operator attests."""
    at = at or ago(10)
    values = {
        "kind": "image-scanned",
        "author": "A. Operator",
        "party": "independent",
        "written": date(2026, 11, 12),
        "period_from": date(2026, 10, 1),
        "period_to": date(2026, 11, 30),
        "expires": date(2026, 11, 30),
        "at": at,
        "image": DIGEST,
        "document": "sha256:attestation",
    }
    return Attested(**(values | changes))


def image(name=f"registry/app@{DIGEST}"):
    """An image app."""
    return facts([app(lifecycle="docker")], [droplet(buildpacks=None, image=name)])


@pytest.mark.parametrize(
    ("name", "statement", "status"),
    [
        (f"registry/app@{DIGEST}", scan(), "pass"),
        (f"registry/app@{DIGEST}", scan(image=f"other/name@{DIGEST}"), "pass"),
        (f"registry/app@{DIGEST}", scan(ago(30)), "pass"),
        (f"registry/app@{DIGEST}", scan(ago(30) - SECOND), "fail"),
        (f"registry/app@{DIGEST}", scan(expires=date(2026, 11, 19)), "unknown"),
        (f"registry/app@{DIGEST}", scan(expires=date(2026, 11, 20)), "pass"),
        (f"registry/app@{DIGEST}", scan(NOW + SECOND), "unknown"),
        (f"registry/app@{DIGEST}", scan(image="sha256:" + "b" * 64), "unknown"),
        ("registry/app:1.2", scan(), "unknown"),
        (None, scan(), "unknown"),
    ],
)
def test_image_is_held_against_the_attested_scan_of_its_digest(name, statement, status) -> None:
    """A tag, another digest or an expired statement says nothing."""
    verdict = judged("image-remediated", image(name), platform(attested=(statement,)))
    assert (verdict.status, bool(verdict.detail)) == (status, status != "pass")


def test_newest_scan_counts_and_is_said_to_be_examined() -> None:
    """The older one of two does not."""
    verdict = judged("image-remediated", image(), platform(attested=(scan(ago(40)), scan(ago(1)))))
    assert (verdict.status, verdict.measured.source) == ("pass", "attested by A. Operator: examined, not tested")


def test_attestation_that_was_not_read_leaves_images_unknown() -> None:
    """And the evidence incomplete."""
    below = PlatformFacts(configured=frozenset({"attestation"}))
    answer = assessed(image(), "SI-2", platform=below)
    assert (answer.exit_code, observed(answer, "image-remediated").status) == (3, "unknown")


def test_statements_are_shown_until_a_year_after_they_expired() -> None:
    """And never later."""
    old = scan(ago(400), expires=date(2025, 11, 20))
    gone = scan(ago(400), expires=date(2025, 11, 18))
    answer = assessed(image(), "SI-2", platform=platform(attested=(scan(), old, gone)))
    assert answer.attested == (scan(), old)


def test_operator_statements_stand_beside_what_is_inherited() -> None:
    """They never make it tested."""
    deployed = scan(kind="stemcell-deployed", line=JAMMY, version="1.102", environment="production", image="")
    answer = assessed(facts([app()], [droplet()]), "SI-2", platform=platform(attested=(deployed, scan())))
    reasons = {row.id: row.reason for row in answer.controls[0].objectives}
    words = "inherited from cloud.gov P-ATO, not observed here; the operator attests: 1 statement, see Attestations"
    assert words in reasons["si-2_obj.c-1"]
    assert words in reasons["si-2_obj.b-3"]
