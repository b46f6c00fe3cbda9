"""How long ago what an app runs was staged."""

from typing import Any

import pytest

from collector.assessment import Declared
from collector.model import DropletBuildpack, Event, Gap, Task
from tests.assessment.builders import (
    DAY,
    HOUR,
    NOW,
    SECOND,
    TOPICS,
    ago,
    app,
    change,
    droplet,
    facts,
    judged,
    pack,
    record_of,
)

CHECK = "app-restage-age"
COPY: dict[str, Any] = {"package": None, "buildpacks": (DropletBuildpack(name="python_buildpack"),)}


@pytest.mark.parametrize(
    ("staged_at", "status"),
    [
        (ago(14), "pass"),
        (ago(14) + SECOND, "pass"),
        (ago(14) - SECOND, "fail"),
        (ago(0), "pass"),
        (ago(35), "fail"),
    ],
)
def test_limit_is_inclusive_to_the_second(staged_at, status) -> None:
    """Fourteen days are inside, one second more is outside."""
    assert status == judged(CHECK, facts([app()], [droplet(created_at=staged_at)])).status


def test_fail_says_how_long_ago_and_how_far_outside() -> None:
    """A person reads the age, the excess and the command."""
    verdict = judged(CHECK, facts([app(name="payments-api")], [droplet(created_at=ago(35, hours=9.5))]))
    assert verdict.detail == "last staged 35.4 days ago, 21.4 days outside the 14-day window"
    assert verdict.measured is not None
    assert (verdict.measured.hours, verdict.over, verdict.measured.source) == (849.5, 513.5, "droplet.created_at")
    assert verdict.next_step == "cf target -o agency-a -s prod; cf restage --strategy rolling payments-api"


def test_pass_has_its_age_and_no_words() -> None:
    """A pass is measured, too."""
    verdict = judged(CHECK, facts([app()], [droplet(created_at=ago(1))]))
    assert verdict.measured is not None
    assert (verdict.measured.hours, verdict.detail, verdict.over) == (24.0, "", None)


def test_cloud_native_buildpacks_are_judged_like_others() -> None:
    """A cnb droplet has an age."""
    known = facts([app(lifecycle="cnb")], [droplet(lifecycle="cnb", created_at=ago(15))])
    assert judged(CHECK, known).status == "fail"


def test_copied_droplet_has_the_age_of_its_original() -> None:
    """A copy is as old as the bits it copied, found by checksum."""
    original = droplet("a2", guid="d-old", created_at=ago(40), checksum="same")
    copy = droplet(created_at=ago(1), checksum="same", **COPY)
    verdict = judged(CHECK, facts([app()], [copy, original]))
    assert (verdict.status, verdict.measured and verdict.measured.source) == ("fail", "original droplet, same checksum")


def test_earliest_of_several_originals_counts() -> None:
    """The same bits are as old as their first staging."""
    early = droplet("a2", guid="d-early", created_at=ago(40), checksum="same")
    late = droplet("a3", guid="d-late", created_at=ago(2), checksum="same")
    copy = droplet(created_at=ago(1), checksum="same", **COPY)
    assert judged(CHECK, facts([app()], [late, copy, early])).status == "fail"
    assert judged(CHECK, facts([app()], [early, copy, late])).status == "fail"


def test_copied_droplet_is_traced_by_its_event() -> None:
    """Where the checksum finds nothing, the event of the copy names its source."""
    event = Event(
        type="audit.app.droplet.create",
        created_at=ago(1),
        target="a1",
        data={"droplet_guid": "d-a1", "request": {"source_droplet_guid": "d-old"}},
    )
    original = droplet("a2", guid="d-old", created_at=ago(3), checksum=None)
    verdict = judged(CHECK, facts([app()], [droplet(created_at=ago(1), **COPY), original], events=[event]))
    assert verdict.status == "pass"
    assert verdict.measured is not None
    assert verdict.measured.not_before == ago(3)


def test_copied_droplet_is_traced_to_a_staging_that_only_an_event_remembers() -> None:
    """The source of a copy is gone with its app, and the event of its staging tells when and with what it was built."""
    events = [
        Event(
            type="audit.app.droplet.create",
            created_at=ago(2),
            target="a1",
            data={"droplet_guid": "d-a1", "request": {"source_droplet_guid": "d-gone"}},
        ),
        Event(
            type="audit.app.build.staged",
            created_at=ago(20),
            target="a-gone",
            data={
                "droplet_guid": "d-gone",
                "package_guid": "p",
                "buildpacks": [{"name": "python_buildpack", "version": "1.8.43"}],
            },
        ),
    ]
    known = facts([app()], [droplet(created_at=ago(2), **COPY)], events=events)
    verdict = judged(CHECK, known)
    assert verdict.measured is not None
    assert (verdict.status, verdict.measured.hours) == ("fail", 480.0)
    assert judged("buildpack-current", known).status == "pass"


def test_copies_that_name_each_other_are_unknown() -> None:
    """A circle of copies ends."""
    events = [
        Event(
            type="audit.app.droplet.create",
            created_at=ago(1),
            target=owner,
            data={"droplet_guid": f"d-{owner}", "request": {"source_droplet_guid": source}},
        )
        for owner, source in (("a1", "d-a2"), ("a2", "d-a1"))
    ]
    known = facts([app()], [droplet(**COPY), droplet("a2", **COPY)], events=events)
    assert judged(CHECK, known).status == "unknown"


def test_copied_droplet_without_original_is_unknown() -> None:
    """A fresh copy of unknown bits is no fresh staging."""
    verdict = judged(CHECK, facts([app()], [droplet(created_at=ago(1), **COPY)]))
    assert (verdict.status, verdict.unread) == ("unknown", False)
    assert verdict.next_step == "push the application again: its droplet was copied, a restage would not rebuild it"


def test_copied_droplet_is_unread_where_events_were_not_read() -> None:
    """Events might have named the original, and the verdict says that they were not read."""
    gap = Gap(what="events", reason="403 CF-NotAuthorized", http_status=403)
    known = facts([app()], [droplet(**COPY)], read=TOPICS - {"events"}, gaps=(gap,))
    verdict = judged(CHECK, known)
    assert (verdict.status, verdict.unread) == ("unknown", True)
    assert "403 CF-NotAuthorized" in verdict.detail


def test_uploaded_droplet_is_unknown() -> None:
    """When an uploaded droplet was built is not known."""
    verdict = judged(CHECK, facts([app()], [droplet(created_at=ago(1), package=None, buildpacks=(), stack=None)]))
    assert (
        verdict.status,
        verdict.detail,
    ) == ("unknown", "its droplet was uploaded: when and with what it was built is not known")


@pytest.mark.parametrize("changes", [{"buildpacks": None}, {"lifecycle": "docker"}])
def test_image_is_not_applicable(changes) -> None:
    """A restage does not patch an image."""
    assert judged(CHECK, facts([app()], [droplet(**changes)])).status == "not-applicable"


def test_started_app_without_droplet_is_unknown() -> None:
    """A started app that was never staged is no pass."""
    verdict = judged(CHECK, facts([app(droplet=None)]))
    assert (verdict.status, verdict.detail) == ("unknown", "started, but no droplet is set")


def test_droplet_that_was_not_given_is_unknown() -> None:
    """A droplet that was named and left out keeps its app unknown, with the reason."""
    gap = Gap(what="droplets", reason="asked for by guid and not given", subjects=("d-a1",))
    verdict = judged(CHECK, facts([app()], gaps=(gap,)))
    assert (
        verdict.status,
        verdict.unread,
        verdict.detail,
    ) == ("unknown", True, "droplets not read: asked for by guid and not given")


def test_droplet_of_another_batch_is_judged() -> None:
    """A gap about one droplet leaves the others known."""
    gap = Gap(what="droplets", reason="502", subjects=("d-a2",))
    assert judged(CHECK, facts([app()], [droplet()], gaps=(gap,))).status == "pass"


def test_older_platforms_gap_about_one_app_is_unknown() -> None:
    """Before API 3.175 each app is asked for its droplet; one that did not answer is not one without a droplet."""
    gap = Gap(what="current-droplet", reason="500", subjects=("a1",))
    assert judged(CHECK, facts([app(droplet=None)], gaps=(gap,))).detail == "droplets not read: 500"


def test_stopped_app_is_not_applicable() -> None:
    """What does not run needs no restage."""
    assert judged(CHECK, facts([app(state="STOPPED")], [droplet(created_at=ago(99))])).status == "not-applicable"


def test_stopped_app_is_judged_when_the_settings_say_so() -> None:
    """`include_stopped` takes stopped apps in."""
    known = facts([app(state="STOPPED")], [droplet(created_at=ago(99))])
    verdict = judged(CHECK, known, Declared(include_stopped=True))
    assert verdict.status == "fail"
    assert verdict.next_step == "push the application again with --no-start: a restage would start it"


@pytest.mark.parametrize(("days", "status"), [(31, "fail"), (31.1, "not-applicable")])
def test_stopped_app_whose_tasks_ran_is_judged(days, status) -> None:
    """A task within 31 days puts a stopped app in scope."""
    task = Task(guid="t", app="a1", state="SUCCEEDED", created_at=ago(days))
    known = facts([app(state="STOPPED")], [droplet(created_at=ago(99))], tasks={"a1": (task,)})
    assert status == judged(CHECK, known).status


def test_stopped_app_is_unknown_where_tasks_were_not_read() -> None:
    """Without tasks it is not known whether a stopped app is in scope."""
    known = facts([app(state="STOPPED")], [droplet()], read=TOPICS - {"tasks"})
    verdict = judged(CHECK, known)
    assert (verdict.status, verdict.unread) == ("unknown", True)
    assert verdict.detail == "stopped, and whether tasks ran in it is not known: tasks not read"


def test_started_app_does_not_need_tasks() -> None:
    """A started app is in scope whatever its tasks."""
    assert judged(CHECK, facts([app()], [droplet()], read=TOPICS - {"tasks"})).status == "pass"


def test_few_minutes_of_clock_skew_are_kept_and_said() -> None:
    """A droplet from the near future has a negative age."""
    verdict = judged(CHECK, facts([app()], [droplet(created_at=NOW + 60 * SECOND)]))
    assert verdict.measured is not None
    assert (
        verdict.status,
        verdict.measured.hours,
        verdict.measured.source,
    ) == ("pass", -0.0167, "droplet.created_at (clock skew)")


def test_droplet_from_the_future_is_unknown() -> None:
    """With hours of skew nothing can be concluded; the negative age stays."""
    verdict = judged(CHECK, facts([app()], [droplet(created_at=NOW + HOUR)]))
    assert verdict.measured is not None
    assert (verdict.status, verdict.measured.hours) == ("unknown", -1.0)
    assert "clocks differ" in verdict.detail


def test_earlier_instant_counts_back_from_there() -> None:
    """Asked about last week, an age is that of last week."""
    known = facts([app()], [droplet(created_at=ago(20))])
    assert (judged(CHECK, known).status, judged(CHECK, known, as_of=NOW - 7 * DAY).status) == ("fail", "pass")


def test_what_ran_before_the_current_droplet_is_unknown() -> None:
    """A droplet staged after the instant says nothing about what ran then."""
    verdict = judged(CHECK, facts([app()], [droplet(created_at=ago(3))]), as_of=NOW - 7 * DAY)
    assert verdict.status == "unknown"
    assert verdict.detail.endswith("what ran at the instant asked about is not known")


def test_app_created_later_is_not_applicable() -> None:
    """An app that did not exist then needed no restage."""
    known = facts([app(created_at=ago(3))], [droplet(created_at=ago(3))])
    assert judged(CHECK, known, as_of=NOW - 7 * DAY).status == "not-applicable"


def test_record_names_its_documents() -> None:
    """Each verdict cites what it was read from."""
    assert record_of(facts([app()], [droplet()])).evidence == ("sha256:apps", "sha256:droplets")


def test_unread_droplets_are_never_a_pass() -> None:
    """A topic that was not read is unknown, even where some of it is there."""
    known = change(facts([app()], [droplet(buildpacks=(pack(),))]), read=TOPICS - {"droplets"})
    assert (judged(CHECK, known).status, judged(CHECK, known).unread) == ("unknown", True)
